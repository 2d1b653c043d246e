"""
The agent on the page of requests whose model reads what people answer: as it stands there.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.process import ROOT, Gateway, gateway, until

RITA = "U0000RITA"
SCRIPT = """
import json

def script(context, schema):
    if ">the 27th</answer>" in context:
        return json.dumps({"day": "2026-11-27"})
    return json.dumps({"ask": "This Friday, the 27th, or the next one?"})
"""


async def answer(house: Gateway, question: str, words: str) -> None:
    """Rita answers a question under its card, once it is there."""
    await until(lambda: question in str(house.seen(RITA)))
    (card,) = [one for one in house.emulator.screen(RITA, "dm")["messages"] if question in str(one)]
    house.emulator.people.message(RITA, "dm", words, thread_ts=card["ts"])


async def test_a_model_reads_the_answer_and_asks_again(tmp_path: Path):
    """
    What is clear becomes a value of the wanted type; what is not is asked again in the model's words, where it was
    asked before.
    """
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "requests.md").read_text(), re.DOTALL)
    (tmp_path / "planner.py").write_text(code)
    (tmp_path / "reader.py").write_text(SCRIPT)
    async with gateway(tmp_path) as house:
        settings = house.config.read_text().replace("gateway.sandbox.deploybot:deploybot", "planner:planner")
        house.config.write_text(settings.replace("gateway.sandbox.script:script", "reader:script"))
        await house.start()
        house.emulator.people.message(RITA, "dm", "plan the newsletter")
        await answer(house, "On which day shall it go out?", "Friday, I think")
        await answer(house, "This Friday, the 27th, or the next one?", "the 27th")
        await until(lambda: "It goes out on 27 November." in str(house.seen(RITA)))
