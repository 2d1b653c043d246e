"""What is asked is refused where nobody could answer it."""

from __future__ import annotations

import pytest

from agent_core import requests
from agent_core.errors import InvalidRequest
from agent_core.requests import Choice, Kind, Who
from tests.agent_core.logs import ANA, a_request


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"kind": Kind.FORM}, "properties"),
        ({"who": Who(people=(ANA,), exclude_requester=True), "requester": None}, "nobody is known to have asked"),
        ({"who": Who()}, "nobody may answer"),
        ({"who": Who(people=(ANA,), quorum=0)}, "quorum"),
        ({"choices": (Choice(name="a", label="1"), Choice(name="a", label="2"))}, "same name"),
        ({"choices": tuple(Choice(name=str(n), label="no") for n in range(11))}, "11 ways to deny"),
        ({"choices": (Choice(name="a", label=" "),)}, "needs a name and a label"),
        ({"choices": (Choice(name="a", label="a" * 76),)}, "1 to 75"),
        ({"choices": (Choice(name="a", label="a", prefill="x" * 3_001),)}, "3000"),
    ],
)
def test_request_that_nobody_could_answer_is_refused(how: dict[str, object], says: str):
    """
    What could never be answered is refused when it is made, with a sentence that says why.
    """
    with pytest.raises(InvalidRequest, match=says):
        requests.check(a_request(**how))
