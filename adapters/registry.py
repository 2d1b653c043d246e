"""
Which channels there are. Import strings, so that only what is configured is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

CHANNELS: dict[str, str] = {
    "email": "adapters.email.adapter:build",
    "slack": "adapters.slack.adapter:build",
}
"""What makes the adapters of all accounts of a channel at once: a vendor may have one door for several of them."""
CONFIGS: dict[str, str] = {
    "email": "adapters.email.config:Config",
    "slack": "adapters.slack.config:Config",
}
EMULATORS: dict[str, str] = {
    "slack": "adapters.slack.emulator.sandbox:build",
    "email": "adapters.email.emulator.sandbox:build",
}
"""What plays each channel in the sandbox: the first always, another one where it is asked for."""
EXTRAS: dict[str, str] = {
    "slack": "sandbox",
    "email": "sandbox,email,imap",
}
"""What to install to play each channel, and to connect a gateway to it."""


def load(target: str) -> Any:
    """
    Import `module:name`.

    Raises:
        ImportError: There is no such module, a library of its extra is missing, or it has no such name.
    """
    module, _, name = target.partition(":")
    found = import_module(module)
    if not hasattr(found, name):
        raise ImportError(f"{module} has no {name}")
    return getattr(found, name)
