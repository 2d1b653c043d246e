"""
Webhooks to clients.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time

import pytest
import trustme
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.base import Part, Receipt
from adapters.errors import RateLimited, Rejected, Unknown, Unreachable
from agent_core.addresses import ConversationKey
from gateway import webhooks
from gateway.runtime import Runtime
from gateway.sections import ClientSettings
from gateway.webhooks import Webhooks, resolved
from tests.gateway.receiver import receiver

SECRETS = [f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2)]
BODY = '{"type": "request.settled", "data": {"title": "naïve"}}'


def a_client(*, inside: bool = True, rotating: bool = False) -> ClientSettings:
    previous = SecretStr(SECRETS[1]) if rotating else None
    return ClientSettings(
        name="ci",
        token=SecretStr("t" * 16),
        webhook_secret=SecretStr(SECRETS[0]),
        previous_webhook_secret=previous,
        inside=inside,
    )


def a_part(url: str) -> Part:
    arguments = {"url": url, "body": BODY}
    return Part(kind="webhook", arguments=arguments, conversation=ConversationKey("api:ci/k"), delivery="d1")


async def answered(*answers: bytes) -> BaseException | None:
    """What comes of a webhook to a receiver that answers so."""
    async with receiver(0, *answers) as there:
        (fate,) = await asyncio.gather(
            Webhooks(a_client(), Runtime()).deliver(a_part(there.url)), return_exceptions=True
        )
        return fate if isinstance(fate, BaseException) else None


@pytest.mark.parametrize("rotating", [False, True])
async def test_the_standards_own_library_verifies_it(rotating: bool):
    """
    With the secret, and while it is replaced with the one before as well; with any other it does not.
    """
    async with receiver() as there:
        receipt = await Webhooks(a_client(rotating=rotating), Runtime()).deliver(a_part(there.url))
        ((headers, body),) = there.got

    assert json.loads(BODY) == Webhook(SECRETS[0]).verify(body, headers)
    assert ("d1", "d1") == (receipt.message_id, headers["webhook-id"])
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 10
    assert "POST /hook?secret=of-the-receiver HTTP/1.1" == headers[":request"]
    other = Webhook(SECRETS[1])
    if rotating:
        assert json.loads(BODY) == other.verify(body, headers)
    else:
        with pytest.raises(WebhookVerificationError):
            other.verify(body, headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_success_ends_it(status: int):
    """
    Every 2xx says that it was taken.
    """
    assert None is await answered(f"HTTP/1.1 {status} X\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("answer", "permanent", "said"),
    [
        (b"HTTP/1.1 410 Gone\r\n\r\n", True, "gone for good"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", False, "redirects are not followed"),
        (b"HTTP/1.1 400 Bad\r\n\r\n", False, "answered 400"),
        (b"HTTP/1.1 500 Oops\r\n\r\n", False, "answered 500"),
    ],
)
async def test_a_refusal_says_whether_it_is_for_good(answer: bytes, permanent: bool, said: str):
    """
    410 gives it up; everything else may be better later. What stands in the URL after its host is in no reason.
    """
    refused = await answered(answer)

    assert isinstance(refused, Rejected)
    assert permanent is refused.permanent
    assert said in str(refused)
    assert "of-the-receiver" not in str(refused)


@pytest.mark.parametrize(("asked", "heeded"), [(b"120", 120), (b"999999999999", 3_600)])
async def test_a_receiver_may_ask_for_time(asked: bytes, heeded: float):
    """
    Its Retry-After is heeded, up to an hour.
    """
    limited = await answered(b"HTTP/1.1 429 Slow\r\nRetry-After: " + asked + b"\r\n\r\n")

    assert isinstance(limited, RateLimited)
    assert heeded == limited.retry_after


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000])
async def test_what_does_not_answer_as_a_web_server(answer: bytes):
    """
    A closed connection, another protocol, endless headers: nobody knows whether it was taken, and it may be repeated.
    """
    assert isinstance(await answered(answer), Unknown)


async def test_an_endless_body_is_not_read():
    """
    The head of the answer says all; whoever goes on sending speaks to nobody.
    """
    async with receiver(0, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", endless=True) as there:
        async with asyncio.timeout(5):
            await Webhooks(a_client(), Runtime()).deliver(a_part(there.url))


async def test_nobody_there_is_surely_not_sent():
    """
    A closed port and a name that is not known were never reached.
    """
    async with receiver() as there:
        closed = there.url

    async def unknown(host: str, port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(Unreachable, match="could not be reached"):
        await Webhooks(a_client(), Runtime()).deliver(a_part(closed))
    with pytest.raises(Unreachable, match="its name is not known"):
        await Webhooks(a_client(), Runtime(), unknown).deliver(a_part("https://ci.example/hook"))


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["fe80::1%eth0"]])
async def test_a_name_that_leads_inside_is_refused(found: list[str]):
    """
    However public a name looks, what it stands for is looked at; one address inside is one too many.
    """

    async def resolve(host: str, port: int) -> list[str]:
        return found

    with pytest.raises(Rejected, match="it leads inside") as refused:
        await Webhooks(a_client(inside=False), Runtime(), resolve).deliver(a_part("https://ci.example/hook"))
    assert refused.value.permanent


async def test_a_name_is_looked_up_once():
    """
    What was looked at is what is connected to: a name that stands for something else a moment later gains nothing.
    """
    looked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"] if len(looked) == 1 else ["10.255.255.1"]

    async with receiver() as there:
        url = f"http://ci.example:{there.port}/hook"
        await Webhooks(a_client(), Runtime(), rebinding).deliver(a_part(url))

    assert ["ci.example"] == looked
    assert f"ci.example:{there.port}" == there.got[0][0]["host"]


async def test_a_port_that_speaks_no_tls_is_unreachable():
    """
    https is asked for in the receiver's name, and where it is not spoken nothing is sent.
    """
    async with receiver() as there:
        with pytest.raises((Unreachable, Unknown)):
            await Webhooks(a_client(), Runtime()).deliver(a_part(f"https://127.0.0.1:{there.port}/"))
    assert [] == there.got


@pytest.mark.parametrize(("host", "taken"), [("ci.example", True), ("other.example", False)])
async def test_tls_asks_for_the_name(host: str, taken: bool):
    """
    Connected to by its address, a receiver has to show the certificate of its name all the same.
    """
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("ci.example").configure_cert(theirs)
    authority.configure_trust(ours)

    async def here(name: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with receiver(tls=theirs) as there:
        part = a_part(f"https://{host}:{there.port}/hook")
        (fate,) = await asyncio.gather(
            Webhooks(a_client(), Runtime(), here, lambda: ours).deliver(part), return_exceptions=True
        )

    assert taken is isinstance(fate, Receipt)
    assert taken is (len(there.got) == 1)
    assert taken or (isinstance(fate, Unreachable) and "certificate" in str(fate).lower())


async def test_a_receiver_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    """
    After its time nobody knows whether it was taken.
    """
    monkeypatch.setattr(webhooks, "READ", 0.1)
    open_ones: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: open_ones.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Unknown, match="ReadTimeout"):
        await Webhooks(a_client(), Runtime()).deliver(a_part(f"http://127.0.0.1:{port}/"))
    for writer in open_ones:
        writer.close()
    server.close()


async def test_names_are_looked_up_by_the_system():
    """
    An address stands for itself.
    """
    assert ["127.0.0.1"] == await resolved("127.0.0.1", 80)
