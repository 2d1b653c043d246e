"""
Access tokens are renewed before they end, for both ways in, and what a provider refuses is for the operator.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from adapters.base import Say
from adapters.email import listen
from adapters.email.client import Client
from adapters.email.config import Config
from adapters.email.emulator import Server
from adapters.email.listen import Connection
from adapters.email.oauth import Tokens
from adapters.errors import Misconfigured, Unreachable
from tests.adapters.email.test_client import parts
from tests.adapters.email.test_listen import AGENT, config

SECRETS = {"oauth_client": "us", "oauth_secret": "client-secret", "oauth_refresh": "refresh-1"}


class Hand:
    """A clock moved by hand."""

    at = 1_700_000_000.0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


class Provider:
    """Gives out access tokens as RFC 6749 says; the mail system takes the newest one only."""

    def __init__(self, mail: Server) -> None:
        self._account = mail.post.state.accounts[AGENT]
        self.asked: list[dict[str, str]] = []
        self.beside: dict[str, Any] = {"expires_in": 3600}
        self.instead: dict[str, Any] | None = None
        self.url = ""

    async def give(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        if self.instead is not None:
            return web.Response(**self.instead)
        self._account.token = f"access-{len(self.asked)}"
        return web.json_response({"access_token": self._account.token, "token_type": "Bearer"} | self.beside)

    def revoke(self) -> None:
        """Have the mail system take another one only."""
        self._account.token = "nobody's"


@pytest.fixture
async def provider(mail: Server) -> AsyncIterator[Provider]:
    one, app = Provider(mail), web.Application()
    app.router.add_post("/token", one.give)
    async with TestServer(app, host="127.0.0.1") as server:
        one.url = str(server.make_url("/token"))
        yield one


def settings_of(mail: Server, provider: Provider, **how: Any) -> Config:
    return config(mail, **{"password": None, "oauth_url": provider.url, **SECRETS, **how})


async def test_one_token_logs_in_at_both_until_it_is_about_to_end(mail: Server, provider: Provider):
    """Reading and sending share one; a minute before its end whoever logs in next gets another one."""
    clock, settings = Hand(), settings_of(mail, provider)
    tokens = Tokens(settings, clock)
    client = Client(settings, clock, tokens)
    await asyncio.gather(client.reach(), Connection.looked_into(settings, tokens))
    clock.at += 3_539
    await client.deliver(parts(Say("hello"))[0])
    await Connection.looked_into(settings, tokens)
    assert len(provider.asked) == 1
    clock.at += 1
    await Connection.looked_into(settings, tokens)
    await client.close()
    await client.reach()
    await client.close()
    assert len(provider.asked) == 2
    form = {"client_id": "us", "client_secret": "client-secret", "grant_type": "refresh_token"}
    assert provider.asked == [form | {"refresh_token": "refresh-1"}] * 2


async def test_one_that_was_revoked_is_replaced(mail: Server, provider: Provider, monkeypatch: pytest.MonkeyPatch):
    """A server that takes a token no more is tried again with another; one that takes no new one is the operator's."""
    monkeypatch.setattr(listen, "CHALLENGE", 0.1)
    clock, settings = Hand(), settings_of(mail, provider)
    tokens = Tokens(settings, clock)
    client = Client(settings, clock, tokens)
    await Connection.looked_into(settings, tokens)
    clock.at += 600
    provider.revoke()
    with pytest.raises(ConnectionError, match="another one is asked for"):
        await Connection.looked_into(settings, tokens)
    await Connection.looked_into(settings, tokens)
    clock.at += 600
    provider.revoke()
    with pytest.raises(Unreachable, match="another one is asked for"):
        await client.reach()
    await client.reach()
    await client.close()
    assert len(provider.asked) == 3
    provider.revoke()
    for attempt in (client.reach(), Connection.looked_into(settings, tokens)):
        with pytest.raises(Misconfigured, match=AGENT):
            await attempt


