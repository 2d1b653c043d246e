"""
Files: an app's upload in three steps, what people attach, and who may fetch the bytes.
"""

from __future__ import annotations

import base64
import json
import pathlib
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator, Fault, Refused, Server, Workspace, serve
from tests.adapters.slack.emulator.conftest import ANA, BOT, DEPLOYS, DM_ANA, GENERAL, OLD, QUIET, Connect, Hand

REPORT = b"\x00\xff one\r\ntwo\n"


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def upload(client: AsyncWebClient, http: aiohttp.ClientSession, content: bytes = REPORT, **given: Any) -> str:
    """The first two steps; returns the file's id."""
    offered = await client.files_getUploadURLExternal(filename="report.txt", length=len(content), **given)
    async with http.post(offered["upload_url"], data=content) as answer:
        assert (answer.status, await answer.text()) == (200, f"OK - {len(content)}")
    return str(offered["file_id"])


async def fetch(http: aiohttp.ClientSession, url: str, token: str | None) -> tuple[str, bytes]:
    """The content type and the bytes, redirects followed."""
    headers = {"authorization": f"Bearer {token}"} if token is not None else {}
    async with http.get(url, headers=headers) as answer:
        assert answer.status == 200
        return answer.content_type, await answer.read()


@pytest.mark.parametrize(("channel", "where"), [(GENERAL, GENERAL), (DM_ANA, DM_ANA), (ANA, DM_ANA)])
async def test_library_uploads(
    channel: str, where: str, client: AsyncWebClient, emulator: Emulator, workspace: Workspace
) -> None:
    """
    The client library's own upload ends in a message of the bot with the file, in a channel or in a DM.
    """
    answer = await client.files_upload_v2(
        content=REPORT, filename="report.txt", title="Report", channel=channel, initial_comment="Here *it* is."
    )

    shown = emulator.screen(ANA, where)["messages"][-1]
    assert shown["author"]["id"] == BOT
    assert shown["text"] == "Here *it* is."
    assert shown["files"] == [
        {"id": answer["file"]["id"], "name": "report.txt", "title": "Report", "mimetype": "text/plain", "size": 12}
    ]


async def test_share_in_a_thread(client: AsyncWebClient, http: aiohttp.ClientSession, emulator: Emulator) -> None:
    """
    With a `thread_ts` the file stands in the thread, and `files.info` says where.
    """
    root = emulator.people.message(ANA, GENERAL, "root")["ts"]
    file = await upload(client, http)
    await client.files_completeUploadExternal(files=[{"id": file}], channel_id=GENERAL, thread_ts=root)

    reply = emulator.screen(ANA, GENERAL)["messages"][0]["replies"][0]
    info = (await client.files_info(file=file))["file"]
    assert reply["files"][0]["title"] == "report.txt"
    assert info["shares"]["public"][GENERAL][0]["ts"] == reply["ts"]
    assert info["shares"]["public"][GENERAL][0]["thread_ts"] == root


async def test_file_without_a_channel_stays_private(
    client: AsyncWebClient, http: aiohttp.ClientSession, emulator: Emulator
) -> None:
    """
    Completed without a channel, a file is there and stands nowhere.
    """
    file = await upload(client, http)
    answer = await client.files_completeUploadExternal(files=[{"id": file, "title": "Mine"}])

    assert answer["files"] == [{"id": file, "title": "Mine"}]
    assert (await client.files_info(file=file))["file"]["shares"] == {}


async def test_multipart_upload(client: AsyncWebClient, http: aiohttp.ClientSession, workspace: Workspace) -> None:
    """
    The bytes may come as a multipart form.
    """
    offered = await client.files_getUploadURLExternal(filename="report.txt", length=len(REPORT))
    form = aiohttp.FormData()
    form.add_field("filename", REPORT, filename="report.txt")
    async with http.post(offered["upload_url"], data=form) as answer:
        assert answer.status == 200
    await client.files_completeUploadExternal(files=[{"id": offered["file_id"]}], channel_id=GENERAL)
    info = (await client.files_info(file=offered["file_id"]))["file"]

    assert await fetch(http, info["url_private"], workspace.state.tokens.bot) == ("text/plain", REPORT)


