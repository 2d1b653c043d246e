"""
What must hold, by name: looked at whenever something becomes durable or leaves the gateway, and once more at the end.

`Watch` sees each commit before the gateway itself hears of it, each effect of a tool and each vendor call in the moment
in which it takes place. So what it compares is what the world knows, and what would be there after a crash right now.
"""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.base import Form, FormWanted, NoForm, Part
from agent_core import events, facts
from agent_core.addresses import Party
from agent_core.log import Record, decode
from agent_core.policy import Person
from agent_core.requests import Outcome
from gateway import owner
from gateway.store.rows import DAY
from tests import ballots
from tests.guarantees import Logs, sent
from tests.ladders import LATE
from tests.simulation import answers
from tests.simulation.agents import IDEMPOTENT, Effect
from tests.simulation.links import Links
from tests.simulation.lists import Lists
from tests.simulation.town import ASLEEP
from tests.simulation.vendor import Brought, Told, Vendor

UNSTEADY = (-1, 0)  # opened by a clock that was no more when it was stored


@dataclass(kw_only=True)
class Watch(Logs):
    """
    Everything that is durable, as far as the guarantees speak of it, and what is done to the world.

    `careless` says that code of a version was changed under its runs, `jumps` how often the clock has jumped; `plain`
    are accounts whose buttons cannot ask once more. `again` counts how often somebody had a delivery tried again of
    which nobody knew whether it had arrived. `versions` are the people that gateways knew, one after the other.
    """

    note: Callable[[str], None]
    careless: bool = False
    plain: tuple[str, ...] = ()
    jumps: int = 0
    again: Counter[str] = field(default_factory=Counter)
    forgotten: dict[str, set[str]] = field(default_factory=dict)
    versions: list[Sequence[Person]] = field(default_factory=list)
    _done: set[tuple[str, int]] = field(default_factory=set)
    _clock: dict[str, tuple[int, int]] = field(default_factory=dict)
    _jump: tuple[float, float] = (0.0, 0.0)
    _waiting: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    _facts: dict[tuple[str, float], facts.ChannelFact] = field(default_factory=dict)
    _stored: dict[tuple[str, float], int] = field(default_factory=dict)
    _forwarded: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.links, self.lists = Links(), Lists()

    # What becomes durable --------------------------------------------------------------------------------------------

    def look(self, db: sqlite3.Connection) -> None:
        """Look at what a commit has added."""
        erased = None
        wrong = self.links.look(db)
        self.hold("link", not wrong, wrong)
        for number, key, version in db.execute("SELECT id, key, version FROM conversations").fetchall():
            log = self.logs[key]
            known = len(log)
            self.hold("G1", version >= known, f"{key} was at {known} and is at {version}")
            if version == known:
                continue
            for seq, at, body in db.execute(
                "SELECT seq, at, body FROM events WHERE conversation = ? AND seq > ? ORDER BY seq", (number, known)
            ).fetchall():
                record = Record(seq, at, decode(body))
                self.note(f"log {key} {record.seq}: {described(record.event)}")
                self.take(key, record)
                if isinstance(record.event, facts.TextsErased):
                    erased = record.event.party
            self.hold("G7", len(log) == version, f"{key} holds {len(log)} events and is at version {version}")
        wrong = self.grants.settle_up()
        self.hold("grant", not wrong, wrong)
        if erased is not None:
            self._is_erased(db, erased)

    def _is_erased(self, db: sqlite3.Connection, party: Party) -> None:
        """What somebody said before it was erased stands nowhere any more."""
        said: set[str] = set()
        for log in self.logs.values():
            last = max((r.seq for r in log if r.event == facts.TextsErased(party=party)), default=0)
            for _, _, event in log[:last]:
                if isinstance(event, facts.ChannelFact) and event.sender in self.forgotten[party]:
                    said |= {word for text in texts_of(event) for word in UNIQUE.findall(text)}
        words = re.compile(rf"\b({'|'.join(map(re.escape, said))})\b") if said else None
        bodies = db.execute("SELECT c.key, e.seq, e.body FROM events e JOIN conversations c ON c.id = e.conversation")
        kept = [(key, seq) for key, seq, body in bodies if words is not None and words.search(body.decode())]
        self.hold("erasure", not kept, f"{party} was forgotten, and {kept} still hold what they said")
        blobs = db.execute("SELECT digest, body FROM blobs")
        kept = [name for name, body in blobs if words is not None and words.search(zlib.decompress(body).decode())]
        self.hold("erasure", not kept, f"{party} was forgotten, and {kept} still hold what they said")

    def take(self, key: str, record: Record) -> None:
        """Presses have names of their own here, so they are told apart as messages are."""
        if isinstance(record.event, events.RequestChanged):
            self._is_changed_as_wished(key, record.event)
        super().take(key, record)
        if isinstance(record.event, facts.ChannelFact) and not isinstance(record.event, facts.MessageReceived):
            name = name_of(record.event)
            self.hold("G2", name not in self.stored, f"{name} is stored twice, now in {key}")
            self.stored.add(name)
        if isinstance(record.event, events.RequestOpened):
            before, after = self._jump
            by_the_old = self.jumps > 0 and abs(record.at - before) < abs(record.at - after)
            self._clock[record.event.request.id] = UNSTEADY if by_the_old else self._clock_now
        if isinstance(record.event, facts.AskForwarded):
            self._is_awake(key, record, record.event)
            self.lists.asked(key, record.at, record.event)
        if isinstance(record.event, events.RequestOpened | events.RequestEscalated):
            self._waiting[named_in(record.event)] |= record.event.waiting
        if isinstance(record.event, events.ResponseGiven):
            self._is_named(key, record.event)
        if isinstance(record.event, events.RequestSettled):
            self._says_what_was_said(key, record.event)
        if isinstance(record.event, facts.ChannelFact):
            self._facts[record.event.sender, record.event.sent_at] = record.event
            self._stored[record.event.sender, record.event.sent_at] = len(self.versions) - 1
            self.links.said(record.event.sender, record.event.sent_at)
            self.links.wrote(record.event.sender, getattr(record.event, "text", ""))
        if isinstance(record.event, events.RunParked):
            same = self.careless or record.event.reason != "diverged"
            self.hold("G8", same, f"{record.event} though its code is the same")

    def _is_awake(self, key: str, record: Record, ask: facts.AskForwarded) -> None:
        """Nobody is asked in their quiet hours but what is urgent; a changed call is shown to who has changed it."""
        self._forwarded.add((ask.request, key))
        begins, ends = ASLEEP.get(key, (0, 0))
        into = record.at % DAY - begins * 60  # a decision takes its time to be stored
        asleep = SLACK < into < (ends - begins) * 60 and ask.card.revision == 0 and ask.card.confirm is None
        self.hold("quiet", not (asleep and self.steady(ask.request)), f"{ask.request} is shown in {key} at {record.at}")

    def _was_woken(self, request: str, at: float) -> None:
        """What waits for the end of quiet hours is shown when they are over."""
        for place, until in self._waiting[request].items():
            shown = (request, place) in self._forwarded or until + LATE > at
            self.hold("quiet", shown or not self.steady(request), f"{request} was never shown in {place}")

    def _is_named(self, key: str, event: events.ResponseGiven) -> None:
        """What is urgent is approved by its code, or by a button that asks once more; a list decides what it shows."""
        fact = self._facts[sent(self.logs[key][event.fact - 1].event)[:2]]
        wrong = self.lists.counts(event, fact)
        self.hold("list", not wrong, wrong)
        urgent = self.requests[event.request].urgency == "high" and event.decision in ballots.APPROVING
        if isinstance(fact, facts.MessageReceived):
            named = any(len(word) == CODE and word.isupper() for word in fact.text.replace("edit\n", "").split())
        else:
            named = isinstance(fact, facts.FormSubmitted) or event.via.partition("/")[0] not in self.plain
        self.hold("confirm", named or not urgent, f"{event} comes of {fact}")

    def _is_changed_as_wished(self, key: str, event: events.RequestChanged) -> None:
        """A call is changed as somebody has filled in, and by the digest of that."""
        fact, changes = self.logs[key][event.fact - 1].event, self.ladders[event.request].changes
        before = changes[-1].changes if changes else {}
        wrong = answers.changed(self.requests[event.request], before, event, fact)
        self.hold("form", not wrong, f"{event}, and {wrong}")

    def _says_what_was_said(self, key: str, event: events.RequestSettled) -> None:
        """An outcome has what whoever decided has filled in."""
        if event.settlement.outcome is Outcome.EXPIRED:
            self._was_woken(event.request, event.settlement.at)
        given = list(self._votes[event.request].values())
        if given and event.settlement.by is not None:
            fact = self.logs[key][given[-1].fact - 1].event
            wrong = answers.wrong(self.requests[event.request], event.settlement, fact)
            self.hold("form", not wrong, f"{event}, and {wrong}")

    def jumped(self, before: float, after: float) -> None:
        """The clock has jumped. What is decided just then may still be by the old one."""
        self.jumps += 1
        self._jump = before, after

    def steady(self, request: str) -> bool:
        """The clock has not jumped since a request was opened, nor did another gateway begin to read one that had."""
        return self._clock.get(request, self._clock_now) == self._clock_now

    @property
    def _clock_now(self) -> tuple[int, int]:
        return self.jumps, len(self.versions) if self.jumps else 0

    def owners(self, identity: str, since: float | None) -> Sequence[Person | None]:
        """Accounts are linked while the gateway runs."""
        owners = [self.links.owners(identity, since, people) for people in self.directories(identity, since)]
        return [one for some in owners for one in some]

    def directories(self, identity: str, since: float | None) -> Sequence[Sequence[Person]]:
        """People and their roles are changed while the gateway runs."""
        return self.versions[self._stored.get((identity, since or 0.0), 0) :]

    def asked(self, thread: str, run: events.RunStarted) -> str:
        """Give what was written to begin a run."""
        key = next(k for k, log in self.logs.items() if any(r.event is run for r in log))
        return "\n".join(str(getattr(self.logs[key][seq - 1].event, "text", "")) for seq in run.consumes)

    # What leaves the gateway -----------------------------------------------------------------------------------------

    def answered(self, brought: Brought) -> None:
        """An event was acknowledged to its vendor."""
        name = name_of(brought.inbound.fact)
        self.hold("G1", name in self.stored, f"{name} is acknowledged and not stored")

    def form(self, wanted: FormWanted, form: Form | NoForm) -> None:
        """Somebody has got a form, or not; who gets it may decide the call that it is about."""
        self.note(f"{wanted.sender} is answered: {form!r:.60}")
        if isinstance(form, Form):
            request, identity = self.requests[wanted.request], wanted.sender
            who = self.ladders[wanted.request].who_at(form.revision)  # a changed one may not have come there yet
            owners = self.owners(identity, None)
            may = [one for one in owners if not self.objections(request, identity, one, None, who=who)]
            self.hold("G9", bool(may), f"{identity} gets the form of {request.title}")

    def heard(self, home: str, outcome: str) -> None:
        """A script has heard how what it had asked ended."""
        self.note(f"a script hears of {home}: {outcome}")
        asked = [request for request in self.requests.values() if request.home == home and request.parent is None]
        first = [request for request in asked if request.attempt == 1 and request.thread not in self.branches]
        self.hold("G2", len(first) <= 1 or self.restarted(home), f"{home} asks {len(first)} times")
        known = {self.settled[request.id].outcome for request in asked if request.id in self.settled}
        unasked = outcome in (Outcome.NO_ROUTE, Outcome.CANCELLED)
        self.hold("G3", outcome in known or unasked, f"{outcome} is told of {home}, and it ended as {known}")

    def restarted(self, home: str) -> bool:
        """Tell whether somebody had a run of a conversation begin anew."""
        return any(isinstance(r.event, events.RunEnded) and r.event.outcome == "restarted" for r in self.logs[home])

    def done(self, effect: Effect) -> None:
        """A tool did something."""
        self.note(f"world: {effect}")
        started = self.starts.get(f"{effect.start}/{effect.attempt}")
        self.hold("G5", started is not None, f"{effect} happens before its start is stored")
        if effect.tool not in IDEMPOTENT:
            self.hold("G5", (effect.start, effect.attempt) not in self._done, f"{effect} happens again")
        same = started is not None and started.digest == effect.digest
        self.hold("G4", same, f"{effect} is not what was started: {started}")
        self._done.add((effect.start, effect.attempt))

    def claimed(self, part: Part, db: sqlite3.Connection) -> None:
        """A part is about to be sent."""
        row = db.execute("SELECT status FROM deliveries WHERE id = ?", (part.delivery,)).fetchone()
        self.hold("G6", row is not None and row[0] == "claimed", f"{part} is sent, and stored as {row}")

    def taken(self, vendor: Vendor, told: Told) -> None:
        """A vendor has taken a part."""
        part = told.part
        if told.shown.card is not None and told.shown.card.rows:
            self.lists.shown(part.conversation, told.shown.request, told.shown.card, told.at)
        if not part.idempotent:
            takes = vendor.takes[part.delivery]
            most = 1 + self.again[part.delivery]
            self.hold("G6", takes <= most, f"{part.delivery} ({part.kind}) was taken {takes} times")

    def committed(self, process: int, newest: int) -> None:
        """A decision of a process was accepted."""
        self.hold("G7", process == newest, f"a decision of process {process} is stored, and {newest} owns the store")

    # A pause ---------------------------------------------------------------------------------------------------------

    def resting(self, decider: owner.Owner, tasks: int) -> None:
        """Nothing can be done until a person, a message or a timer comes."""
        self.hold("G11", not decider._tasks, f"{decider._tasks} while everything waits")
        self.hold("G11", len(decider._hot) <= owner.HOT, f"{len(decider._hot)} conversations are kept in memory")
        self.hold("G11", tasks <= TASKS, f"{tasks} tasks while everything waits")


