"""
The simulated town: who lives there, under which accounts, and what the rules of its gateway say.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_core import hours
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.policy import Person, Rule
from agent_core.requests import THREAD, UNTIL_REVOKED, Grantable, Rung, Scope, Threshold, Where, Who

ONE, TWO = "slack:T1", "slack:T2"
OPS = ConversationKey(f"{ONE}/COPS")
DEV = ConversationKey(f"{ONE}/CDEV")
OUTSIDER = "UOTTO"


def person(
    name: str, *accounts: str, roles: tuple[str, ...] = (), quiet: str = "", digest: Sequence[str] = ()
) -> Person:
    return Person(
        id=Party(name), name=name.title(), identities=tuple(Identity(a) for a in accounts), roles=roles,
        quiet=(hours.parse(quiet),) if quiet else (), digest=tuple(map(hours.time, digest)),
    )  # fmt: skip


def every(minutes: int) -> tuple[str, ...]:
    """Give times of day."""
    return tuple(f"{at // 60:02}:{at % 60:02}" for at in range(0, 24 * 60, minutes))


PEOPLE = (
    person("rita", f"{ONE}/URITA", f"{TWO}/URITA2"),
    person("cleo", f"{TWO}/UCLEO"),
    person("ana", f"{ONE}/UANA", f"{TWO}/UANA2", roles=("release",)),
    person("ben", f"{ONE}/UBEN", roles=("release", "owner"), digest=every(3)),
    person("dora", f"{TWO}/UDORA", roles=("release",), quiet="22:20-22:50"),
    person("vera", roles=("release",)),
)
ASLEEP = {f"{TWO}/UDORA": (22 * 60 + 20, 22 * 60 + 50)}
"""Whose quiet hours are when, in minutes of the day; a run begins at 22:13."""
SECOND = (("vera", f"{ONE}/UVERA"), ("vera", f"{ONE}/UVERA"), ("ben", f"{TWO}/UBEN2"), ("ana", f"{ONE}/URITA"))
"""Accounts that somebody is given a code for; the last one is somebody else's."""
ONE_OWNER_OR_TWO = Who(
    roles=("release", "owner"),
    thresholds=(Threshold(roles=("owner",)), Threshold(roles=("release",), approve=2, deny=2)),
)
OF_EACH = Who(
    roles=("release", "owner"),
    thresholds=(Threshold(people=(Party("ana"), Party("dora"), Party("vera"))), Threshold(roles=("owner",))),
    need="all",
    exclude_requester=True,
)
STEPS = Where(
    targets=("people",),
    ladder=(
        Rung(after=120),
        Rung(after=600, roles=("release",)),
        Rung(after=1_200, targets=(DEV,), people=(Party("rita"),)),
    ),
    reminders=(60, 900),
)
"""Somebody, at another account of theirs, then others, then in a channel."""
FOR_LONGER = Grantable(
    scopes=(Scope(name="5m", seconds=300.0), Scope(name=THREAD), Scope(name=UNTIL_REVOKED)), alike=("kind",), uses=3
)
CAN_WAIT = Where(targets=("people", OPS), digest=every(2))
TO_OTHERS = Who(roles=("release",), people=(Party("cleo"),))
RULES = (
    Rule(
        tool="deploy",
        who=Who(roles=("release",), exclude_requester=True),
        reassign=TO_OTHERS,
        where=Where(targets=("people", OPS)),
        patience=3_600,
    ),
    Rule(
        tool="launch",
        who=Who(roles=("release",), quorum=2, denials=2),
        where=Where(targets=("people",)),
        reassign=TO_OTHERS,
        patience=3_600,
    ),
    Rule(tool="vote", who=ONE_OWNER_OR_TWO, where=Where(targets=("people",)), patience=3_600),
    Rule(tool="agree", who=OF_EACH, where=Where(targets=("people", OPS)), patience=3_600),
    Rule(tool="climb", who=Who(people=(Party("ana"),)), where=STEPS, reassign=TO_OTHERS, patience=3_000, go_on=True),
    Rule(
        tool="reach",
        who=Who(people=(Party("vera"),)),
        where=Where(targets=("people",), ladder=(Rung(after=900, people=(Party("dora"), Party("ben"))),)),
        patience=3_600,
    ),
    Rule(agent="api:*", tool="ship", who=Who(people=(Party("ben"),)), where=STEPS, patience=1_800),
    Rule(tool="rush", who=Who(roles=("release",)), where=Where(targets=("people",)), urgency="high", patience=1_800),
    Rule(
        tool="repeat",
        who=Who(roles=("release",)),
        where=Where(targets=("people",)),
        grantable=FOR_LONGER,
        patience=1_800,
    ),
    Rule(
        tool="roll",
        who=Who(roles=("release",), exclude_requester=True),
        reassign=TO_OTHERS,
        where=Where(targets=("people", OPS), gather=8.0),
        patience=1_800,
    ),
    Rule(tool="tidy", who=Who(roles=("owner",), people=(Party("ana"),)), where=CAN_WAIT, urgency="low", patience=1_800),
    Rule(tool="prune", who=Who(roles=("release",), quorum=2), where=CAN_WAIT, urgency="low", patience=1_800),
    Rule(tool="change", when={"size": {"above": 8}}, effect="forbid", reason="that is too many"),
    Rule(
        tool="change",
        when={"tag": "canary"},
        who=Who(roles=("owner",)),
        where=Where(targets=("people",), ladder=(Rung(after=300, people=(Party("dora"),)),)),
        reassign=TO_OTHERS,
    ),
    Rule(
        tool="change",
        when={"size": {"above": 4}},
        who=Who(roles=("release",), quorum=2),
        where=Where(targets=("people",)),
        patience=3_600,
    ),
    Rule(
        tool="change",
        who=Who(roles=("release",)),
        where=Where(targets=("people",), ladder=(Rung(after=60), Rung(after=400, people=(Party("cleo"),)))),
        reassign=TO_OTHERS,
        patience=3_600,
    ),
)
MEMBERS = {OPS: ("UANA", "UBEN", OUTSIDER), DEV: ("URITA", "UANA", "UBEN", OUTSIDER)}
