"""
The quickstart, followed to the letter: its files, its app's scopes, its settings, on an emulated workspace.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.process import ROOT, Gateway, gateway, until

PAGE = (ROOT / "docs" / "quickstart.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TOML = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
RITA, ANA = "U0000RITA", "U00000ANA"
MANIFEST = json.loads((ROOT / "deploy" / "slack-app.json").read_text())


@asynccontextmanager
async def followed(folder: Path, settings: str) -> AsyncIterator[Gateway]:
    """A gateway in a folder with the quickstart's files, with this workspace's ids for those of the page."""
    async with gateway(folder) as house:
        state = house.emulator.workspace.state
        state.scopes[:] = MANIFEST["oauth_config"]["scopes"]["bot"]
        api = re.search(r'api = ".*"', house.config.read_text())
        assert api
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
        (folder / "refundbot.py").write_text(PYTHON[0])
        (folder / "clerk.py").write_text(PYTHON[1])
        tokens = {"SLACK_BOT_TOKEN": state.tokens.bot, "SLACK_APP_TOKEN": state.tokens.app}
        house.environment |= tokens | {"RINGBACK_SERVER_PORT": "0"}
        code, out, err = await house.run("config", "check")
        assert (0, "") == (code, err)
        assert out.endswith(": fine\n")
        await house.start()
        yield house


def shown(house: Gateway, person: str, words: str) -> bool:
    """Tell whether a person can read something."""
    return any(words in json.dumps(m, ensure_ascii=False) for m in house.emulator.screen(person, "dm")["messages"])


async def test_refund_is_asked_for_explained_approved_and_made_once(tmp_path: Path):
    """
    Rita asks, says what for, Ana approves after a restart, the tool runs once, and Rita is told.
    """
    async with followed(tmp_path, TOML[0]) as house:
        people = house.emulator.people
        people.message(RITA, "dm", "refund 40.00 to C-1007")
        await until(lambda: shown(house, RITA, "What is the refund of 40.00 for?"))
        people.message(RITA, "dm", "arrived broken")
        await until(lambda: shown(house, ANA, "Approve refund?"))
        assert 0 == await house.stop()
        await house.start()
        house.press(ANA, "ringback.approve")
        await until(lambda: shown(house, RITA, "Done: 40.00 went to C-1007."))
        (line,) = (tmp_path / "refunds.txt").read_text().splitlines()
        assert line.startswith("40.00 to C-1007, arrived broken, ")
        assert "Asked by Rita Moreno" in json.dumps(
            house.emulator.screen(ANA, next(iter(house.emulator.workspace.state.channels)))
        )


async def test_model_is_guarded_by_the_same_rule(tmp_path: Path):
    """
    The clerk's model may ask for a refund as it likes; nothing is refunded before Ana approves.
    """
    settings = re.sub(r"\[\[agents\]\]\n(.+\n)+", lambda _: TOML[1], TOML[0], count=1)
    async with followed(tmp_path, settings) as house:
        house.emulator.people.message(RITA, "dm", "my parcel C-1007 was damaged")
        await until(lambda: shown(house, ANA, "Approve refund?"))
        assert not (tmp_path / "refunds.txt").exists()
        house.press(ANA, "ringback.approve")
        await until(lambda: shown(house, RITA, "Refunded."))
        assert 1 == len((tmp_path / "refunds.txt").read_text().splitlines())
