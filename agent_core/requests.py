"""
What `request_human` asks, who may answer it, and what an answer does to it.

`decide(standing, response, now)` is the only place where an answer counts or does not; the first valid answer in the
log wins. It returns a ruling and changes nothing. `lifecycle.py` has the states.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass
from pydantic.errors import PydanticInvalidForJsonSchema

from agent_core import forms
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.errors import InvalidRequest
from agent_core.texts import Text, mended

DAY = 86_400.0  # seconds
DEFAULT_PATIENCE = DAY  # seconds a request waits, counted from its first copy sent
MOST_DENIALS = 10  # ways to deny an approval, each with a button
LONGEST_DENIAL = 75  # characters of the name and the label of one: what a button shows whole
MOST_ADDRESSEES = 5  # people who get a copy of a request that names no targets

OWNER_ROLE = "owner"
PEOPLE = "people"  # a target: each person who may answer, at their first contact
ORIGIN = "origin"  # a target: where the run's conversation is

Urgency = Literal["low", "normal", "high"]


class Kind(StrEnum):
    """What is wanted of a person."""

    APPROVAL = "approval"
    QUESTION = "question"
    FORM = "form"


class Decision(StrEnum):
    """What a person can say to a request."""

    APPROVE = "approve"
    EDIT = "edit"
    DENY = "deny"
    DID_RUN = "did_run"
    ANSWER = "answer"
    ASK_BACK = "ask_back"
    CLAIM = "claim"


class Outcome(StrEnum):
    """How a request ended."""

    APPROVED = "approved"
    APPROVED_WITH_EDITS = "approved_with_edits"
    DENIED = "denied"
    ANSWERED = "answered"
    EXPIRED = "expired"
    UNDELIVERABLE = "undeliverable"
    NO_ROUTE = "no_route"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


APPROVING = frozenset({Outcome.APPROVED, Outcome.APPROVED_WITH_EDITS})
DOUBT_ENDS = frozenset({Outcome.APPROVED, Outcome.ANSWERED, Outcome.DENIED})
"""What people say of an attempt in doubt: run it again, it did run, stop."""
HALTING = frozenset({Outcome.EXPIRED, Outcome.UNDELIVERABLE, Outcome.NO_ROUTE})
"""Outcomes that nobody chose: the run stops at this operation until its owner says how to go on."""


class Assurance(StrEnum):
    """How sure a channel is of who acted."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {assurance: rank for rank, assurance in enumerate(Assurance)}


