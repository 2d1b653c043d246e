"""
The emulated submission server (RFC 6409) and the delivery behind it: aiosmtpd in the loop that is there.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import ssl
import warnings
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from adapters.email.emulator.faults import Faults
from adapters.email.emulator.post import Post

LARGEST = 32 * 1024 * 1024  # bytes of a mail


class Handler:
    """What aiosmtpd asks at each step."""

    def __init__(self, post: Post, faults: Faults) -> None:
        self._post, self._faults = post, faults
        self.submitted: list[Envelope] = []
        """Every mail that was taken, as it came."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or say why not."""
        if self._faults.strikes("smtp", "greylist", address):
            return "450 4.7.1 Greylisted, come back later"
        if self._faults.strikes("smtp", "full", address):
            return "452 4.2.2 The mailbox is full"
        domain = address.rpartition("@")[2].lower()
        is_ours = any(known.endswith(f"@{domain}") for known in self._post.state.accounts)
        if self._faults.strikes("smtp", "refuse", address) or (is_ours and self._post.account(address) is None):
            return "550 5.1.1 There is nobody of that name here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail, or do as if."""
        if self._faults.strikes("smtp", "vanish"):
            _cut(server)
            return "451 4.3.0 gone"
        raw = envelope.original_content or b""
        who = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None
        self.submitted.append(envelope)
        self._post.deliver(raw, envelope.mail_from or "", envelope.rcpt_tos, authenticated=who)
        if self._faults.strikes("smtp", "lose_answer"):
            _cut(server)
        return "250 2.0.0 OK, on its way"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Let those in who have an address here."""
        refused = AuthResult(success=False, handled=False)
        if not isinstance(data, LoginPassword):
            return refused
        account = self._post.account(data.login.decode("utf-8", "replace"))
        name = account.address if account is not None else ""
        if account is None or account.password.encode() != data.password:
            return refused
        if self._faults.strikes("smtp", "refuse_login", name):
            return refused
        return AuthResult(success=True, auth_data=data)

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        """
        Let those in who show their token; whoever shows another one is told why in a challenge, to which they say
        nothing (developers.google.com/workspace/gmail/imap/xoauth2-protocol).
        """
        try:
            fields = base64.b64decode(arguments[1], validate=True).decode() if len(arguments) == 2 else ""
        except (binascii.Error, UnicodeDecodeError):
            fields = ""
        said = dict(part.partition("=")[::2] for part in fields.split("\1") if part)
        account = self._post.account(said.get("user", ""))
        if account is None or said.get("auth") != f"Bearer {account.token}":
            await server.challenge_auth('{"status":"401","schemes":"bearer"}')
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=LoginPassword(account.address.encode(), b""))


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()


class _Busy(asyncio.Protocol):
    """Somebody who has no time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.3.2 Try again later\r\n")
            transport.close()


async def serve(
    post: Post, faults: Faults, host: str, port: int, *, tls: ssl.SSLContext | None = None, implicit: bool = False
) -> tuple[asyncio.Server, Handler]:
    """
    Start the server. Whoever submits logs in.

    Args:
        tls: Offer STARTTLS and ask for it; without it everything is in the clear, which only loopback may be.
        implicit: TLS from the first byte instead.
    """
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the library's, where it says the same again
    loop, handler = asyncio.get_running_loop(), Handler(post, faults)

    def connected() -> asyncio.BaseProtocol:
        if faults.strikes("smtp", "busy"):
            return _Busy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that one logs in without TLS is meant
            return SMTP(
                handler,
                hostname=post.host,
                data_size_limit=LARGEST,
                enable_SMTPUTF8=True,
                tls_context=None if implicit else tls,
                require_starttls=tls is not None and not implicit,
                authenticator=handler.authenticate,
                auth_required=True,
                auth_require_tls=False,
                loop=loop,
            )

    server = await loop.create_server(connected, host, port, ssl=tls if implicit else None)
    return server, handler
