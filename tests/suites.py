"""
Runs everything that has to hold: format, lint, types, tests. `make test` calls it.

Suites run two at a time, the long ones first, and what each said is printed when it has ended.

At the end stands a table of seconds per suite, and by name what was left out and why. With `CI=true` leaving anything
out is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
ARTIFACTS = ROOT / ".artifacts"


class Suite(NamedTuple):
    """A command, whether it is pytest's, and whether it has the machine for itself."""

    name: str
    command: tuple[str, ...]
    tests: bool = False
    alone: bool = False


class Outcome(NamedTuple):
    """How a suite went."""

    seconds: float
    passed: bool
    tests: int
    left_out: tuple[str, ...]


def python(*arguments: str) -> tuple[str, ...]:
    """Run a module with this interpreter."""
    return (sys.executable, "-m", *arguments)


def pytest(name: str, *paths: str, alone: bool = False) -> Suite:
    """A suite of tests."""
    return Suite(name, python("pytest", "-q", "--no-header", *paths), tests=True, alone=alone)


FLEET = "tests/simulation/test_fleet.py"
SUITES = (
    Suite("format", python("ruff", "format", "--check", "--quiet", ".")),
    Suite("lint", python("ruff", "check", "--quiet", ".")),
    Suite("types", python("mypy", "--no-error-summary")),
    pytest("end to end", "tests/e2e"),
    pytest("crashes", "tests/crashes", "tests/soak"),
    pytest("gateway", "tests/gateway"),
    pytest("faults", "tests/simulation", f"--ignore={FLEET}"),
    pytest("command line", "tests/cli"),
    pytest("mail", "tests/mail"),
    pytest("benchmarks", "tests/bench"),
    pytest("adapters", "tests/adapters"),
    pytest("bad input", "tests/bad_input"),
    pytest("fuzzing", "tests/fuzz"),
    pytest("rest", "tests/rest"),
    pytest("overload", "tests/overload"),
    pytest("contracts", "tests/contracts"),
    pytest("architecture", "tests/test_architecture.py", "tests/test_checks.py"),
    pytest("agent_core", "tests/agent_core"),
    pytest("slack calls", "tests/test_slack_calls.py"),
    pytest("deploy", "tests/deploy"),
    pytest("other clients", "tests/node"),
    pytest("documents", "tests/test_docs.py", "tests/test_slack_page.py"),
    pytest("simulation", "-s", FLEET, alone=True),  # on all cores by itself, for a fixed time
)
LANES = 2  # suites at a time: most of them wait for processes as much as they compute


def run(suite: Suite) -> Outcome:
    """Run one suite, and read from its report what was left out."""
    report = ARTIFACTS / f"{suite.name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    command = [*suite.command, f"--junitxml={report}"] if suite.tests else list(suite.command)
    began = time.monotonic()
    # Processes that tests start are up sooner where Python may keep what it has compiled.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    said = subprocess.PIPE if not suite.alone else None
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, stdout=said, stderr=subprocess.STDOUT, text=True
    )
    seconds = time.monotonic() - began
    print(f"\n== {suite.name}\n{ended.stdout or ''}", end="", flush=True)
    cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    skipped = {skip.get("message") or "" for case in cases for skip in case.iter("skipped")}
    passed = ended.returncode == 0 and (bool(cases) or not suite.tests)
    return Outcome(seconds, passed, len(cases), tuple(sorted(f"{suite.name}: {why}" for why in skipped)))


def main() -> int:
    """Run the suites that are named, or all of them."""
    ARTIFACTS.mkdir(exist_ok=True)
    wanted = [suite for suite in SUITES if not sys.argv[1:] or suite.name in sys.argv[1:]]
    began = time.monotonic()
    with ThreadPoolExecutor(LANES) as lanes:
        beside = [suite for suite in wanted if not suite.alone]
        outcomes = dict(zip(beside, lanes.map(run, beside), strict=True))
    outcomes |= {suite: run(suite) for suite in wanted if suite.alone}
    print(f"\n{'suite':<14}{'seconds':>9}{'tests':>7}")
    for suite, outcome in outcomes.items():
        tests = str(outcome.tests) if suite.tests else ""
        print(f"{suite.name:<14}{outcome.seconds:>9.1f}{tests:>7}  {'' if outcome.passed else 'FAILED'}".rstrip())
    print(f"{'all':<14}{time.monotonic() - began:>9.1f}")
    left_out = [why for outcome in outcomes.values() for why in outcome.left_out]
    for why in left_out:
        print(f"left out: {why}")
    if left_out and os.environ.get("CI") == "true":
        print("CI=true, so nothing may be left out")
        return 1
    return 0 if all(outcome.passed for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
