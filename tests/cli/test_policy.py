"""
`ringback policy explain`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent_core.addresses import Party
from gateway import bootstrap
from tests import warm
from tests.contracts.store import a_change

AGENT = """
from pydantic import BaseModel
from agent_core.run import Run, agent
from agent_core.tools import tool

class Deploy(BaseModel):
    environment: str
    token: str = "s3cret"

@tool(approval="release", sensitive={"token"}, editable=("environment",))
async def deploy(arguments: Deploy) -> str:
    return "done"

@tool()
async def look(arguments: Deploy) -> str:
    return "seen"

@agent()
async def bot(run: Run) -> None:
    await run.call(deploy, Deploy(environment="production"))
"""
SETTINGS = """
[[slack]]
account = "T1"
bot_token = "env:NOT_SET"
app_token = "env:NOT_SET"
[[agents]]
use = ["bot:bot"]
listen = ["slack:T1"]
[[people]]
id = "rita"
name = "Rita"
identities = ["slack:T1/U1"]
roles = ["release"]
[[people]]
id = "ana"
name = "Ana"
identities = ["slack:T1/U2"]
roles = ["owner", "release"]
[[people]]
id = "ben"
name = "Ben"
roles = ["deputy"]
[[clients]]
name = "ci"
token = "env:NOT_SET"
to = ["role:release"]
[[policy]]
tool = "dep*"
when = { environment = "production" }
roles = ["release"]
people = ["ben"]
exclude_requester = true
deadline = "2h"
reason = "Customers are on it."
targets = ["people", "slack:T1/C1"]
[[policy]]
tool = "erase"
effect = "forbid"
reason = "Never."
[[policy]]
tool = "page"
people = ["ben"]
reassign = ["role:release"]
[[policy]]
tool = "tell"
people = ["ana"]
targets = ["origin"]
urgency = "high"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An owner's folder; none of its secrets are set."""
    (tmp_path / "ringback.toml").write_text(SETTINGS)
    (tmp_path / "bot.py").write_text(AGENT)
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command in an owner's folder."""
    return warm.run(("policy", "explain", *arguments), folder, os.environ | {"TZ": "UTC"})


CLIENT = ("--agent", "api:ci")
PRODUCTION = ("--tool", "deploy", "--args", '{"environment": "production"}')


def test_who_decides_where_and_until_when(folder: Path):
    """
    The rule, the deciders by name, whom it excludes and why, each card's place, the deadline, and what silence does.
    """
    code, out, _ = run(folder, *PRODUCTION, "--as", "rita", "--at", "2026-11-25T14:00")

    assert 0 == code
    assert [
        "needs       an approval",
        'rule        policy[0], dep* where environment = "production": Customers are on it.',
        "tool        demands the role release besides, whatever a rule says",
        "decides     Ana",
        "may change  environment; what is changed is judged anew",
        "not         Ben, who is not among those whom the tool itself demands",
        "not         Rita, who asked for it",
        "card to     slack:T1/U2 (Ana)",
        "card to     slack:T1/C1",
        "until       2026-11-25 16:00:00+00:00",
        "or else     nothing is run; the run halts, and the requester and its owner are told",
    ] == out.splitlines()


NIGHT = """
[[people]]
id = "carla"
name = "Carla"
identities = ["slack:T1/U3"]
roles = ["night"]
timezone = "Europe/Lisbon"
quiet = ["22:00-07:00"]
[[people]]
id = "dora"
name = "Dora"
identities = ["slack:T1/U4"]
timezone = "Asia/Tokyo"
quiet = ["22:00-07:00"]
[[policy]]
tool = "restart"
roles = ["night"]
deadline = "2h"
reminders = ["30m"]
ladder = [{ after = "15m", people = ["dora"] }]
"""


def test_who_sleeps_then(folder: Path):
    """
    Quiet hours are rehearsed: who gets the card later and when, whom the ladder asks at once, and until when it waits.
    """
    settings = folder / "ringback.toml"
    settings.write_text(settings.read_text() + NIGHT)
    code, out, _ = run(folder, "--tool", "restart", "--at", "2026-11-25T23:00")

    assert 0 == code
    assert [
        "card to     slack:T1/U3 (Carla), later: quiet hours",
        "at          2026-11-25 23:00:00+00:00: Dora at slack:T1/U4 (Dora)",
        "at          2026-11-25 23:30:00+00:00: they are reminded",
        "at          2026-11-26 07:00:00+00:00: slack:T1/U3 (Carla) gets the card: quiet hours are over",
        "until       2026-11-26 01:00:00+00:00",
    ] == out.splitlines()[4:9]
    _, out, _ = run(folder, "--tool", "restart", "--at", "2026-11-25T21:59")
    assert [
        "card to     slack:T1/U3 (Carla)",
        "at          2026-11-25 22:14:00+00:00: Dora at slack:T1/U4 (Dora)",
        "at          2026-11-25 22:29:00+00:00: they are reminded",
        "until       2026-11-25 23:59:00+00:00",
    ] == out.splitlines()[4:8]


