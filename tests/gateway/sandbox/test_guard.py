"""
Who may ask the sandbox for anything.
"""

from __future__ import annotations

import pytest

from gateway.sandbox.guard import refusal

HOST = "127.0.0.1:8700"


def scope(path: str = "/", method: str = "GET", kind: str = "http", **headers: str) -> dict[str, object]:
    """A request, with headers by their names in Python's spelling."""
    given = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    return {"type": kind, "method": method, "path": path, "headers": raw}


@pytest.mark.parametrize("host", [HOST, "localhost:8700", "localhost", "127.0.0.1", "LOCALHOST:1"])
def test_this_machine_is_let_in(host: str):
    """
    Under the machine's own names, on whatever port it is forwarded from, the sandbox answers.
    """
    assert "" == refusal(scope(host=host))


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1.example.org", "localhost.example.org:8700", "0.0.0.0", "[::1", "", "a@b:c"]
)
def test_another_name_is_refused(host: str):
    """
    A name of somebody else's that points here does not let their page in.
    """
    assert refusal(scope(host=host))


@pytest.mark.parametrize("origin", ["https://example.org", "null", "http://localhost:3000", "http://127.0.0.1:8701"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_foreign_page_is_refused(origin: str, kind: str):
    """
    Nothing is taken from a page of another origin, another port of this machine included.
    """
    assert refusal(scope("/gateway/kill", "POST", kind, origin=origin))


def test_own_page_and_programs_are_let_in():
    """
    The sandbox's own page may send, and so may a program, which names no origin.
    """
    assert "" == refusal(scope("/gateway/kill", "POST", origin=f"http://{HOST}", sec_fetch_site="same-origin"))
    assert "" == refusal(scope("/gateway/kill", "POST"))


def test_blind_request_is_refused():
    """
    A picture or a link on another page cannot reach the emulated API; following a link to the page itself is fine.
    """
    assert refusal(scope("/slack/api/chat.postMessage", sec_fetch_site="cross-site"))
    assert "" == refusal(scope("/", sec_fetch_site="cross-site"))