class Frozen(BaseModel):
    """A value that is stored and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(Frozen):
    """
    One answer to press. `name` comes back, `label` is shown.

    Of an approval it is a way to deny it, and `prefill` the reason that its form begins with.
    """

    name: str
    label: str
    prefill: str = ""


class Threshold(Frozen):
    """How many of whom are enough: `approve` to approve, `deny` to deny. Without people and roles anybody counts."""

    people: tuple[Party, ...] = ()
    roles: tuple[str, ...] = ()
    approve: int = Field(default=1, ge=1)
    deny: int = Field(default=1, ge=1)


class Who(Frozen):
    """
    Who may answer: people by id, roles, and the rules that narrow them. `also` must hold besides.

    `quorum` and `denials` say how many of them it takes. `thresholds` say it for some of them each, and take the place
    of both: with `need="any"` the first that is reached decides, with "all" every one has to be; a denial needs one.
    """

    people: tuple[Party, ...] = ()
    roles: tuple[str, ...] = ()
    quorum: int = 1
    denials: int = 1
    thresholds: tuple[Threshold, ...] = ()
    need: Literal["any", "all"] = "any"
    exclude_requester: bool = False
    assurance: Assurance = Assurance.LOW
    also: Who | None = None

    @property
    def counts_people(self) -> bool:
        """Tell whether it matters which human being an account is: several are needed, or one is excluded."""
        several = self.quorum > 1 or self.denials > 1 or bool(self.thresholds)
        return several or self.exclude_requester or (self.also is not None and self.also.counts_people)


class Rung(Frozen):
    """
    One step of a ladder: whom to ask besides, and where, when nobody has decided `after` so many seconds.

    They count from the first copy sent. `people` and `roles` may decide from then on, and the target `people` means
    them; without both it means those who may decide already, each at their next account.
    """

    after: float
    targets: tuple[str, ...] = (PEOPLE,)
    people: tuple[Party, ...] = ()
    roles: tuple[str, ...] = ()


class Where(Frozen):
    """
    Where a request is shown: `people`, `origin` or keys of conversations. Empty: the origin, else the people.

    `reminders` are seconds from the first copy sent.
    """

    targets: tuple[str, ...] = ()
    ladder: tuple[Rung, ...] = ()
    reminders: tuple[float, ...] = ()


class Request(Frozen):
    """
    What was asked, as it was asked.

    `arguments` are for showing: sensitive values are masked in them; `editable` are those that may be changed before
    approving. `digest` is over the arguments that will run. `outside` says that somebody else will call `tool`, and not
    we. `places` are the conversations that were chosen to show it; `to_agent` says that questions back go to the agent.
    `patience` is seconds from the first copy sent; times are seconds since the epoch, store clock.
    """

    id: str
    kind: Kind
    thread: str
    run: str
    key: str
    attempt: int = 1
    parent: str | None = None
    title: str
    body: str = ""
    why: str = ""
    urgency: Urgency = "normal"
    tool: str | None = None
    outside: bool = False
    arguments: dict[str, Any] = {}
    digest: str = ""
    editable: tuple[forms.Field, ...] = ()
    choices: tuple[Choice, ...] = ()
    answer_schema: dict[str, Any] | None = None
    allowed: tuple[Decision, ...]
    in_doubt: bool = False
    catch: bool = False
    requester: Party | None = None
    requester_name: str = ""
    who: Who
    where: Where = Where()
    patience: float = DEFAULT_PATIENCE
    state: str | None = None
    callback: str | None = None
    idempotency_key: str | None = None
    opened_at: float
    home: ConversationKey
    root: str = ""
    places: tuple[ConversationKey, ...] = ()
    to_agent: bool = False

    @property
    def guards(self) -> bool:
        """A call of ours waits for it, and starts with it."""
        return self.tool is not None and not self.outside


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
    `values` is what they filled in, by field, where they sent a form in; `choice` names the way in which they deny.
    """

    request: str
    voter: Voter
    decision: Decision
    text: str = ""
    choice: str = ""
    values: Mapping[str, str | tuple[str, ...]] = Field(default_factory=dict)
    sent_at: float
    seen: bool
    via: ConversationKey
    under: str = ""


class Settlement(Frozen):
    """
    How, by whom and when a request ended. `names` are all whose votes it took, where it took several.

    `choice` names the way in which it was denied, where there were any. `values` is what a form was filled in with, as
    its schema has it; `answer` says the same in words. `changes` is what the approver changed of a call's arguments,
    and `digest` that of the changed call, which is what runs.
    """

    outcome: Outcome
    at: float
    by: Party | None = None
    name: str = ""
    names: tuple[str, ...] = ()
    via: ConversationKey | None = None
    comment: str = ""
    answer: str = ""
    choice: str = ""
    values: dict[str, Any] | None = None
    changes: dict[str, Any] = {}
    digest: str = ""


class Vote(Frozen):
    """What somebody said who may decide, and who they were to the directory then. Their last one counts."""

    party: Party
    decision: Decision
    name: str = ""
    identity: Identity = Identity("")
    roles: tuple[str, ...] = ()


class Standing(Frozen):
    """
    A request with what has come in for it so far. `rung` is how many steps of its ladder were taken.

    `claimed` is who has said that they will decide it; whoever else may can do so all the same.
    """

    request: Request
    due: float
    votes: tuple[Vote, ...] = ()
    settlement: Settlement | None = None
    questions: tuple[str, ...] = ()
    rung: int = 0
    claimed: Party | None = None
    claimed_name: str = ""


# What decide() can say -----------------------------------------------------------------------------------------------


class Settles(NamedTuple):
    """The answer is valid and the request ends with it."""

    settlement: Settlement


class Counted(NamedTuple):
    """The answer is valid; more of them are needed."""


class AskedBack(NamedTuple):
    """Somebody who may decide asked something; the request stays open."""

    text: str


class Claims(NamedTuple):
    """Somebody who may decide says that they will; nobody else is asked meanwhile."""


class Claimed(NamedTuple):
    """Somebody has claimed it before."""

    party: Party
    name: str


class TooLate(NamedTuple):
    """The request has ended; the first answer stands."""

    settlement: Settlement


class Expires(NamedTuple):
    """The answer came after the deadline, which nothing had noticed yet: the request ends as expired."""


class NotAllowed(NamedTuple):
    """This person may not decide this request. `reason` is a key of the catalogue."""

    reason: str


class Duplicate(NamedTuple):
    """This person has voted already."""


