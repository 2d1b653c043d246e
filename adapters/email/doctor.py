"""
What `ringback doctor` looks at in a mailbox: both logins, the mailbox, and a test card.

A mail that was sent cannot be taken back, so the card says that it is a test.
"""

from __future__ import annotations

from adapters.base import Ask, Check, Named
from adapters.email import render
from adapters.email.client import Client
from adapters.email.config import Config
from adapters.email.oauth import Tokens
from adapters.errors import ChannelError, Misconfigured

MARK = "the account, its password or token, and the mailbox's name stand under [[email]]"


async def check(config: Config, client: Client, tokens: Tokens, named: Named, now: float) -> list[Check]:
    """Look at everything. Never raises."""
    checks = [await _read(config, tokens), await _send(config, client)]
    if named.to is not None and checks[1].ok:
        checks.append(await _card(client, named, now))
    return checks


async def _read(config: Config, tokens: Tokens) -> Check:
    try:
        from adapters.email.listen import Connection
    except ImportError:
        return Check("reading", False, "aioimaplib is missing", "install it with: pip install 'ringback[imap]'")
    try:
        found = await Connection.looked_into(config, tokens)
    except Misconfigured as error:
        return Check("reading", False, str(error), MARK)
    except (OSError, TimeoutError) as error:
        return Check("reading", False, str(error), "imap_host, imap_port and imap_security say where and how")
    return Check("reading", True, f"{config.mailbox} of {config.login}, {found} mails in it")


async def _send(config: Config, client: Client) -> Check:
    try:
        await client.reach()
    except Misconfigured as error:
        return Check("sending", False, str(error), MARK)
    except ChannelError as error:
        return Check("sending", False, str(error), "smtp_host, smtp_port and smtp_security say where and how")
    return Check("sending", True, f"{config.smtp_host} takes mail of {config.login}")


async def _card(client: Client, named: Named, now: float) -> Check:
    parts = render.render(Ask(named.card, "doctor"), named.to) if named.to is not None else []
    if not parts:
        return Check("test card", None, "there is no one person there to send it to", "name a person's address")
    try:
        await client.deliver(parts[0].model_copy(update={"delivery": f"doctor{now:.0f}"}))
    except ChannelError as error:
        return Check("test card", False, str(error), "look at the address")
    return Check("test card", True, "sent; a mail cannot be taken back")
