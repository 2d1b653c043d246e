"""
Files on Slack: fetched with the token, which goes nowhere else; sent in three steps, of which only the last is seen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from adapters.base import Part, Say
from adapters.errors import ChannelError, Misconfigured, Rejected, Unknown, Unreachable
from adapters.slack import files
from adapters.slack.emulator import Fault
from adapters.slack.files import trusted
from agent_core.facts import Attachment
from agent_core.files import Enclosure
from tests.adapters.slack.test_client import calls
from tests.contracts.test_slack_adapter import ANA, CHANNEL, SlackVendor

API = "https://slack.com/api/"
CSV = b"environment,tag\r\nproduction,v1\r\n"


def sent(vendor: SlackVendor, text: str = "The list.", content: bytes = CSV, **how: Any) -> Part:
    enclosure = Enclosure(name="list.csv", size=len(content), blob="b1")
    (part,) = vendor.adapter.render(Say(text, enclosures=(enclosure,), **how), vendor.place)
    return part.model_copy(update={"delivery": "delivery1", "contents": (content,)})


@pytest.mark.parametrize(
    ("url", "api", "ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/x", API, True),
        ("https://slack.com/x", API, True),
        ("https://acme.slack.com:443/x", API, True),
        ("http://files.slack.com/x", API, False),
        ("https://files.slack.com:8443/x", API, False),
        ("https://evilslack.com/x", API, False),
        ("https://slack.com.evil.test/x", API, False),
        ("https://evil.test/https://files.slack.com/x", API, False),
        ("https://files.slack.com@evil.test/x", API, False),
        ("https://user:word@files.slack.com/x", API, False),
        ("https://docs.google.com/document/d/1", API, False),
        ("ftp://files.slack.com/x", API, False),
        ("file:///etc/passwd", API, False),
        ("https://files.slack.com:nan/x", API, False),
        ("", API, False),
        ("http://127.0.0.1:8080/files-pri/x", "http://127.0.0.1:8080/api/", True),
        ("http://127.0.0.1:9/files-pri/x", "http://127.0.0.1:8080/api/", False),
        ("http://10.0.0.1:8080/x", "http://10.0.0.1:8080/api/", False),
        ("https://slack.internal/x", "https://slack.internal/api/", True),
    ],
)
def test_the_token_goes_to_slack_only(url: str, api: str, ours: bool):
    """
    Slack's own hosts over HTTPS, or the very place where the Web API is configured to be; plain HTTP only on loopback.
    """
    assert ours == trusted(url, api)


async def test_a_file_is_fetched(slack: SlackVendor):
    """
    What somebody attached comes back byte for byte.
    """
    attachment = await slack.attach("plan.csv", CSV)

    assert ("plan.csv", len(CSV)) == (attachment.name, attachment.size)
    assert CSV == await slack.adapter.fetch(attachment)


async def test_a_page_of_html_that_somebody_sent_is_a_file(slack: SlackVendor):
    """
    Not everything in HTML is a page to sign in.
    """
    page = b"<html><body>report</body></html>"

    assert page == await slack.adapter.fetch(await slack.attach("report.html", page))


async def test_a_page_to_sign_in_is_not_the_file(slack: SlackVendor):
    """
    Without the right to read, Slack ends in a page with status 200; the tool hears that, and what is missing.
    """
    attachment = await slack.attach("plan.csv", CSV)
    slack.emulator.workspace.state.scopes.remove("files:read")

    with pytest.raises(Rejected, match="files:read"):
        await slack.adapter.fetch(attachment)


@pytest.mark.parametrize(
    ("attachment", "why"),
    [
        (Attachment(name="doc", url="https://docs.google.com/d/1"), "docs.google.com"),
        (Attachment(name="shared.txt", url=""), "another workspace"),
        (
            Attachment(name="film.mov", size=files.LARGEST + 1, url="https://files.slack.com/x"),
            "larger than the 16.8 MB",
        ),
    ],
)
async def test_what_is_not_fetched_says_why(slack: SlackVendor, attachment: Attachment, why: str):
    """
    A file elsewhere, of another workspace, or too large is refused without a request.
    """
    with pytest.raises(Rejected, match=why):
        await slack.adapter.fetch(attachment)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch, handler: Handler):
    """A server that stands in for where Slack keeps files; gives its address."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    config = slack.adapter._client._config.model_copy(update={"api": f"{address}api/"})
    monkeypatch.setattr(slack.adapter._client, "_config", config)
    try:
        yield address
    finally:
        await runner.cleanup()


