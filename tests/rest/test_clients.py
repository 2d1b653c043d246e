"""
Clients in other processes and languages, against a real gateway.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

from gateway.client import Client
from tests.node.test_bolt import library
from tests.process import PATIENCE, ROOT, Gateway, until
from tests.rest.conftest import TOKEN, door

__all__ = ["library"]

ANA = "U00000ANA"
EXAMPLE = ROOT / "docs" / "examples" / "approve.ts"
PROGRAM = """
import { Ringback } from "./approve.js";
const ringback = new Ringback(process.env.URL, process.env.TOKEN);
const verdict = await ringback.ask("from-node", { tool: "migrate", arguments: { table: "orders" } });
console.log(JSON.stringify(verdict));
"""


async def test_the_python_client_waits_through_a_kill(house: Gateway):
    """
    Whoever waits hears the verdict, though the gateway was killed and started again meanwhile.
    """
    house.config.write_text(house.config.read_text().replace("port = 0", f"port = {house.port}"))
    with Client(f"http://127.0.0.1:{house.port}", TOKEN) as ringback:
        asking = asyncio.create_task(asyncio.to_thread(ringback.ask, "k1", title="Go on?", to=["ana"]))
        await until(lambda: "Go on?" in "".join(house.seen(ANA)))
        assert house.process is not None
        house.process.kill()
        await house.process.wait()
        await house.start()
        house.press(ANA, "ringback.approve")
        verdict = await asyncio.wait_for(asking, PATIENCE)

    assert ("approved", "ana") == (verdict.outcome, verdict.by)


async def test_the_python_client_waits_through_a_restart(house: Gateway):
    """
    A gateway that is asked to stop tells whoever waits to come again, and ends streams: it is no fault, and the wait
    goes on.
    """
    house.config.write_text(house.config.read_text().replace("port = 0", f"port = {house.port}"))
    with Client(f"http://127.0.0.1:{house.port}", TOKEN) as ringback:
        asked = ringback.create("k1", title="Go on?", to=["ana"])
        await until(lambda: "Go on?" in "".join(house.seen(ANA)))
        waiting = asyncio.create_task(asyncio.to_thread(ringback.wait, asked))
        async with door(house) as client:
            polling = asyncio.create_task(client.get(f"/requests/{asked.id}?wait=60"))
            streaming = client.stream("GET", f"/requests/{asked.id}/events")
            async with streaming as told:  # it has begun, so the poll sent before it waits as well
                assert 200 == told.status_code
                await house.stop()
                assert b"".join([part async for part in told.aiter_raw()]).startswith(b"event: request\n")
            told_to_wait = await polling
        await house.start()
        house.press(ANA, "ringback.approve")
        verdict = await asyncio.wait_for(waiting, PATIENCE)

    assert ("approved", "ana") == (verdict.outcome, verdict.by)
    assert (503, "1") == (told_to_wait.status_code, told_to_wait.headers["retry-after"])
    assert "urn:ringback:problem:unavailable" == told_to_wait.json()["type"]
    assert "Traceback" not in (house.folder / "gateway.log").read_text()


async def test_the_typescript_example_asks_and_waits(house: Gateway, library: Path, tmp_path: Path):
    """
    It has no error of type, and what it says is what Ana decided.
    """
    shutil.copy(EXAMPLE, tmp_path)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    (tmp_path / "main.js").write_text(PROGRAM)
    strict = "--strict --noUncheckedIndexedAccess --target es2022 --module es2022 --lib es2022,dom"
    checked = await asyncio.create_subprocess_exec(
        *("node", str(library / "typescript" / "bin" / "tsc"), *strict.split(), "approve.ts"), cwd=tmp_path
    )
    assert 0 == await checked.wait()
    url = f"http://127.0.0.1:{house.port}"
    process = await asyncio.create_subprocess_exec(
        "node", "main.js", cwd=tmp_path, env=os.environ | {"URL": url, "TOKEN": TOKEN}, stdout=asyncio.subprocess.PIPE
    )
    await until(lambda: "Approve migrate?" in "".join(house.seen(ANA)))
    house.press(ANA, "ringback.deny")
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert {"outcome": "denied", "approved": False}.items() <= json.loads(out)["settlement"].items()
