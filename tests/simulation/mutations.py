"""
For each guarantee, and for what is promised besides, deliberate faults in the gateway, which the simulation has to
catch, by name, at a fixed seed.

A check that nothing can fail is no check. Each fault replaces one named function while a run lasts; nothing of the
source is edited. The table in docs/guarantees.md is made of this file, and a test holds that it is. When the gateway
changes, so do the histories of seeds; these runs are long, and in a weather that brings their fault out.
Should it not: `python -m tests.simulation --mutation G5` finds a seed that does.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, NamedTuple
from unittest import mock

from adapters.base import Accepted, Duplicate, Inbound, Refused
from agent_core import edits, events, facts, forms, grants, handing, lifecycle, policy, requests, rulings
from agent_core.effects import CallTool
from gateway import (
    asking,
    calls,
    clients,
    conversation,
    directory,
    gate,
    gathering,
    ladder,
    linking,
    outbox,
    owner,
    places,
    quiet,
    settling,
)
from gateway.api import values
from gateway.ongoing import Operation, Starting
from gateway.store import base, rows, sqlite, sqlite_erasure, sqlite_log
from tests.simulation.agents import COMMANDS
from tests.simulation.run import Report, simulate

STEPS = 20_000  # callbacks in which a fault is caught
CRASHES = {"crash_at_moment": 0.08}
MEDDLING = {"meddle": 1.0}
KNOCKS = {"knock": 0.8}
REPEATS = {"repeat": 0.5, "lose_ack": 0.5}


class Mutation(NamedTuple):
    """
    A fault: what it does in a sentence, the function it replaces, and a seed at which it is caught.

    `weather` is what is not left to that seed; `commands` are what people want of the agent in its runs.
    """

    what: str
    where: str
    apply: Callable[[], AbstractContextManager[Any]]
    seed: int
    weather: Mapping[str, float] = {}
    commands: Sequence[str] = COMMANDS


def acknowledge_first() -> AbstractContextManager[Any]:
    real, kept = gate.Gate.append, set()

    async def append(self: gate.Gate, inbound: Inbound) -> Accepted | Duplicate | Refused:
        task = asyncio.ensure_future(real(self, inbound))
        kept.add(task)
        return Accepted(0)

    return mock.patch.object(gate.Gate, "append", append)


def forget_keys() -> AbstractContextManager[Any]:
    real = sqlite_log.append

    def append(db: Any, fact: base.Fact, *rest: Any) -> Any:
        return real(db, fact._replace(dedupe=()), *rest)

    return mock.patch.object(sqlite_log, "append", append)


@contextmanager
def settle_again() -> Iterator[None]:
    real, over = rulings.decide, lifecycle.Status.SETTLED
    again = {events.ResponseGiven: over, events.RequestSettled: over}

    def decide(standing: rulings.Standing, response: rulings.Response, now: float) -> rulings.Ruling:
        if standing.votes and response.decision is not requests.Decision.ASK_BACK:
            standing = standing.model_copy(update={"settlement": None})
        return real(standing, response, now)

    with mock.patch.dict(lifecycle.LIFE_CYCLE[over], again), mock.patch.object(rulings, "decide", decide):
        yield


def need_nobody() -> AbstractContextManager[Any]:
    return mock.patch.object(calls, "requirement", return_value=policy.Allow())


def run_again() -> AbstractContextManager[Any]:
    def ask_in_doubt(here: Any, thread: Any, call: Any, ask: policy.Ask, why: str) -> None:
        pending = thread.state.pending[call.key]
        operation = Operation(thread.id, thread.state.run, call.key, pending.attempt)
        here.draft.starts[operation] = Starting(call, pending.approval)

    return mock.patch.object(asking, "ask_in_doubt", ask_in_doubt)


def send_again() -> AbstractContextManager[Any]:
    async def find(self: outbox.Outbox, delivery: rows.Delivery) -> base.Fate:
        return base.Fate(delivery.id, "new", due=self._store.now(), reason="not looked for")

    return mock.patch.object(outbox.Outbox, "_find", find)


class AnyToken(str):
    """A token that is like every other."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def own_for_ever() -> AbstractContextManager[Any]:
    return mock.patch.object(sqlite, "Ownership", lambda token: base.Ownership(AnyToken(token)))


