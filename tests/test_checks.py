"""
The checks bite: each suite that guards a rule fails on a tiny tree, store or adapter that breaks it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import violations

ROOT = Path(__file__).parent.parent

BROKEN_TREES = {
    "the core reads a clock": ("agent_core/run.py", "import time", "agent_core is pure"),
    "the core uses a library of the world": ("agent_core/run.py", "import httpx", "agent_core imports httpx"),
    "the core reads the day": ("agent_core/run.py", "from datetime import datetime\nx = datetime.now()", "the clock"),
    "the core draws an id": ("agent_core/run.py", "import uuid\nx = uuid.uuid4()", "not derived"),
    "the core knows the gateway": ("agent_core/run.py", "from gateway import owner", "agent_core imports gateway"),
    "a channel knows the gateway": ("adapters/slack/parse.py", "import gateway.owner", "an adapter imports"),
    "a channel knows another": ("adapters/slack/parse.py", "from adapters.sms import parse", "adapters.slack imports"),
    "a channel by a relative import": ("adapters/slack/parse.py", "from ..sms import parse", "adapters.slack imports"),
    "a shared file knows a channel": ("adapters/shared/text.py", "from adapters.slack import parse", "a shared file"),
    "an emulator knows its adapter": (
        "adapters/slack/emulator/app.py",
        "def later():\n    from adapters.slack import parse",
        "adapters.slack.emulator imports adapters.slack",
    ),
    "an emulator knows the core": ("adapters/slack/emulator/app.py", "import agent_core.events", "an emulator imports"),
    "the owner names a channel": ("gateway/owner.py", "from adapters.slack import adapter", "a channel is named"),
    "the owner names a store": ("gateway/owner.py", "from gateway.store.sqlite import SqliteStore", "a concrete part"),
    "the owner reads a clock": ("gateway/owner.py", "import time", "time is imported outside of runtime"),
    "the owner sleeps": ("gateway/owner.py", "import asyncio\nasyncio.sleep(1)", "asyncio.sleep is called"),
    "the owner reads the environment": ("gateway/owner.py", "import os\nos.environ['X']", "the environment is read"),
}


@pytest.mark.parametrize("rule", BROKEN_TREES)
def test_a_tree_that_breaks_a_rule_is_found(rule: str, tmp_path: Path):
    """
    Every arrow that points the wrong way is found, wherever in a file it stands.
    """
    file, code, says = BROKEN_TREES[rule]
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(code)
    found = violations(tmp_path)

    assert found
    assert says in found[0]
    path.write_text("from agent_core import events\n" if "emulator" not in file else "import json\n")
    assert [] == violations(tmp_path)


STORES = {
    "takes a stale version": (
        """
    async def commit(self, change):
        change.version = (await self.load(change.conversation, Need())).version
        return await super().commit(change)
""",
        "test_a_stale_version_conflicts_and_leaves_nothing",
    ),
    "lets a former owner commit": (
        """
    async def commit(self, change):
        change.ownership = Ownership(self._token)
        return await super().commit(change)
""",
        "test_a_former_owner_cannot_commit",
    ),
    "forgets what it has seen": (
        """
    async def append(self, fact):
        return await super().append(fact._replace(dedupe=()))
""",
        "test_any_known_key_makes_a_duplicate",
    ),
    "does not wake the owner": (
        """
    def _hand_over(self, ready):
        pass
""",
        "test_what_is_appended_is_handed_to_the_owner",
    ),
    "forgets that something was being sent": (
        """
    async def recover(self):
        await self._do(lambda db: db.execute("UPDATE deliveries SET status = 'new' WHERE status = 'claimed'"))
        return []
""",
        "test_what_was_being_sent_at_a_crash_is_unknown",
    ),
    "loses a batch with one bad change in it": (
        """
    async def _transact(self, batch):
        try:
            outcomes = self._run(job for job, _ in batch)
            await self._commit()
        except Exception as error:
            self._rollback()
            outcomes = [error] * len(batch)
        for (_, waiting), outcome in zip(batch, outcomes):
            (waiting.set_exception if isinstance(outcome, Exception) else waiting.set_result)(outcome)
