"""
Parts → Slack, through its own library; `find` where a part's fate is unknown.

The library's retries are off: it would send a message again whose answer was lost (measured), and only the gateway
knows what may be repeated. Every message carries its delivery's id as metadata, by which `find` knows it again.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.base import Clock, Part, Receipt
from adapters.errors import Misconfigured, RateLimited, Rejected, Unknown, Unreachable
from adapters.slack import files
from adapters.slack.config import Config
from adapters.slack.pace import Pace
from adapters.slack.refusals import explained
from adapters.slack.render import SHARE
from agent_core import addresses, facts
from agent_core.addresses import ConversationKey
from agent_core.files import Enclosure

log = logging.getLogger("ringback.slack")

TIMEOUT = 20  # seconds for one call
IDLE = 10.0  # seconds an unused connection is kept; a longer one might be closed by the other side as we write
EVENT_TYPE = "ringback_delivery"
PAGES = 5  # pages of history that are looked through
PAGE = 200  # messages each
FEW = 15  # messages that an app outside the marketplace gets at most (docs.slack.dev/apis/web-api/rate-limits)
SHAPE = "what answered is not Slack, or it answers in a shape that we do not know"
SKEW = 3_600.0  # seconds that Slack's clock may be behind ours


class Client:
    """Slack's Web API, for one workspace."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._pace = Pace(clock.now)
        self._session: aiohttp.ClientSession | None = None
        self._direct: dict[str, str] = {}

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(keepalive_timeout=IDLE)
            self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        return self._session

    def web(self, *, token: bool = True) -> AsyncWebClient:
        """Give the library's client, with the bot's token or without; it never retries by itself."""
        return AsyncWebClient(
            token=self._config.bot_token.get_secret_value() if token else None,
            base_url=self._config.api,
            timeout=TIMEOUT,
            session=self._connections(),
            retry_handlers=[],
        )

    async def call(
        self, method: str, arguments: Mapping[str, Any], *, token: str | None = None, form: bool = False
    ) -> AsyncSlackResponse:
        """
        Call a method of the Web API once.

        Args:
            form: It takes no JSON.

        Raises:
            DeliveryFailed, Misconfigured: See `adapters/errors.py`.
        """
        channel = str(arguments.get("channel") or "")
        if (wait := self._pace.wait(method, channel)) > 0:
            raise RateLimited(f"{method}: Slack has asked for a pause", retry_after=wait)
        headers = {"Authorization": f"Bearer {token}"} if token else None
        try:
            given: dict[str, Any] = {"data" if form else "json": dict(arguments)}
            answer = await self.web().api_call(method, headers=headers, **given)
        except SlackApiError as error:
            refused = explained(method, error, self._clock.now())
            if isinstance(refused, RateLimited):
                self._pace.limited(method, channel, refused.retry_after)
            raise refused from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(f"Slack cannot be reached: {error}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unknown(f"{method}: the connection broke before Slack answered ({type(error).__name__})") from error
        except (AttributeError, RecursionError, ValueError) as error:  # the library stumbles over what is no object
            raise Unknown(f"{method}: {SHAPE}") from error
        if not isinstance(answer.data, dict):
            raise Unknown(f"{method}: {SHAPE}")
        return answer

    async def deliver(self, part: Part) -> Receipt:
        """Send one part."""
        if part.kind == SHARE:
            return await self._share(part)
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

    async def _share(self, part: Part) -> Receipt:
        """
        Upload files and show them in one message; everything before the last call is nothing that anybody sees.

        A scope that only files need is the message's trouble, not the workspace's.
        """
        channel = await self._channel(part)
        try:
            async with asyncio.timeout(files.UPLOADS):
                uploaded = [
                    {"id": await self._upload(enclosure, content), "title": enclosure.name}
                    for enclosure, content in zip(part.enclosures, part.contents, strict=True)
                ]
            arguments = {**part.arguments, "files": uploaded, "channel_id": channel}
            arguments["blocks"] = [block | {"block_id": part.delivery} for block in part.arguments["blocks"]]
            if part.receipt is not None:
                arguments["thread_ts"] = part.receipt.message_id
            await self.call(SHARE, arguments)
        except TimeoutError as late:
            raise Unreachable(f"its files were not uploaded within {files.UPLOADS} seconds") from late
        except Misconfigured as refused:
            if not refused.missing:
                raise
            raise Rejected(str(refused), permanent=True) from refused
        return Receipt(place=channel, at=self._clock.now())  # Slack does not say which message it became

    async def _upload(self, enclosure: Enclosure, content: bytes) -> str:
        wanted = {"filename": enclosure.name, "length": len(content)}
        try:
            offer = await self.call("files.getUploadURLExternal", wanted, form=True)
        except Unknown as lost:
            raise Unreachable(str(lost)) from lost
        url, file = offer.get("upload_url"), offer.get("file_id")
        if not (url and file):
            raise Unreachable("files.getUploadURLExternal: Slack names no address to upload to")
        await files.transfer(self._connections(), str(url), content, api=self._config.api)
        return str(file)

    async def fetch(self, attachment: facts.Attachment) -> bytes:
        """Give what is in a file that somebody sent."""
        token, api = self._config.bot_token, self._config.api
        return await files.fetch(self._connections(), attachment, token=token, api=api)

    async def typing(self, conversation: ConversationKey, root: str, text: str) -> None:
        """
        Show a status under a thread; the next message there takes it away, and so do two minutes.

        An app without the split view for assistants may do so in channels since March 2026, with chat:write
        (docs.slack.dev/changelog/2026/03/05/set-status-scope-update).
        """
        channel = addresses.parse(conversation).place
        await self.call("assistant.threads.setStatus", {"channel_id": channel, "thread_ts": root, "status": text})

    async def find(self, part: Part) -> Receipt | None:
        """
        Look for a message by its metadata.

        Since 2025 an app outside Slack's marketplace may read 15 messages at a time, once a minute. The first of them
        usually hold what is looked for; where they do not, it is given up rather than waited for.

        Raises:
            Unknown: What is looked for leaves no trace, or we may not read it, or not enough of it.
        """
        if part.kind not in ("chat.postMessage", SHARE):
            raise Unknown("an ephemeral message cannot be looked for")
        channel = await self._channel(part)
        root = part.receipt.message_id if part.receipt is not None else part.arguments.get("thread_ts")
        method = "conversations.replies" if root else "conversations.history"
        query: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": PAGE}
        query |= {"oldest": f"{max(0.0, part.since - SKEW):.6f}"} | ({"ts": root} if root else {})
        for page in range(PAGES):
            answer = await self._look(method, query, first=page == 0)
            try:
                messages = answer.get("messages") or []
                for message in messages:
                    if part.delivery in _deliveries(message):
                        return Receipt(place=channel, message_id=str(message["ts"]), at=_time(str(message["ts"])))
                cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            except (AttributeError, KeyError, TypeError) as odd:
                raise Unknown(f"{method}: {SHAPE}") from odd
            if not (answer.get("has_more") and cursor):
                if part.kind == SHARE:  # Slack shows a file some time after it has taken it
                    raise Unknown("the files were not found, but may still appear")
                return None
            if len(messages) <= FEW:
                raise Unknown(f"{method}: Slack shows this app only {len(messages)} messages at a time")
            query["cursor"] = cursor
        raise Unknown(f"too much was said since to find it among {PAGE * PAGES} messages")

    async def _look(self, method: str, query: Mapping[str, Any], *, first: bool) -> AsyncSlackResponse:
        try:
            return await self.call(method, query)
        except Unknown as lost:  # nothing was changed, so it can be asked again
            raise Unreachable(str(lost)) from lost
        except (Misconfigured, Rejected, RateLimited) as refused:
            may_not = isinstance(refused, Rejected) or (isinstance(refused, Misconfigured) and bool(refused.missing))
            if may_not or (isinstance(refused, RateLimited) and not first):
                raise Unknown(f"{method}: {refused}") from refused
            raise

    async def _channel(self, part: Part) -> str:
        place = addresses.parse(part.conversation).place
        if not place.startswith(("U", "W")):
            return place
        if place not in self._direct:
            try:
                answer = await self.call("conversations.open", {"users": place})
            except Unknown as lost:  # opened or not, nothing was sent
                raise Unreachable(str(lost)) from lost
            opened = answer.get("channel")
            if not (isinstance(opened, dict) and opened.get("id")):
                raise Unreachable("conversations.open: Slack names no channel")
            self._direct[place] = str(opened["id"])
        return self._direct[place]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _deliveries(message: Mapping[str, Any]) -> set[str]:
    """Give the ids of ours that a message carries: as metadata, or, where files came with it, as its blocks' ids."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return {str(payload.get("delivery")), *(str(block.get("block_id")) for block in message.get("blocks") or [])}


def _time(ts: str) -> float:
    try:
        at = float(ts)
    except ValueError:
        return 0.0
    return at if math.isfinite(at) else 0.0