SLACK = 120.0  # seconds that a decision takes to be stored, at most, where the machine stands still meanwhile

CODE = 3  # characters of the code of a card

TASKS = 24
"""Tasks of a gateway at rest, however many threads are paused: its parts, two channels, what they wait for."""

UNIQUE = re.compile(r"[a-z]+ (?:\d+ of )?\d+$")
"""What somebody writes that nobody else does: it has a number."""


def texts_of(event: facts.ChannelFact) -> list[str]:
    """Give what somebody wrote."""
    return [str(getattr(event, "text", "")), *getattr(event, "values", {}).values()]


def named_in(event: events.RequestOpened | events.RequestEscalated) -> str:
    """Give the id of the request that an event is about."""
    return event.request if isinstance(event, events.RequestEscalated) else event.request.id


def name_of(fact: facts.ChannelFact) -> str:
    """Name what somebody did; a message is changed more than once."""
    changes = isinstance(fact, facts.MessageEdited | facts.MessageDeleted)
    return f"{fact.message_id} changed at {fact.sent_at}" if changes else fact.message_id


def described(event: events.Event) -> str:
    """An event in one line."""
    values: dict[str, Any] = event.model_dump(mode="json", exclude_defaults=True, exclude={"card", "who", "raw"})
    values.pop("type", None)
    return f"{type(event).__name__} {values}"