""",
        "test_a_change_that_fails_harms_nobody_else",
    ),
}


ADAPTERS = {
    "hears its own words": (
        "monkeypatch.setattr(parse.Bot, 'user', 'nobody'); monkeypatch.setattr(parse, '_event', everything); "
        "monkeypatch.setattr(members, '_member', lambda user: members.Member())",
        "test_our_own_words_do_not_come_back",
    ),
    "acknowledges before it stores": (
        "monkeypatch.setattr(receive, 'LATER', receive.DONE)",
        "test_what_is_not_stored_is_sent_again",
    ),
    "leaves its buttons on": (
        "monkeypatch.setattr(render, '_settle', settle_with_buttons)",
        "test_a_settled_card_has_no_buttons",
    ),
    "lets markup through": ("monkeypatch.setattr(render, 'escape', str)", "test_words_stay_words"),
    "sends again by itself": (
        "monkeypatch.setattr(client, 'AsyncWebClient', retrying)",
        "test_every_failure_says_what_it_promises",
    ),
    "takes a broken connection for a refusal": (
        "monkeypatch.setattr(client, 'Unknown', client.Unreachable)",
        "test_every_failure_says_what_it_promises",
    ),
    "cuts what is long": (
        "monkeypatch.setattr(render, 'split', lambda text, most: [text[:most]])",
        "test_a_long_text_arrives_whole",
    ),
}
ADAPTER_SUITE = """
import pytest
from adapters.slack import client, listen, members, parse, receive, render
from adapters.slack.emulator import Workspace
from slack_sdk.web.async_client import AsyncWebClient
from tests.contracts import adapter
from tests.contracts.adapter import AdapterContract, CARD
from tests.contracts.test_slack_adapter import playing

def everything(payload, bot):
    return parse._message(payload, {"user": "U00000ANA", **payload["event"]}, bot)

def settle_with_buttons(card, request, where, target):
    page = render.paginate([*render._about(card), *render._decide(CARD, "request1")])[-1]
    arguments = {"text": "x", "blocks": page}
    return render.Part(kind="chat.update", arguments=arguments, conversation="slack:T1/C1", target=target)

def retrying(retry_handlers, **how):
    return AsyncWebClient(**how)
"""


@pytest.fixture(scope="module")
def adapter_failures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run the contract over every broken adapter, each in the one test that names its rule."""
    classes = [
        f"""

class TestBroken{number}(AdapterContract):
    @pytest.fixture
    async def vendor(self, monkeypatch):
        monkeypatch.setattr(listen, "LOOK", 0.05)
        monkeypatch.setattr(adapter, "PATIENCE", 2.0)
        {fault}
        async with playing(Workspace.create(["ana", "rita"], ["general"])) as vendor:
            yield vendor
"""
        for number, (fault, _) in enumerate(ADAPTERS.values())
    ]
    return fail(tmp_path_factory, ADAPTER_SUITE + "".join(classes), [test for _, test in ADAPTERS.values()])


@pytest.mark.parametrize("number", range(len(ADAPTERS)), ids=ADAPTERS)
def test_an_adapter_that_breaks_its_contract_fails_it(number: int, adapter_failures: str):
    """
    The contract suite fails on an adapter with one fault, in the test that names the rule.
    """
    _, test = list(ADAPTERS.values())[number]

    assert re.search(rf"FAILED \S*::TestBroken{number}::{test}", adapter_failures), adapter_failures


STORE_SUITE = """
from gateway.store.base import Need, Ownership
from gateway.store.sqlite import SqliteStore
from tests.contracts.store import StoreContract
"""


@pytest.fixture(scope="module")
def store_failures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run the contract over every broken store, each in the one test that names its rule."""
    classes = [
        f"""

class Broken{number}(SqliteStore):
{code}

class TestBroken{number}(StoreContract):
    def open(self, folder, runtime):
        return Broken{number}(folder, runtime)
"""
        for number, (code, _) in enumerate(STORES.values())
    ]
    return fail(tmp_path_factory, STORE_SUITE + "".join(classes), [test for _, test in STORES.values()], limit=2)


@pytest.mark.parametrize("number", range(len(STORES)), ids=STORES)
def test_a_store_that_breaks_its_contract_fails_it(number: int, store_failures: str):
    """
    The contract suite fails on a store with one fault, in the test that names the rule.
    """
    _, test = list(STORES.values())[number]

    assert re.search(rf"FAILED \S*::TestBroken{number}::{test}", store_failures), store_failures


def fail(folders: pytest.TempPathFactory, suite: str, tests: list[str], limit: float = 12) -> str:
    """Run the one test of each class of a suite in a process of its own; returns what it printed."""
    file = folders.mktemp("broken") / "test_broken.py"
    file.write_text(suite)
    chosen = [f"{file}::TestBroken{number}::{test}" for number, test in enumerate(tests)]
    command = [sys.executable, "-m", "pytest", "-q", f"--timeout={limit}", "-c", "pyproject.toml", *chosen]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr
