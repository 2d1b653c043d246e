"""
Runs everything that has to hold: format, lint, types, tests. `make test` calls it.

At the end stands a table of seconds per suite, and by name what was left out and why. With `CI=true` leaving anything
out is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
ARTIFACTS = ROOT / ".artifacts"


class Suite(NamedTuple):
    """A command, and whether it is pytest's."""

    name: str
    command: tuple[str, ...]
    tests: bool = False


class Outcome(NamedTuple):
    """How a suite went."""

    seconds: float
    passed: bool
    tests: int
    left_out: tuple[str, ...]


def python(*arguments: str) -> tuple[str, ...]:
    """Run a module with this interpreter."""
    return (sys.executable, "-m", *arguments)


def pytest(name: str, *paths: str) -> Suite:
    """A suite of tests."""
    return Suite(name, python("pytest", "-q", "--no-header", *paths), tests=True)


SUITES = (
    Suite("format", python("ruff", "format", "--check", "--quiet", ".")),
    Suite("lint", python("ruff", "check", "--quiet", ".")),
    Suite("types", python("mypy", "--no-error-summary")),
    pytest("architecture", "tests/test_architecture.py", "tests/test_checks.py"),
    pytest("documents", "tests/test_docs.py", "tests/test_slack_page.py"),
    pytest("slack calls", "tests/test_slack_calls.py"),
    pytest("agent_core", "tests/agent_core"),
    pytest("adapters", "tests/adapters"),
    pytest("other clients", "tests/node"),
    pytest("gateway", "tests/gateway"),
    pytest("contracts", "tests/contracts"),
    pytest("fuzzing", "tests/fuzz"),
    pytest("command line", "tests/cli"),
    pytest("rest", "tests/rest"),
    pytest("deploy", "tests/deploy"),
    pytest("benchmarks", "tests/bench"),
    pytest("bad input", "tests/bad_input"),
    pytest("overload", "tests/overload"),
    pytest("end to end", "tests/e2e"),
    pytest("crashes", "tests/crashes", "tests/soak"),
    pytest("simulation", "-s", "tests/simulation"),
)


def run(suite: Suite) -> Outcome:
    """Run one suite, and read from its report what was left out."""
    report = ARTIFACTS / f"{suite.name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    command = [*suite.command, f"--junitxml={report}"] if suite.tests else list(suite.command)
    print(f"\n== {suite.name}", flush=True)
    began = time.monotonic()
    # Processes that tests start are up sooner where Python may keep what it has compiled.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    seconds = time.monotonic() - began
    cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    skipped = {skip.get("message") or "" for case in cases for skip in case.iter("skipped")}
    passed = ended.returncode == 0 and (bool(cases) or not suite.tests)
    return Outcome(seconds, passed, len(cases), tuple(sorted(f"{suite.name}: {why}" for why in skipped)))


def main() -> int:
    """Run the suites that are named, or all of them."""
    ARTIFACTS.mkdir(exist_ok=True)
    wanted = [suite for suite in SUITES if not sys.argv[1:] or suite.name in sys.argv[1:]]
    outcomes = {suite: run(suite) for suite in wanted}
    print(f"\n{'suite':<14}{'seconds':>9}{'tests':>7}")
    for suite, outcome in outcomes.items():
        tests = str(outcome.tests) if suite.tests else ""
        print(f"{suite.name:<14}{outcome.seconds:>9.1f}{tests:>7}  {'' if outcome.passed else 'FAILED'}".rstrip())
    print(f"{'all':<14}{sum(outcome.seconds for outcome in outcomes.values()):>9.1f}")
    left_out = [why for outcome in outcomes.values() for why in outcome.left_out]
    for why in left_out:
        print(f"left out: {why}")
    if left_out and os.environ.get("CI") == "true":
        print("CI=true, so nothing may be left out")
        return 1
    return 0 if all(outcome.passed for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
