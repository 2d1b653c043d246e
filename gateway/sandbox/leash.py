"""
Becomes another program that ends when its parent does.

    python -m gateway.sandbox.leash PARENT PROGRAM ARGUMENT…

The kernel is asked to kill this process when the parent dies, however that dies; the wish outlives `exec`. It is done
here, in a fresh interpreter, because code between fork and exec may hang where the parent has threads. Only Linux has
this; elsewhere a killed sandbox leaves its gateway running, which the next one then finds in possession of the data.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Take the leash, then become the program."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit(1)  # it died before we asked
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
