"""
Files, both ways: what people attach is fetched with the bot's token, what a run sends is uploaded in three steps.

The token goes to Slack's own hosts and nowhere else, whatever address a file claims to have. Who may not read a file is
sent to a page to sign in, which must not be taken for the file (docs.slack.dev/messaging/working-with-files).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urljoin, urlsplit

import aiohttp
from pydantic import SecretStr

from adapters.errors import DeliveryFailed, Rejected, Unreachable
from agent_core import facts
from agent_core.files import measured

LARGEST = 16 * 1024 * 1024  # bytes of a file that is fetched
LIMIT = 45  # seconds that a file may take, either way
UPLOADS = 100  # seconds that all files of one message may take
HOPS = 3  # addresses that are tried for one file, where one sends us to the next within Slack
TRIES = 3  # of a transfer; only completing it shows the file to anybody
HTML = "text/html"


async def fetch(session: aiohttp.ClientSession, attachment: facts.Attachment, *, token: SecretStr, api: str) -> bytes:
    """
    Give what is in a file that somebody sent.

    Raises:
        Rejected: It is not Slack's, too large, or not ours to read.
        Unreachable: Slack does not answer.
    """
    if not attachment.url:
        raise Rejected(
            f"Slack gives no address for {attachment.name}; it may belong to another workspace", permanent=True
        )
    if attachment.size > LARGEST:
        raise Rejected(_too_large(attachment), permanent=True)
    url = attachment.url
    for _ in range(HOPS):
        if not trusted(url, api):
            raise Rejected(f"{attachment.name} is kept at {_host(url)}, which gets no token of Slack's", permanent=True)
        try:
            async with session.get(
                url,
                headers={"Authorization": f"Bearer {token.get_secret_value()}"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=LIMIT),
            ) as answer:
                if 300 <= answer.status < 400:
                    url = urljoin(url, answer.headers.get("Location", ""))
                    continue
                return await _content(answer, attachment)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:  # ValueError: sent on to no address
            raise Unreachable(f"{attachment.name} cannot be fetched: {type(error).__name__}") from error
    raise Rejected(f"{attachment.name} is sent from one address to the next", permanent=True)


async def _content(answer: aiohttp.ClientResponse, attachment: facts.Attachment) -> bytes:
    if answer.status >= 500 or answer.status == 429:
        raise Unreachable(f"{attachment.name} cannot be fetched now: HTTP {answer.status}")
    if answer.status != 200:
        raise Rejected(f"{attachment.name} cannot be read: HTTP {answer.status}", permanent=True)
    body = bytearray()
    async for piece in answer.content.iter_chunked(64 * 1024):
        body += piece
        if len(body) > LARGEST:
            raise Rejected(_too_large(attachment), permanent=True)
    if answer.content_type == HTML and (attachment.media_type != HTML or len(body) != attachment.size):
        raise Rejected(
            f"Slack shows a page to sign in instead of {attachment.name}; the app needs the scope files:read, "
            "and has to be where the file was sent",
            permanent=True,
        )
    return bytes(body)


def _too_large(attachment: facts.Attachment) -> str:
    return f"{attachment.name} is larger than the {measured(LARGEST)} that are fetched"


async def transfer(session: aiohttp.ClientSession, url: str, content: bytes, *, api: str) -> None:
    """
    Send what is in a file to the address that Slack gave for it; a few times, as nobody sees it yet.

    Raises:
        Rejected: Slack does not take it.
        Unreachable: Slack does not answer.
    """
    if not trusted(url, api):
        raise Rejected(f"Slack names {_host(url)} to upload to, which is not Slack's", permanent=True)
    problem: DeliveryFailed = Unreachable("a file was not uploaded")
    for _ in range(TRIES):
        try:
            async with session.post(
                url, data=content, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=LIMIT)
            ) as answer:
                if answer.status == 200:
                    return
                problem = Rejected(f"a file cannot be uploaded: HTTP {answer.status}", permanent=answer.status < 500)
                if answer.status < 500:
                    break
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            problem = Unreachable(f"a file cannot be uploaded: {type(error).__name__}")
    raise problem


def trusted(url: str, api: str) -> bool:
    """Tell whether an address is Slack's: an HTTPS one of slack.com, or of the very place where the Web API is."""
    try:
        there, ours = urlsplit(url), urlsplit(api)
        there.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return False
    host = there.hostname or ""
    if there.username is not None or there.password is not None:
        return False
    if (there.scheme, there.netloc) == (ours.scheme, ours.netloc):
        return there.scheme == "https" or _is_loopback(host)
    return (
        there.scheme == "https" and there.port in (None, 443) and (host == "slack.com" or host.endswith(".slack.com"))
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no address"
    except ValueError:
        return "no address"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
