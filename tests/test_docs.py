"""
What the documents say is so: links lead somewhere, names exist, nothing is missing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from adapters import registry
from adapters.base import Adapter
from agent_core import lifecycle, log
from agent_core.catalogue import ENGLISH, LANGUAGES
from agent_core.replies import COMMANDS, DOUBT_WORDS, EDIT_WORDS, HANDING, REVOKING, WORDS
from agent_core.requests import Outcome
from gateway.settings import Settings
from gateway.settings_example import example
from gateway.store.rows import DeliveryStatus
from tests.bench import page as performance
from tests.crashes.guarantees import CHECKS
from tests.process import ROOT
from tests.soak import page as soak

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
QUESTION, DECISION, CONSEQUENCES = "**Question.**", "**Decision.**", "**Consequences.**"


SHOWN = re.compile(r"^\| .+ \| \[`.+`\]\(\.\./(tests/.+\.py)\) `(test_\w+)` \|$", re.MULTILINE)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")


def test_what_requests_can_do_is_shown():
    """
    Each feature in the table names a test in a browser or through REST, or says that it is not there yet.
    """
    shown = SHOWN.findall(page("requests.md"))
    rows = [line for line in page("requests.md").partition("| Feature |")[2].splitlines()[2:] if line.startswith("|")]

    assert len(rows) == len(shown) + sum(row.endswith("| not yet |") for row in rows)
    for file, name in shown:
        defined = re.search(rf"def {name}\((.+)\):", (ROOT / file).read_text())
        assert defined, f"{name} is not in {file}"
        outside = file.startswith(("tests/e2e/", "tests/rest/")) or "enter: Enter" in defined[1]
        assert outside, f"{name} comes neither by a page nor by the door of REST"


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path):
    """
    Every link to a file of ours finds it, and every one to a heading too.
    """
    for target in LINK.findall(file.read_text()):
        if target.startswith("https://"):
            continue
        name, _, heading = target.partition("#")
        found = (file.parent / name).resolve() if name else file
        assert found.exists(), target
        if heading:
            assert heading in map(anchor, HEADING.findall(found.read_text())), target


def test_every_event_is_described():
    """
    The page of events has one row an event, with the words of its docstring.
    """
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", page("events.md"), re.MULTILINE)
    said = [(t.__name__, " ".join((t.__doc__ or "").strip().split("\n\n")[0].split())) for t in log.EVENT_TYPES]
    assert sorted(said) == sorted(rows)


def test_the_life_of_a_request_is_drawn():
    """
    The drawing has every event of the table that the code uses, and no other.
    """
    drawn = re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", page("events.md").split("```")[1])

    assert {kind.__name__ for kind in lifecycle.REQUEST_EVENTS} == set(drawn)


def test_every_setting_is_described():
    """
    The page of settings names every table and every key; the example file is what the command prints.
    """
    text = page("settings.md")
    models = {name: field.annotation for name, field in Settings.model_fields.items() if name != "channels"}
    models |= {name: registry.load(target) for name, target in registry.CONFIGS.items()}
    for name, annotation in models.items():
        section = re.search(rf"^## `\[+{name}\]+`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert section, name
        model = getattr(annotation, "__args__", (annotation,))[0]
        for key in getattr(model, "model_fields", {}):
            assert f"`{key}`" in section.group(1), f"{key} of {name}"
    assert example() + "\n" == (ROOT / "deploy" / "ringback.example.toml").read_text()


def test_sentences_that_are_named_exist():
    """
    The keys in the example of one's own wording are keys of the catalogue.
    """
    named = re.findall(r'^"([\w.]+)" = ', page("settings.md"), re.MULTILINE)
    assert named
    assert set(named) <= set(ENGLISH)


def test_words_that_decide_are_listed():
    """
    The page on languages lists the words of each language, those that decide and those that command.
    """
    for language in LANGUAGES:
        row = next(line for line in page("languages.md").splitlines() if line.startswith(f"| `{language}` |"))
        listed = {word.strip() for word in re.split(r"[|,;]", row) if word.strip()} - {f"`{language}`"}
        tables = (WORDS, DOUBT_WORDS, COMMANDS, EDIT_WORDS, REVOKING, HANDING)
        assert listed == {word for table in tables for word in table[language]}


def test_measured_numbers_are_those_of_the_results():
    """
    The tables of the page of performance are what the kept results say, each of them.
    """
    results = json.loads(performance.RESULTS.read_text())
    text = page("performance.md")
    assert text == performance.render(text, results)
    assert set(results) == set(re.findall(r"^<!-- (?!end)(\w+) -->$", text, re.MULTILINE))


def test_an_hour_of_soak_is_told_as_it_was():
    """
    The figures on the page of guarantees are those that are kept, of an hour at least.
    """
    results = json.loads(soak.RESULTS.read_text())
    text = page("guarantees.md")
    assert text == soak.render(text, results)
    assert soak.told(results) in text
    assert results["seconds"] >= 3_600


def test_adding_a_channel_describes_the_channel_that_there_is():
    """
    Its list of files is that of the folder, its list of methods is the port's, and what it calls the registry's is.
    """
    text = page("adding-a-channel.md")
    table = text.split("## The files, by Slack's example")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
    named = {name.rstrip("/") for cell in cells for name in re.findall(r"`(.+?)`", cell)}
    folder = ROOT / "adapters" / "slack"
    there = {file.name for file in folder.iterdir() if not file.name.startswith("__")}
    scripts = {file.name for file in folder.glob("pane*.js")}
    assert there - scripts == named - {"pane*.js"}

    methods = {name for name in vars(Adapter) if not name.startswith("_")}
    assert methods == set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert all(f"`{name}`" in text for name in vars(registry) if name.isupper())


def test_every_guarantee_is_stated_and_checked():
    """
    Each of G1 to G12 has its section, which names the check of the crash suite that holds it.
    """
    sections = re.findall(r"^## (G\d+): .+?\n(.*?)(?=^## )", page("guarantees.md"), re.MULTILINE | re.DOTALL)
    assert [f"G{number}" for number in range(1, 13)] == [name for name, _ in sections] == list(CHECKS)
    for name, text in sections:
        assert f"`{CHECKS[name].__name__}`" in text


def test_every_status_and_outcome_is_in_the_glossary():
    """
    What can be read in a list or a log is explained.
    """
    statuses = ("running", "waiting", "parked", "stranded", "ended", *DeliveryStatus.__args__)
    for word in (*statuses, *Outcome):
        assert f"`{word}`" in page("glossary.md"), word


def test_every_decision_is_listed_and_argued():
    """
    The index lists every page, in order; each has its question, its decision and what follows.
    """
    folder = ROOT / "docs" / "decisions"
    files = sorted(file.name for file in folder.glob("0*.md"))
    assert files == LINK.findall((folder / "README.md").read_text())
    for name in files:
        text = (folder / name).read_text()
        assert text.startswith(f"# {int(name[:4])}. ")
        places = [text.find(part) for part in (QUESTION, DECISION, CONSEQUENCES)]
        assert -1 < places[0] < places[1] < places[2], name


def test_commands_that_are_named_exist():
    """
    Every `ringback …` command in the documents is one.
    """
    from typer.main import get_command

    from gateway.cli import app

    group = get_command(app)
    known: set[str] = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        known |= {f"{name} {inner}" for inner in getattr(command, "commands", {})} or {name}
    first = "|".join(group.commands)  # type: ignore[attr-defined]
    for file in PAGES:
        for words in re.findall(rf"\bringback ((?:{first})\b(?: [a-z]+)?)", file.read_text()):
            assert words in known or words.split()[0] in known, f"{file.name}: {words}"
        for words in re.findall(r"`ringback ([a-z]+)", file.read_text()):
            assert words in group.commands, f"{file.name}: {words}"  # type: ignore[attr-defined]
