"""
What happens with a payload, through whichever door it came: read, stored, and only then acknowledged.

The socket and the webhook both end here, so that they cannot differ.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from adapters.base import OVERLOADED, Clock, Gate, Inbound, NoForm, Refused
from adapters.errors import ChannelError, Misconfigured, Unknown
from adapters.slack import render
from adapters.slack.accounts import Bot, account_of
from adapters.slack.client import Client
from adapters.slack.config import Config
from adapters.slack.members import Members
from adapters.slack.parse import CHANNEL, Command, FormClick, Ignored, parse
from adapters.slack.text import escape
from agent_core import addresses, facts

log = logging.getLogger("ringback.slack")


class Answer(NamedTuple):
    """What Slack is answered."""

    status: int
    body: Mapping[str, Any] | None = None


FORMS = 64  # forms being opened at once; each is somebody's press, and a call of Slack's

DONE = Answer(200)
LATER = Answer(503)
"""Not stored: Slack shall send it again."""


class Receiver:
    """Takes in what Slack brings for one account."""

    def __init__(self, config: Config, client: Client, clock: Clock) -> None:
        self.config, self.client = config, client
        self._clock, self._members = clock, Members(client, clock)
        self._bot: Bot | None = None
        self._forms: set[asyncio.Task[None]] = set()

    async def identify(self) -> None:
        """
        Learn who we are there; until then nothing is taken in.

        Raises:
            Misconfigured: The token is refused, or belongs to another workspace.
            DeliveryFailed: It cannot be told now.
        """
        answer = await self.client.call("auth.test", {})
        team, enterprise = str(answer.get("team_id") or ""), str(answer.get("enterprise_id") or "")
        installed = enterprise if answer.get("is_enterprise_install") is True else team
        if installed != self.config.account:
            kind = "workspace" if installed == team else "organisation"
            raise Misconfigured(
                f"the bot token belongs to {kind} {installed}, but `account` says {self.config.account}; "
                "set the one or the other right"
            )
        if not answer.get("user_id"):
            raise Unknown("auth.test: Slack does not say who we are")
        self._bot = Bot(installed, str(answer["user_id"]), str(answer.get("bot_id") or ""), enterprise)

    async def take(self, payload: Mapping[str, Any], gate: Gate) -> Answer:
        """Store what a payload says; the answer says whether it may be acknowledged."""
        if self._bot is None:
            return LATER
        match parse(payload, self._bot, self._clock.now()):
            case Inbound(fact=facts.FormSubmitted() as sent) as inbound:
                faults = await gate.faults(inbound.conversation, sent)
                if faults:
                    return Answer(200, {"response_action": "errors", "errors": dict(faults)})
                return await self._store(inbound, gate)
            case Inbound() as inbound:
                return await self._store(inbound, gate)
            case Command(name=name, sender=sender, said=said):
                if said is not None and await self._store(said, gate) == LATER:
                    return LATER
                text = escape(gate.confirm(name, sender, empty=said is None))
                return Answer(200, {"response_type": "ephemeral", "text": text})
            case FormClick() as click:
                if len(self._forms) >= FORMS:
                    gate.refused(CHANNEL, self.config.account, OVERLOADED)
                    return LATER
                self._open_form(click, gate)
            case Ignored(why=why, counter=counter):
                log.log(logging.WARNING if counter else logging.DEBUG, "not for us: %s", why)
                if counter:
                    gate.refused(CHANNEL, self.config.account, counter)
        return DONE

    async def _store(self, inbound: Inbound, gate: Gate) -> Answer:
        fact = inbound.fact
        if isinstance(fact, facts.MessageReceived):
            author = await self._members.about(addresses.parse(fact.sender).place)
            if author.robot:
                return DONE
            known = {"sender_name": fact.sender_name or author.name, "outsider": fact.outsider or author.guest}
            inbound = replace(inbound, fact=fact.model_copy(update=known))
        stored = await gate.append(inbound)
        return LATER if isinstance(stored, Refused) and stored.retry else DONE

    def _open_form(self, click: FormClick, gate: Gate) -> None:
        """Open a form, within the three seconds that its trigger lives; the acknowledgement does not wait for it."""

        async def open_form() -> None:
            answer = await gate.query(click.wanted)
            try:
                if isinstance(answer, NoForm):
                    await self._whisper(click, answer.text)
                    return
                view = render.form(answer, click.wanted.request, click.wanted.conversation)
                try:
                    await self.client.call("views.open", {"trigger_id": click.trigger, "view": view})
                except ChannelError as error:
                    log.warning("a form could not be opened: %s", error)
                    await self._whisper(click, answer.failed)
            except ChannelError as error:
                log.warning("somebody who pressed for a form could not be told why there is none: %s", error)

        task = asyncio.create_task(open_form())
        self._forms.add(task)
        task.add_done_callback(self._forms.discard)

    async def _whisper(self, click: FormClick, text: str) -> None:
        user = addresses.parse(click.wanted.sender).place
        await self.client.call("chat.postEphemeral", {"channel": click.channel} | render.whisper(text, user))

    async def close(self) -> None:
        """Leave what is under way."""
        forms = list(self._forms)
        for task in forms:
            task.cancel()
        await asyncio.gather(*forms, self._members.close(), return_exceptions=True)


async def take(payload: Mapping[str, Any], receivers: Mapping[str, Receiver], gate: Gate) -> Answer:
    """
    Hand a payload to the account that it is for.

    Args:
        receivers: Those that this door may bring something for, by account.
    """
    account = account_of(payload, receivers)
    if account is None:
        log.info("a payload is for no [[slack]] account that its app is configured for; it is dropped")
        gate.refused(CHANNEL, "", "unknown_account")
        return DONE
    return await receivers[account].take(payload, gate)
