"""What `request_human` asks, whom, where, and how it ended. `rulings.py` says what an answer does to it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent_core import forms
from agent_core.addresses import ConversationKey, Party
from agent_core.catalogue import Sentence
from agent_core.errors import InvalidRequest

DAY = 86_400.0  # seconds
DEFAULT_PATIENCE = DAY  # seconds a request waits, counted from its first copy sent
MOST_DENIALS = 10  # ways to deny an approval, each with a button
LONGEST_DENIAL = 75  # characters of the name and the label of one: what a button shows whole
MOST_ADDRESSEES = 5  # people who get a copy of a request that names no targets
GRANT_USES = 10  # calls that a standing grant approves, where a rule says nothing else

THREAD, UNTIL_REVOKED = "thread", "until_revoked"  # scopes of a standing grant that no time ends

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
    REVOKE = "revoke"
    REASSIGN = "reassign"
    DELEGATE = "delegate"
    SHOW = "show"


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


HANDING_ON = (Decision.REASSIGN, Decision.DELEGATE)
"""What gives a request to somebody else, and decides nothing."""
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


class Scope(Frozen):
    """For how long a standing grant counts: `seconds`, or in its `thread`, or `until_revoked`."""

    name: str
    seconds: float | None = None


class Grantable(Frozen):
    """
    How a call may be approved for longer than once.

    In one of the `scopes`, for at most `uses` calls of the tool in which the arguments at `alike` are equal to those
    of the one approved; all of its arguments, where it names none.
    """

    scopes: tuple[Scope, ...] = ()
    alike: tuple[str, ...] = ()
    uses: int = GRANT_USES


class Threshold(Frozen):
    """How many of whom are enough: `approve` to approve, `deny` to deny. Without people and roles anybody counts."""

    people: tuple[Party, ...] = ()
    roles: tuple[str, ...] = ()
    approve: int = Field(default=1, ge=1)
    deny: int = Field(default=1, ge=1)


class Who(Frozen):
    """
    Who may answer: people by id, roles, and the rules that narrow them. `also` must hold besides; `without` are those
    who have handed it on to others.

    `quorum` and `denials` say how many of them it takes. `thresholds` say it for some of them each, and take the place
    of both: with `need="any"` the first that is reached decides, with "all" every one has to be; a denial needs one.
    """

    people: tuple[Party, ...] = ()
    roles: tuple[str, ...] = ()
    without: tuple[Party, ...] = ()
    quorum: int = 1
    denials: int = 1
    thresholds: tuple[Threshold, ...] = ()
    need: Literal["any", "all"] = "any"
    exclude_requester: bool = False
    assurance: Assurance = Assurance.LOW
    also: Who | None = None

    @property
    def all_roles(self) -> frozenset[str]:
        """Give every role that it names, for its thresholds and for what must hold besides too."""
        besides = self.also.all_roles if self.also is not None else frozenset()
        return besides.union(self.roles, *(threshold.roles for threshold in self.thresholds))

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

    `reminders` are seconds from the first copy sent. For `gather` seconds it waits for others like it, to be shown with
    them on one card. Of low urgency it waits until one of the `digest` times, where whoever is asked has none of their
    own. With `links` a letter may hold one to a page that decides. `in_turn`, the target `people` is only as many of
    them as it takes, whose turn it is.
    """

    targets: tuple[str, ...] = ()
    ladder: tuple[Rung, ...] = ()
    reminders: tuple[float, ...] = ()
    gather: float = 0.0
    digest: tuple[str, ...] = ()
    links: bool = False
    in_turn: bool = False


class Earlier(Frozen):
    """
    The request that another one replaces, or asks again: its id, its home, and how and when it ended.

    Where its `outcome` is superseded it is replaced; any other way it is asked again. Its `title` stands here only
    where it belongs to the same run, and so is erased with it; `titled` as in a `Request`.
    """

    request: str
    home: ConversationKey
    title: str = ""
    titled: Sentence | None = None
    outcome: Outcome
    at: float


class Request(Frozen):
    """
    What was asked, as it was asked.

    `arguments` are for showing: sensitive values are masked in them; `editable` are those that may be changed before
    approving. `digest` is over the arguments that will run, and `revision` counts how often they were changed since it
    was asked. `outside` says that somebody else will call `tool`, and not we. `places` are the conversations that were
    chosen to show it; `to_agent` says that questions back go to the agent. `patience` is seconds from the first copy
    sent; times are seconds since the epoch, store clock. `earlier` is what it replaces, or asks again. Where `title`
    and `body` are the gateway's own, `titled` and `explained` say which of its sentences they are, to be worded for
    every reader.
    `grantable` is how it may be approved for longer, and `likeness` the digest of what later calls have to be alike in.
    `reassign` is to whom those who are asked may hand it on.
    """

    id: str
    kind: Kind
    thread: str
    run: str
    key: str
    attempt: int = 1
    parent: str | None = None
    earlier: Earlier | None = None
    title: str
    body: str = ""
    why: str = ""
    urgency: Urgency = "normal"
    tool: str | None = None
    outside: bool = False
    arguments: dict[str, Any] = {}
    digest: str = ""
    editable: tuple[forms.Field, ...] = ()
    revision: int = 0
    choices: tuple[Choice, ...] = ()
    answer_schema: dict[str, Any] | None = None
    allowed: tuple[Decision, ...]
    in_doubt: bool = False
    catch: bool = False
    requester: Party | None = None
    requester_name: str = ""
    who: Who
    where: Where = Where()
    reassign: Who | None = None
    patience: float = DEFAULT_PATIENCE
    state: str | None = None
    callback: str | None = None
    idempotency_key: str | None = None
    opened_at: float
    home: ConversationKey
    root: str = ""
    places: tuple[ConversationKey, ...] = ()
    to_agent: bool = False
    titled: Sentence | None = None
    explained: Sentence | None = None
    grantable: Grantable = Grantable()
    likeness: str = ""

    @property
    def guards(self) -> bool:
        """A call of ours waits for it, and starts with it."""
        return self.tool is not None and not self.outside

    @property
    def confirms(self) -> bool:
        """Approving it takes more than one press or one word: what is approved is named once more."""
        return self.urgency == "high" and self.kind is Kind.APPROVAL


class Settlement(Frozen):
    """
    How, by whom and when a request ended. `names` are all whose votes it took, where it took several.

    `choice` names the way in which it was denied, where there were any. `values` is what a form was filled in with, as
    its schema has it; `answer` says the same in words. `changes` is what approvers changed of a call's arguments, and
    `digest` that of the changed call: what was decided on, and what runs where it was approved. `replaced_by` is the
    request that was asked instead. Where `comment` is the gateway's own, `said` says which of its sentences it is.
    `grant` is the standing grant that approved it, by the id of the request with which that was given; `by` and `name`
    then say whose it is.
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
    replaced_by: str | None = None
    said: Sentence | None = None
    grant: str = ""


def urgency(ruled: Urgency | None, asked: Urgency) -> Urgency:
    """Say how urgent a request is: as the rule says, unless whoever asks says that it is high, which nothing lowers."""
    return asked if ruled is None or asked == "high" else ruled


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
    check_choices(request.kind, request.choices)


def check_choices(kind: Kind, choices: Sequence[Choice]) -> None:
    """
    Refuse choices that nobody could tell apart, or no channel could show.

    Raises:
        InvalidRequest: It says what to change.
    """
    if len({choice.name for choice in choices}) != len(choices):
        raise InvalidRequest("two choices have the same name; every choice needs one of its own")
    if kind is Kind.APPROVAL:
        check_denials(choices)


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