ABSENT = """
[[people]]
id = "fay"
name = "Fay"
identities = ["slack:T1/U6"]
roles = ["pay"]
away = ["2026-11-20/2026-11-29"]
deputy = "gil"
[[people]]
id = "gil"
name = "Gil"
identities = ["slack:T1/U7"]
[[policy]]
tool = "pay"
roles = ["pay"]
deadline = "2h"
ladder = [{{ after = "15m", people = ["ana"] }}]
reassign = [{}]
"""


def test_who_is_away_then(folder: Path):
    """
    Who decides in their stead and gets the card, or why their deputy does not, and that the ladder waits for nobody.
    """
    settings, before = folder / "ringback.toml", (folder / "ringback.toml").read_text()
    settings.write_text(before + ABSENT.format('"gil"'))
    code, out, _ = run(folder, "--tool", "pay", "--at", "2026-11-25T10:00")
    assert 0 == code
    back = "2026-11-30 00:00:00+00:00: slack:T1/U6 (Fay) gets the card: they are back"
    assert [
        "decides     Fay or Gil",
        "hands on to Gil",
        "away        Fay, until 00:00 UTC on Mon 30 Nov; Gil decides in their stead",
        "card to     slack:T1/U6 (Fay), later: they are away",
        "card to     slack:T1/U7 (Gil)",
        "at          2026-11-25 10:15:00+00:00: Ana at slack:T1/U2 (Ana)",
        f"at          {back}",
        "until       2026-11-25 12:00:00+00:00",
    ] == out.splitlines()[3:11]
    _, out, _ = run(folder, "--tool", "pay", "--at", "2026-11-25T10:00", "--as", "gil")
    assert "Gil decides in their stead" in out
    settings.write_text(before + ABSENT.format('"rita"'))
    _, out, _ = run(folder, "--tool", "pay", "--at", "2026-11-25T10:00")
    why = "the rule does not let it be handed on to them"
    assert [
        f"away        Fay, until 00:00 UTC on Mon 30 Nov; Gil, their deputy, does not: {why}",
        "card to     slack:T1/U6 (Fay), later: they are away",
        "at          2026-11-25 10:00:00+00:00: Ana at slack:T1/U2 (Ana)",
        f"at          {back}",
        "until       2026-11-25 12:00:00+00:00",
    ] == out.splitlines()[5:10]


GRANTS = 'grants = ["1h", "until_revoked"]\ngrant_by = ["environment"]\ngrant_uses = 5\n'


def granted(folder: Path, *extra: str) -> list[str]:
    """What is said of grants, by a rule of its own for `restart`."""
    settings = folder / "ringback.toml"
    rule = '[[policy]]\ntool = "look"\nroles = ["release"]\ntargets = ["people"]\n' + "".join(extra)
    settings.write_text(settings.read_text().partition('[[policy]]\ntool = "look"')[0] + rule)
    code, out, err = run(folder, "--tool", "look", "--args", '{"environment": "production"}')
    assert (0, "") == (code, err)
    return [line for line in out.splitlines() if line.startswith("grant")]


def test_for_how_long_an_approval_may_count(folder: Path):
    """
    What the rule permits, for which calls and how often; or why it permits nothing for this one.
    """
    assert [] == granted(folder)
    offered = "grants      1h or until_revoked, for calls of look with the same environment, 5 times at most"
    assert [offered] == granted(folder, GRANTS)
    unknown = GRANTS.replace('"environment"', '"enviroment"')
    assert ["grants      none: it is not known that the call has enviroment, for everybody to read"] == granted(
        folder, unknown
    )


def test_a_role_by_a_group(folder: Path):
    """
    Who is in a group only the running gateway knows: that others may decide is said, and nobody is said to be missing.
    """
    settings = folder / "ringback.toml"
    grouped = settings.read_text().replace(
        'app_token = "env:NOT_SET"', 'app_token = "env:NOT_SET"\nroles = { S1 = "duty" }'
    )
    settings.write_text(grouped + '[[policy]]\ntool = "restart"\nroles = ["duty"]\nquorum = 2\n')
    code, out, _ = run(folder, "--tool", "restart")

    assert 0 == code
    assert "or          whoever has the role duty by a group: the running gateway knows\n" in out
    assert "problem" not in out


DIGEST = """
[[people]]
id = "emil"
name = "Emil"
identities = ["slack:T1/U5"]
roles = ["tidy"]
digest = ["09:00", "16:00"]
[[policy]]
tool = "tidy"
roles = ["tidy"]
urgency = "low"
deadline = "2h"
gather = "30s"
ladder = [{ after = "15m", people = ["ana"] }]
"""


def test_what_waits_for_a_digest(folder: Path):
    """
    Of low urgency it is shown at the next of the set times; its ladder and its deadline begin then.
    """
    settings = folder / "ringback.toml"
    settings.write_text(settings.read_text() + DIGEST)
    code, out, _ = run(folder, "--tool", "tidy", "--at", "2026-11-25T10:00")

    assert 0 == code
    assert [
        "card to     slack:T1/U5 (Emil), later: a digest",
        "at          2026-11-25 10:00:00+00:00: it waits 30 seconds for others like it, to come as one card",
        "at          2026-11-25 16:00:00+00:00: slack:T1/U5 (Emil) gets it in a digest",
        "at          2026-11-25 16:15:00+00:00: Ana at slack:T1/U2 (Ana)",
        "until       2026-11-25 18:00:30+00:00",
    ] == out.splitlines()[4:9]


