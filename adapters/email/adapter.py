"""
Email behind the `Adapter` port.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from starlette.routing import Route

from adapters.base import (
    RETRY_AFTER,
    Adapter,
    Capabilities,
    Check,
    Clock,
    Gate,
    Named,
    Outbound,
    Part,
    Receipt,
    Refused,
)
from adapters.email import parse, receive, render
from adapters.email.client import Client
from adapters.email.config import Config
from adapters.email.doctor import check
from adapters.email.mailbox import Mail
from adapters.email.oauth import Tokens
from adapters.email.receive import CHANNEL, FETCHED, Dropped
from adapters.errors import Misconfigured, Rejected, Unreachable
from agent_core import addresses, facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Assurance

log = logging.getLogger("ringback.email")

UNPROVEN = (
    "mail came for whose sender nobody vouches, the newest said to be from {sender}; it was left alone. If it should"
    " have counted, look at authserv_id and at what your server writes into Authentication-Results"
)


class Email:
    """One mailbox."""

    channel = CHANNEL

    def __init__(self, config: Config, clock: Clock) -> None:
        self.account = config.account
        self._config, self._clock = config, clock
        self._tokens = Tokens(config, clock)
        self._client = Client(config, clock, self._tokens)

    def routes(self, gate: Gate) -> Sequence[Route]:
        return ()

    async def listen(self, gate: Gate) -> None:
        try:
            from adapters.email.listen import Listener  # and the library with it, which has a licence of its own
        except ImportError as error:
            raise Misconfigured(f"{error.name} is missing; install it with: pip install 'ringback[imap]'") from error

        async def take(mails: Sequence[Mail]) -> None:
            await asyncio.gather(*(self._take(mail, gate) for mail in mails))  # all of them in one commit, in order

        async def marked() -> str | None:
            return await gate.marked(CHANNEL, self.account)

        async def mark(value: str) -> None:
            await gate.mark(CHANNEL, self.account, value)

        await Listener(
            self._config,
            self._clock,
            self._tokens,
            take=take,
            marked=marked,
            mark=mark,
            alive=lambda: gate.seen(CHANNEL, self.account),
            caught_up=lambda: gate.caught_up(CHANNEL, self.account),
        ).listen()

    async def _take(self, mail: Mail, gate: Gate) -> None:
        """Store a mail, as often as it takes; what is no fact is counted."""
        read = receive.read(mail, self._config)
        if isinstance(read, Dropped):
            gate.refused(CHANNEL, self.account, read.reason)
            if read.reason == "unproven":
                log.warning("nobody vouches for the sender of a mail, so it was left alone")
                gate.warned(CHANNEL, self.account, UNPROVEN.format(sender=read.sender))
            return
        while isinstance(answer := await gate.append(read), Refused) and answer.retry:
            await self._clock.sleep(RETRY_AFTER)

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        direct = "@" in addresses.parse(conversation).place
        return Capabilities(
            buttons=0,
            forms=False,
            edits=False,
            whispers=not direct,
            direct=direct,
            assurance=Assurance.MEDIUM,
            files=True,
            letters=True,
        )

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        return render.render(outbound, conversation)

    async def deliver(self, part: Part) -> Receipt:
        return await self._client.deliver(part)

    async def find(self, part: Part) -> Receipt | None:
        return await self._client.find(part)

    async def fetch(self, attachment: facts.Attachment) -> bytes:
        from adapters.email.listen import Connection

        name, _, number = attachment.url.removeprefix(FETCHED).rpartition("#")
        if not attachment.url.startswith(FETCHED) or not number.isdecimal():
            raise Rejected(f"{attachment.name} is not there", permanent=True)
        try:
            raw = await Connection.fetch_one(self._config, self._tokens, name)
        except Misconfigured:
            raise
        except (ConnectionError, TimeoutError) as error:
            raise Unreachable(f"the mailbox cannot be read: {error}") from error
        files = parse.parse(raw).attachments if raw is not None else ()
        if int(number) >= len(files) or not files[int(number)].content:
            raise Rejected(f"{attachment.name} is not in the mailbox any more, or too large", permanent=True)
        return files[int(number)].content

    async def members(self, group: str) -> frozenset[Identity]:
        raise Rejected("a mailbox has no groups of people", permanent=True)

    async def typing(self, conversation: ConversationKey, root: str, text: str) -> None:
        return

    async def check(self, named: Named) -> list[Check]:
        return await check(self._config, self._client, self._tokens, named, self._clock.now())

    async def close(self) -> None:
        await self._client.close()


def build(configs: Sequence[Config], clock: Clock) -> list[Adapter]:
    """Make the adapters of all `[[email]]` tables."""
    return [Email(config, clock) for config in configs]
