"""
Parts → Slack, through its own library; `find` where a part's fate is unknown.

The library's retries are off: it would send a message again whose answer was lost (measured), and only the gateway
knows what may be repeated. Every message carries its delivery's id as metadata, by which `find` knows it again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NoReturn

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.base import Part, Receipt
from adapters.errors import Misconfigured, RateLimited, Rejected, Unknown, Unreachable
from adapters.slack.config import Config
from agent_core import addresses

log = logging.getLogger("ringback.slack")

TIMEOUT = 20  # seconds for one call
IDLE = 10.0  # seconds an unused connection is kept; a longer one might be closed by the other side as we write
EVENT_TYPE = "ringback_delivery"
PAGES = 5  # pages of history that are looked through
PAGE = 200  # messages each
SKEW = 3_600.0  # seconds that Slack's clock may be behind ours

FIX: dict[str, str] = {
    "invalid_auth": "the token is not valid; copy it again from the app's page",
    "not_authed": "no token was sent; set it",
    "account_inactive": "the app was removed from the workspace; install it again",
    "token_revoked": "the token was revoked; install the app again and set the new token",
    "token_expired": "the token has expired; set a new one",
    "missing_scope": "the app lacks a scope",
    "not_allowed_token_type": "this is another kind of token; a bot token begins with xoxb-, an app token with xapp-",
    "no_permission": "the app may not do this; check its scopes",
    "team_access_not_granted": "the app is not approved for this workspace",
}
GONE = frozenset(
    (
        *("message_not_found", "cant_update_message", "edit_window_closed", "user_not_found", "user_disabled"),
        *("cannot_dm_bot", "users_not_found", "user_not_visible", "invalid_blocks", "invalid_blocks_format"),
        *("msg_too_long", "msg_blocks_too_long", "no_text", "invalid_arguments", "invalid_metadata_format"),
        *("metadata_too_large", "messages_tab_disabled", "user_not_in_channel", "invalid_user"),
        "thread_not_found",
    )
)
"""Refusals that no waiting mends: the message itself, or whom it is for."""
PASSING = frozenset({"org_login_required", "ekm_access_denied"})
"""Refusals of everything, until somebody at the workspace is done with something; the call was not taken."""
OPEN_FATE = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
"""Slack's words for "we do not know either": the call may have succeeded in part (reference/methods, common errors)."""


class Client:
    """Slack's Web API, for one workspace."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._direct: dict[str, str] = {}

    def web(self, *, token: bool = True) -> AsyncWebClient:
        """Give the library's client, with the bot's token or without; it never retries by itself."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(keepalive_timeout=IDLE)
            self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        return AsyncWebClient(
            token=self._config.bot_token.get_secret_value() if token else None,
            base_url=self._config.api,
            timeout=TIMEOUT,
            session=self._session,
            retry_handlers=[],
        )

    async def call(self, method: str, arguments: Mapping[str, Any], *, token: str | None = None) -> AsyncSlackResponse:
        """
        Call a method of the Web API once.

        Raises:
            DeliveryFailed, Misconfigured: See `adapters/errors.py`.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else None
        try:
            return await self.web().api_call(method, json=dict(arguments), headers=headers)
        except SlackApiError as error:
            _explain(method, error)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(f"Slack cannot be reached: {error}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unknown(f"{method}: the connection broke before Slack answered ({type(error).__name__})") from error

    async def deliver(self, part: Part) -> Receipt:
        """Send one part."""
        arguments = dict(part.arguments)
        receipt = part.receipt
        if part.kind == "chat.update":
            if receipt is None:
                raise Rejected("the message to change is not known", permanent=True)
            arguments |= {"channel": receipt.place, "ts": receipt.message_id}
        else:
            arguments["channel"] = await self._channel(part)
            if receipt is not None:
                arguments["thread_ts"] = receipt.message_id
        if part.kind == "chat.postMessage":
            arguments["metadata"] = {"event_type": EVENT_TYPE, "event_payload": {"delivery": part.delivery}}
        answer = await self.call(part.kind, arguments)
        ts = str(answer.get("ts") or answer.get("message_ts") or "")
        return Receipt(place=str(answer.get("channel") or arguments["channel"]), message_id=ts, at=_time(ts))

    async def find(self, part: Part) -> Receipt | None:
        """
        Look for a message by its metadata.

        Raises:
            Unknown: What is looked for leaves no trace, or we may not read it.
        """
        if part.kind != "chat.postMessage":
            raise Unknown("an ephemeral message cannot be looked for")
        channel = await self._channel(part)
        root = part.receipt.message_id if part.receipt is not None else part.arguments.get("thread_ts")
        method = "conversations.replies" if root else "conversations.history"
        query: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": PAGE}
        query |= {"ts": root} if root else {"oldest": f"{max(0.0, part.since - SKEW):.6f}"}
        for _ in range(PAGES):
            try:
                answer = await self.call(method, query)
            except (Misconfigured, Rejected) as refused:
                raise Unknown(f"{method}: {refused}") from refused
            for message in answer.get("messages") or []:
                payload = (message.get("metadata") or {}).get("event_payload") or {}
                if payload.get("delivery") == part.delivery:
                    return Receipt(place=channel, message_id=str(message["ts"]), at=_time(str(message["ts"])))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not (answer.get("has_more") and cursor):
                return None
            query["cursor"] = cursor
        raise Unknown(f"too much was said since to find it among {PAGE * PAGES} messages")

    async def _channel(self, part: Part) -> str:
        place = addresses.parse(part.conversation).place
        if not place.startswith(("U", "W")):
            return place
        if place not in self._direct:
            answer = await self.call("conversations.open", {"users": place})
            self._direct[place] = str((answer.get("channel") or {})["id"])
        return self._direct[place]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _time(ts: str) -> float:
    try:
        return float(ts)
    except ValueError:
        return 0.0


def _explain(method: str, error: SlackApiError) -> NoReturn:
    response = error.response
    status = getattr(response, "status_code", 200)
    data: Mapping[str, Any] = response.data if isinstance(response.data, dict) else {}
    name = str(data.get("error") or f"HTTP {status}")
    if status == 429 or name in ("ratelimited", "rate_limited"):
        after = str(response.headers.get("Retry-After") or response.headers.get("retry-after") or "1")
        raise RateLimited(f"{method}: rate limited", retry_after=float(after) if after.isdecimal() else 1.0) from error
    if name in FIX:
        needed = f" (it needs {data['needed']})" if data.get("needed") else ""
        raise Misconfigured(f"Slack answers {name} to {method}: {FIX[name]}{needed}") from error
    if name in PASSING:
        raise Unreachable(f"{method}: Slack answers {name}") from error
    if status >= 500 or name in OPEN_FATE or "error" not in data:  # without its word, something else may have answered
        raise Unknown(f"{method}: Slack answers {name}") from error
    raise Rejected(f"{method}: Slack answers {name}", permanent=name in GONE) from error
