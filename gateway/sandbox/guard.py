"""
Who may ask the sandbox for anything: programs on this machine, and the sandbox's own page.

A web page elsewhere can reach a server on this machine through the browser: under a name of its own that points here
(DNS rebinding; its Host header tells), or by sending blindly (its Origin or Sec-Fetch-Site header tells).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("localhost", "127.0.0.1")
ELSEWHERE = ("cross-site", "same-site")
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in, with the headers that keep the page to itself."""
        why = refusal(scope)
        if why:
            await PlainTextResponse(why + "\n", 403)(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, headed)


def refusal(scope: Scope) -> str:
    """Say why a request is not for us; empty if it is."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if _name(host) not in HOSTS:
        return "The sandbox answers only to localhost and 127.0.0.1."
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return "The sandbox takes nothing from other web pages."
    entering = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
    if headers.get("sec-fetch-site") in ELSEWHERE and not entering:
        return "The sandbox takes nothing from other web pages."
    return ""


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
