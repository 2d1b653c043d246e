"""
What logs in where mail servers take no password: access tokens for XOAUTH2, renewed before they end.

A token lives in memory only, for about an hour. It is asked for where somebody logs in, never in between: a connection
that is open stays open as long as the server lets it. Killed at any moment, the next start asks for another one, with
what stands in the settings; a refresh token that a provider gives in its place counts until then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from adapters.base import Clock
from adapters.email.config import Config
from adapters.errors import Misconfigured
from agent_core.texts import described

TIMEOUT = 30.0  # seconds for one answer
SPARE = 60.0  # seconds before its end in which a token is renewed
SHORT = 300.0  # seconds that one counts whose end nobody has told (RFC 6749 5.1 leaves that out)
REFUSALS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client"}
    | {"unsupported_grant_type", "invalid_scope"}
)
"""Errors that no second try mends (RFC 6749 5.2)."""
SHOWN = 200  # characters of what a provider says


class Tokens:
    """The access tokens of one account."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._refresh = config.oauth_refresh.get_secret_value() if config.oauth_refresh is not None else ""
        self._token, self._since, self._until = "", 0.0, 0.0
        self._turn = asyncio.Lock()

    async def current(self) -> str | None:
        """
        Give a token that is good for a while; None where a password logs in.

        Raises:
            Misconfigured: The provider refuses what stands in the settings.
            ConnectionError: It gives none just now.
        """
        if not self._config.oauth_url:
            return self._config.token.get_secret_value() if self._config.token is not None else None
        async with self._turn:  # both ways in may want one at once
            if self._clock.now() >= self._until - SPARE:
                await self._renew()
            return self._token

    def refused(self, token: str | None) -> bool:
        """
        Note that a server does not take a token.

        Returns:
            Whether another one may be taken: where this one was given out a while ago, it may have been revoked since.
        """
        if not token or token != self._token or self._clock.now() - self._since < SPARE:
            return False
        self._until = 0.0
        return True

    async def _renew(self) -> None:
        config = self._config
        form = {"client_id": config.oauth_client}
        if config.oauth_secret is not None:
            form["client_secret"] = config.oauth_secret.get_secret_value()
        if config.oauth_scope:
            form["scope"] = config.oauth_scope
        if self._refresh:
            form |= {"grant_type": "refresh_token", "refresh_token": self._refresh}
        else:
            form["grant_type"] = "client_credentials"
        given = await self._ask(form)
        self._token, self._refresh = str(given["access_token"]), str(given.get("refresh_token") or self._refresh)
        self._since = self._clock.now()
        lasts = given.get("expires_in")
        self._until = self._since + (float(lasts) if isinstance(lasts, int | float | str) else SHORT)

    async def _ask(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Ask the provider, and give what it answers, an access token among it."""
        host = urlsplit(self._config.oauth_url).hostname
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT) as door:
                answer = await door.post(self._config.oauth_url, data=form, headers={"Accept": "application/json"})
        except httpx.HTTPError as error:
            raise ConnectionError(f"{host} gives no token, since it cannot be reached: {described(error)}") from error
        try:
            said = answer.json()
        except ValueError:
            said = None
        said = said if isinstance(said, dict) else {}
        if answer.is_success and said.get("access_token"):
            return said
        reason = str(said.get("error") or f"HTTP {answer.status_code}")
        told = f"{host} gives no token for {self._config.login}: {reason} {said.get('error_description') or ''}"
        told = " ".join(told.split())[:SHOWN]
        raise Misconfigured(f"{told}; look at the settings oauth_…") if reason in REFUSALS else ConnectionError(told)