def newest_first() -> AbstractContextManager[Any]:
    real = conversation.Conversation.begin

    def begin(self: conversation.Conversation, snapshot: base.Snapshot) -> None:
        real(self, snapshot)
        self.facts.reverse()

    return mock.patch.object(conversation.Conversation, "begin", begin)


def object_to_nobody() -> AbstractContextManager[Any]:
    return mock.patch.object(rulings, "objection", return_value=None)


def never_quiet() -> AbstractContextManager[Any]:
    return mock.patch.object(places, "QUIET", 0.0)


def keep_all() -> AbstractContextManager[Any]:
    return mock.patch.object(owner.Owner, "_evict")


def seen_by_all() -> AbstractContextManager[Any]:
    return mock.patch.object(places, "prompted_at", return_value=0.0)


def erase_nothing() -> AbstractContextManager[Any]:
    return mock.patch.object(sqlite_erasure, "erased", lambda body, whose=(): body)


def count_the_gone() -> AbstractContextManager[Any]:
    return mock.patch.object(directory.Directory, "standing", lambda self, request, votes: tuple(votes))


def keep_the_gone() -> AbstractContextManager[Any]:
    return mock.patch.object(directory.Directory, "replace")


def take_any_body() -> AbstractContextManager[Any]:
    return mock.patch.object(values.RequestIn, "fingerprint", "")


def count_again() -> AbstractContextManager[Any]:
    def latest(votes: Sequence[rulings.Vote]) -> list[rulings.Vote]:
        return [vote.model_copy(update={"party": f"{vote.party}#{n}"}) for n, vote in enumerate(votes)]

    return mock.patch.object(rulings, "latest", latest)


def count_anybody() -> AbstractContextManager[Any]:
    return mock.patch.object(rulings, "matches", return_value=True)


def keep_votes() -> AbstractContextManager[Any]:
    real = lifecycle.step

    def step(standing: rulings.Standing | None, event: events.Event) -> rulings.Standing:
        after = real(standing, event)
        fell = standing is not None and isinstance(event, events.RequestChanged)
        return after.model_copy(update={"votes": standing.votes}) if standing is not None and fell else after

    return mock.patch.object(lifecycle, "step", step)


def run_the_old() -> AbstractContextManager[Any]:
    real = edits.changed

    def changed(call: CallTool, changes: Mapping[str, Any]) -> CallTool:
        return replace(call, digest=real(call, changes).digest)

    return mock.patch.object(edits, "changed", changed)


def forget_steps() -> AbstractContextManager[Any]:
    real = settling.standing_of

    def standing_of(here: conversation.Conversation, name: str) -> rulings.Standing | None:
        standing, opened = real(here, name), here.opened.get(name)
        if standing is None or opened is None:
            return standing
        request = standing.request.model_copy(update={"places": opened.request.places})
        return standing.model_copy(update={"request": request})

    return mock.patch.object(settling, "standing_of", standing_of)


def keep_ladder() -> AbstractContextManager[Any]:
    real = lifecycle.changed

    def changed(asked: requests.Request, now: requests.Request, edit: events.RequestChanged) -> requests.Request:
        return real(asked, now, edit.model_copy(update={"where": None}))

    return mock.patch.object(lifecycle, "changed", changed)


def name_all() -> AbstractContextManager[Any]:
    real = rulings.decide

    def decide(standing: rulings.Standing, response: rulings.Response, now: float) -> rulings.Ruling:
        return real(standing, response.model_copy(update={"confirmed": True}), now)

    return mock.patch.object(rulings, "decide", decide)


