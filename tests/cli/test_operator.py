"""
What an operator does beside a running gateway, and without one: back up, restore, forget.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import sqlite3
from datetime import UTC, datetime, timedelta

import aiohttp

from tests.process import PATIENCE, Gateway, until

RITA, ANA, OTTO = "U0000RITA", "U00000ANA", "U0000OTTO"


async def test_a_backup_made_while_it_runs_goes_on_after_a_restore(house: Gateway):
    """
    Backed up beside traffic, restored after the approval was given and the tool had run: the run goes on from the
    backup, its card can be answered in words, and the tool is asked about instead of run again.
    """
    where, copy = ("--config", str(house.config)), house.folder / "copy.sqlite"
    for number in range(5):
        house.emulator.people.message("U0000OTTO", "dm", f"traffic {number}")
    code, out, _ = await house.run("backup", str(copy), *where)
    assert (0, f"{copy}: {copy.stat().st_size} bytes, whole\n") == (code, out)
    code, _, err = await house.run("restore", str(copy), *where)
    assert 2 == code
    assert "Another ringback is using this data folder" in err
    house.press(ANA, "ringback.approve")
    await until(lambda: "in production" in " ".join(house.seen(RITA)))
    await house.stop()
    code, out, _ = await house.run("restore", str(copy), *where)
    assert 0 == code
    assert f"is kept in {house.folder / 'store' / 'replaced-1'}" in out

    await house.start()
    await until(lambda: "put back from a backup" in " ".join(house.seen(ANA)))
    (request,) = json.loads((await house.run("requests", "list", "--status", "open", "--json", *where))[1])
    assert "Approve deploy?" == request["title"]
    card = next(m for m in house.emulator.screen(ANA, "dm")["messages"] if "Approve deploy?" in str(m))
    house.emulator.people.message(ANA, "dm", "approve", thread_ts=card["ts"])
    await until(lambda: "Did deploy run?" in str(house.emulator.screen(ANA, "dm")["messages"]))
    house.press(ANA, "ringback.did_run")
    await until(lambda: "says it did run" in str(house.emulator.screen(ANA, "dm")["messages"]))
    threads = json.loads((await house.run("threads", "list", "--json", *where))[1])
    (thread,) = [row["id"] for row in threads if row["agent"] == "deploybot" and RITA in row["conversation"]]
    log = json.loads((await house.run("threads", "show", thread, "--json", *where))[1])["log"]
    happened = [record["event"] for record in log]
    assert ["approved", "answered"] == [
        event["settlement"]["outcome"] for event in happened if event["type"] == "RequestSettled"
    ]
    assert 1 == [event["type"] for event in happened].count("ToolStarted")  # written down, not carried out
    assert "ToolFinished" not in [event["type"] for event in happened]


async def test_somebody_is_forgotten_beside_the_running_gateway(house: Gateway):
    """
    Refused while a run needs their words; with --end the run is cancelled, and the files hold nothing of it.
    """
    where = ("--config", str(house.config))
    files = [house.folder / "store" / name for name in ("ringback.sqlite", "ringback.sqlite-wal")]

    def found() -> list[str]:
        return [file.name for file in files if b"v1.4.2" in file.read_bytes()]

    assert found()
    code, _, err = await house.run("people", "forget", "rita", "--yes", *where)
    assert 1 == code
    assert "end them first, or add --end" in err
    assert found()
    code, out, err = await house.run("people", "forget", "rita", "--yes", "--end", *where)
    assert (0, "") == (code, err)
    assert out.endswith("events have lost their texts\n")
    assert [] == found()
    assert "rita: 0 events have lost their texts\n" == (await house.run("people", "forget", "rita", "--yes", *where))[1]
    await house.stop()
    assert "rita: 0 events have lost their texts\n" == (await house.run("people", "forget", "rita", "--yes", *where))[1]


async def test_a_standing_grant_is_listed_explained_and_revoked(house: Gateway):
    """
    Given by a press, it is in the list and in what the policy says of the next call; ended here, its card says so.
    """
    where = ("--config", str(house.config))
    house.press(ANA, "ringback.approve")
    await until(lambda: "in production" in " ".join(house.seen(RITA)))
    house.config.write_text(house.config.read_text() + 'grants = ["1h"]\ngrant_by = ["environment"]\ngrant_uses = 4\n')
    assert 0 == (await house.run("config", "reload", *where))[0]
    house.emulator.people.message(RITA, "dm", "deploy v1.4.3 to production")
    await until(lambda: "Approve for 1 hour" in str(house.emulator.screen(ANA)["messages"]))
    house.press(ANA, "ringback.approve#1")
    await until(lambda: "Standing grant by Ana" in str(house.emulator.screen(ANA)["messages"]))

    (grant,) = json.loads((await house.run("grants", "list", "--json", *where))[1])
    assert ("deploy", "ana", "1h", 4) == tuple(grant[name] for name in ("tool", "party", "scope", "left"))
    call = ("--tool", "deploy", "--args", '{"environment": "production", "tag": "v9"}', "--as", "rita")
    _, out, _ = await house.run("policy", "explain", *call, *where)
    assert re.search(r"\ngranted +by Ana's standing grant of \S+ UTC until .+, 4 left, so nobody is asked\n", out)
    code, out, _ = await house.run("grants", "revoke", grant["id"][:10], *where)
    assert (0, f"{grant['id']}: revoked\n") == (code, out)
    await until(lambda: "revoked by the command line" in str(house.emulator.screen(ANA)["messages"]))
    code, _, err = await house.run("grants", "revoke", grant["id"], *where)
    assert (1, True) == (code, "no standing grant begins with" in err)
    assert "granted" not in (await house.run("policy", "explain", *call, *where))[1]


async def test_metrics_are_read_over_http(house: Gateway):
    """
    A gateway that runs tells what stands open, to this machine.
    """
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{house.port}/metrics") as answer,
    ):
        text = await answer.text()
    assert (200, "text/plain") == (answer.status, answer.content_type)
    assert "\nringback_requests_open 1.0\n" in text
    assert '\nringback_events_appended_total{channel="slack"} 1.0\n' in text
    assert re.search(r'\nringback_channel_up\{account="slack:\w+"\} 1\.0\n', text)


async def test_an_account_is_linked_by_a_code_and_unlinked(house: Gateway):
    """
    The code that the command prints, written to the bot, makes the account hers; the list says so until it is unlinked,
    beside the gateway and without it.
    """
    where, team = ("--config", str(house.config)), house.emulator.workspace.state.team_id
    out = (await house.run("people", "link", "ana", "--code", *where))[1]
    code = out.strip().rpartition(": ")[2]
    house.emulator.people.message("U0000OTTO", "dm", code)
    await until(lambda: "this account is Ana's now" in " ".join(house.seen("U0000OTTO")))
    otto = f"slack:{team}/U0000OTTO"
    people = json.loads((await house.run("people", "list", "--json", *where))[1])
    assert [[], [otto]] == [[link["identity"] for link in one["linked"]] for one in people]
    assert otto in (await house.run("people", "list", *where))[1]
    code, _, err = await house.run("people", "link", "rita", otto, *where)
    assert (1, True) == (code, "is ana's; an account is one person's" in err)
    await house.stop()
    assert (0, f"{otto} is nobody's now\n", "") == await house.run("people", "unlink", otto, *where)
    assert (0, f"{otto} is rita's\n", "") == await house.run("people", "link", "rita", otto, *where)
    code, _, err = await house.run("people", "link", "rita", *where)
    assert (2, True) == (code, err.endswith("or ask for a code with --code\n"))


async def test_whom_to_forget_has_to_be_said_exactly(house: Gateway):
    """
    An account that belongs to a person, and a name without accounts, are each one sentence that says what to write.
    """
    where = ("--config", str(house.config))
    team = house.emulator.workspace.state.team_id
    code, _, err = await house.run("people", "forget", f"slack:{team}/{RITA}", "--yes", *where)
    assert (2, True) == (code, err.endswith("forget the person: ringback people forget rita\n"))
    code, _, err = await house.run("people", "forget", "zoe", "--yes", *where)
    assert (2, True) == (code, "ringback people forget zoe --identity" in err)
    assert ["rita", "ana"] == [p["id"] for p in json.loads((await house.run("people", "list", "--json", *where))[1])]


async def test_people_and_policy_are_read_again_beside_traffic(house: Gateway):
    """
    By a command and by SIGHUP; a file with a mistake is one line and changes nothing, and the open request goes on.
    """
    where, written = ("--config", str(house.config)), house.config.read_text()
    house.config.write_text(written.replace('roles = ["owner", "release"]', 'roles = ["owner"]'))
    code, _, err = await house.run("config", "reload", *where)
    assert 2 == code
    assert "policy[0].roles" in err
    assert "nobody in [[people]] has the role 'release'" in err
    house.config.write_text(written.replace('id = "ana"', 'id = "ana2"'))
    assert (0, "people and policy are read again\n", "") == await house.run("config", "reload", *where)
    log = house.folder / "gateway.log"
    assert 1 == log.read_text().count("settings are read again: 2 people")
    assert house.process is not None
    house.process.send_signal(signal.SIGHUP)
    await until(lambda: 2 == log.read_text().count("settings are read again: 2 people"))

    house.press(ANA, "ringback.approve")
    await until(lambda: "in production" in " ".join(house.seen(RITA)))
    await house.stop()
    code, _, err = await house.run("config", "reload", *where)
    assert 1 == code
    assert "no gateway is running on" in err


async def test_the_chain_over_decisions(house: Gateway):
    """
    It can be verified beside the gateway, also after somebody was forgotten; what was changed in the file shows, and
    what was cut off shows by a hash that was noted.
    """
    where, file = ("--config", str(house.config)), house.folder / "store" / "ringback.sqlite"
    house.press(ANA, "ringback.approve")
    await until(lambda: "in production" in " ".join(house.seen(RITA)))
    async with asyncio.timeout(PATIENCE):
        while (found := json.loads((await house.run("audit", "verify", "--json", *where))[1]))["unsealed"]:
            pass
    assert (None, None) == (found["broken"], found["expected"])
    lines = [json.loads(line) for line in (await house.run("audit", "export", *where))[1].splitlines()]
    (decision,) = [line["decision"] for line in lines if "decision" in line]
    assert ("deploy", "approved") == (decision["request"]["tool"], decision["settlement"]["outcome"])
    assert ["ana"] == [vote["party"] for vote in decision["votes"]]
    assert decision["seconds"] >= 0
    assert lines[-1]["hash"] == found["last"]

    await house.stop()
    assert 0 == (await house.run("people", "forget", "rita", "--yes", *where))[0]
    code, out, _ = await house.run("audit", "verify", "--expect", found["last"], *where)
    assert (0, f"{found['entries']} decisions, each fits the one before it") == (code, out.splitlines()[0])
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("DELETE FROM audit WHERE number = (SELECT MAX(number) FROM audit)")
        db.commit()
    code, _, err = await house.run("audit", "verify", "--expect", found["last"], *where)
    assert 1 == code
    assert "is not in the chain" in err
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute('UPDATE events SET body = REPLACE(body, \'"party":"ana"\', \'"party":"rita"\')')
        db.commit()
    code, _, err = await house.run("audit", "verify", *where)
    assert 1 == code
    assert "does not fit the one before it" in err


async def test_a_request_is_handed_on_for_somebody(house: Gateway):
    """
    Whoever is away is asked no more, and the other one has the card; what no rule permits is refused in one line.
    """
    where = ("--config", str(house.config))
    await house.stop()
    team = house.emulator.workspace.state.team_id
    otto = f'[[people]]\nid = "otto"\nname = "Otto"\nidentities = ["slack:{team}/{OTTO}"]\nroles = ["deputy"]\n'
    settings = house.config.read_text().replace("[[policy]]", f"{otto}[[policy]]", 1)
    house.config.write_text(f'{settings}reassign = ["role:deputy"]\n')
    await house.start()
    house.emulator.people.message(RITA, "dm", "drop it")
    await until(lambda: "Dropped." in " ".join(house.seen(RITA)))
    house.emulator.people.message(RITA, "dm", "deploy v1.4.2 to production")
    await until(lambda: str(house.emulator.screen(ANA, "dm")["messages"]).count("Hand on") == 1)
    (row,) = json.loads((await house.run("requests", "list", "--status", "open", "--json", *where))[1])
    refused = await house.run("requests", "reassign", row["id"][:8], "rita", "--from", "ana", *where)
    done = await house.run("requests", "reassign", row["id"][:8], "otto", "--from", "ana", *where)
    await until(lambda: "by an operator" in str(house.emulator.screen(OTTO, "dm")["messages"]))
    again = await house.run("requests", "reassign", row["id"], "otto", "--from", "ana", *where)
    shown = (await house.run("requests", "show", row["id"], *where))[1]

    assert (1, "", "ringback: no rule lets Rita have it; it may go to otto\n") == refused
    assert (0, f"{row['id']}: otto is asked instead of ana\n", "") == done
    assert (1, "ringback: Ana cannot decide it, so there is nothing to hand on\n") == (again[0], again[2])
    assert "Ana handed it on to Otto, by the command line" in shown


async def test_who_is_away_is_stood_in_for(house: Gateway):
    """
    An absence is read beside a running gateway: who decides in somebody's stead has the card, which they have not, and
    the list of people, the request and the exported decision say so.
    """
    where, team = ("--config", str(house.config)), house.emulator.workspace.state.team_id
    otto = f'[[people]]\nid = "otto"\nname = "Otto"\nidentities = ["slack:{team}/{OTTO}"]\nroles = ["deputy"]\n'
    today = datetime.now(UTC).date()
    away = f"{today - timedelta(days=1)}/{today + timedelta(days=1)}"
    roles = 'roles = ["owner", "release"]\n'
    settings = house.config.read_text().replace(roles, f'{roles}away = ["{away}"]\ndeputy = "otto"\n', 1)
    settings = settings.replace("[[policy]]", f"{otto}[[policy]]", 1)
    house.config.write_text(f'{settings}reassign = ["role:deputy"]\n')
    assert (0, "people and policy are read again\n", "") == await house.run("config", "reload", *where)
    house.emulator.people.message(RITA, "dm", "drop it")
    await until(lambda: "Dropped." in " ".join(house.seen(RITA)))
    before = len(house.emulator.screen(ANA, "dm")["messages"])
    house.emulator.people.message(RITA, "dm", "deploy v1.4.2 to production")
    await until(lambda: "who is away until" in str(house.emulator.screen(OTTO, "dm")["messages"]))
    assert "Otto decides in their stead" in " ".join(house.seen(RITA))
    assert before == len(house.emulator.screen(ANA, "dm")["messages"])
    (row,) = json.loads((await house.run("requests", "list", "--status", "open", "--json", *where))[1])
    house.press(OTTO, "ringback.approve")
    await until(lambda: "in production" in " ".join(house.seen(RITA)))

    shown = (await house.run("requests", "show", row["id"], *where))[1]
    assert re.search(r"  Ana is away until \S+ 00:00:00\+00:00, so Otto may decide in their stead\n", shown)
    assert re.search(rf"ana .* {away} +otto\n", (await house.run("people", "list", *where))[1])
    exported = [json.loads(line) for line in (await house.run("audit", "export", *where))[1].splitlines()]
    decision = [entry["decision"] for entry in exported if "decision" in entry][-1]
    (hand,), (vote,) = decision["hands"], decision["votes"]
    assert ("ana", "otto", True) == (hand["party"], hand["to"], hand["delegated"])
    assert hand["until"] > decision["settled_at"]
    assert ("otto", "ana") == (vote["party"], vote["stead"])
