"""
The scripted model makes the steps that a model would.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.sandbox.deploybot import as_csv
from gateway.sandbox.people import ASKING
from gateway.sandbox.script import script


def step(context: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(script(context, {}))
    return found


def said(text: str) -> str:
    return f'<message from="Rita">{text}</message>'


@pytest.mark.parametrize("phrase", ASKING)
def test_every_phrase_on_the_page_leads_somewhere(phrase: str):
    """
    What may be pressed is understood.
    """
    assert "done" != step(said(phrase))["intent"]


@pytest.mark.parametrize("text", ["export the list as a file", "Export, please"])
def test_an_export_is_a_file(text: str):
    """
    Asked for an export, it sends one.
    """
    assert {"intent": "export"} == step(said(text))


def test_a_file_is_read_and_told_of():
    """
    What somebody attached is read by its name, and what is in it is said.
    """
    message = said("look\n[attached: plan, final.csv, text/csv, 34 bytes]")
    assert {"intent": "read_file", "name": "plan, final.csv"} == step(message)

    value = json.dumps({"name": "plan, final.csv", "lines": 2, "beginning": "a\nb"})
    done = step(f'{message}<result of="read_file">{value}</result>')
    assert "plan, final.csv has 2 lines. It begins: a\nb" == done["message"]


def test_what_is_written_while_a_step_is_done_is_taken_up():
    """
    Another wish that came in meanwhile is the next step, and done once; anything else leaves what came out to be told.
    """
    result = '<result of="deploy">{"environment": "production", "tag": "v1.0"}</result>'
    began = f"{said('deploy v1.0 to production')}<step>{{}}</step>"
    assert "v1.1" == step(f"{began}{said('deploy v1.1 to production')}{result}")["tag"]
    assert "done" == step(f"{began}{said('deploy v1.1 to production')}{result}<step>{{}}</step>{result}")["intent"]
    assert "v1.0 is in production now." == step(f"{began}{said('thank you')}{result}")["message"]


def test_a_plan_is_a_form_and_then_a_deployment():
    """
    What the form was filled in with is what is deployed.
    """
    message = said("plan a release")
    assert {"intent": "ask_release"} == step(message)
    answer = '<answer from="Rita">Where to: staging\nVersion: v4.0</answer>'
    assert {"intent": "deploy", "environment": "staging", "tag": "v4.0"} == step(f"{message}{answer}")


def test_the_export_is_a_table():
    """
    A line for each environment, and a head.
    """
    assert "environment,tag\r\nstaging,\r\nproduction,v1\r\n" == as_csv({"staging": None, "production": "v1"})
