"""
The doors beside Slack: the operator's socket, a backup that is none, the frames of a socket.
"""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.slack.emulator import Workspace, serve
from adapters.slack.listen import Listener
from gateway import bootstrap
from gateway.control import SOCKET
from gateway.errors import Declined, TooNew
from tests.adapters.slack.test_receive import Still, receiver
from tests.contracts.adapter import Gate
from tests.fuzz import examples, payloads
from tests.fuzz.house import House, running
from tests.fuzz.payloads import Broken
from tests.fuzz.shapes import HOWS, changed, paths, texts, values

ASKED: tuple[dict[str, Any], ...] = (
    {"do": "health"},
    {"do": "link", "identity": "slack:T0SANDBOX/U1", "person": "rita"},
    {"do": "unlink", "identity": "slack:T0SANDBOX/U1"},
    {"do": "offer", "code": "x", "person": "rita"},
    {"do": "retry", "delivery": "x"},
    {"do": "forget", "party": "x", "identities": ["slack:T0SANDBOX/U1"], "end": False},
    {"do": "act", "conversation": "slack:T0SANDBOX/U1", "acted": {"thread": "x", "choice": "cancel", "by": "ben"}},
    {
        "do": "ask",
        "client": "cli",
        "key": "k",
        "me": "ana",
        "to": "nobody",
        "request": {"kind": "approval", "title": "Deploy?", "patience": 60},
    },
)
lines = (
    st.sampled_from([(asked, path, how) for asked in ASKED for path in paths(asked) for how in HOWS]).map(
        lambda change: json.dumps(changed(*change)).encode()
    )
    | values.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=50)
    | texts.map(lambda text: text.encode("utf-8", "replace"))
)


@examples(30, shrink=False)
@given(st.lists(lines, min_size=1, max_size=4))
async def test_what_is_no_command(house: House, said: list[bytes]):
    """
    Whatever a program on this machine writes to the operator's socket: one line that answers, and the gateway goes on.
    """
    for line in said:
        reader, writer = await asyncio.open_unix_connection(house.folder / "store" / SOCKET, limit=2**20)
        writer.write(line.replace(b"\n", b" ") + b"\n")
        writer.write_eof()
        answered = await asyncio.wait_for(reader.read(), 15)
        writer.close()
        for each in answered.splitlines():
            assert isinstance(json.loads(each), dict)
    assert [] == await house.decided()
    assert house.service._owner.running
    assert [] == house.complaints


@examples(25, shrink=False)
@given(st.integers(0, 2**32), st.sampled_from(["cut", "noise", "zeros", "swap", "other"]))
def test_what_is_no_backup(backup: Path, seed: int, how: str):
    """
    A backup that is cut off or written over is refused whole, or it is whole; nothing is left half restored.
    """
    chance, whole = random.Random(seed), backup.read_bytes()
    at, length = chance.randrange(len(whole)), chance.randrange(1, 9_000)
    there = {
        "cut": whole[:at],
        "noise": whole[:at] + chance.randbytes(length) + whole[at + length :],
        "zeros": whole[:at] + bytes(length) + whole[at + length :],
        "swap": whole[at:] + whole[:at],
        "other": chance.randbytes(length),
    }[how]
    source, folder = backup.with_name("damaged"), backup.with_name(f"folder-{seed}-{how}")
    source.write_bytes(there)
    try:
        bootstrap.restore(source, folder)
    except (Declined, TooNew) as refused:
        assert "\n" not in str(refused)  # noqa: PT017
        assert not (folder / "ringback.sqlite").exists()


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    """A backup of a gateway that has worked."""
    async with running(tmp_path) as house:
        for payload in payloads.saved():
            await house.bring(payloads.anew(payload))
        await house.decided()
    bootstrap.back_up(tmp_path / "store", tmp_path / "backup")
    return tmp_path / "backup"


@examples(15, shrink=False)
@given(st.lists(st.sampled_from(payloads.broken()), min_size=5, max_size=15), values)
async def test_frames_of_a_socket(broken: list[Broken], value: Any):
    """
    What comes over a socket goes the same way: acknowledged, or not and sent again; what Slack says about the
    connection itself is read, whatever its shape, without ending the one that brought it.
    """
    async with await serve("127.0.0.1", 0, Workspace.create(["ana", "rita"], ["general"])) as server:
        ours, gate = await receiver(server), Gate()
        listener = Listener(ours, {ours.config.account: ours}, "xapp-1", Still())
        bolt, heard = listener._app(gate), listener._heard(gate)
        for each in broken:
            try:
                request = AsyncBoltRequest(mode="socket_mode", body=each.payload)
            except (AttributeError, LookupError, TypeError, ValueError):
                continue  # so it does here
            # 500 is the library's own: it stumbles before it comes to us, and acknowledges nothing.
            assert (await bolt.async_dispatch(request)).status in (200, 500, 503)
        for frame in (json.dumps(value), json.dumps({"type": "hello", "num_connections": value}), "{", "\x00", b"\xff"):
            await heard(Frame(frame))
        await ours.close()
        await ours.client.close()


class Frame:
    """A frame as the library hands it over."""

    def __init__(self, data: str | bytes) -> None:
        self.data = data
