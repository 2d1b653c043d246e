"""
Every error is a problem.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

from gateway.errors import Unwritable
from tests.gateway.agents import echo
from tests.gateway.door import Enter, a_request, keyed
from tests.gateway.house import Make


@pytest.mark.parametrize(
    ("status", "method", "path", "how"),
    [
        (404, "GET", "/nothing", {}),
        (404, "GET", "/requests/", {}),
        (404, "GET", "/requests/unknown", {}),
        (404, "GET", "/requests/api:ci%2Fk1", {}),
        (404, "POST", "/requests/unknown/cancel", {}),
        (405, "DELETE", "/requests", {}),
        (422, "GET", "/requests?limit=many", {}),
        (422, "GET", "/requests?status=new", {}),
        (422, "GET", "/requests/x?wait=61", {}),
        (422, "POST", "/requests", {"json": a_request(tool=" "), "headers": keyed()}),
        (400, "POST", "/requests", {"json": a_request()}),
        (400, "POST", "/requests", {"json": a_request(), "headers": keyed("k" * 101)}),
        (400, "POST", "/requests", {"json": a_request(), "headers": keyed("a key")}),
        (400, "POST", "/requests", {"content": b"{", "headers": keyed()}),
        (400, "POST", "/requests", {"content": b"[" * 100_000, "headers": keyed()}),
        (400, "POST", "/requests", {"content": b"", "headers": keyed()}),
        (400, "POST", "/requests", {"json": [], "headers": keyed()}),
        (422, "POST", "/requests", {"content": b'{"title": "\\ud800"}', "headers": keyed()}),
        (422, "POST", "/requests", {"content": b'{"title": "t", "state": "\\ud800"}', "headers": keyed()}),
        (422, "POST", "/requests", {"content": b'{"title": "t", "state": NaN}', "headers": keyed()}),
    ],
)
async def test_an_error_says_what_is_wrong(
    make: Make, enter: Enter, status: int, method: str, path: str, how: dict[str, Any]
):
    """
    Unknown addresses, wrong methods, bad parameters and bodies: one media type, one shape, and a sentence.
    """
    json_type = {"content-type": "application/json"}
    async with make(echo) as house, enter(house) as door:
        answer = await door.request(method, path, **how | {"headers": json_type | how.get("headers", {})})
        told = answer.json()

        assert status == answer.status_code == told["status"]
        assert "application/problem+json" == answer.headers["content-type"]
        assert told["type"].startswith("urn:ringback:problem:")
        assert all((told["detail"], told["title"]))


@pytest.mark.parametrize(
    ("method", "path", "there"),
    [
        ("GET", "/requests/x?wiat=60", "wait"),
        ("GET", "/requests?stauts=open", "client, cursor, limit, status"),
        ("POST", "/requests/x/cancel?why=late", "none"),
    ],
)
async def test_a_parameter_that_there_is_not_is_refused(make: Make, enter: Enter, method: str, path: str, there: str):
    """
    A misspelt one that was passed over would look like an answer to it; what there is is named.
    """
    async with make(echo) as house, enter(house) as door:
        answer = await door.request(method, path)
        (name,) = httpx.URL(path).params

        assert 422 == answer.status_code
        assert f"there is no parameter {name!r} at this address; there are: {there}" == answer.json()["detail"]
        assert [name] == [fault["pointer"] for fault in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/requests/%0A%C3%B8"), ("DELETE", "/grants/%0A%C3%B8"), ("GET", "/%0A")]
)
async def test_a_line_break_in_an_address_is_told_like_any_other(make: Make, enter: Enter, method: str, path: str):
    """
    Nothing is there, and that is a problem document too.
    """
    async with make(echo) as house, enter(house) as door:
        answer = await door.request(method, path)

        assert (404, "application/problem+json") == (answer.status_code, answer.headers["content-type"])


@pytest.mark.parametrize(
    ("path", "allowed"), [("/requests", "GET, POST"), ("/requests/x", "GET"), ("/requests/x/cancel", "POST")]
)
async def test_a_wrong_method_is_told_the_right_ones(make: Make, enter: Enter, path: str, allowed: str):
    """
    All that an address takes stands in `Allow`.
    """
    async with make(echo) as house, enter(house) as door:
        answer = await door.delete(path)

        assert (405, allowed) == (answer.status_code, answer.headers["allow"])


async def test_what_is_wrong_in_a_body_has_its_place(make: Make, enter: Enter):
    """
    Each fault stands beside the JSON pointer of what is meant, and of nothing that the body has not; without the value.
    """
    async with make(echo) as house, enter(house) as door:
        wrong = {"kind": "question", "title": "t" * 2_000, "choices": [{"name": "a"}], "a/secret": "hunter2"}
        answer = await door.post("/requests", json=wrong, headers=keyed())

        pointers = {fault["pointer"] for fault in answer.json()["errors"]}
        assert {"/title", "/a~1secret", "/choices/0", "/choices/0/label"} == pointers
        assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("body", "media", "said"),
    [
        (b'{"title": "t"}', "application/x-www-form-urlencoded", "Content-Type: application/json"),
        (b'{"title": "t"}', "text/plain", "Content-Type: application/json"),
        (b'{"title": "\xff"}', "application/json", "in UTF-8"),
        (gzip.compress(b'{"title": "t"}'), "application/json", "not compressed"),
        (b'{"title": "t", "quorum": %s}' % (b"9" * 5_000), "application/json", "digits"),
    ],
)
async def test_a_body_that_is_no_json_says_how_to_send_it(make: Make, enter: Enter, body: bytes, media: str, said: str):
    """
    What `curl -d` sends as a form, other encodings and packed bodies: one type of problem, and what to do.
    """
    async with make(echo) as house, enter(house) as door:
        answer = await door.post("/requests", content=body, headers={"content-type": media, **keyed()})

        assert (400, "urn:ringback:problem:no-json") == (answer.status_code, answer.json()["type"])
        assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("state", "said"), [("NaN", "as text"), ("1" * 20, "as text"), ('{"\\ud800": 1}', "surrogates")]
)
async def test_what_has_no_digest_is_told_why(make: Make, enter: Enter, state: str, said: str):
    """
    Numbers that JSON of RFC 8785 has not are to be passed as text; half a character is called that.
    """
    async with make(echo) as house, enter(house) as door:
        body = f'{{"title": "t", "state": {state}}}'
        answer = await door.post("/requests", content=body, headers={"content-type": "application/json", **keyed()})

        (fault,) = answer.json()["errors"]
        assert (422, "/state") == (answer.status_code, fault["pointer"])
        assert said in fault["detail"]


async def test_a_full_disk_is_time(make: Make, enter: Enter, monkeypatch: pytest.MonkeyPatch):
    """
    Where nothing can be stored the client is told to come again, and of a fault of ours that there was one.
    """

    def full(*_: object, **__: object) -> None:
        raise Unwritable("the disk is full at /srv/data")

    def broken(*_: object, **__: object) -> None:
        raise LookupError("an inner thing")

    async with make(echo) as house, enter(house) as door:
        monkeypatch.setattr(house.store, "append", full)
        unavailable = await door.post("/requests", json=a_request(), headers=keyed())
        monkeypatch.setattr(house.store, "append", broken)
        internal = await door.post("/requests", json=a_request(), headers=keyed())

        assert (503, "5") == (unavailable.status_code, unavailable.headers["retry-after"])
        assert (500, "application/problem+json") == (internal.status_code, internal.headers["content-type"])
        assert "/srv" not in json.dumps(unavailable.json())
        assert "inner" not in internal.text
