"""
The quickstart, followed to the letter: its project, its app's scopes, its settings, on an emulated workspace.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.process import ROOT, Gateway, gateway, until

PAGE = (ROOT / "docs" / "quickstart.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TOML = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
SHELL = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).splitlines()
RITA, ANA = "U0000RITA", "U00000ANA"
MANIFEST = json.loads((ROOT / "deploy" / "slack-app.json").read_text())


@asynccontextmanager
async def followed(folder: Path) -> AsyncIterator[Gateway]:
    """A gateway in the project that the page begins, with this workspace's ids for those of the page."""
    async with gateway(folder, cold=True) as house:
        state = house.emulator.workspace.state
        state.scopes[:] = MANIFEST["oauth_config"]["scopes"]["bot"]
        api = re.search(r'api = ".*"', house.config.read_text())
        assert api
        (init,) = [line for line in SHELL if line.startswith("ringback init")]
        assert 0 == (await house.run(*shlex.split(init)[1:]))[0]
        (project,) = [line.partition(" ")[2] for line in SHELL if line.startswith("cd ")]
        house.folder, house.config = folder / project, folder / project / "ringback.toml"
        settings = house.config.read_text()
        for ours, theirs in {
            "T024BE7LD": state.team_id,
            "U0RITA001": RITA,
            "U0ANA0001": ANA,
            "C0REFUNDS": next(iter(state.channels)),
            'app_token = "env:SLACK_APP_TOKEN"': f'app_token = "env:SLACK_APP_TOKEN"\n{api.group()}',
        }.items():
            assert ours in settings
            settings = settings.replace(ours, theirs)
        house.config.write_text(settings)
        tokens = {"SLACK_BOT_TOKEN": state.tokens.bot, "SLACK_APP_TOKEN": state.tokens.app}
        assert {f"export {name}" for name in tokens} == {line.partition("=")[0] for line in SHELL if "export" in line}
        house.environment |= tokens | {"RINGBACK_SERVER_PORT": "0"}
        yield house


async def checked(house: Gateway) -> dict[str, str]:
    """Run what the page runs before it serves; all of it is well."""
    said = {}
    for line in SHELL:
        if line.startswith(("ringback config check", "ringback doctor", "ringback policy explain")):
            code, out, err = await house.run(*shlex.split(line)[1:])
            assert (0, "") == (code, err), line
            said[line.split()[1]] = out
    return said


def shown(house: Gateway, person: str, words: str) -> bool:
    """Tell whether a person can read something."""
    return any(words in json.dumps(m, ensure_ascii=False) for m in house.emulator.screen(person, "dm")["messages"])


async def refunded(house: Gateway) -> None:
    """Rita asks, says what for, Ana approves after a restart, the tool runs once, and Rita is told."""
    people = house.emulator.people
    people.message(RITA, "dm", "refund 40.00 to C-1007")
    await until(lambda: shown(house, RITA, "What is the refund of 40.00 for?"))
    people.message(RITA, "dm", "arrived broken")
    await until(lambda: shown(house, ANA, "Approve refund?"))
    assert not (house.folder / "refunds.txt").exists()
    assert 0 == await house.stop()
    await house.start()
    house.press(ANA, "ringback.approve")
    await until(lambda: shown(house, RITA, "Done: 40.00 went to C-1007."))
    (line,) = (house.folder / "refunds.txt").read_text().splitlines()
    assert line.startswith("40.00 to C-1007, arrived broken, ")
    channel = next(iter(house.emulator.workspace.state.channels))
    assert "Asked by Rita Moreno" in json.dumps(house.emulator.screen(ANA, channel))


async def test_refund_is_asked_for_explained_approved_and_made_once(tmp_path: Path):
    """
    The project as it is written: checked, explained, run, and a refund made.
    """
    async with followed(tmp_path) as house:
        said = await checked(house)
        assert said["config"].endswith(": fine\n")
        assert "decides     Ana Lima\n" in said["policy"]
        await house.start()
        await refunded(house)


async def test_a_workflow_takes_the_clerks_place(tmp_path: Path):
    """
    The same without a model, by the two lines that the page names; the same rule guards it.
    """
    async with followed(tmp_path) as house:
        (house.folder / "workflow.py").write_text(PYTHON[1])
        team = house.emulator.workspace.state.team_id
        agents = TOML[1].replace("T024BE7LD", team)
        settings = re.sub(r"\[\[agents\]\]\n(.+\n)+", lambda _: agents, house.config.read_text(), count=1)
        house.config.write_text(settings)
        await checked(house)
        await house.start()
        await refunded(house)


async def test_what_the_page_shows_stands_in_the_project(tmp_path: Path):
    """
    The agent and the rule are shown as they are written.
    """
    async with followed(tmp_path) as house:
        assert PYTHON[0] in (house.folder / "agent.py").read_text()
        assert TOML[0].strip() in (ROOT / "gateway/scaffold/project/ringback.toml.txt").read_text()