async def test_a_refresh_token_in_its_place_counts_from_then_on(mail: Server, provider: Provider):
    """Where the provider gives another one, that is shown the next time (RFC 6749 6)."""
    clock, settings = Hand(), settings_of(mail, provider)
    tokens = Tokens(settings, clock)
    provider.beside = {"expires_in": "3600", "refresh_token": "refresh-2"}
    await tokens.current()
    clock.at += 3_600
    await tokens.current()
    assert [asked["refresh_token"] for asked in provider.asked] == ["refresh-1", "refresh-2"]


async def test_an_application_is_let_in_by_itself(mail: Server, provider: Provider):
    """Without a refresh token it asks with what it is itself, and for what it says; a token without an end is short."""
    provider.beside = {}
    clock, settings = Hand(), settings_of(mail, provider, oauth_refresh=None, oauth_scope="https://mail/.default")
    tokens = Tokens(settings, clock)
    assert await tokens.current() == "access-1"
    assert provider.asked[0]["grant_type"] == "client_credentials"
    assert provider.asked[0]["scope"] == "https://mail/.default"
    clock.at += 300
    assert await tokens.current() == "access-2"


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_client", "invalid_scope"])
async def test_what_the_provider_refuses_is_for_the_operator(mail: Server, provider: Provider, error: str):
    """It is named with whose mailbox it is and what to look at, and no secret stands in it."""
    said = {"error": error, "error_description": "Token has been\n revoked. " + "x" * 900}
    provider.instead = {"text": json.dumps(said), "status": 400}
    with pytest.raises(Misconfigured) as refused:
        await Tokens(settings_of(mail, provider), Hand()).current()
    told = str(refused.value)
    assert f"127.0.0.1 gives no token for {AGENT}: {error} Token has been revoked." in told
    assert len(told) < 300
    assert not any(secret in told for secret in ("client-secret", "refresh-1"))


@pytest.mark.parametrize(
    "instead",
    [
        {"status": 500, "text": "<html>sorry</html>"},
        {"status": 503, "text": '{"error": "temporarily_unavailable"}'},
        {"status": 200, "text": "[]"},
        {"status": 200, "text": '{"token_type": "Bearer"}'},
        {"status": 302, "headers": {"Location": "/elsewhere"}},
    ],
    ids=["broken", "busy", "nothing", "no token", "elsewhere"],
)
async def test_what_passes_is_tried_again(mail: Server, provider: Provider, instead: dict[str, Any]):
    """A provider that is out of order is no mistake in the settings; a redirect is not followed with our secrets."""
    provider.instead = instead
    settings = settings_of(mail, provider)
    with pytest.raises(ConnectionError, match="gives no token"):
        await Tokens(settings, Hand()).current()
    client = Client(settings, Hand(), Tokens(settings, Hand()))
    with pytest.raises(Unreachable, match="gives no token"):
        await client.reach()


async def test_a_provider_that_is_not_there_is_tried_again(mail: Server, provider: Provider):
    """Nobody listens at its address."""
    settings = settings_of(mail, provider, oauth_url="http://127.0.0.1:9/token")
    with pytest.raises(ConnectionError, match="cannot be reached"):
        await Tokens(settings, Hand()).current()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"oauth_url": ""}, "one of them logs in"),
        ({"oauth_url": "http://oauth.example.com/token"}, "should match pattern"),
        ({"oauth_url": "oauth.example.com"}, "should match pattern"),
        ({"oauth_client": ""}, "oauth_client"),
    ],
)
def test_settings_that_cannot_be(mail: Server, how: dict[str, str], says: str):
    """Something has to log in, secrets do not go out in the clear, and a provider wants to know who asks."""
    given = {"password": None, "oauth_url": "https://oauth.example.com/token", **SECRETS}
    with pytest.raises(ValidationError, match=says):
        config(mail, **given | how)