class Unreadable(NamedTuple):
    """Not an answer that this request takes: a key of the catalogue, and what is wrong with a form, by field."""

    reason: str
    faults: Mapping[str, forms.Fault] | None = None


class Chatter(NamedTuple):
    """Words under the card by somebody who may not decide; nobody is told anything."""


Ruling = (
    Settles | Counted | AskedBack | Claims | Claimed | TooLate | Expires | NotAllowed | Duplicate | Unreadable | Chatter
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
        return TooLate(standing.settlement) if response.decision is not Decision.ASK_BACK else Chatter()
    reason = objection(request.who, request.requester, response.voter)
    if reason is not None:
        return NotAllowed(reason) if response.decision is not Decision.ASK_BACK else Chatter()
    if now >= standing.due and response.sent_at >= standing.due:
        return Expires()
    if response.decision is Decision.ASK_BACK:
        return AskedBack(response.text)
    if response.decision not in request.allowed:
        return Unreadable("not_offered")
    if response.decision is Decision.CLAIM:
        taken = standing.claimed
        return Claims() if taken is None else Claimed(taken, standing.claimed_name)
    if not response.seen:
        return Unreadable("not_seen")
    if response.choice and response.choice not in [choice.name for choice in request.choices]:
        return Unreadable("not_offered")
    return _count(standing, response, now)


def _count(standing: Standing, response: Response, now: float) -> Ruling:
    request, voter = standing.request, response.voter
    names: tuple[str, ...] = ()
    answer, values = "", None
    match response.decision:
        case Decision.APPROVE | Decision.DENY | Decision.EDIT as said:
            decision = Decision.DENY if said is Decision.DENY else Decision.APPROVE
            vote = Vote(
                party=voter.party, decision=decision, name=voter.name, identity=voter.identity, roles=voter.roles
            )
            if any((one.party, one.decision) == (vote.party, decision) for one in latest(standing.votes)):
                return Duplicate()
            votes = latest((*standing.votes, vote))
            if not reached(request.who, votes, decision):
                return Counted()
            outcome = _ENDS[said]
            names = tuple(one.name for one in votes if one.decision is decision)
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
            comment=response.text if outcome is not Outcome.ANSWERED else "",
            answer=answer,
            choice=response.choice if outcome is Outcome.DENIED else "",
            values=values,
        )
    )


_ENDS = {
    Decision.APPROVE: Outcome.APPROVED,
    Decision.EDIT: Outcome.APPROVED_WITH_EDITS,
    Decision.DENY: Outcome.DENIED,
}


def _filled(request: Request, response: Response) -> forms.Filled | None:
    """Read what a form was filled in with, in a window or in words; None where the words are something else."""
    asked = forms.fields(request.answer_schema or {})
    values = response.values or forms.written(asked, response.text)
    return forms.read(asked, values) if values else None


# Counting ------------------------------------------------------------------------------------------------------------


def latest(votes: Sequence[Vote]) -> list[Vote]:
    """Give the last vote of each person, in the order in which they were cast."""
    last = {vote.party: vote for vote in votes}
    return [vote for vote in votes if vote is last[vote.party]]


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


# What an agent's author writes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Asking:
    """
    What every kind of request shares. `to` and `where` default to the requester, in the run's conversation.

    Values are checked when one is made, so that a mistake shows at the agent's own line.
    """

    why: Text = ""
    to: Who | None = None
    where: Where | None = None
    patience: float = DEFAULT_PATIENCE
    urgency: Urgency = "normal"
    catch: bool = False
    """Return `expired`, `undeliverable` and `no_route` as `Failed` instead of halting the run."""


class OutsideCall(Frozen):
    """
    A call that an agent outside of this gateway makes once it is approved; the policy judges it like one of our own.

    `agent` is how rules name who makes it. `arguments` are for showing, sensitive values are masked in them; `digest`
    is over those that will run. `otherwise` is who is asked where neither the request nor a rule says.
    """

    agent: str
    tool: str
    arguments: dict[str, Any] = {}
    digest: str
    otherwise: Who = Who(roles=(OWNER_ROLE,))


@dataclass(frozen=True)
class Question(Asking):
    """Ask for words, or for one of the choices."""

    text: Text
    choices: Sequence[str | Choice] = ()
    body: Text = ""


