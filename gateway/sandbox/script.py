"""
The scripted model of the deploy bot: makes the steps that a model would, for the phrases it knows.

It reads the very context that a model would read, and nothing else.
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any, NamedTuple

HELP = """I am a script that stands in for a model, so I understand a few phrases only:
• deploy v1.4.2 to production (a person has to approve that)
• deploy v1.5.0 to staging (nobody has to)
• deploy to production (I ask which version)
• plan a release (I ask what, by a form)
• roll back production, or staging
• restart api, web and worker in production (one card asks for all of them)
• restart cache and queue in staging (that can wait, for the next five minutes)
• list (what runs where), or: export the list as a file
• a text file, sent to me (I tell you what is in it)
• ask release: is Friday a good day? (I ask the people who release, and tell you)
While I wait for somebody, “drop” ends it."""

VERSIONS = ("v1.4.2", "v1.5.0")  # offered where somebody names none

_TAG = re.compile(r"<(\w+)([^>]*)>(.*?)</\1>", re.DOTALL)
_DEPLOY = re.compile(r"\bdeploy\s+(v\d+(?:\.\d+)*)?\s*(?:to\s+)?(staging|production)\b", re.IGNORECASE)
_ROLL_BACK = re.compile(r"\broll\s*back\s+(?:to\s+)?(staging|production)\b", re.IGNORECASE)
_RESTART = re.compile(r"\brestart\s+(\w[\w\s,-]*?)\s+in\s+(staging|production)\b", re.IGNORECASE)
_ASK = re.compile(r"^\s*ask\s+(release|me)\s*:\s*(.+)$", re.IGNORECASE | re.DOTALL)
_PLAN = re.compile(r"\bplan\s+a\s+release\b", re.IGNORECASE)
_PLANNED = re.compile(r"^Where to: (\w+)\nVersion: (\S+)$", re.MULTILINE)
_ATTACHED = re.compile(r"^\[attached: (.+?), [^,]*, [^,\]]*\]$", re.MULTILINE)
_VERSION = re.compile(r"v\d+(?:\.\d+)*")


class Entry(NamedTuple):
    """One thing in the context."""

    tag: str
    attributes: str
    text: str


def script(context: str, schema: dict[str, Any]) -> str:
    """Answer a context with a step, as JSON."""
    entries = [Entry(tag, attributes, unescape(text)) for tag, attributes, text in _TAG.findall(context)]
    asked = [number for number, entry in enumerate(entries) if entry.tag == "message"]
    if not asked:
        return _done(HELP)
    said, since = entries[asked[-1]], entries[asked[-1] + 1 :]
    meanwhile = any(entry.tag == "step" for entry in entries[: asked[-1]]) and all(e.tag != "step" for e in since)
    if meanwhile and since and since[-1].tag != "answer" and (wanted := _begin(said.text)) != _done(HELP):
        return wanted  # written while a step was done, and to be done now
    match since[-1] if since else None:
        case Entry(tag="result") as result:
            return _done(_report(result))
        case Entry(tag="error" | "refused") as no:
            return _done(f"That did not happen: {_first_line(no)}")
        case Entry(tag="in_doubt") as doubt:
            return _done(_first_line(doubt))
        case Entry(tag="answer") as answer:
            return _answered(said, answer)
    return _begin(said.text)


def _begin(text: str) -> str:
    if deploy := _DEPLOY.search(text):
        tag, environment = deploy.groups()
        if tag is None:
            return _step("ask_person", question=f"Which version should go to {environment.lower()}?", choices=VERSIONS)
        return _step("deploy", environment=environment.lower(), tag=tag)
    if back := _ROLL_BACK.search(text):
        return _step("roll_back", environment=back.group(1).lower())
    if services := _RESTART.search(text):
        names, environment = services.groups()
        listed = [name for name in re.split(r"[,\s]+", names) if name.casefold() != "and"]
        return _step("restart_services", environment=environment.lower(), services=listed)
    if ask := _ASK.match(text):
        whom, question = ask.groups()
        return _step(
            "ask_person", question=question.strip(), whom="release" if whom.lower() == "release" else "requester"
        )
    if _PLAN.search(text):
        return _step("ask_release")
    if "export" in text.casefold():
        return _step("export")
    if attached := _ATTACHED.findall(text):
        return _step("read_file", name=attached[-1])
    if "list" in text.casefold():
        return _step("list_deployments")
    return _done(HELP)


def _answered(said: Entry, answer: Entry) -> str:
    deploy, version = _DEPLOY.search(said.text), _VERSION.search(answer.text)
    if deploy is not None and version is not None:
        return _step("deploy", environment=deploy.group(2).lower(), tag=version.group())
    if planned := _PLANNED.search(answer.text):
        return _step("deploy", environment=planned.group(1), tag=planned.group(2))
    if deploy is not None:
        return _done(f"I need a version like v1.4.2, and “{answer.text}” holds none. Nothing was deployed.")
    return _done(f"The answer is: {answer.text}")


def _first_line(entry: Entry) -> str:
    return entry.text.partition("\n")[0]


def _report(result: Entry) -> str:
    value = json.loads(result.text)
    if "lines" in value:
        return f"{value['name']} has {value['lines']} lines. It begins: {value['beginning']}"
    if "environment" in value:
        before = f" (before: {value['before']})" if value.get("before") else ""
        return f"{value['tag']} is in {value['environment']} now{before}."
    return "; ".join(f"{name}: {tag or 'nothing yet'}" for name, tag in value.items())


def _done(message: str) -> str:
    return _step("done", message=message)


def _step(intent: str, **arguments: object) -> str:
    return json.dumps({"intent": intent, **arguments})
