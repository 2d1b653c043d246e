"""
What an answer does to a request.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core import rulings
from agent_core.addresses import Party
from agent_core.requests import Assurance, Choice, Decision, Kind, Outcome, Settlement, Threshold, Who
from agent_core.rulings import Standing, Vote, decide
from tests.agent_core.logs import ANA, NOON, RITA, a_request, a_response, a_voter

DUE = NOON + 3_600


def standing(**how: object) -> Standing:
    return Standing(request=a_request(**how), due=DUE)


def settled(outcome: Outcome = Outcome.APPROVED) -> Standing:
    return standing().model_copy(update={"settlement": Settlement(outcome=outcome, at=NOON, by=ANA, name="Ana")})


def test_first_valid_answer_settles():
    """
    One approval by somebody who may decide ends the request, with who, where and when.
    """
    ruling = decide(standing(), a_response(), NOON + 61)

    assert isinstance(ruling, rulings.Settles)
    assert (Outcome.APPROVED, ANA, NOON + 61) == (
        ruling.settlement.outcome,
        ruling.settlement.by,
        ruling.settlement.at,
    )


def test_settled_request_takes_no_second_answer():
    """
    An answer to a settled request changes nothing; the first one stands.
    """
    ruling = decide(settled(), a_response(Decision.DENY), NOON + 61)

    assert isinstance(ruling, rulings.TooLate)
    assert ruling.settlement.outcome is Outcome.APPROVED


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.DENY])
@pytest.mark.parametrize("urgency", ["low", "normal", "high"])
@pytest.mark.parametrize("confirmed", [True, False])
def test_high_urgency_is_confirmed(decision: Decision, urgency: str, confirmed: bool):
    """
    Approving what is of high urgency takes a confirmation; denying it, and anything less urgent, does not.
    """
    response = a_response(decision).model_copy(update={"confirmed": confirmed})
    ruling = decide(standing(urgency=urgency), response, NOON + 61)

    if decision is Decision.APPROVE and urgency == "high" and not confirmed:
        assert rulings.Unreadable("not_confirmed") == ruling
    else:
        assert isinstance(ruling, rulings.Settles)


@pytest.mark.parametrize(
    ("outcome", "decision", "how", "informs"),
    [
        (Outcome.EXPIRED, Decision.APPROVE, {}, True),
        (Outcome.EXPIRED, Decision.ASK_BACK, {"text": "use v2 instead"}, True),
        (Outcome.EXPIRED, Decision.CLAIM, {}, False),
        (Outcome.EXPIRED, Decision.APPROVE, {"voter": a_voter("otto")}, False),
        (Outcome.APPROVED, Decision.DENY, {"text": "not on a Friday"}, True),
        (Outcome.APPROVED, Decision.DENY, {}, False),
        (Outcome.CANCELLED, Decision.APPROVE, {}, False),
        (Outcome.APPROVED, Decision.DENY, {"text": "no", "voter": a_voter("otto")}, False),
    ],
)
def test_what_comes_too_late_informs(outcome: Outcome, decision: Decision, how: dict[str, Any], informs: bool):
    """
    The agent is told of whoever could have decided: all they say where nobody had, and reasons where somebody had.
    """
    ended = settled().model_copy(update={"settlement": Settlement(outcome=outcome, at=NOON + 10)})

    assert rulings.TooLate(ended.settlement, informs) == decide(ended, a_response(decision, **how), NOON + 61)


@pytest.mark.parametrize(("outcome", "voter"), [(Outcome.APPROVED, "ana"), (Outcome.EXPIRED, "otto")])
def test_talk_under_a_card_that_has_ended_is_talk(outcome: Outcome, voter: str):
    """
    Words under what is decided, and words of somebody who was never asked, are answered by nobody.
    """
    ended = settled().model_copy(update={"settlement": Settlement(outcome=outcome, at=NOON + 10)})
    words = a_response(Decision.ASK_BACK, text="thanks", voter=a_voter(voter))

    assert rulings.Chatter() == decide(ended, words, NOON + 61)


def test_denial_carries_its_reason():
    """
    What the denier wrote is in the settlement.
    """
    ruling = decide(standing(), a_response(Decision.DENY, text="not on a Friday"), NOON + 61)

    assert isinstance(ruling, rulings.Settles)
    assert (Outcome.DENIED, "not on a Friday") == (ruling.settlement.outcome, ruling.settlement.comment)


@pytest.mark.parametrize(
    ("who", "voter", "reason"),
    [
        (Who(people=(ANA,)), a_voter("otto"), "not_asked"),
        (Who(roles=("release",)), a_voter("ana", roles=("support",)), "not_asked"),
        (Who(people=(RITA, ANA), exclude_requester=True), a_voter("rita"), "requester_excluded"),
        (Who(people=(ANA,), exclude_requester=True), a_voter("ana", known=False), "unknown_person"),
        (Who(people=(ANA,), quorum=2), a_voter("ana", known=False), "unknown_person"),
        (Who(people=(ANA,), assurance=Assurance.HIGH), a_voter("ana", assurance=Assurance.LOW), "assurance"),
        (Who(people=(ANA,), also=Who(roles=("security",))), a_voter("ana"), "not_asked"),
    ],
)
def test_only_who_may_decide_decides(who: Who, voter: rulings.Voter, reason: str):
    """
    An answer of somebody who may not decide changes nothing, and says which rule.
    """
    ruling = decide(standing(who=who), a_response(voter=voter), NOON + 61)

    assert rulings.NotAllowed(reason) == ruling


def test_words_of_others_are_chatter():
    """
    Words that are no decision, by somebody who may not decide, get no answer at all.
    """
    ruling = decide(standing(), a_response(Decision.ASK_BACK, text="ooh", voter=a_voter("otto")), NOON)

    assert rulings.Chatter() == ruling


def test_question_back_keeps_it_open():
    """
    Words of somebody who may decide are a question back.
    """
    assert rulings.AskedBack("why?") == decide(standing(), a_response(Decision.ASK_BACK, text="why?"), NOON)


def test_quorum_counts_people():
    """
    Two of the same person are one; the second person completes a quorum of two.
    """
    who = Who(people=(ANA, RITA), quorum=2)
    once = standing(who=who).model_copy(update={"votes": (Vote(party=ANA, decision=Decision.APPROVE),)})

    assert rulings.Counted() == decide(standing(who=who), a_response(), NOON)
    assert rulings.Duplicate() == decide(once, a_response(), NOON)
    assert isinstance(decide(once, a_response(voter=a_voter("rita")), NOON), rulings.Settles)


def votes(**cast: str) -> tuple[Vote, ...]:
    """Say who voted: `ana="approve"`; a role behind a colon."""
    return tuple(
        Vote(party=Party(name), decision=Decision(said.partition(":")[0]), roles=tuple(said.split(":")[1:]))
        for name, said in cast.items()
    )


TWO_OR_OWNER = Who(thresholds=(Threshold(approve=2, deny=2), Threshold(roles=("owner",), deny=1)))
BOTH = Who(need="all", thresholds=(Threshold(roles=("release",), approve=2), Threshold(roles=("security",))))


@pytest.mark.parametrize(
    ("who", "cast", "decision", "enough"),
    [
        (Who(quorum=2), votes(ana="approve"), Decision.APPROVE, False),
        (Who(quorum=2), votes(ana="approve", ben="approve"), Decision.APPROVE, True),
        (Who(denials=2), votes(ana="deny"), Decision.DENY, False),
        (Who(denials=2), votes(ana="deny", ben="approve"), Decision.DENY, False),
        (Who(denials=2), votes(ana="deny", ben="deny"), Decision.DENY, True),
        (TWO_OR_OWNER, votes(ana="approve"), Decision.APPROVE, False),
        (TWO_OR_OWNER, votes(ana="approve:owner"), Decision.APPROVE, True),
        (TWO_OR_OWNER, votes(ana="approve", ben="approve"), Decision.APPROVE, True),
        (TWO_OR_OWNER, votes(ana="deny"), Decision.DENY, False),
        (TWO_OR_OWNER, votes(ana="deny:owner"), Decision.DENY, True),
        (BOTH, votes(ana="approve:release", ben="approve:release"), Decision.APPROVE, False),
        (BOTH, votes(ana="approve:release", ben="approve:release:security"), Decision.APPROVE, True),
        (BOTH, votes(ana="deny:security"), Decision.DENY, True),
        (Who(also=Who(quorum=2)), votes(ana="approve"), Decision.APPROVE, False),
        (Who(also=Who(quorum=2)), votes(ana="approve", ben="approve"), Decision.APPROVE, True),
        (Who(denials=2, also=Who()), votes(ana="deny"), Decision.DENY, True),
    ],
)
def test_how_many_of_whom_it_takes(who: Who, cast: tuple[Vote, ...], decision: Decision, enough: bool):
    """
    One threshold that is reached decides, or all of them; a denial needs one; what holds besides has to be reached too.
    """
    assert enough == rulings.reached(who, cast, decision)


def test_the_last_vote_of_a_person_counts():
    """
    Who has approved and then denies has one vote, the denial; saying the same again is no second vote.
    """
    who = Who(people=(ANA, RITA), quorum=2, denials=2)
    state = standing(who=who).model_copy(update={"votes": votes(ana="approve", rita="deny")})

    assert rulings.Duplicate() == decide(state, a_response(), NOON)
    ruling = decide(state, a_response(Decision.DENY, voter=a_voter("ana")), NOON)
    assert isinstance(ruling, rulings.Settles)
    assert (Outcome.DENIED, 2) == (ruling.settlement.outcome, len(ruling.settlement.names))


def test_words_after_a_vote_are_added_to_it():
    """
    They count as no second vote, and those that were said with another vote before are not that one's.
    """
    said = [Vote(party=ANA, decision=Decision.DENY, comment="no")]
    said += [Vote(party=ANA, decision=Decision.APPROVE, comment=comment) for comment in ("yes", "", "at six")]
    state = standing(who=Who(people=(ANA, RITA), quorum=2)).model_copy(update={"votes": tuple(said)})

    assert [("ana", "approve", "yes\nat six")] == [(v.party, v.decision, v.comment) for v in rulings.latest(said)]
    assert rulings.Duplicate() == decide(state, a_response(text="at six"), NOON)
    assert rulings.Counted() == decide(state, a_response(text="six"), NOON)


@pytest.mark.parametrize(
    ("now", "sent_at", "counts"),
    [
        (DUE - 1, DUE - 2, True),
        (DUE + 60, DUE - 1, True),  # sent in time, decided late: the gateway was down
        (DUE + 60, DUE + 1, False),
        (DUE - 1, DUE + 5, True),  # the vendor's clock is ahead of ours
    ],
)
def test_late_is_late_by_both_clocks(now: float, sent_at: float, counts: bool):
    """
    An answer is too late when it was sent and is decided after the deadline.
    """
    ruling = decide(standing(), a_response(sent_at=sent_at), now)

    assert counts == isinstance(ruling, rulings.Settles)
    assert counts or rulings.Expires(informs=True) == ruling


def test_unseen_prompt_settles_nothing():
    """
    An answer given before its prompt had arrived is not counted (G12).
    """
    assert rulings.Unreadable("not_seen") == decide(standing(), a_response(seen=False), NOON)


def test_choice_by_name_label_or_number():
    """
    A choice is taken by its name, its label or its number, and comes back as its name.
    """
    choices = (Choice(name="go_on", label="Go on"), Choice(name="stop", label="Stop here"))
    asked = standing(kind=Kind.QUESTION, choices=choices, allowed=(Decision.ANSWER,))

    for text in ("stop", "STOP HERE", " 2 "):
        ruling = decide(asked, a_response(Decision.ANSWER, text=text), NOON)
        assert isinstance(ruling, rulings.Settles)
        assert "stop" == ruling.settlement.answer
    assert rulings.Unreadable("not_a_choice") == decide(asked, a_response(Decision.ANSWER, text="maybe"), NOON)


def test_decision_that_is_not_offered():
    """
    A question cannot be approved.
    """
    asked = standing(kind=Kind.QUESTION, allowed=(Decision.ANSWER,))

    assert rulings.Unreadable("not_offered") == decide(asked, a_response(), NOON)


def test_doubt_has_three_answers():
    """
    About an attempt in doubt: run again approves, it did run answers, stop denies.
    """
    allowed = (Decision.APPROVE, Decision.DID_RUN, Decision.DENY)
    asked = standing(in_doubt=True, allowed=allowed)
    outcomes = [decide(asked, a_response(decision), NOON) for decision in allowed]

    assert [Outcome.APPROVED, Outcome.ANSWERED, Outcome.DENIED] == [
        ruling.settlement.outcome for ruling in outcomes if isinstance(ruling, rulings.Settles)
    ]


@pytest.mark.parametrize(
    ("decision", "outcome"), [(Decision.DENY, Outcome.DENIED), (Decision.DID_RUN, Outcome.ANSWERED)]
)
def test_who_approved_may_think_better_of_it(decision: Decision, outcome: Outcome):
    """
    While a request waits for more approvals, who gave one may still say stop, or that it did run; that ends it.
    """
    asked = standing(
        in_doubt=True,
        allowed=(Decision.APPROVE, Decision.DID_RUN, Decision.DENY),
        who=Who(people=(ANA, RITA), quorum=2),
    ).model_copy(update={"votes": (Vote(party=ANA, decision=Decision.APPROVE),)})

    assert rulings.Duplicate() == decide(asked, a_response(), NOON)
    ruling = decide(asked, a_response(decision), NOON)
    assert isinstance(ruling, rulings.Settles)
    assert outcome is ruling.settlement.outcome


decisions = st.sampled_from(list(Decision))
voters = st.builds(
    a_voter, st.sampled_from(["ana", "rita", "otto"]), known=st.booleans(), assurance=st.sampled_from(list(Assurance))
)


@given(
    responses=st.lists(st.builds(a_response, decisions, voter=voters, seen=st.booleans(), text=st.text(max_size=9))),
    quorum=st.integers(1, 2),
    exclude=st.booleans(),
)
def test_no_history_breaks_the_rules(responses: list[rulings.Response], quorum: int, exclude: bool):
    """
    Whatever comes in, in whatever order: one outcome at most, by people who may decide, none of them counted twice.
    """
    who = Who(people=(ANA, RITA), quorum=quorum, exclude_requester=exclude)
    state = standing(who=who)
    ended: Settlement | None = None
    for response in responses:
        ruling = decide(state, response, NOON)
        if isinstance(ruling, rulings.Settles | rulings.Counted):
            assert ended is None
            assert rulings.objection(who, RITA, response.voter) is None
            assert response.seen
            vote = Vote(party=response.voter.party, decision=response.decision)
            assert vote not in rulings.latest(state.votes)
            state = state.model_copy(update={"votes": (*state.votes, vote)})
        if isinstance(ruling, rulings.Settles):
            ended = ruling.settlement
            state = state.model_copy(update={"settlement": ended})
    if ended is not None and ended.outcome is Outcome.APPROVED:
        approvals = {vote.party for vote in rulings.latest(state.votes) if vote.decision is Decision.APPROVE}
        assert len(approvals) == quorum
        assert not (exclude and RITA in approvals)


def test_a_form_whose_words_were_erased_is_answered_by_nobody():
    """
    Its fields are not known any more: an answer to it is told that it cannot be read, and nothing breaks.
    """
    erased = standing(kind=Kind.FORM, answer_schema=None, allowed=(Decision.ANSWER,))
    assert rulings.Unreadable("form", None) == decide(erased, a_response(decision=Decision.ANSWER, text="1: x"), NOON)
