"""
What an answer does to a request: who may decide it, how votes are counted, and how it ends.

`decide(standing, response, now)` is the only place where an answer counts or does not; the first valid answer in the
log wins. It returns a ruling and changes nothing. `lifecycle.py` has the states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import Field

from agent_core import forms
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.requests import (
    HALTING,
    HANDING_ON,
    Assurance,
    Choice,
    Decision,
    Frozen,
    Kind,
    Outcome,
    Request,
    Settlement,
    Threshold,
    Who,
)


class Voter(Frozen):
    """Who answers, as the directory knows them at that moment."""

    identity: Identity
    party: Party
    name: str
    roles: tuple[str, ...] = ()
    known: bool = False
    assurance: Assurance = Assurance.LOW


class Response(Frozen):
    """
    What a person said to one request.

    `seen` is false where its prompt had not reached them before (G12); `under` is the thread in which they said it.
    `confirmed` where they named what they decide: by `code`, which is that of the copy, or where the channel asked once
    more. `of` is how many answers the same press gave, to requests of the same home.
    `values` is what they filled in, by field, where they sent a form in; `choice` names the way in which they deny.
    `revision` is that of the call as it was shown to them.
    `grant` is the scope in which they approve for longer.
    """

    request: str
    voter: Voter
    decision: Decision
    text: str = ""
    choice: str = ""
    grant: str = ""
    values: Mapping[str, str | tuple[str, ...]] = Field(default_factory=dict)
    revision: int = 0
    sent_at: float
    seen: bool
    confirmed: bool = False
    code: str = ""
    of: int = 1
    via: ConversationKey
    under: str = ""


class Vote(Frozen):
    """
    What somebody said who may decide, and who they were to the directory then. Their last one counts.

    `comment` is what they said besides, to everybody who reads the card and to the agent.
    """

    party: Party
    decision: Decision
    comment: str = ""
    name: str = ""
    identity: Identity = Identity("")
    roles: tuple[str, ...] = ()
    via: ConversationKey | None = None
    stead: Party | None = None

    @property
    def seat(self) -> Party:
        """Whose vote it is: of somebody and of who decides in their stead only the last one counts."""
        return self.stead or self.party


class Hand(Frozen):
    """
    How a request was handed on: from whom, to whom and when, for good or `delegated`, and `by` whom if not them.

    `until` where nobody did, since the giver is away until then, and the settings say who decides in their stead.
    """

    giver: Party
    giver_name: str
    to: Party
    to_name: str
    delegated: bool
    at: float
    by: str = ""
    until: float | None = None


class Standing(Frozen):
    """
    A request with what has come in for it so far. `rung` is how many steps of its ladder were taken.

    `claimed` is who has said that they will decide it; whoever else may can do so all the same. Where its call was
    changed, `request` is what stands now, `asked` what was asked, `changes` how they differ, `changed_by` who did it,
    with what they said besides in `comment`, where it stands in no vote.
    `hands` is how it was handed on, the first one first; `reminded` are the numbers of the reminders that were given.
    """

    request: Request
    due: float
    votes: tuple[Vote, ...] = ()
    settlement: Settlement | None = None
    questions: tuple[str, ...] = ()
    rung: int = 0
    claimed: Party | None = None
    claimed_name: str = ""
    asked: Request | None = None
    changes: Mapping[str, Any] = Field(default_factory=dict)
    changed_by: str = ""
    comment: str = ""
    hands: tuple[Hand, ...] = ()
    reminded: tuple[int, ...] = ()


# What decide() can say -----------------------------------------------------------------------------------------------


class Settles(NamedTuple):
    """The answer is valid and the request ends with it."""

    settlement: Settlement


class Counted(NamedTuple):
    """The answer is valid; more of them are needed."""


class AskedBack(NamedTuple):
    """Somebody who may decide asked something; the request stays open."""

    text: str


class Edits(NamedTuple):
    """Somebody who may decide wants the call changed; what is approved then is the changed one."""


class Outdated(NamedTuple):
    """They were shown the call as it was before somebody changed it; what they said of that counts for nothing."""


class Claims(NamedTuple):
    """Somebody who may decide says that they will; nobody else is asked meanwhile."""


class HandsOn(NamedTuple):
    """Somebody who may decide wants somebody else to; whether they may is for `handing.py` to say."""


class Claimed(NamedTuple):
    """Somebody has claimed it before."""

    party: Party
    name: str


class TooLate(NamedTuple):
    """The request has ended; the first answer stands. `informs` says that the agent should know of this one as well."""

    settlement: Settlement
    informs: bool = False


class Expires(NamedTuple):
    """The answer came after the deadline, which nothing had noticed yet: the request ends as expired."""

    informs: bool = False


class NotAllowed(NamedTuple):
    """This person may not decide this request. `reason` is a key of the catalogue."""

    reason: str


class Duplicate(NamedTuple):
    """This person has voted so already, and says nothing more."""


class Unreadable(NamedTuple):
    """Not an answer that this request takes: a key of the catalogue, and what is wrong with a form, by field."""

    reason: str
    faults: Mapping[str, forms.Fault] | None = None


class Chatter(NamedTuple):
    """Words under the card by somebody who may not decide; nobody is told anything."""


Ruling = (
    Settles
    | Counted
    | AskedBack
    | Edits
    | Outdated
    | Claims
    | HandsOn
    | Claimed
    | TooLate
    | Expires
    | NotAllowed
    | Duplicate
    | Unreadable
    | Chatter
)


def objection(who: Who, requester: Party | None, voter: Voter) -> str | None:
    """
    Say why this voter may not decide a request.

    Returns:
        None where they may, else a key of the catalogue.
    """
    if who.counts_people and not voter.known:
        return "unknown_person"
    if who.exclude_requester and voter.party == requester:
        return "requester_excluded"
    if {voter.party, voter.identity} & set(who.without):
        return "handed_on"
    asked = {voter.party, voter.identity} & set(who.people)  # the account: it may have been linked since
    if not asked and not set(voter.roles) & set(who.roles):
        return "not_asked"
    if voter.assurance.rank < who.assurance.rank:
        return "assurance"
    return objection(who.also, requester, voter) if who.also is not None else None


def decide(standing: Standing, response: Response, now: float) -> Ruling:
    """
    Rule on an answer to a request.

    Args:
        now: The store's clock. An answer is late when it is decided and was sent after the deadline: who answered in
            time while the gateway was down, answered in time.
    """
    request = standing.request
    if standing.settlement is not None:
        informs = _informs(request, response, standing.settlement.outcome)
        ignored = response.decision is Decision.ASK_BACK and not informs
        return Chatter() if ignored else TooLate(standing.settlement, informs)
    reason = objection(request.who, request.requester, response.voter)
    if reason is not None:
        return NotAllowed(reason) if response.decision is not Decision.ASK_BACK else Chatter()
    if now >= standing.due and response.sent_at >= standing.due:
        return Expires(_informs(request, response, Outcome.EXPIRED))
    if response.decision is Decision.ASK_BACK:
        return AskedBack(response.text)
    if response.decision not in request.allowed:
        return Unreadable("not_offered")
    if response.decision in HANDING_ON:
        return HandsOn()
    if response.decision is Decision.CLAIM:
        taken = standing.claimed
        return Claims() if taken is None else Claimed(taken, standing.claimed_name)
    if not response.seen:
        return Unreadable("not_seen")
    if response.revision != request.revision:
        return Outdated()
    if request.confirms and response.decision in (Decision.APPROVE, Decision.EDIT) and not response.confirmed:
        return Unreadable("not_confirmed")
    if response.choice and response.choice not in [choice.name for choice in request.choices]:
        return Unreadable("not_offered")
    if response.grant and response.grant not in [scope.name for scope in request.grantable.scopes]:
        return Unreadable("not_offered")
    if response.decision is Decision.EDIT:
        return Edits()
    return _count(standing, response, now)


def _informs(request: Request, response: Response, outcome: Outcome) -> bool:
    """
    Tell whether an answer that came too late is something that the agent should know.

    It is from somebody who could have decided; and nobody had, or it has a reason or an answer in it. Words under a
    card that was decided are talk.
    """
    if (
        response.decision in (Decision.CLAIM, *HANDING_ON)
        or objection(request.who, request.requester, response.voter) is not None
    ):
        return False
    in_words = bool(response.text.strip() or response.values) and response.decision is not Decision.ASK_BACK
    return outcome in HALTING or in_words


def _count(standing: Standing, response: Response, now: float) -> Ruling:
    request, voter = standing.request, response.voter
    names: tuple[str, ...] = ()
    comment, answer, values = "", "", None
    match response.decision:
        case Decision.APPROVE | Decision.DENY as decision:
            vote = Vote(
                party=voter.party,
                decision=decision,
                comment=response.text,
                name=voter.name,
                identity=voter.identity,
                roles=voter.roles,
                stead=stead(standing, voter.party),
            )
            before = next((one for one in latest(standing.votes) if _is_alike(one, vote)), None)
            if before is not None and not _says_more(before, vote):
                return Duplicate()
            votes = latest((*standing.votes, vote))
            if not reached(request.who, votes, decision):
                return Counted()
            approved = Outcome.APPROVED_WITH_EDITS if standing.changes else Outcome.APPROVED
            outcome = approved if decision is Decision.APPROVE else Outcome.DENIED
            names = tuple(one.name for one in votes if one.decision is decision)
            comment = commented(standing, [one for one in votes if one.decision is decision])
        case _:
            outcome, answer = Outcome.ANSWERED, response.text
            if request.choices and response.decision is Decision.ANSWER:
                picked = pick(request.choices, response.text)
                if picked is None:
                    return Unreadable("not_a_choice")
                answer = picked.name
            if request.kind is Kind.FORM and response.decision is Decision.ANSWER:
                filled = _filled(request, response)
                if filled is None or filled.faults:
                    return Unreadable("form", filled.faults if filled is not None else None)
                answer, values = forms.summary(forms.fields(request.answer_schema or {}), filled.values), filled.values
    return Settles(
        Settlement(
            outcome=outcome,
            at=now,
            by=voter.party,
            name=voter.name,
            names=names if len(names) > 1 else (),
            via=response.via,
            comment=comment,
            answer=answer,
            choice=response.choice if outcome is Outcome.DENIED else "",
            values=values,
            changes=dict(standing.changes),
            digest=request.digest if standing.changes else "",
        )
    )


def _filled(request: Request, response: Response) -> forms.Filled | None:
    """Read what a form was filled in with, in a window or in words; None where the words are something else."""
    if not request.answer_schema:
        return None  # its words were erased
    asked = forms.fields(request.answer_schema)
    values = response.values or forms.written(asked, response.text)
    return forms.read(asked, values) if values else None


# Counting ------------------------------------------------------------------------------------------------------------


def latest(votes: Sequence[Vote]) -> list[Vote]:
    """
    Give the last vote of each person, in the order in which they were cast; of two with one seat only the last.

    Who says more after a vote still has the one, with all that they said.
    """
    last: dict[Party, Vote] = {}
    for vote in votes:
        before = last.pop(vote.seat, None)
        if before is not None and _is_alike(before, vote):
            said = "\n".join(filter(None, (before.comment, vote.comment)))
            vote = vote.model_copy(update={"comment": said})
        last[vote.seat] = vote
    return list(last.values())


def _is_alike(before: Vote, vote: Vote) -> bool:
    return (before.party, before.decision) == (vote.party, vote.decision)


def _says_more(before: Vote, vote: Vote) -> bool:
    """Tell whether there are words in a vote that were not the last ones before."""
    return bool(vote.comment) and not f"\n{before.comment}".endswith(f"\n{vote.comment}")


def commented(standing: Standing, votes: Sequence[Vote]) -> str:
    """Give what was said besides by those who voted alike, and by who changed what they approve; of several by name."""
    said = [(vote.name, vote.comment) for vote in votes if vote.comment]
    if standing.comment and votes[-1].decision is Decision.APPROVE:
        said.insert(0, (standing.changed_by, standing.comment))
    by_name = len(votes) > 1 or len(said) > 1 or (said and said[0][0] != votes[-1].name)
    return "\n".join(quoted(name, comment) if by_name else comment for name, comment in said)


def quoted(name: str, comment: str) -> str:
    """Give what somebody said besides by their name; further lines stand further in, so that they name nobody."""
    return f"{name}: " + "\n  ".join(comment.splitlines())


def stead(standing: Standing, party: Party) -> Party | None:
    """Tell in whose stead somebody decides; None where they do so in their own."""
    return next((hand.giver for hand in standing.hands if hand.delegated and hand.to == party), None)


def thresholds(who: Who) -> tuple[Threshold, ...]:
    """Say how many of whom it takes."""
    return who.thresholds or (Threshold(approve=who.quorum, deny=who.denials),)


def short(threshold: Threshold, votes: Sequence[Vote], decision: Decision) -> int:
    """Tell how many votes a threshold is short of; 0 where it is reached."""
    needed = threshold.approve if decision is Decision.APPROVE else threshold.deny
    counted = {vote.party for vote in votes if vote.decision is decision and matches(threshold, vote.party, vote.roles)}
    return max(0, needed - len(counted))


def matches(threshold: Threshold, party: Party, roles: Sequence[str]) -> bool:
    """Tell whether somebody counts for a threshold."""
    anybody = not threshold.people and not threshold.roles
    return anybody or party in threshold.people or bool(set(roles) & set(threshold.roles))


def reached(who: Who, votes: Sequence[Vote], decision: Decision) -> bool:
    """Tell whether votes are enough for a decision. What must hold besides has to be reached too, or denies alone."""
    found = [not short(threshold, votes, decision) for threshold in thresholds(who)]
    beside = [reached(who.also, votes, decision)] if who.also is not None else []
    if decision is Decision.APPROVE:
        return (all(found) if who.need == "all" else any(found)) and all(beside)
    return any(found) or any(beside)


def pick(choices: Sequence[Choice], text: str) -> Choice | None:
    """Find the choice that a text names: by name, label or number, in any case."""
    said = text.strip().casefold()
    for number, choice in enumerate(choices, start=1):
        if said in (choice.name.casefold(), choice.label.casefold(), str(number)):
            return choice
    return None
