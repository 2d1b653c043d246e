"""
The chain over decisions.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_core import audit, events, log
from agent_core.erasure import erased
from tests.agent_core.test_erasure import example

DECISIONS = [kind for kind in log.EVENT_TYPES if kind.__name__ in audit.KEPT]
WHO = {"SAID"}


def body(kind: type[events.Event]) -> dict[str, Any]:
    return json.loads(log.encode(kind.model_validate(example(kind))))


def link(event: dict[str, Any], previous: bytes = audit.BEGINNING, number: int = 1) -> bytes:
    return audit.link(previous, number, "slack:T1/U1", 7, 1_700_000_000.5, event)


def test_every_type_that_is_kept_exists():
    """
    Each name in the table is a type of event.
    """
    assert set(audit.KEPT) == {kind.__name__ for kind in DECISIONS}


@pytest.mark.parametrize("kind", DECISIONS, ids=lambda kind: kind.__name__)
def test_erasing_breaks_nothing(kind: type[events.Event]):
    """
    What somebody said, and their name, can go without another hash.
    """
    event = body(kind)

    assert link(event) == link(erased(event)) == link(erased(event, WHO))


@pytest.mark.parametrize("kind", DECISIONS, ids=lambda kind: kind.__name__)
def test_a_change_of_what_is_kept_shows(kind: type[events.Event]):
    """
    Any other value in any field that is kept is another hash.
    """
    event = body(kind)
    for field in ("thread", "run", *audit.KEPT[kind.__name__]):
        name, inner = field if isinstance(field, tuple) else (field, ())
        for path in inner or ("",):
            changed = json.loads(json.dumps(event))
            place, key = (changed[name], path) if path else (changed, name)
            place[key] = "another"
            assert link(event) != link(changed), f"{name}.{path}"


def test_an_entry_hangs_on_all_before_it():
    """
    Its place and the hash before it are part of its hash.
    """
    event = body(events.ToolStarted)

    assert 3 == len({link(event), link(event, b"x" * 32), link(event, number=2)})


def test_the_hash_is_what_it_was():
    """
    Chains that were written by an earlier version can be verified by this one.
    """
    event = {"type": "ResponseGiven", "thread": "t", "run": "r1", "request": "q", "fact": 3, "party": "ana"}
    more = {"roles": [], "identity": "slack:T1/U2", "decision": "approve", "via": "slack:T1/U2"}

    assert link(event | more).hex() == "11d6283ed25293d9b29dd5befc60ca5d3aa00bb11154b63d621293d198f2c604"
