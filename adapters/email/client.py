"""
Parts → a submission server, through aiosmtplib, on one connection that is kept for a while.

A mail that may have been taken is of unknown fate, and may be sent again: it has the same Message-ID, by which the
other side knows it (G6). Of each recipient the server's own answer counts.
"""

from __future__ import annotations

import asyncio
import logging
import ssl

import aiosmtplib

from adapters.base import Clock, Part, Receipt
from adapters.email.compose import compose
from adapters.email.config import Config
from adapters.email.oauth import Tokens
from adapters.errors import Misconfigured, RateLimited, Rejected, Unknown, Unreachable

log = logging.getLogger("ringback.email")

TIMEOUT = 30.0  # seconds for one answer of the server
IDLE = 20.0  # seconds a connection is kept; many servers close an unused one after 60 or less
LATER = (
    60.0  # seconds after which a recipient that was refused for now is tried again (RFC 5321 4.5.4.1 asks for 30 min
)


class Client:
    """The way out for one account."""

    def __init__(self, config: Config, clock: Clock, tokens: Tokens) -> None:
        self._config, self._clock, self._tokens = config, clock, tokens
        self._smtp: aiosmtplib.SMTP | None = None
        self._used = 0.0
        self._turn = asyncio.Lock()

    async def deliver(self, part: Part) -> Receipt:
        """
        Send a mail.

        Raises:
            DeliveryFailed, Misconfigured: See `adapters/errors.py`.
        """
        now = self._clock.now()
        try:
            mail = compose(part, self._config, now)
            raw = mail.as_bytes()
        except (ValueError, IndexError) as error:  # an address that is none
            raise Rejected(f"no mail can be made of it: {error}", permanent=True) from error
        async with self._turn:
            smtp = await self._connected()
            await self._hand_in(smtp, raw, str(part.arguments["reader"]))
            self._used = self._clock.now()
        return Receipt(place=str(part.arguments["reader"]), message_id=str(mail["Message-ID"]), at=now)

    async def reach(self) -> None:
        """
        Log in, and send nothing.

        Raises:
            ChannelError: That is not possible.
        """
        async with self._turn:
            await self._connected()

    async def find(self, part: Part) -> Receipt | None:
        """
        Raises:
            Unknown: What a server did with a mail cannot be asked.
        """
        raise Unknown("a submission server does not tell what became of a mail")

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._smtp is not None and self._smtp.is_connected and self._clock.now() - self._used < IDLE:
            return self._smtp
        await self._disconnect()
        config = self._config
        smtp = aiosmtplib.SMTP(
            hostname=config.smtp_host,
            port=config.smtp_port,
            use_tls=config.smtp_security == "tls",
            start_tls=False,  # the library's own would go on in the clear, or say only in words why not
            tls_context=ssl.create_default_context() if config.smtp_security != "none" else None,
            timeout=TIMEOUT,
        )
        try:
            await smtp.connect()
            if config.smtp_security == "starttls":
                await smtp.ehlo()
                if not smtp.supports_extension("starttls"):
                    raise Misconfigured(f"{config.smtp_host} offers no STARTTLS; look at smtp_security")
                await smtp.starttls()
            if config.smtp_login:
                await self._log_in(smtp)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code >= 500:
                raise Misconfigured(f"{config.smtp_host} does not let {config.login} send: {error.message}") from error
            raise Unreachable(f"{config.smtp_host} lets nobody in just now: {error.message}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(f"{config.smtp_host} cannot be reached: {error}") from error
        self._smtp = smtp
        return smtp

    async def _log_in(self, smtp: aiosmtplib.SMTP) -> None:
        config, token = self._config, await self._tokens.current()
        if token is None:
            await smtp.login(config.login, config.password.get_secret_value() if config.password is not None else "")
            return
        try:
            await smtp.auth_xoauth2(config.login, token)
        except aiosmtplib.SMTPAuthenticationError as error:
            if self._tokens.refused(token):
                raise ConnectionError("it does not take the token any more; another one is asked for") from error
            raise

    async def _hand_in(self, smtp: aiosmtplib.SMTP, raw: bytes, reader: str) -> None:
        try:
            await smtp.mail(
                self._config.account, options=[f"size={len(raw)}"] if smtp.supports_extension("size") else []
            )
            await smtp.rcpt(reader)
        except aiosmtplib.SMTPResponseException as error:
            await self._disconnect()
            raise _refused(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            await self._disconnect()
            raise Unreachable(f"the connection ended before the mail was handed in: {error}") from error
        try:
            await smtp.data(raw)
        except aiosmtplib.SMTPResponseException as error:
            await self._disconnect()
            raise _refused(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            await self._disconnect()
            raise Unknown(
                f"the connection ended before the server had said whether it took the mail: {error}"
            ) from error

    async def _disconnect(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    async def close(self) -> None:
        """Close the connection."""
        await self._disconnect()


def _refused(error: aiosmtplib.SMTPResponseException) -> RateLimited | Rejected:
    """4xx is for now, 5xx for good (RFC 5321 4.2.1)."""
    said = f"the mail server refused it: {error.code} {error.message}"
    if error.code < 500:
        return RateLimited(said, retry_after=LATER)
    return Rejected(said, permanent=True)
