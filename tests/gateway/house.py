"""
A gateway in a test: the real store, gate, owner, outbox and performer, a loopback channel, and a clock moved by hand.

Rita asks, Ana and Ben release, Ben owns, Otto is nobody's person. `#ops` is where approvals are shown besides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from adapters.base import COMMENT, Accepted, Duplicate, Inbound, Refused
from agent_core import events, facts
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.catalogue import PLAIN, Catalogues
from agent_core.policy import Person, Rule
from agent_core.requests import Assurance, Decision, Where, Who
from agent_core.run import Agent
from gateway.evidence import Evidence
from gateway.groups import Named
from gateway.limits import Starts
from gateway.models.base import Model
from gateway.models.scripted import Script, Scripted
from gateway.sections import ClientSettings
from gateway.store.base import Fact, Need
from gateway.store.sqlite import SqliteStore
from tests.gateway.loopback import Loopback, Shown
from tests.gateway.parts import Parts
from tests.runtime import HandRuntime

RITA, ANA, BEN, OTTO = "URITA", "UANA", "UBEN", "UOTTO"
OPS = ConversationKey("slack:T1/COPS")
PEOPLE = (
    Person(id=Party("rita"), name="Rita", identities=(Identity("slack:T1/URITA"),)),
    Person(id=Party("ana"), name="Ana", identities=(Identity("slack:T1/UANA"),), roles=("release",)),
    Person(id=Party("ben"), name="Ben", identities=(Identity("slack:T1/UBEN"),), roles=("release", "owner")),
)
GUARD = Rule(
    tool="deploy",
    when={"environment": "production"},
    who=Who(roles=("release",), exclude_requester=True),
    where=Where(targets=("people", OPS)),
    patience=3_600,
)


class House(Parts):
    """Everything of one gateway process; leaving it without `stop` is a crash."""

    def __init__(
        self,
        folder: Path,
        runtime: HandRuntime,
        channel: Loopback,
        agents: Iterable[Agent],
        *,
        script: Script | None = None,
        model: Model | None = None,
        rules: Sequence[Rule] = (GUARD,),
        people: Sequence[Person] = PEOPLE,
        start: Sequence[str] = ("anyone",),
        hear: str = "starters",
        caught_up: bool = True,
        starts_per_hour: int = 0,
        tokens_per_run: int = 0,
        clients: Iterable[ClientSettings] = (),
        language: str = PLAIN,
        groups: Named | None = None,
        environment: str = "",
        evidence: Evidence | None = None,
    ) -> None:
        self.runtime, self.channel, self._caught_up = runtime, channel, caught_up
        super().__init__(
            SqliteStore(folder, runtime),
            runtime,
            [channel],
            agents,
            model=model or (Scripted("script", script) if script else None),
            rules=rules,
            people=people,
            start=start,
            hear=hear,
            starts=Starts(starts_per_hour),
            tokens_per_run=tokens_per_run,
            clients_of=clients,
            catalogues=Catalogues(language),
            groups=groups,
            environment=environment,
            evidence=evidence,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._reads_groups = groups is not None

    async def __aenter__(self) -> House:
        await self.store.__aenter__()
        if self._caught_up:
            self.health.arrived("slack:T1")
        self._tasks = [
            asyncio.create_task(self.owner.run(self.health.caught_up)),
            asyncio.create_task(self.outbox.run()),
        ]
        if self._reads_groups:
            self._tasks.append(asyncio.create_task(self.reader.run()))
        await self.runtime.settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_deciding()
        await self.store.__aexit__()

    async def stop_deciding(self) -> None:
        """Nothing is decided or sent any more; what comes in is stored."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # People ----------------------------------------------------------------------------------------------------------

    async def write(
        self,
        user: str,
        text: str,
        *,
        at: str | None = None,
        under: str = "",
        root: str = "",
        attachments: tuple[facts.Attachment, ...] = (),
        settle: bool = True,
    ) -> Accepted | Duplicate | Refused:
        """Somebody writes, in their own conversation with the bot or elsewhere."""
        place = at or f"slack:T1/{user}"
        inbound = self.channel.message(place, user, text, self.channel.next_number(), under, root, attachments)
        answer = await self.gate.append(inbound)
        if settle:
            await self.runtime.settle()
        return answer

    async def press(
        self,
        user: str,
        request: str,
        decision: Decision,
        *,
        at: str | None = None,
        value: str = "",
        revision: int | None = None,
    ) -> None:
        """Somebody presses a button, of the newest card there unless it is told at which revision."""
        place, number = at or f"slack:T1/{user}", self.channel.next_number()
        await self.gate.append(self.channel.press(place, user, request, decision, number, value, revision))
        await self.runtime.settle()

    async def submit(self, inbound: Inbound) -> dict[str, str]:
        """Somebody sends a form in, as a channel brings it; what is wrong is told at its fields, and not stored."""
        assert isinstance(inbound.fact, facts.FormSubmitted)
        faults = dict(await self.gate.faults(inbound.conversation, inbound.fact))
        if not faults:
            await self.gate.append(inbound)
            await self.runtime.settle()
        return faults

    async def deny(self, user: str, request: str, reason: str) -> None:
        """Somebody sends in the form behind "Deny with a reason"."""
        fact = facts.FormSubmitted(
            sender=Identity(f"slack:T1/{user}"),
            assurance=Assurance.HIGH,
            sent_at=self.runtime.now(),
            request=request,
            decision=Decision.DENY,
            values={COMMENT: reason},
        )
        await self.gate.append(Inbound(ConversationKey(f"slack:T1/{user}"), fact, ()))
        await self.runtime.settle()

    def seen(self, place: str) -> list[Shown]:
        """What stands in a conversation; a user's name is their own with the bot."""
        key = place if ":" in place else f"slack:T1/{place}"
        return self.channel.shown.get(key, [])

    def texts(self, place: str) -> list[str]:
        """The words that stand in a conversation, cards by their title and notes."""
        return ["; ".join((m.text, *(m.card.notes if m.card else ()))) for m in self.seen(place)]

    def card(self, place: str, number: int = -1) -> Shown:
        """A card in a conversation, the newest first."""
        return [message for message in self.seen(place) if message.kind == "ask"][number]

    # What is stored --------------------------------------------------------------------------------------------------

    async def log(self, place: str = RITA) -> list[events.Event]:
        """All events of the newest thread of a conversation."""
        key = place if ":" in place else f"slack:T1/{place}"
        row = next(row for row in await self.store.threads() if row.conversation == key)
        return [record.event for record in await self.store.log(row.id)]

    async def names(self, place: str = RITA) -> list[str]:
        """The names of these events."""
        return [type(event).__name__ for event in await self.log(place)]

    async def status(self) -> list[tuple[str, str]]:
        """How the threads stand, the newest first."""
        return [(row.status, row.note) for row in await self.store.threads()]

    async def act(self, choice: str, note: str = "", thread: str | None = None) -> None:
        """The owner role says how a thread goes on."""
        rows = await self.store.threads()
        row = next(row for row in rows if thread in (None, row.id))
        acted = facts.OperatorActed.model_validate({"thread": row.id, "choice": choice, "by": "ben", "note": note})
        await self.store.append(Fact(row.conversation, acted, ()))
        await self.runtime.settle()

    async def undecided(self, place: str = RITA) -> int:
        """How many facts wait to be decided."""
        return len((await self.store.load(ConversationKey(f"slack:T1/{place}"), Need())).facts)


Make = Callable[..., House]


def maker(folder: Path, runtime: HandRuntime, channel: Loopback) -> Make:
    """Make houses over one folder, one clock and one channel: a second one is the first after a restart."""

    def make(*agents: Agent, **how: Any) -> House:
        return House(folder, runtime, channel, agents, **how)

    return make