def hand_nothing_over() -> AbstractContextManager[Any]:
    real = handing.handed
    return mock.patch.object(handing, "handed", lambda who, giver, to, delegated: real(who, giver, to, delegated=True))


def count_besides() -> AbstractContextManager[Any]:
    return mock.patch.object(rulings, "stead", return_value=None)


def grant_for_ever() -> AbstractContextManager[Any]:
    return mock.patch.object(grants, "covers", lambda grant, request, granter, now: grant.likeness == request.likeness)


def climb_on() -> AbstractContextManager[Any]:
    real = ladder._climb_when_due

    def climb(here: conversation.Conversation, standing: rulings.Standing, *rest: Any) -> None:
        real(here, standing.model_copy(update={"claimed": None}), *rest)

    return mock.patch.object(ladder, "_climb_when_due", climb)


def take_unfilled() -> AbstractContextManager[Any]:
    real = forms.read
    return mock.patch.object(forms, "read", lambda asked, values: real(asked, values)._replace(faults={}))


def half_a_code() -> AbstractContextManager[Any]:
    real = linking.digest
    return mock.patch.object(linking, "digest", lambda code: real(code[:-1]))


def ask_anew() -> AbstractContextManager[Any]:
    real = clients.begin

    def begin(here: conversation.Conversation, wanted: facts.RequestReceived) -> None:
        here.threads.pop(clients.thread(here.key), None)
        real(here, wanted)

    return mock.patch.object(clients, "begin", begin)


def take_any_name() -> AbstractContextManager[Any]:
    def pressed(here: conversation.Conversation, fact: facts.ActionTaken, batch: rows.Copy) -> list[rows.Copy]:
        named = [here.copies[name] for name in fact.value.split(",") if name in here.copies]
        return [copy for copy in named if not copy.members]

    return mock.patch.object(gathering, "pressed", pressed)


def take_the_whole_list() -> AbstractContextManager[Any]:
    return mock.patch.object(gathering, "pressed", lambda here, fact, batch: gathering.members(here, batch))


def hold_for_ever() -> AbstractContextManager[Any]:
    return mock.patch.object(gathering, "due", lambda here, timer: here.draft.clear.append(timer.id))


def wake_all() -> AbstractContextManager[Any]:
    return mock.patch.object(quiet, "waiting", return_value={})