async def test_a_redirect_off_slack_gets_no_token(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch):
    """
    Whoever a file's address sends us on to has to be Slack, too.
    """
    asked: list[str | None] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers.get("Authorization"))
        raise web.HTTPFound("http://localhost:1/steal")

    async with serving(slack, monkeypatch, elsewhere) as address:
        with pytest.raises(Rejected, match="kept at localhost"):
            await slack.adapter.fetch(Attachment(name="a", url=f"{address}file"))
    assert 1 == len(asked)


async def test_a_circle_of_redirects_ends(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch):
    """
    A file that is always somewhere else is given up.
    """

    async def around(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/file")

    async with serving(slack, monkeypatch, around) as address:
        with pytest.raises(Rejected, match="one address to the next"):
            await slack.adapter.fetch(Attachment(name="a", url=f"{address}file"))


@pytest.mark.parametrize(
    ("status", "error"), [(503, Unreachable), (429, Unreachable), (404, Rejected), (410, Rejected)]
)
async def test_a_file_that_is_not_given(
    slack: SlackVendor, monkeypatch: pytest.MonkeyPatch, status: int, error: type[ChannelError]
):
    """
    Not now is something else than not at all.
    """

    async def refusing(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    async with serving(slack, monkeypatch, refusing) as address:
        with pytest.raises(error):
            await slack.adapter.fetch(Attachment(name="a", url=f"{address}file"))


async def test_a_file_that_is_larger_than_it_says_is_cut_off(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch):
    """
    No more is read than is taken, whatever size was announced.
    """
    monkeypatch.setattr(files, "LARGEST", 100_000)

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(1_000):
            await answer.write(b"x" * 10_000)
        return answer

    async with serving(slack, monkeypatch, endless) as address:
        with pytest.raises(Rejected, match="larger than"):
            await slack.adapter.fetch(Attachment(name="a", size=5, url=f"{address}file"))


# Out -----------------------------------------------------------------------------------------------------------------


async def test_a_file_is_sent_with_its_words(slack: SlackVendor):
    """
    One message holds both; the words stand where no markup is read.
    """
    receipt = await slack.adapter.deliver(sent(slack, "*The* list <!channel>."))
    (message,) = slack.emulator.screen(ANA, CHANNEL)["messages"]

    assert CHANNEL == receipt.place
    assert {"list.csv": CSV} == await slack.files(slack.place)
    assert "*The* list <!channel>." in (await slack.seen(slack.place))[0]
    assert [] == message["mentions"]
    (share,) = calls(slack, "files.completeUploadExternal")
    assert "initial_comment" not in share["arguments"]


async def test_long_words_stand_before_the_file(slack: SlackVendor):
    """
    What does not fit the message with the file comes in messages of its own, first.
    """
    words = [f"word{n}" for n in range(1_000)]
    enclosure = Enclosure(name="list.csv", size=len(CSV), blob="b1")
    parts = slack.adapter.render(Say(" ".join(words), enclosures=(enclosure,)), slack.place)

    assert ["chat.postMessage"] * (len(parts) - 1) == [part.kind for part in parts[:-1]]
    assert ((enclosure,), 0) == (parts[-1].enclosures, sum(len(part.enclosures) for part in parts[:-1]))


async def test_a_file_in_a_thread_is_in_that_thread(slack: SlackVendor):
    """
    A reply's file stands where the reply does.
    """
    root = slack.emulator.people.message(ANA, CHANNEL, "export, please")["ts"]
    await slack.adapter.deliver(sent(slack, root=root))
    (message,) = slack.emulator.screen(ANA, CHANNEL)["messages"]

    assert ["list.csv"] == [file["name"] for file in message["replies"][0]["files"]]


@pytest.mark.parametrize("lost", ["files.getUploadURLExternal", "conversations.open"])
async def test_until_the_last_call_nothing_is_in_doubt(slack: SlackVendor, lost: str):
    """
    An upload that breaks off is nothing that anybody saw, and may begin anew.
    """
    part = sent(slack).model_copy(update={"conversation": slack.direct})
    slack.emulator.add_fault(Fault(on=lost, kind="drop_after_accept"))
    with pytest.raises(Unreachable):
        await slack.adapter.deliver(part)
    assert {} == await slack.files(slack.direct)
    await slack.adapter.deliver(part)

    assert {"list.csv": CSV} == await slack.files(slack.direct)


async def test_uploads_that_take_too_long_were_not_seen(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch):
    """
    Given up before the last call, nothing is in doubt.
    """
    monkeypatch.setattr(files, "UPLOADS", 0.05)
    slack.emulator.add_fault(Fault(on="files.getUploadURLExternal", kind="delay", seconds=5))

    with pytest.raises(Unreachable, match="not uploaded within"):
        await slack.adapter.deliver(sent(slack))
    assert [] == calls(slack, "files.completeUploadExternal")


async def test_a_transfer_is_tried_a_few_times(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch):
    """
    Bytes that did not arrive are sent again; a refusal is not argued with.
    """
    came: list[bytes] = []

    async def failing(request: web.Request) -> web.StreamResponse:
        came.append(await request.read())
        return web.Response(
            status=500 if len(came) < 3 or request.path == "/never" else {"/good": 200}.get(request.path, 403)
        )

    async with serving(slack, monkeypatch, failing) as address:
        session = slack.adapter._client._connections()
        await files.transfer(session, f"{address}good", CSV, api=address)
        assert [CSV] * 3 == came
        with pytest.raises(Rejected, match="403"):
            await files.transfer(session, f"{address}bad", CSV, api=address)
        assert 4 == len(came)
        came.clear()
        with pytest.raises(Rejected, match="500") as later:
            await files.transfer(session, f"{address}never", CSV, api=address)
        assert not later.value.permanent
    with pytest.raises(Unreachable):
        await files.transfer(session, f"{address}good", CSV, api=address)
    with pytest.raises(Rejected, match="not Slack's"):
        await files.transfer(session, "https://evil.test/", CSV, api=API)


async def test_completing_is_never_repeated_and_can_be_found(slack: SlackVendor):
    """
    The answer to the last call was lost: the file is there once, and is found by the id that its message carries.
    """
    slack.emulator.add_fault(Fault(on="files.completeUploadExternal", kind="drop_after_accept"))
    part = sent(slack)
    with pytest.raises(Unknown):
        await slack.adapter.deliver(part)
    found = await slack.adapter.find(part)

    assert found is not None
    assert found.message_id
    assert 1 == len(await slack.seen(slack.place))


async def test_a_file_that_is_not_found_stays_unknown(slack: SlackVendor):
    """
    Slack shows a file some time after it took it, so that not finding it proves nothing.
    """
    slack.emulator.add_fault(Fault(on="files.completeUploadExternal", kind="drop_before_accept"))
    part = sent(slack)
    with pytest.raises(Unknown):
        await slack.adapter.deliver(part)

    with pytest.raises(Unknown, match="may still appear"):
        await slack.adapter.find(part)


async def test_a_scope_that_only_files_need_stops_nothing_else(slack: SlackVendor):
    """
    Without files:write the file is refused with what to fix, and the workspace goes on; a revoked token is worse.
    """
    slack.emulator.workspace.state.scopes.remove("files:write")
    with pytest.raises(Rejected, match="files:write") as refused:
        await slack.adapter.deliver(sent(slack))
    assert refused.value.permanent

    await slack.misbehave("revoke")
    with pytest.raises(Misconfigured):
        await slack.adapter.deliver(sent(slack))


@pytest.mark.parametrize("url", ["http://[", "x", "//", "https://slack.com:x/", "\x00"])
async def test_a_file_without_a_readable_address(slack: SlackVendor, url: str):
    """
    An address that is none gets no token, and is a refusal like any other.
    """
    with pytest.raises(Rejected, match="gets no token"):
        await slack.adapter.fetch(Attachment(name="plan.csv", url=url))
