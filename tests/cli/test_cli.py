"""
The command line, beside a running gateway and without one.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.process import Gateway, until

RITA, ANA = "U0000RITA", "U00000ANA"


async def test_what_is_stored_can_be_listed_while_it_runs(house: Gateway):
    """
    Threads, requests and deliveries are listed from another process; a thread's log reads from its beginning.
    """
    where = ("--config", str(house.config))
    threads = json.loads((await house.run("threads", "list", "--json", *where))[1])
    assert [("waiting", "Approve deploy?", "deploybot")] == [(t["status"], t["note"], t["agent"]) for t in threads]
    shown = (await house.run("threads", "show", threads[0]["id"][:8], *where))[1]
    assert ["MessageReceived", "RunStarted", "ModelAnswered", "RequestOpened"] == [
        line.split()[3] for line in shown.splitlines()[2:]
    ]
    requests = (await house.run("requests", "list", "--status", "open", *where))[1]
    assert "Approve deploy?" in requests
    deliveries = json.loads((await house.run("deliveries", "list", "--json", *where))[1])
    assert {"ask", "say"} == {delivery["kind"] for delivery in deliveries}


async def test_a_request_is_shown_with_what_was_said_to_it(house: Gateway):
    """
    What is asked, of whom, where and until when; then each answer, whether it counted or not.
    """
    where = ("--config", str(house.config))
    (row,) = json.loads((await house.run("requests", "list", "--json", *where))[1])
    card = house.emulator.screen(ANA, "dm")["messages"][-1]
    house.emulator.people.message(ANA, "dm", "why now?", thread_ts=card["ts"])
    await until(lambda: any("why now?" in json.dumps(m) for m in house.emulator.screen(RITA, "dm")["messages"]))
    house.press(ANA, "ringback.deny")
    await until(lambda: any("Denied by" in text for text in house.seen(ANA)))
    code, shown, _ = await house.run("requests", "show", row["id"][:8], *where)
    lines = shown.splitlines()

    assert 0 == code
    assert [f"id           {row['id']}", "status       denied", "approval     Approve deploy?"] == lines[:3]
    assert 'environment  "production"' in lines
    assert "asked by     Rita" in lines
    assert "of           role:release, not by who asked" in lines
    assert ["Ana asked back: why now?", "Ana said deny", "denied by Ana"] == [line[27:] for line in lines[-3:]]
    whole = json.loads((await house.run("requests", "show", row["id"], "--json", *where))[1])
    assert ("Approve deploy?", 3) == (whole["request"]["title"], len(whole["answers"]))
    code, _, err = await house.run("requests", "show", "nothing", *where)
    assert (1, "ringback: no request begins with 'nothing'; see: ringback requests list\n") == (code, err)


async def test_resuming_reaches_the_running_gateway(house: Gateway):
    """
    A word from the owner is decided at once; where it makes no sense there is a sentence.
    """
    where = ("--config", str(house.config))
    (thread,) = json.loads((await house.run("threads", "list", "--json", *where))[1])
    code, _, err = await house.run("threads", "resume", thread["id"], "go-on", *where)
    assert (1, "ringback: " + thread["id"] + " is waiting, not parked; nothing waits for that\n") == (code, err)
    code, _, err = await house.run("threads", "resume", thread["id"], "explode", *where)
    assert (2, "ringback: 'explode' is no choice; write one of restart, fork, attach, cancel, go-on, ask-again\n") == (
        code,
        err,
    )
    fork = ("threads", "resume", thread["id"], "fork", "--branch", "try", *where)
    assert 0 == (await house.run(*fork))[0]
    refused = f"ringback: {thread['id']} has a fork try already; give the new one another name\n"
    assert (1, "", refused) == await house.run(*fork)
    assert 0 == (await house.run("threads", "resume", thread["id"][:6], "cancel", *where))[0]
    await until(lambda: any("Cancelled by the command line" in text for text in house.seen(ANA)))


async def test_resuming_without_a_gateway_is_decided_at_its_next_start(house: Gateway):
    """
    Where none runs, the command line writes into the store itself.
    """
    where = ("--config", str(house.config))
    (thread,) = json.loads((await house.run("threads", "list", "--json", *where))[1])
    assert 0 == await house.stop()
    assert 0 == (await house.run("threads", "resume", thread["id"], "cancel", *where))[0]
    assert "Dropped. Nothing more will happen here." not in house.seen(RITA)
    await house.start()
    await until(lambda: "Dropped. Nothing more will happen here." in house.seen(RITA))


async def test_a_dead_delivery_is_taken_up_again(house: Gateway):
    """
    `deliveries retry` sends what was given up; what is not there is said not to be there.
    """
    where = ("--config", str(house.config))
    house.emulator.add_fault(fault(on="chat.postMessage", kind="refuse", error="user_disabled", channel=RITA))
    house.emulator.people.message(RITA, "dm", "hello?")
    rows: list[dict] = []
    while not rows:
        rows = json.loads((await house.run("deliveries", "list", "--json", "--status", "dead", *where))[1])
    assert "user_disabled" in rows[0]["reason"]
    assert 0 == (await house.run("deliveries", "retry", rows[0]["id"][:8], *where))[0]
    await until(lambda: any("I am still waiting for Ana" in text for text in house.seen(RITA)))
    rows = json.loads((await house.run("deliveries", "list", "--json", "--status", "sent", *where))[1])
    code, _, err = await house.run("deliveries", "retry", rows[0]["id"], *where)
    assert (1, f"ringback: {rows[0]['id']} is sent; only a dead or unknown delivery can be taken up again\n") == (
        code,
        err,
    )
    code, _, err = await house.run("deliveries", "retry", "nothing", *where)

    assert 1 == code
    assert "ringback deliveries list" in err


def fault(**how: object) -> object:
    from adapters.slack.emulator import Fault

    return Fault.model_validate(how)


async def test_readiness(house: Gateway):
    """
    Ready when it can decide; with channels=all, when they are up too. A stopped channel says what to fix.
    """
    status, report = await house.readyz()
    assert (200, True, "ok", True) == (status, report["ready"], report["store"], report["owner"])
    assert 200 == (await house.readyz("?channels=all"))[0]
    (channel,) = report["channels"].values()
    assert ("up", True) == (channel["state"], channel["ready"])


async def test_a_kind_stop(house: Gateway):
    """
    Asked to stop, it ends with 0, and lets a tool under way come to its end.
    """
    house.press(ANA, "ringback.approve")
    file = house.folder / "deployments.json"
    await until(file.exists)

    assert 0 == await house.stop()
    shown = await house.run("threads", "list", "--json", "--config", str(house.config))
    (thread,) = json.loads(shown[1])
    log = (await house.run("threads", "show", thread["id"], "--config", str(house.config)))[1]
    assert "ToolFinished" in log


def test_help_imports_nothing_heavy():
    """
    `--help` is quick: no web server, no store, no channel is imported for it.
    """
    code = (
        "import sys; sys.argv = ['ringback', '--help']\n"
        "from gateway import cli\n"
        "try: cli.main()\nexcept SystemExit: pass\n"
        "heavy = {'fastapi', 'uvicorn', 'slack_bolt', 'slack_sdk', 'aiohttp', 'sqlite3', 'pydantic'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout.endswith("heavy: []\n")


def test_reading_what_is_stored_imports_no_server():
    """
    A command that only reads starts without the web server and the channels' libraries; a gateway without clients does
    without what the REST door is made of.
    """
    reading = "import sys; sys.argv = ['ringback', 'requests', 'list', '--data', '/nowhere']\n"
    reading += "from gateway import cli\ntry: cli.main()\nexcept SystemExit: pass\n"
    serving = "import sys; from gateway import service, web\n"
    told = "print('heavy:', sorted({'fastapi', 'uvicorn', 'slack_sdk', 'aiohttp'} & set(sys.modules)))"
    said = [
        subprocess.run([sys.executable, "-c", code + told], capture_output=True, text=True, check=True).stdout
        for code in (reading, serving)
    ]

    assert ["heavy: []\n", "heavy: ['uvicorn']\n"] == said


@pytest.mark.parametrize(
    "arguments",
    [("threads", "list", "--data", "/nowhere"), ("requests", "list", "--data", "/nowhere")],
)
def test_no_data_yet(arguments: tuple[str, ...]):
    """
    Before the first start there is a sentence, not a traceback.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *arguments], capture_output=True, text=True, check=False
    )

    assert (1, "") == (ended.returncode, ended.stdout)
    assert "ringback: there is no data in /nowhere yet; start the gateway first\n" == ended.stderr


@pytest.mark.parametrize("library", ["websockets", "aiohttp"])
def test_sandbox_without_its_libraries_says_what_to_install(library: str):
    """
    What the sandbox needs beyond a channel's own libraries is missed before it starts.
    """
    code = f"import sys; sys.modules[{library!r}] = None; sys.argv = ['ringback', 'sandbox']\n"
    code += "from gateway import cli\ncli.main()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20)

    assert (2, "") == (ended.returncode, ended.stdout)
    assert f"a library is missing ({library}); install it with: pip install 'ringback[sandbox]'" in ended.stderr


def test_sandbox_in_a_language_that_there_is_not():
    """
    It says which there are, and starts nothing.
    """
    command = [sys.executable, "-m", "gateway.cli", "sandbox", *("--language", "tlh")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)

    assert (2, "") == (ended.returncode, ended.stdout)
    assert "there is no language 'tlh'; there are de, en, es, fr" in ended.stderr


def test_the_version():
    """
    `ringback version` prints it.
    """
    ended = subprocess.run([sys.executable, "-m", "gateway.cli", "version"], capture_output=True, text=True, check=True)

    assert ended.stdout.strip().count(".") == 2
