"""
For which account a payload is, and who belongs to it.

An account is one installation of the app: a workspace's team id (`T…`), or an enterprise's id (`E…`) where the app is
installed for a whole organisation. Slack names installations in other places for events, interactions and commands;
the team at the top of an event may be the sender's, not ours (Slack Connect), which is why `authorizations` goes
before it (docs.slack.dev/apis/events-api#authorizations). What names no account of ours is for none: a guess would put
one workspace's words into another's conversation.

Whoever belongs to the installation's workspace or organisation is one of ours, under the account's name whatever
workspace of it they come from; user ids are unique in an organisation. Everybody else is an outsider, under the name of
their own team.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple


class Bot(NamedTuple):
    """Who we are in a workspace, as `auth.test` says. `enterprise` is empty where it belongs to no organisation."""

    account: str
    user: str
    bot: str
    enterprise: str = ""


def account_of(payload: Mapping[str, Any], accounts: Collection[str]) -> str | None:
    """Choose the account that a payload is for, from those that it may be for; None: none of them."""
    return next((name for name in _named(payload) if isinstance(name, str) and name in accounts), None)


def _named(payload: Mapping[str, Any]) -> Iterator[Any]:
    """Give the installations that a payload names, the surest first."""
    authorizations = payload.get("authorizations")
    if isinstance(authorizations, list) and authorizations:
        for one in authorizations:
            if isinstance(one, dict):
                yield one.get("enterprise_id" if one.get("is_enterprise_install") is True else "team_id")
        return
    yield _part(payload, "view", "app_installed_team_id")  # in Slack Connect the team beside it may be the other side's
    if str(payload.get("is_enterprise_install")).lower() == "true":
        yield _part(payload, "enterprise", "id")
        yield payload.get("enterprise_id")
    yield _part(payload, "team", "id")
    yield _part(payload, "message", "team")
    yield payload.get("team_id")


def _part(payload: Mapping[str, Any], name: str, key: str) -> Any:
    inner = payload.get(name)
    return inner.get(key) if isinstance(inner, dict) else None


def wrote_here(payload: Mapping[str, Any], team: str, bot: Bot) -> bool:
    """
    Tell whether the author of an event belongs to the account.

    Args:
        team: The author's team or enterprise, as the event says.
    """
    if team in (bot.account, bot.enterprise):
        return True
    # Another workspace of our organisation: surely so where the channel is not shared with others, or where the event's
    # own pair of team and enterprise says it.
    same = bool(bot.enterprise) and payload.get("enterprise_id") == bot.enterprise
    return same and (payload.get("is_ext_shared_channel") is False or payload.get("team_id") == team)


def pressed_here(payload: Mapping[str, Any], team: str, bot: Bot) -> bool:
    """Tell whether whoever pressed or typed belongs to the account; `team` is theirs."""
    if team in (bot.account, bot.enterprise):
        return True
    enterprise = _part(payload, "enterprise", "id") or payload.get("enterprise_id")
    where = _part(payload, "team", "id") or payload.get("team_id")
    return bool(bot.enterprise) and enterprise == bot.enterprise and where in (None, team)
