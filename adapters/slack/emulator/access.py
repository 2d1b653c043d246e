"""
What the app's token lets it see and do.
"""

from __future__ import annotations

from adapters.slack.emulator import errors, state
from adapters.slack.emulator.workspace import Workspace


def need_scope(workspace: Workspace, scope: str) -> None:
    """
    Raises:
        ApiError: `missing_scope`, with `needed` and `provided` as Slack adds them.
    """
    if scope not in workspace.state.scopes:
        raise errors.ApiError("missing_scope", needed=scope, provided=",".join(workspace.state.scopes))


def need_family(workspace: Workspace, place: state.Place, right: str) -> None:
    """The scope that a kind of conversation asks for: `channels:history`, `groups:history` or `im:history`."""
    family = "im" if isinstance(place, state.Im) else "groups" if place.is_private else "channels"
    need_scope(workspace, f"{family}:{right}")


def find_place(workspace: Workspace, named: str, *, loosely: bool = False) -> state.Place:
    """
    The conversation with that id.

    Args:
        loosely: Also take what chat.postMessage takes: a person's id, for the IM with them
            (https://docs.slack.dev/reference/methods/chat.postMessage#dms), or a channel's name.

    Raises:
        ApiError: `channel_not_found`; also for a private channel that the bot is not in.
    """
    place = workspace.place(named)
    if place is None and loosely:
        names = {channel.name: channel for channel in workspace.state.channels.values()}
        place = workspace.im_with(named) or names.get(named.removeprefix("#"))
    if place is None or (isinstance(place, state.Channel) and place.is_private and not workspace.has_bot(place)):
        raise errors.ApiError("channel_not_found")
    return place


def need_voice(workspace: Workspace, place: state.Place) -> None:
    """
    Raises:
        ApiError: `is_archived` or `not_in_channel`: the bot cannot post there. With `chat:write.public` it need not be
            in a public channel.
    """
    if isinstance(place, state.Channel) and place.is_archived:
        raise errors.ApiError("is_archived")
    if not workspace.has_bot(place) and "chat:write.public" not in workspace.state.scopes:
        raise errors.ApiError("not_in_channel")
