"""
What can go wrong in the gateway, sorted by who acts next.

GatewayError
├── SettingsError         the operator: refuse to start, one line that names key, file and remedy (exit code 2)
├── StoreError
│   ├── Locked            the operator: another process owns this data folder (exit code 2)
│   ├── TooNew            the operator: the data was written by a newer version (exit code 2)
│   ├── Conflict          the owner: something was appended meanwhile; load again, decide again
│   ├── Lost              the owner: somebody else owns this partition now
│   ├── Unreadable        the operator: the file is damaged, or locked by another program
│   ├── Unwritable        time: the disk is full or refuses; nothing was acknowledged, try again
│   └── Broken            us: a commit's fate is open, or the file is damaged; leave, and open again (exit code 74)
├── ModelFailed           time, then the owner role: the model gives no answer
├── Declined              the caller: this cannot be done as things are; the line says what to do
│   ├── Busy              time: something is under way; ask again in a moment
│   └── Needed            the caller: runs that have not ended need what was to go; end them
└── NotFound              the caller: there is no such thing
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_core.addresses import ConversationKey

EXIT_SETTINGS = 2
EXIT_BROKEN = 74  # EX_IOERR of sysexits.h


class GatewayError(Exception):
    """The gateway refuses."""


class SettingsError(GatewayError):
    """
    A setting is missing or wrong.

    Args:
        key: The setting, as it stands in the file.
        source: The file or variable it comes from.
        remedy: What to do.
    """

    def __init__(self, key: str, source: str, remedy: str) -> None:
        super().__init__(f"{key} ({source}): {remedy}")


class StoreError(GatewayError):
    """The store refuses."""


class Locked(StoreError):
    """Another ringback is using this data folder; stop it, or give this one a folder of its own."""


class TooNew(StoreError):
    """This data was written by a newer version of ringback; use that version, or restore a backup."""


class Conflict(StoreError):
    """Something was appended to the conversation meanwhile."""


class Lost(StoreError):
    """Somebody else owns this partition now."""


class Unreadable(StoreError):
    """What is stored cannot be read now."""


class Unwritable(StoreError):
    """Nothing can be written now; nothing was acknowledged."""


class Broken(StoreError):
    """A commit failed in a way that leaves its fate open."""


class ModelFailed(GatewayError):
    """The model gave no answer."""


class Declined(GatewayError):
    """This cannot be done as things are."""


class Busy(Declined):
    """Something is under way; ask again in a moment."""


class Needed(Declined):
    """
    Runs that have not ended are rebuilt from what was to be erased.

    Args:
        runs: Each with its conversation and thread.
    """

    def __init__(self, runs: Sequence[tuple[ConversationKey, str]]) -> None:
        threads = ", ".join(thread for _, thread in runs)
        super().__init__(f"runs that have not ended need these texts; end them first, or add --end: {threads}")
        self.runs = tuple(runs)


class NotFound(GatewayError):
    """There is no such thing."""