MUTATIONS = {
    "G1": Mutation("acknowledges before it has stored", "gate.Gate.append", acknowledge_first, 3),
    "G2": Mutation("forgets under which keys a fact came", "store.sqlite_log.append", forget_keys, 3, REPEATS),
    "G2-again": Mutation("asks again whatever comes again", "clients.begin", ask_anew, 4, {"script": 0.8}),
    "G3": Mutation("rules on a settled request as if it were open", "rulings.decide", settle_again, 1),
    "G4": Mutation("takes no call for guarded", "calls.requirement", need_nobody, 5),
    "G4-edit": Mutation(
        "runs the call as it was before it was changed", "edits.changed", run_the_old, 2, commands=("change",)
    ),
    "G5": Mutation("runs what is in doubt again by itself", "asking.ask_in_doubt", run_again, 3, CRASHES),
    "G6": Mutation("takes what is unknown for unsent", "outbox.Outbox._find", send_again, 5, {"lose": 0.5}),
    "G7": Mutation("takes any owner's token", "store.sqlite.Ownership", own_for_ever, 5, {"usurp": 0.05, "full": 0.0}),
    "G8": Mutation("decides the newest fact first", "conversation.Conversation.begin", newest_first, 6, CRASHES),
    "G9": Mutation("lets anybody decide", "rulings.objection", object_to_nobody, 4),
    "G9-twice": Mutation(
        "counts an account twice in a quorum", "rulings.latest", count_again, 1, {"insist": 0.8}, commands=("launch",)
    ),
    "G9-fall": Mutation(
        "lets votes stand on a call that was changed since", "lifecycle.step", keep_votes, 7, commands=("change",)
    ),
    "G9-vote": Mutation(
        "counts votes of people who are gone since",
        "directory.Directory.standing",
        count_the_gone,
        6,
        MEDDLING,
        ("launch", "vote"),
    ),
    "G9-gone": Mutation(
        "goes on with the people that it knew",
        "directory.Directory.replace",
        keep_the_gone,
        4,
        MEDDLING,
        ("launch", "vote"),
    ),
    "G9-filter": Mutation(
        "counts everybody for a threshold", "rulings.matches", count_anybody, 1, commands=("vote", "agree")
    ),
    "G10": Mutation("tells the same again and again", "places.QUIET", never_quiet, 1, {"insist": 0.8}),
    "G11": Mutation("keeps every conversation in memory", "owner.Owner._evict", keep_all, 1),
    "G12": Mutation("takes every card for seen", "places.prompted_at", seen_by_all, 5, {"cross": 1.0}),
    "erasure": Mutation(
        "leaves texts as they are", "store.sqlite_erasure.erased", erase_nothing, 2, MEDDLING, ("ask", "record")
    ),
    "confirm": Mutation("takes any word for what is urgent", "rulings.decide", name_all, 3, commands=("rush",)),
    "grant": Mutation(
        "takes a grant for one of every thread and time", "grants.covers", grant_for_ever, 1, commands=("repeat",)
    ),
    "hand": Mutation("lets who has handed it on decide", "handing.handed", hand_nothing_over, 2, commands=("launch",)),
    "hand-stead": Mutation(
        "counts whoever decides in somebody's stead besides them", "rulings.stead", count_besides, 6, {}, ("launch",)
    ),
    "key": Mutation("takes another body under a known key", "api.RequestIn.fingerprint", take_any_body, 1, KNOCKS),
    "ladder": Mutation(
        "takes steps though somebody is on it", "ladder._climb_when_due", climb_on, 2, commands=("climb",)
    ),
    "ladder-shown": Mutation(
        "forgets where a ladder has shown it", "settling.standing_of", forget_steps, 5, commands=("climb", "reach")
    ),
    "ladder-changed": Mutation(
        "asks of a changed call whom the one before it would have", "lifecycle.changed", keep_ladder, 4, {}, ("change",)
    ),
    "quiet": Mutation("asks people in their quiet hours", "quiet.waiting", wake_all, 1, commands=("deploy", "vote")),
    "form": Mutation("takes a form that is not filled in", "forms.read", take_unfilled, 2, commands=("fill",)),
    "link": Mutation("reads all of a code but its end", "linking.digest", half_a_code, 4, MEDDLING, ("nap",)),
    "list": Mutation(
        "counts a press on a list for what does not stand on it",
        "gathering.pressed",
        take_any_name,
        1,
        commands=("rollout",),
    ),
    "list-named": Mutation(
        "counts it for all that stands there, whatever it names",
        "gathering.pressed",
        take_the_whole_list,
        1,
        commands=("rollout",),
    ),
    "list-held": Mutation(
        "never shows what has waited for others", "gathering.due", hold_for_ever, 2, commands=("roll", "tidy")
    ),
}
"""By the name of what is broken; behind a hyphen what breaks it, where there are several."""


def caught(name: str, seed: int) -> Report:
    """Run a seed with the fault in it."""
    with MUTATIONS[name].apply():
        return in_its_weather(name, seed)


def in_its_weather(name: str, seed: int) -> Report:
    """Run a seed as a fault's runs are, whether it is there or not."""
    return simulate(seed, steps=STEPS, weather=MUTATIONS[name].weather, commands=MUTATIONS[name].commands)


def find(name: str) -> int:
    """Find a seed at which a fault is caught by its guarantee's name."""
    for seed in itertools.count(1):
        violation = caught(name, seed).violation
        if violation is not None and violation.name == broken(name):
            return seed
    raise AssertionError


def broken(name: str) -> str:
    """Give the name of what a fault breaks."""
    return name.partition("-")[0]