TURNS = """
[[policy]]
tool = "sweep"
roles = ["release"]
in_turn = true
"""


async def test_whose_turn_it_is(folder: Path):
    """
    Who is asked next is said, and in which order the others come behind them, as it is stored.
    """
    settings = folder / "ringback.toml"
    settings.write_text(settings.read_text() + TURNS)
    _, out, _ = run(folder, "--tool", "sweep")
    assert ["in turn     Ana, then Rita", "card to     slack:T1/U2 (Ana)"] == out.splitlines()[4:6]
    async with bootstrap.store(folder / "data") as store:
        await store.commit(a_change(await store.own(), 0, turns={Party("ana"): 1}))
    _, out, _ = run(folder, "--tool", "sweep")
    assert ["in turn     Rita, then Ana", "card to     slack:T1/U1 (Rita)"] == out.splitlines()[4:6]


def test_as_json_with_arguments_as_the_tool_reads_them(folder: Path):
    """
    Defaults are filled in as they would be, and sensitive arguments are masked.
    """
    told = json.loads(run(folder, *PRODUCTION, "--as", "slack:T1/U1", "--json")[1])

    assert ("ask", 0, "release") == (told["effect"], told["rule"], told["demanded"].split()[-1])
    assert {"environment": "production", "token": "•••"} == told["arguments"]
    assert [["Ana"], [["Ben"], ["Rita"]]] == [told["deciders"], [[name] for name, _ in told["excluded"]]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tool", "look", "--args", '{"environment": "x"}'), "none fits, so the policy allows it"),
        (("--tool", "deploy", "--args", '{"environment": "x"}', "--as", "rita"), "decides     Ana or Rita"),
        (("--tool", "erase"), "needs       it is forbidden\nrule        policy[1], erase: Never."),
        (("--tool", "sell", *CLIENT), "rule        none fits, so whom the client's settings name are asked"),
        (("--tool", "sell", *CLIENT), "decides     Ana or Rita"),
        (("--tool", "erase", *CLIENT), "it is forbidden"),
        (("--tool", "page"), "problem     none of them has an account that is configured, so the run halts"),
        (("--tool", "tell"), "card to     where it is asked for"),
        (("--tool", "tell"), "urgency     high: approving it takes a confirmation, or its code"),
        (("--tool", "tell", "--as", "rita"), "card to     slack:T1/U1 (Rita)"),
        (PRODUCTION, "problem     the rule excludes the requester, but nobody is known to have asked"),
    ],
)
def test_other_calls(folder: Path, arguments: tuple[str, ...], words: str):
    """
    Allowed, demanded by the tool alone, forbidden, and asked of nobody.
    """
    code, out, _ = run(folder, *arguments)

    assert 0 == code
    assert words in out


def test_code_that_cannot_be_loaded_is_said(folder: Path):
    """
    The rules are explained all the same, with why the tool's own demand is not known.
    """
    (folder / "bot.py").write_text("import nothing_like_it")
    code, out, _ = run(folder, *PRODUCTION, "--as", "rita")

    assert 0 == code
    assert "decides     Ana or Ben" in out
    assert "tool        agents[0].use (ringback.toml): bot:bot cannot be imported" in out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--tool", "deploy", "--args", "production"), 2, "--args: 'production' is no JSON object"),
        (("--tool", "deploy", "--args", "{}"), 1, "--args: deploy: environment: Field required"),
        (("--tool", "deploy", "--as", "bob", "--args", '{"environment": "x"}'), 1, "there is no 'bob' in [[people]]"),
        (("--tool", "deploy", "--agent", "bat"), 1, "there is no agent 'bat'; write --agent with one of bot"),
        (("--tool", "deploy", "--agent", "api:no"), 1, "there is no client 'api:no' in [[clients]]; there is api:ci"),
        (("--tool", "deploy", "--at", "noon"), 2, "--at: 'noon' is no time"),
        ((), 2, "missing option '--tool'; see: ringback policy explain --help"),
    ],
)
def test_what_cannot_be_explained(folder: Path, arguments: tuple[str, ...], code: int, sentence: str):
    """
    One line says what to write instead.
    """
    ended, out, err = run(folder, *arguments)

    assert (code, "", 1) == (ended, out, err.count("\n"))
    assert sentence in err


def test_to_whom_it_may_be_handed_on(folder: Path):
    """
    Those whom the rule names; where it names nobody, the line is left out.
    """
    _, page, _ = run(folder, "--tool", "page", "--as", "rita")
    _, deploy, _ = run(folder, *PRODUCTION)

    assert "hands on to Ana or Rita" in page.splitlines()
    assert "hands on to" not in deploy
