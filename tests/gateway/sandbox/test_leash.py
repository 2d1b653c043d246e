"""
A process that ends when its parent does.
"""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

CHILD = "import time; print('up', flush=True); time.sleep(60)"
PARENT = """
import os, subprocess, sys
leash = (sys.executable, "-m", "gateway.sandbox.leash", str(os.getpid()))
subprocess.run([*leash, sys.executable, "-c", sys.argv[1]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_child_dies_with_its_parent():
    """
    When the parent is killed, however suddenly, the program ends too.
    """
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert "up\n" == parent.stdout.readline()

        parent.send_signal(signal.SIGKILL)

        assert "" == parent.stdout.read(), "the pipe ends when nobody holds it any longer"


def test_orphan_does_not_begin():
    """
    A parent that died before the leash was taken leaves no program behind.
    """
    command = (sys.executable, "-m", "gateway.sandbox.leash", "1", sys.executable, "-c", "print('up')")

    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (1, "") == (ran.returncode, ran.stdout)
