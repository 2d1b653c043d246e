"""
What has to be equal in calls that one grant covers: pure.
"""

from __future__ import annotations

import pytest

from agent_core.likeness import likeness
from agent_core.masking import MASK


def test_what_has_to_be_equal():
    """
    The named arguments, else all of them; agent, tool and its version always.
    """
    arguments = {"environment": "production", "tag": "v1", "target": {"zone": "a"}}
    call = ("bot", "deploy", "1")
    same = likeness(*call, ("environment",), arguments, "whole")

    assert same is not None
    assert same == likeness(*call, ("environment",), arguments | {"tag": "v2"}, "other")
    others = [
        likeness(*call, ("environment",), arguments | {"environment": "canary"}, "whole"),
        likeness(*call, ("environment", "tag"), arguments, "whole"),
        likeness(*call, ("target.zone",), arguments, "whole"),
        likeness(*call, (), arguments, "whole"),
        likeness(*call, (), arguments, "other"),
        likeness("other", "deploy", "1", ("environment",), arguments, "whole"),
        likeness("bot", "delete", "1", ("environment",), arguments, "whole"),
        likeness("bot", "deploy", "2", ("environment",), arguments, "whole"),
    ]
    assert len({same, *others}) == 1 + len(others)


@pytest.mark.parametrize("alike", ["nowhere", "tag.inside", "token", "deep"])
def test_what_cannot_be_compared_is_like_nothing(alike: str):
    """
    An argument that is not there, or that is masked, wholly or in part, makes no likeness.
    """
    arguments = {"tag": "v1", "token": MASK, "deep": {"token": MASK, "n": 1}}

    assert likeness("bot", "deploy", "1", (alike,), arguments, "whole") is None
