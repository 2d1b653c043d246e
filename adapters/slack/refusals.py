"""
What Slack's refusals mean: who has to act, and whether waiting helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.errors import ChannelError, Misconfigured, RateLimited, Rejected, Unknown, Unreachable
from adapters.slack.pace import pause

FIX: dict[str, str] = {
    "invalid_auth": "the token is not valid; copy it again from the app's page",
    "not_authed": "no token was sent; set it",
    "account_inactive": "the app was removed from the workspace; install it again",
    "token_revoked": "the token was revoked; install the app again and set the new token",
    "token_expired": "the token has expired; set a new one",
    "missing_scope": "the app lacks a scope",
    "not_allowed_token_type": "this is another kind of token; a bot token begins with xoxb-, an app token with xapp-",
    "no_permission": "the app may not do this; check its scopes",
    "plan_upgrade_required": "the workspace's plan has no user groups; take them out of the settings",
    "team_access_not_granted": "the app is not approved for this workspace",
}
GONE = frozenset(
    (
        *("message_not_found", "cant_update_message", "edit_window_closed", "user_not_found", "user_disabled"),
        *("cannot_dm_bot", "users_not_found", "user_not_visible", "invalid_blocks", "invalid_blocks_format"),
        *("msg_too_long", "msg_blocks_too_long", "no_text", "invalid_arguments", "invalid_metadata_format"),
        *("metadata_too_large", "messages_tab_disabled", "user_not_in_channel", "invalid_user"),
        *("thread_not_found", "file_upload_size_restricted", "file_uploads_disabled", "file_not_found"),
        *("file_uploads_except_images_disabled", "storage_limit_reached", "missing_argument", "no_such_subteam"),
    )
)
"""Refusals that no waiting mends: the message itself, or whom it is for."""
PASSING = frozenset({"org_login_required", "ekm_access_denied"})
"""Refusals of everything, until somebody at the workspace is done with something; the call was not taken."""
OPEN_FATE = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
"""Slack's words for "we do not know either": the call may have succeeded in part (reference/methods, common errors)."""
HINTS: dict[str, str] = {
    "not_in_channel": "the app is not in that channel; invite it there",
    "channel_not_found": "there is no such channel, or it is private and the app is not in it; invite it there",
    "is_archived": "the channel is archived; take it out of the archive, or name another one in the settings",
    "restricted_action": "the workspace does not let the app post there; an administrator can",
    "restricted_action_read_only_channel": "only some may post in that channel; let the app be one of them",
    "user_disabled": "that person's account is deactivated",
    "user_not_found": "there is no such person in this workspace",
    "messages_tab_disabled": "the app's Messages tab is off; switch it on in its App Home settings",
    "no_such_subteam": "there is no such user group, or it is disabled",
    "cannot_dm_bot": "that is another app, which takes no messages",
}
"""What somebody can do about a refusal of one message."""


def explained(method: str, error: SlackApiError, now: float) -> ChannelError:
    """Say what a refusal means for what was being sent."""
    response = error.response
    # What could not be read as JSON at all is not the library's response but the one of aiohttp.
    status = getattr(response, "status_code", getattr(response, "status", 200))
    data: Mapping[str, Any] = getattr(response, "data", {})
    data = data if isinstance(data, dict) else {}
    name = str(data.get("error") or f"HTTP {status}")
    if status == 429 or name in ("ratelimited", "rate_limited"):
        asked = response.headers.get("Retry-After") or response.headers.get("retry-after")
        return RateLimited(f"{method}: Slack asks for a pause", retry_after=pause(asked, now))
    if name in FIX:
        needed = str(data.get("needed") or "")
        hint = f" (it needs {needed}: add it to the app and install it again)" if needed else ""
        missing = (needed or name) if name in ("missing_scope", "no_permission") else ""
        return Misconfigured(f"Slack answers {name} to {method}: {FIX[name]}{hint}", missing=missing)
    if name in PASSING:
        return Unreachable(f"{method}: Slack answers {name}")
    if status >= 500 or name in OPEN_FATE or "error" not in data:  # without its word, something else may have answered
        return Unknown(f"{method}: Slack answers {name}")
    hint = f": {HINTS[name]}" if name in HINTS else ""
    return Rejected(f"{method}: Slack answers {name}{hint}", permanent=name in GONE)
