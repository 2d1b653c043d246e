"""
What plays a channel in the sandbox. The registry says which there are; nothing else here knows a channel's name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from starlette.types import ASGIApp

from adapters import registry
from gateway.errors import SettingsError
from gateway.sandbox.people import GROUPS, PEOPLE


class Channel(Protocol):
    """
    A vendor played on this machine, with people in it.

    Attributes:
        app: What speaks the vendor's protocol. It is mounted under the channel's name.
        identities: The people's addresses, by their id.
        approvals: The key of the conversation where everybody sees what is to be approved; None where there is none.
        pane: What the channel's pane on the page needs to know, as JSON.
    """

    app: ASGIApp
    identities: Mapping[str, str]
    approvals: str | None
    pane: Mapping[str, Any]

    async def open(self) -> None:
        """Start what is not served through `app`. Only then do `endpoints` and `accounts` know where it is."""
        ...

    def deliver_to(self, url: str | None) -> None:
        """Post to a gateway that listens there; with None it holds a connection itself."""
        ...

    def endpoints(self, base_url: str) -> dict[str, Any]:
        """What another client needs; `base_url` is where the app is mounted, without a slash at its end."""
        ...

    def accounts(self, base_url: str) -> Sequence[Mapping[str, Any]]:
        """The channel's tables for `ringback.toml`; secrets by the names of environment variables."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Those environment variables."""
        ...

    def watch(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` after each change of what people see; the result ends that."""
        ...

    def close(self) -> None:
        """End connections, streams and timers."""
        ...


def build_all(folder: Path, also: Collection[str] = ()) -> dict[str, Channel]:
    """
    Build the channels that are played, each as it was last left in the folder.

    Args:
        also: Channels besides the first.

    Raises:
        SettingsError: There is no such channel, a library is missing, or what was left cannot be read.
    """
    names = {person.id: person.name for person in PEOPLE}
    first, *others = registry.EMULATORS
    for unknown in [channel for channel in also if channel not in others]:
        raise SettingsError("--with", unknown, f"there is no such channel to play; there is {', '.join(others)}")
    channels: dict[str, Channel] = {}
    for channel in [first, *(other for other in others if other in also)]:
        try:
            channels[channel] = registry.load(registry.EMULATORS[channel])(folder, names, GROUPS)
        except ImportError as error:
            extras = registry.EXTRAS[channel]
            remedy = f"a library is missing ({error.name or error}); install it with: pip install 'ringback[{extras}]'"
            raise SettingsError("sandbox", channel, remedy) from error
        except (ValueError, OSError) as error:
            remedy = f"what {channel} left there cannot be read; use another folder, or delete this one"
            raise SettingsError("--data", str(folder), remedy) from error
    return channels
