"""
Files: an app's upload in three steps, what people attach, and who may fetch the bytes.

https://docs.slack.dev/messaging/working-with-files

Bytes are served at `url_private` to the bot's token with `files:read`, for files shared where the bot is. Anybody else
gets what Slack gives to a browser that is not signed in: a redirect to a page of HTML, with status 200 at its end.
"""

from __future__ import annotations

import mimetypes
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from adapters.slack.emulator import access, blocks, errors, markup, payloads, state, timeline
from adapters.slack.emulator.arguments import Arguments
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace

LONGEST_ALT_TEXT = 1000
MOST_CHANNELS = 100
SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to Slack.</body></html>"


class Files:
    """The files of the workspace."""

    def __init__(self, workspace: Workspace, conversations: timeline.Timeline, *, clock: Clock) -> None:
        self._workspace = workspace
        self._timeline = conversations
        self._clock = clock
        self._contents = Contents(workspace.folder)

    def offer(self, arguments: Arguments) -> state.Json:
        """files.getUploadURLExternal."""
        access.need_scope(self._workspace, "files:write")
        name = arguments.needed("filename")
        length = arguments.needed("length")
        if not (length.isascii() and length.isdecimal()):
            raise errors.ApiError("invalid_arguments", problems=["must be an integer [json-pointer:/length]"])
        if int(length) == 0:
            raise errors.ApiError("missing_argument")
        if int(length) > self._workspace.state.file_limit:
            raise errors.ApiError("file_upload_size_restricted")
        if len(arguments.text("alt_txt") or "") > LONGEST_ALT_TEXT:
            raise errors.ApiError("alt_txt_too_large")
        with self._workspace.change():
            file = self._new(self._workspace.state.bot.user_id, name, int(length))
            file.ticket = secrets.token_urlsafe(32)
        return {"upload_url": f"{arguments.base_url}/upload/v1/{file.ticket}", "file_id": file.id}

    async def take(self, request: Request) -> Response:
        """
        The bytes, sent to an upload_url: raw, or as a multipart form.

        "Slack will return HTTP 200 if the upload is successful, or non-200 if the upload fails". That a length other
        than the promised one fails is not documented.
        """
        ticket = request.path_params["ticket"]
        file = next((each for each in self._workspace.state.files.values() if each.ticket == ticket), None)
        if file is None:
            return Response("no such upload", status_code=404)
        content = await _content(request)
        if len(content) != file.size:
            return Response("size mismatch", status_code=400)
        with self._workspace.change():
            self._contents.keep(file.id, content)
            file.is_uploaded = True
        return Response(f"OK - {file.size}", media_type="text/plain")

    def complete(self, arguments: Arguments) -> state.Json:
        """files.completeUploadExternal: once for each file; without a channel the files stay the app's own."""
        access.need_scope(self._workspace, "files:write")
        given = arguments.structure("files", error="invalid_arguments")
        if not isinstance(given, list) or not given or not all(isinstance(each, dict) for each in given):
            raise errors.ApiError("invalid_arguments", problems=["missing required field: files"])
        files = [self._uploaded(each.get("id")) for each in given]
        places = self._places(arguments)
        shown = arguments.structure("blocks", error="invalid_blocks")
        comment = markup.posted(arguments.text("initial_comment") or "")
        laid_out = blocks.for_message(shown) if shown and not comment else []
        thread_ts = self._thread(arguments, places)
        with self._workspace.change():
            for file, each in zip(files, given, strict=True):
                file.title = str(each.get("title") or file.name)
                file.is_complete = True
            for place in places:
                self._timeline.post(
                    place,
                    self._workspace.state.bot.user_id,
                    comment,
                    blocks=laid_out,
                    thread_ts=thread_ts,
                    files=[file.id for file in files],
                )
        return {"files": [{"id": file.id, "title": file.title} for file in files]}

    def info(self, arguments: Arguments) -> state.Json:
        """files.info."""
        access.need_scope(self._workspace, "files:read")
        file = self._workspace.state.files.get(arguments.needed("file"))
        if file is None or not file.is_complete or not self._is_visible(file):
            raise errors.ApiError("file_not_found")
        body = {**payloads.file(self._workspace, file), "shares": payloads.shares(self._workspace, file)}
        return {"file": body, "comments": [], "response_metadata": {"next_cursor": ""}}

    def attach(self, person_id: str, given: Sequence[tuple[str, bytes]]) -> list[str]:
        """
        The ids of files that a person puts to a message.

        Raises:
            Refused: One has no name, nothing in it, or too much.
        """
        for name, content in given:
            if not name.strip() or not content:
                raise errors.Refused("A file needs a name and something in it.", status=400)
            if len(content) > self._workspace.state.file_limit:
                raise errors.Refused(f"{name} is too large.", status=413)
        files = [self._new(person_id, name, len(content)) for name, content in given]
        for file, (_, content) in zip(files, given, strict=True):
            file.is_uploaded = file.is_complete = True
            self._contents.keep(file.id, content)
        return [file.id for file in files]

    def read(self, file_id: str) -> tuple[str, bytes]:
        """A file's name, and what is in it."""
        return self._workspace.state.files[file_id].name, self._contents.read(file_id)

    def serve(self, request: Request, *, is_bot: bool) -> Response:
        """
        The bytes behind `url_private` and `url_private_download`.

        Args:
            is_bot: Whether the bot's token, still valid, came with the request.
        """
        named = request.path_params["file"].partition("-")[2]
        file = self._workspace.state.files.get(named)
        may_read = is_bot and "files:read" in self._workspace.state.scopes
        if not may_read or file is None or not file.is_complete or not self._is_visible(file):
            return RedirectResponse(f"{self._workspace.base_url}/signin?redir={request.url.path}", status_code=302)
        return Response(self._contents.read(file.id), media_type=file.mimetype)

    async def sign_in(self, request: Request) -> Response:
        """Where those end up who may not read a file."""
        return HTMLResponse(SIGN_IN)

    def _new(self, user: str, name: str, size: int) -> state.File:
        now = self._clock()
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = state.File(
            id=self._workspace.next_id("F", now),
            name=name,
            title=name,
            mimetype=kind,
            filetype=Path(name).suffix.lower().removeprefix(".") or "binary",
            user=user,
            size=size,
            created=int(now),
        )
        with self._workspace.change():
            self._workspace.state.files[file.id] = file
        return file

    def _uploaded(self, file_id: Any) -> state.File:
        file = self._workspace.state.files.get(str(file_id))
        if file is None or not file.is_uploaded or file.is_complete:
            raise errors.ApiError("file_not_found")
        return file

    def _places(self, arguments: Arguments) -> list[state.Place]:
        named = (arguments.text("channels") or arguments.text("channel_id") or "").split(",")
        if len(named) > MOST_CHANNELS:
            raise errors.ApiError("channels_limit_exceeded")
        places = [access.find_place(self._workspace, each.strip(), loosely=True) for each in named if each.strip()]
        for place in places:
            if not self._workspace.has_bot(place) or (isinstance(place, state.Channel) and place.is_archived):
                raise errors.ApiError("not_in_channel")
        return places

    def _thread(self, arguments: Arguments, places: list[state.Place]) -> str | None:
        """The root to share under. Which error names one that is not there is not documented."""
        thread_ts = arguments.text("thread_ts")
        if thread_ts is None:
            return None
        root = self._workspace.message(places[0].id, thread_ts) if len(places) == 1 else None
        if root is None or root.thread_ts is not None:
            raise errors.ApiError("invalid_arguments", problems=["no such thread [json-pointer:/thread_ts]"])
        return root.ts

    def _is_visible(self, file: state.File) -> bool:
        """Whether the bot sees it: its own, or shared where it is."""
        shared = payloads.shared_in(self._workspace, file)
        return file.user == self._workspace.state.bot.user_id or any(map(self._workspace.has_bot, shared))


class Contents:
    """The bytes, apart from the state, which is written anew at each change."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, bytes] = {}

    def keep(self, file_id: str, content: bytes) -> None:
        """Keep what is in a file."""
        if self._folder is None:
            self._known[file_id] = content
            return
        self._folder.mkdir(exist_ok=True)
        (self._folder / file_id).write_bytes(content)

    def read(self, file_id: str) -> bytes:
        """What is in a file."""
        return self._known[file_id] if self._folder is None else (self._folder / file_id).read_bytes()


async def _content(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form() as form:
        for value in form.values():
            if isinstance(value, UploadFile):
                return await value.read()
    return b""
