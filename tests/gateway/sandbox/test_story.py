"""
A thread's log, told as a story.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_core import events, facts
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.log import EVENT_TYPES, Record
from agent_core.requests import Decision, Kind, Outcome, Request, Settlement, Who
from gateway.sandbox.story import LONGEST, Story

IN: dict[str, Any] = {"thread": "t", "run": "r"}
RITA, APPROVALS = "slack:T1/U1", "slack:T1/C1"
NAMES = {RITA: "Rita Ray", "slack:T1/U2": "Ana Lima", APPROVALS: "#approvals"}


def asked(**fields: Any) -> events.RequestOpened:
    """Somebody is asked to approve a deployment."""
    known: dict[str, Any] = {"id": "q", "kind": Kind.APPROVAL, "key": "deploy#1", "title": "Approve deploy?"}
    known |= {"tool": "deploy", "allowed": (Decision.APPROVE, Decision.DENY), "requester": "rita", "home": RITA}
    known["places"] = (APPROVALS,)
    known |= {"who": Who(roles=("release",), exclude_requester=True), "opened_at": 0.0}
    return events.RequestOpened(**IN, key="deploy#1", request=Request(**IN, **(known | fields)))


def given(decision: Decision, via: str) -> events.ResponseGiven:
    """Ana answers."""
    answer = {"party": "ana", "name": "Ana Lima", "identity": "slack:T1/U2", "decision": decision, "via": via}
    return events.ResponseGiven(**IN, request="q", fact=1, **answer)


def settled(**fields: Any) -> events.RequestSettled:
    """The request ends."""
    ended = Settlement(**({"outcome": Outcome.APPROVED, "at": 0.0, "by": "ana", "name": "Ana Lima"} | fields))
    return events.RequestSettled(**IN, request="q", key="deploy#1", settlement=ended)


def told(*log: events.Event) -> str:
    """The sentence for the last of these events."""
    story = Story(NAMES)
    lines = [story.tell(event) for event in log]
    return f"{lines[-1].actor} {lines[-1].told}"


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (facts.MessageReceived(sender=RITA, sent_at=0.0, text="hello\n there"), "Rita Ray wrote: “hello there”"),
        (facts.MessageReceived(sender="slack:T1/U9", sent_at=0.0, text="hi"), "slack:T1/U9 wrote: “hi”"),
        (
            events.RunStarted(**IN, agent="bot", version="2", requester_name="Rita"),
            "The gateway starts a run of bot, version 2, for Rita.",
        ),
        (
            events.ModelAnswered(**IN, key="k", context="c", text='{"intent": "roll_back", "environment": "staging"}'),
            "The model chose the next step: roll back (environment staging).",
        ),
        (
            events.ModelAnswered(**IN, key="k", context="c", text='{"intent": "done", "message": "All well."}'),
            "The model chose to finish.",
        ),
        (events.ModelAnswered(**IN, key="k", context="c", text="[1]"), "The model answered: [1]"),
        (events.ModelAnswered(**IN, key="k", context="c", text="rubbish"), "The model answered: rubbish"),
        (events.ToolStarted(**IN, key="k", tool="deploy", version="1", digest="d"), "The tool deploy starts."),
        (
            events.RequestReassigned(
                **IN,
                request="q",
                party=Party("ana"),
                name="Ana",
                identity=Identity("slack:T1/U1"),
                via=ConversationKey(RITA),
                to=Party("ben"),
                to_name="Ben",
                delegated=True,
                until=1_700_000_000.0,
                at=0.0,
                who=Who(),
            ),
            "The gateway lets Ben decide in the stead of Ana, who is away.",
        ),
        (events.RunEnded(**IN, outcome="done"), "The gateway ends the run."),
        (events.SleepEnded(**IN, key="k"), "The gateway wakes the run: the time has come."),
    ],
)
def test_event_is_told(event: events.Event, sentence: str):
    """
    An event is told in one sentence that begins with who did it, people by their names.
    """
    assert sentence == told(event).strip()


def test_approval_is_told():
    """
    An approval is told with who may give it, who gave it and where, and what it is used up by.
    """
    assert "a person has to approve it. It asks Ana Lima or Ben Okri, and the run pauses." in told(asked())
    assert "Ana Lima says “approve” in #approvals. It counts." == told(asked(), given(Decision.APPROVE, APPROVALS))
    assert "Ana Lima says “deny” in a direct message. It counts." == told(asked(), given(Decision.DENY, RITA))
    assert "settles it for good: approved by Ana Lima." in told(asked(), settled())
    start = events.ToolStarted(**IN, key="k", tool="deploy", version="1", digest="d", approval="q")
    assert "The tool deploy starts. That uses up its approval." == told(start)


def test_answer_that_changes_nothing_is_told_with_its_reason():
    """
    An answer that changed nothing says so, and why.
    """
    refused = {"request": "q", "fact": 1, "party": "slack:T1/U4", "name": "Otto Falk", "decision": Decision.APPROVE}

    assert "Otto Falk says “approve”, which changes nothing: the directory does not know this account." == told(
        asked(), events.ResponseRefused(**IN, **refused, reason="unknown_person")
    )


def test_doubt_is_explained():
    """
    After a kill the story says that nobody knows, that it is not repeated by itself, and whom it asks.
    """
    doubt = asked(in_doubt=True)

    assert "nobody knows whether it took effect" in told(doubt)
    assert "It is not run again by itself: Ana Lima or Ben Okri is asked." in told(doubt)
    assert "Ana Lima says “run it again” in #approvals. It counts." == told(doubt, given(Decision.APPROVE, APPROVALS))
    assert "The gateway goes on as it was told, and takes the buttons off every card." == told(doubt, settled())


def test_question_back_is_passed_on():
    """
    A question back goes to whoever asked, and the story says to whom.
    """
    passed = asked(id="q2", kind=Kind.QUESTION, parent="q", who=Who(people=("rita",)))

    assert "The gateway passes the question on to Rita Ray." == told(asked(), passed)


def test_result_is_told_without_punctuation():
    """
    What a tool gave back is told as words, with the tool's name.
    """
    start = events.ToolStarted(**IN, key="k", tool="deploy", version="1", digest="d")
    value = {"tag": "v1", "before": None, "hosts": 2}

    end = events.ToolFinished(**IN, key="k", ok=True, value=value)
    assert "The tool deploy is done. It gave back: tag v1, before nothing, hosts 2" == told(start, end)
    failed = events.ToolFinished(**IN, key="k", ok=False, message="no room")
    assert "The tool deploy failed: no room" == told(start, failed)


def test_waiting_names_those_who_are_asked():
    """
    A log that ends with an open request waits for those who may answer it; settled or ended, for nobody.
    """
    log = [Record(seq, 0.0, event) for seq, event in enumerate([asked(), settled()])]

    assert "Ana Lima or Ben Okri" == Story(NAMES).waiting(log[:1])
    assert "" == Story(NAMES).waiting(log)
    assert "" == Story(NAMES).waiting([log[0], Record(2, 0.0, events.RunEnded(**IN, outcome="cancelled"))])


SAMPLES: dict[str, Any] = IN | {
    "agent": "a",
    "version": "1",
    "key": "k",
    "text": "t",
    "context": "c",
    "upto": 1,
    "tool": "t",
}
SAMPLES |= {"digest": "d", "ok": True, "outcome": "done", "reason": "late", "request": "q", "fact": 1, "party": "ana"}
SAMPLES |= {
    "name": "Ana",
    "identity": RITA,
    "decision": "approve",
    "via": RITA,
    "until": 1.0,
    "choice": "go_on",
    "by": "b",
}
SAMPLES |= {
    "grant": {"id": "q", "tool": "t", "likeness": "d", "scope": {"name": "1h"}, "thread": "t", "party": "ana"}
    | {"identity": RITA, "assurance": "high", "at": 0.0, "uses": 3, "home": RITA}
}
SAMPLES |= {"rung": 0, "cause": "silence", "number": 0, "who": Who(people=("ana",))}
SAMPLES |= {"to": "ben", "to_name": "Ben", "at": 0.0}
SAMPLES |= {"origin": "o", "branch": "b", "settlement": Settlement(outcome=Outcome.DENIED, at=0.0)}


@pytest.mark.parametrize("kind", [kind for kind in EVENT_TYPES if issubclass(kind, events.ThreadEvent)])
def test_every_event_of_a_thread_has_a_sentence(kind: type[events.Event]):
    """
    No kind of event that a thread's log can hold is left untold.
    """
    needed = {name: SAMPLES[name] for name, field in kind.model_fields.items() if field.is_required()}
    event = asked() if kind is events.RequestOpened else kind.model_validate(needed)

    assert Story(NAMES).tell(event).told


def test_a_standing_grant_is_told():
    """
    A call that a grant covers is held back and let go on, and whose grant it was is said; nobody is asked.
    """
    covered = asked(places=())

    assert told(covered) == "The gateway holds deploy back, because it has to be approved."
    assert "approves it by Ana Lima’s standing grant" in told(covered, settled(grant="first"))


def test_long_text_is_cut():
    """
    A long text is cut, and shows that it is.
    """
    line = Story(NAMES).tell(events.Replied(**IN, key="k", text=json.dumps(["word"] * 1000)))

    assert LONGEST == len(line.told)
    assert line.told.endswith("…")