@dataclass(frozen=True)
class Approval(Asking):
    """
    Ask for a yes or a no to something that no tool stands for; guarded tools ask by themselves.

    `choices` are ways to deny it besides, each with the reason that its form begins with.
    """

    title: Text
    body: Text = ""
    call: OutsideCall | None = None
    choices: Sequence[str | Choice] = ()


@dataclass(frozen=True)
class Form(Asking):
    """
    Ask for several values at once: a pydantic model, or the JSON Schema of an object with flat fields.

    The answer's `value` is such a model, or a dict as the schema says. What only a model's own validators refuse is not
    known before somebody has answered: that is a `Failed("invalid_answer")`.

    Raises:
        InvalidRequest: No channel could ask for that; it names the field and says why.
    """

    title: Text
    answer_schema: type[BaseModel] | dict[str, Any]
    body: Text = ""

    def __post_init__(self) -> None:
        forms.fields(schema_of(self))


def questions(title: str, *asked: Question) -> Form:
    """
    Ask several questions in one request; of each only its text, body and choices count.

    Returns:
        A form whose answer has `q1`, `q2` and so on: texts, or the names of the choices.
    """
    properties: dict[str, Any] = {}
    for number, question in enumerate(asked, start=1):
        field: dict[str, Any] = {"type": "string", "title": question.text, "description": question.body}
        choices = [{"const": choice.name, "title": choice.label} for choice in choices_of(question)]
        properties[f"q{number}"] = field | ({"oneOf": choices} if choices else {"format": forms.MULTILINE})
    return Form(title, {"type": "object", "properties": properties, "required": list(properties)})


def schema_of(wanted: Form) -> dict[str, Any]:
    """
    Give a form's JSON Schema.

    Raises:
        InvalidRequest: A model has a field that JSON Schema cannot describe.
    """
    given = wanted.answer_schema
    try:
        schema: dict[str, Any] = mended(given if isinstance(given, dict) else given.model_json_schema())
    except PydanticInvalidForJsonSchema as error:
        raise InvalidRequest(f"a form cannot be made of that: {error.message}") from error
    return schema


Wanted = Question | Approval | Form


def widened(who: Who, rung: Rung) -> Who:
    """Say who may decide once a step of a ladder is taken."""
    people = tuple(dict.fromkeys((*who.people, *rung.people)))
    roles = tuple(dict.fromkeys((*who.roles, *rung.roles)))
    return who.model_copy(update={"people": people, "roles": roles})


def in_the_end(who: Who, where: Where) -> Who:
    """Say who may decide once every step of the ladder is taken."""
    return functools.reduce(widened, where.ladder, who)


def to_role(role: str) -> Who:
    """Whoever has the role."""
    return Who(roles=(role,))


def choices_of(wanted: Question | Approval) -> tuple[Choice, ...]:
    """Give plain strings a name and a label."""
    return tuple(c if isinstance(c, Choice) else Choice(name=c, label=c) for c in wanted.choices)


def check(request: Request) -> None:
    """
    Refuse a request that nobody could answer.

    Raises:
        InvalidRequest: It says what to change.
    """
    if request.kind is Kind.FORM:
        forms.fields(request.answer_schema or {})
    if request.who.exclude_requester and request.requester is None:
        raise InvalidRequest("the rule excludes the requester, but nobody is known to have asked; name who may decide")
    if not (request.who.people or request.who.roles):
        raise InvalidRequest("nobody may answer this; name people or roles")
    if request.who.quorum < 1 or request.who.denials < 1:
        raise InvalidRequest(f"a quorum of {request.who.quorum} makes no sense; write 1 or more")
    names = [choice.name for choice in request.choices]
    if len(set(names)) != len(names):
        raise InvalidRequest("two choices have the same name; every choice needs one of its own")
    if request.kind is Kind.APPROVAL:
        check_denials(request.choices)


def check_denials(choices: Sequence[Choice]) -> None:
    """
    Refuse ways to deny something that no channel could show.

    Raises:
        InvalidRequest: It says what to change.
    """
    if len(choices) > MOST_DENIALS:
        raise InvalidRequest(f"{len(choices)} ways to deny something are too many; {MOST_DENIALS} are the most")
    for choice in choices:
        if not choice.name or not choice.label.strip() or max(len(choice.name), len(choice.label)) > LONGEST_DENIAL:
            raise InvalidRequest(
                f"a way to deny something needs a name and a label of 1 to {LONGEST_DENIAL} characters"
            )
        if len(choice.prefill) > forms.LONGEST:
            raise InvalidRequest(f"the reason of {choice.name!r} is longer than {forms.LONGEST} characters")
