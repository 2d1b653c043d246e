"""
`[[policy]]` of the settings: which call needs whom.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from agent_core import addresses, hours
from agent_core.addresses import Party
from agent_core.policy import ROLE, Rule, check_when
from agent_core.requests import (
    GRANT_USES,
    ORIGIN,
    PEOPLE,
    THREAD,
    UNTIL_REVOKED,
    Assurance,
    Grantable,
    Rung,
    Scope,
    Threshold,
    Where,
    Who,
)
from gateway.durations import UNITS, Duration, seconds
from gateway.sections import Section, TimeOfDay, read_by

LONGEST_GATHER = UNITS["h"]  # seconds that a request waits for others like it
MOST_SCOPES = 5  # ways to approve for longer, each with a button


def _scope(written: str) -> Scope:
    """Read for how long a standing grant counts."""
    if written in (THREAD, UNTIL_REVOKED):
        return Scope(name=written)
    try:
        return Scope(name=written, seconds=seconds(written))
    except ValueError as error:
        raise ValueError(f"{error}; or one of {THREAD}, {UNTIL_REVOKED}") from None


def _check_target(written: str) -> None:
    if written not in (PEOPLE, ORIGIN):
        addresses.parse(written)


Hours = Annotated[str, read_by(hours.parse)]
ScopeName = Annotated[str, read_by(_scope)]
Target = Annotated[str, read_by(_check_target)]


class ThresholdSettings(Section):
    """How many of whom it takes. Without people and roles all count who may approve."""

    people: list[str] = Field(default=[], description="Whose votes count: ids of people.")
    roles: list[str] = Field(default=[], description="Whose votes count: roles.")
    approve: int = Field(default=1, ge=1, description="How many of them approve it.")
    deny: int = Field(default=1, ge=1, description="How many of them deny it.")


class RungSettings(Section):
    """Whom to ask besides when nobody has decided for a while, and where."""

    after: Duration = Field(description="How long after the first copy was sent (s, m, h, d).")
    people: list[str] = Field(default=[], description="Who may decide from then on: ids of people.")
    roles: list[str] = Field(default=[], description="Who may decide from then on: roles.")
    targets: list[Target] = Field(default=[PEOPLE], description="Where they are asked.")


class PolicySettings(Section):
    """A rule: which call needs whom. The first that fits holds."""

    tool: str = Field(description="The tool, with * and ?.", examples=["deploy"])
    agent: str = Field(default="*", description="The agent, with * and ?.")
    when: dict[str, Any] = Field(
        default={},
        description="Values of arguments; a list means any of them, a table compares.",
        examples=[{"environment": "production"}],
    )
    requester: list[str] = Field(default=[], description="Only where one of these asked: ids, role:NAME, or accounts.")
    environment: list[str] = Field(default=[], description="Only where [server] environment is one of these.")
    hours: list[Hours] = Field(
        default=[], description="Only within these hours, like Mon-Fri 09:00-17:00 Europe/Berlin."
    )
    effect: Literal["allow", "ask", "forbid"] = Field(default="ask", description="What the call needs.")
    people: list[str] = Field(default=[], description="Who may approve: ids of people.")
    roles: list[str] = Field(default=[], description="Who may approve: roles.", examples=[["release"]])
    quorum: int = Field(default=1, ge=1, description="How many people it takes to approve.")
    denials: int = Field(default=1, ge=1, description="How many people it takes to deny.")
    thresholds: list[ThresholdSettings] = Field(
        default=[],
        description='How many of whom it takes, in place of both: [{ roles = ["release"], approve = 2 }].',
    )
    need: Literal["any", "all"] = Field(
        default="any", description="Whether one threshold that is reached approves, or all have to be."
    )
    exclude_requester: bool = Field(default=False, description="Whoever asked for the call may not approve it.")
    assurance: Assurance = Field(default=Assurance.LOW, description="How sure the channel must be of who decides.")
    links: bool = Field(default=False, description="A mail may hold a link to a page that decides: low assurance.")
    targets: list[Target] = Field(
        default=[],
        description="Where it is shown: `people` (each at their first account), `origin`, or conversations.",
        examples=[["people", "slack:T024BE7LD/C042"]],
    )
    in_turn: bool = Field(
        default=False, description="Of the target `people` only as many are asked as it takes, whose turn it is."
    )
    deadline: Duration = Field(default="24h", description="How long it waits, from the first copy sent (s, m, h, d).")
    reminders: list[Duration] = Field(
        default=[], description="When who was asked is reminded, counted from the first copy sent, like 30m."
    )
    digest: list[TimeOfDay] = Field(
        default=[],
        description='When it is shown if it can wait, where nobody has times of their own: ["09:00 Europe/Berlin"].',
    )
    gather: str = Field(
        default="", description="How long it waits for others like it, to be shown on one card (s, m, h), like 30s."
    )
    ladder: list[RungSettings] = Field(
        default=[], description='Who is asked besides, and when: [{ after = "15m", roles = ["owner"] }].'
    )
    silence: Literal["halt", "go_on"] = Field(
        default="halt", description="When nobody answers: the run halts, or the agent is told so and goes on without."
    )
    urgency: Literal["", "low", "normal", "high"] = Field(
        default="", description="How urgent it is; high is confirmed once more. Empty: as whoever asks says."
    )
    reassign: list[str] = Field(
        default=[],
        description="To whom whoever is asked may hand it on: ids of people, role:NAME. Empty: to nobody.",
        examples=[["role:release"]],
    )
    reason: str = Field(default="", description="Why the rule is there; people read it.")
    grants: list[ScopeName] = Field(
        default=[],
        description="How long an approval may count for later calls too: `thread`, `until_revoked`, or times like 1h.",
        examples=[["1h", "thread", "until_revoked"]],
        max_length=MOST_SCOPES,
    )
    grant_by: list[str] = Field(
        default=[],
        description="Arguments that have to be equal in these calls; empty: all of them.",
        examples=[["environment"]],
    )
    grant_uses: int = Field(default=GRANT_USES, ge=1, description="How many calls such a grant approves at most.")

    @field_validator("gather")
    @classmethod
    def _is_short(cls, value: str) -> str:
        if value:
            seconds(value, LONGEST_GATHER, "an hour")
        return value

    @field_validator("when")
    @classmethod
    def _can_be_compared(cls, value: dict[str, Any]) -> dict[str, Any]:
        check_when(value)
        return value

    @field_validator("grants")
    @classmethod
    def _are_scopes(cls, value: list[str]) -> list[str]:
        for number, written in enumerate(value):
            if written in value[:number]:
                raise ValueError(f"{written!r} stands there twice")
        return value

    def rule(self) -> Rule:
        """Give it as the policy has it."""
        return Rule(
            effect=self.effect,
            agent=self.agent,
            tool=self.tool,
            when=self.when,
            requester=tuple(self.requester),
            environment=tuple(self.environment),
            hours=tuple(map(hours.parse, self.hours)),
            who=Who(
                people=tuple(map(Party, self.people)),
                roles=tuple(self.roles),
                quorum=self.quorum,
                denials=self.denials,
                thresholds=tuple(
                    Threshold(
                        people=tuple(map(Party, one.people)),
                        roles=tuple(one.roles),
                        approve=one.approve,
                        deny=one.deny,
                    )
                    for one in self.thresholds
                ),
                need=self.need,
                exclude_requester=self.exclude_requester,
                assurance=self.assurance,
            ),
            where=Where(
                targets=tuple(self.targets) or ((PEOPLE,) if self.in_turn else ()),
                ladder=tuple(
                    Rung(
                        after=seconds(rung.after),
                        targets=tuple(rung.targets),
                        people=tuple(map(Party, rung.people)),
                        roles=tuple(rung.roles),
                    )
                    for rung in self.ladder
                ),
                reminders=tuple(map(seconds, self.reminders)),
                gather=seconds(self.gather) if self.gather else 0.0,
                digest=tuple(self.digest),
                links=self.links,
                in_turn=self.in_turn,
            ),
            patience=seconds(self.deadline),
            go_on=self.silence == "go_on",
            urgency=self.urgency or None,
            reassign=_named(self.reassign) if self.reassign else None,
            reason=self.reason,
            grantable=Grantable(
                scopes=tuple(map(_scope, self.grants)), alike=tuple(self.grant_by), uses=self.grant_uses
            ),
        )


def _named(entries: list[str]) -> Who:
    roles = tuple(entry.removeprefix(ROLE) for entry in entries if entry.startswith(ROLE))
    return Who(people=tuple(Party(entry) for entry in entries if not entry.startswith(ROLE)), roles=roles)
