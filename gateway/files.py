"""
Files, both ways: what a run sends stands beside the log until it is sent, what people attach is fetched for a tool.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from adapters.base import Adapter, Part
from agent_core import facts
from agent_core.files import Enclosure, File
from agent_core.thread import Thread
from gateway.perform import blob_of
from gateway.store.base import Store
from gateway.store.rows import FILE_DAYS, Blob


def enclose(files: tuple[File, ...]) -> tuple[tuple[Enclosure, ...], list[Blob]]:
    """Say what the log holds of files, and what is kept beside it."""
    blobs = [blob_of(file.body, FILE_DAYS) for file in files]
    enclosures = (
        Enclosure(name=file.name, size=len(blob.body), blob=blob.digest)
        for file, blob in zip(files, blobs, strict=True)
    )
    return tuple(enclosures), blobs


async def filled(store: Store, part: Part) -> Part | None:
    """Put in what is in the files that a part brings; None where that is not kept any more."""
    contents = [content for each in part.enclosures if (content := await store.blob(each.blob)) is not None]
    if len(contents) < len(part.enclosures):
        return None
    return part.model_copy(update={"contents": tuple(contents)}) if contents else part


def fetcher(thread: Thread, adapter: Adapter | None) -> Callable[[facts.Attachment], Awaitable[bytes]]:
    """Let a tool have what is in the files of its run's messages, and in no others."""
    known = thread.attachments()

    async def fetch(attachment: facts.Attachment) -> bytes:
        if attachment not in known or adapter is None:
            raise LookupError(f"{attachment.name} is not among the files of this run's messages")
        return await adapter.fetch(attachment)

    return fetch