async def test_upload_of_another_length_fails(client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    """
    Bytes of another length than promised are not taken, nor bytes for an address that nobody was given.
    """
    offered = await client.files_getUploadURLExternal(filename="report.txt", length=3)
    async with http.post(offered["upload_url"], data=REPORT) as answer:
        assert answer.status == 400
    async with http.post(offered["upload_url"] + "x", data=REPORT) as answer:
        assert answer.status == 404

    assert await refused(client.files_completeUploadExternal(files=[{"id": offered["file_id"]}])) == "file_not_found"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"length": 0}, "missing_argument"),
        ({"length": 101}, "file_upload_size_restricted"),
        ({"length": "ten"}, "invalid_arguments"),
        ({"filename": ""}, "invalid_arguments"),
        ({"alt_txt": "x" * 1001}, "alt_txt_too_large"),
    ],
)
async def test_offer_refusals(given: dict[str, Any], error: str, client: AsyncWebClient, workspace: Workspace) -> None:
    """
    An upload that cannot be is refused at its announcement.
    """
    workspace.state.file_limit = 100

    assert await refused(client.files_getUploadURLExternal(**{"filename": "a.txt", "length": 1} | given)) == error


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"files": []}, "invalid_arguments"),
        ({"files": [{"id": "F0NOSUCH"}]}, "file_not_found"),
        ({"channel_id": "C0NOSUCH"}, "channel_not_found"),
        ({"channel_id": QUIET}, "not_in_channel"),
        ({"channel_id": OLD}, "not_in_channel"),
        ({"channels": [GENERAL] * 101}, "channels_limit_exceeded"),
        ({"channel_id": GENERAL, "thread_ts": "1.0"}, "invalid_arguments"),
        ({"channel_id": GENERAL, "blocks": json.dumps([{"type": "nonsense"}])}, "invalid_blocks"),
    ],
)
async def test_completion_refusals(
    given: dict[str, Any], error: str, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    """
    What cannot be completed has Slack's name for it, and can be completed otherwise afterwards; once.
    """
    file = await upload(client, http)

    assert await refused(client.files_completeUploadExternal(**{"files": [{"id": file}]} | given)) == error
    await client.files_completeUploadExternal(files=[{"id": file}], channel_id=GENERAL)
    assert await refused(client.files_completeUploadExternal(files=[{"id": file}])) == "file_not_found"


@pytest.mark.parametrize("scope", ["files:write", "files:read"])
async def test_scopes(scope: str, client: AsyncWebClient, workspace: Workspace) -> None:
    """
    Uploads need `files:write`, reading `files:read`.
    """
    workspace.state.scopes.remove(scope)
    call = (
        client.files_info(file="F1")
        if scope == "files:read"
        else client.files_getUploadURLExternal(filename="a", length=1)
    )
    with pytest.raises(SlackApiError) as caught:
        await call

    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == scope


async def test_event_of_a_persons_file(
    connect: Connect, emulator: Emulator, samples: pathlib.Path, workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    """
    A message with a file comes with the subtype `file_share` and Slack's fields; the bot's token opens the file.
    """
    link = await connect()
    emulator.people.message(ANA, "dm", "see this", files=[("a plan.txt", REPORT)])
    event = await link.event()

    sample = json.loads((samples / "bolt-python/message_file_share__event_payload.json").read_text())["event"]
    file, its_sample = event["files"][0], sample["files"][0]
    assert event["subtype"] == "file_share"
    assert set(sample) - set(event) == set()
    assert set(event) - set(sample) == {"team"}
    beyond_thumbnails = {key for key in its_sample if not key.startswith(("thumb", "original"))}
    assert beyond_thumbnails - set(file) == {"permalink_public"}
    assert set(file) - set(its_sample) == {"user_team", "file_access"}
    for address in (file["url_private"], file["url_private_download"]):
        assert await fetch(http, address, workspace.state.tokens.bot) == ("text/plain", REPORT)


async def test_only_the_bot_reads(
    emulator: Emulator, workspace: Workspace, http: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    """
    Without the bot's valid token, or without the scope, a file's address leads to a page of HTML.
    """
    ts = emulator.people.message(ANA, GENERAL, "", files=[("a.txt", REPORT)])["ts"]
    history = await client.conversations_history(channel=GENERAL, latest=ts, inclusive=True)
    address, bot = history["messages"][0]["files"][0]["url_private"], workspace.state.tokens.bot

    for token in (None, "xoxb-other", workspace.state.tokens.app):
        kind, page = await fetch(http, address, token)
        assert (kind, b"Sign in" in page) == ("text/html", True)
    fault = emulator.add_fault(Fault(on="token", kind="revoke"))
    assert (await fetch(http, address, bot))[0] == "text/html"
    emulator.remove_fault(fault.id)
    assert (await fetch(http, address, bot))[0] == "text/plain"
    workspace.state.scopes.remove("files:read")
    assert (await fetch(http, address, bot))[0] == "text/html"


async def test_file_where_the_bot_is_not(
    emulator: Emulator, workspace: Workspace, http: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    """
    A file in a channel without the bot is no file for it.
    """
    emulator.people.message(ANA, QUIET, "", files=[("a.txt", REPORT)])
    file = emulator.state()["files"][0]["id"]

    assert await refused(client.files_info(file=file)) == "file_not_found"
    address = f"{workspace.base_url}/files-pri/{workspace.state.team_id}-{file}/a.txt"
    assert (await fetch(http, address, workspace.state.tokens.bot))[0] == "text/html"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([("a.txt", b"")], "A file needs a name and something in it."),
        ([(" ", b"x")], "A file needs a name and something in it."),
        ([("b.txt", b"x"), ("a.txt", b"xyz")], "a.txt is too large."),
    ],
)
async def test_files_people_cannot_attach(
    files: list[tuple[str, bytes]], sentence: str, emulator: Emulator, workspace: Workspace
) -> None:
    """
    An empty file, one without a name and one that is too large are refused, and nothing is written.
    """
    workspace.state.file_limit = 2
    with pytest.raises(Refused, match=sentence):
        emulator.people.message(ANA, DEPLOYS, "see", files=files)

    assert emulator.screen(ANA, DEPLOYS)["messages"] == []
    assert emulator.state()["files"] == []


async def test_human_api(server: Server, http: aiohttp.ClientSession) -> None:
    """
    The page attaches a file as base64.
    """
    file = {"name": "a.txt", "content": base64.b64encode(REPORT).decode()}
    given = {"person": ANA, "channel": "dm", "text": "", "files": [file]}
    async with http.post(f"{server.url}/human/message", json=given) as answer:
        assert answer.status == 200

    shown = server.emulator.screen(ANA)["messages"][0]
    assert [each["name"] for each in shown["files"]] == ["a.txt"]


async def test_people_download_what_they_see(server: Server, http: aiohttp.ClientSession) -> None:
    """
    A person keeps a file of a conversation that they are in, as bytes under its name and never as a page; nobody else.
    """
    people = server.emulator.people
    people.message(ANA, DEPLOYS, "see", files=[("ü b.html", b"<script>")])
    file = server.emulator.screen(ANA, DEPLOYS)["messages"][0]["files"][0]["id"]

    asked = {"person": ANA, "channel": DEPLOYS, "file": file}
    async with http.get(f"{server.url}/human/file", params=asked) as answer:
        assert (answer.content_type, await answer.read()) == ("application/octet-stream", b"<script>")
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%BC%20b.html"
    for other in ({"channel": "dm"}, {"person": "UOLGA"}, {"file": "F1"}):
        async with http.get(f"{server.url}/human/file", params=asked | other) as answer:
            assert answer.status >= 400


async def test_upload_may_fail(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Faults strike uploads too, and each transfer stands in the log of calls.
    """
    emulator.add_fault(Fault(on="upload_url", kind="status", status=503))
    with pytest.raises(SlackRequestError):
        await client.files_upload_v2(content=REPORT, filename="report.txt", channel=GENERAL)

    assert [(call["method"], call["status"]) for call in emulator.state()["calls"]] == [
        ("files.getUploadURLExternal", 200),
        ("upload_url", 503),
    ]


async def test_files_outlive_the_emulator(tmp_path: pathlib.Path, clock: Hand) -> None:
    """
    A file's bytes are kept beside the state's file.
    """
    path = tmp_path / "slack.json"
    first = Emulator(Workspace.create(["ana"], path=path), clock=clock)
    first.people.message("U00000ANA", "dm", "", files=[("a.txt", REPORT)])
    first.close()
    again = Emulator(Workspace.create(path=path), clock=clock)
    again.close()

    kept = again.workspace.state.files
    assert [file.name for file in kept.values()] == ["a.txt"]
    assert [(tmp_path / "slack.files" / file).read_bytes() for file in kept] == [REPORT]


async def test_upload_goes_on_after_a_restart(tmp_path: pathlib.Path) -> None:
    """
    An upload_url that was given out is good after a restart of the emulator.
    """
    path = tmp_path / "slack.json"
    workspace = Workspace.create(["ana"], ["general"], path=path)
    async with aiohttp.ClientSession() as http:
        async with await serve("127.0.0.1", 0, workspace) as first:
            client = AsyncWebClient(token=workspace.state.tokens.bot, base_url=first.base_url)
            offered = await client.files_getUploadURLExternal(filename="a.txt", length=1)
        async with await serve("127.0.0.1", 0, Workspace.create(path=path)) as second:
            address = offered["upload_url"].replace(first.url, second.url)
            async with http.post(address, data=b"x") as answer:
                assert answer.status == 200
            client = AsyncWebClient(token=workspace.state.tokens.bot, base_url=second.base_url)
            await client.files_completeUploadExternal(files=[{"id": offered["file_id"]}], channel_id=GENERAL)
