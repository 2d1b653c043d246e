"""
What the command line prints, and what it says to a command that makes no sense.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.cli import output

ROWS = [
    {"id": "abcdefghijklmnopqrstuvwxyz", "status": "waiting", "title": "Approve 部署 to production, please, today"},
    {"id": "b", "status": "open", "title": "first line\nsecond \x1b[31mline"},
]
COLUMNS = ("id", "status", "title")


def test_a_table_fits_its_terminal():
    """
    What is too long is cut with an ellipsis; an id is whole, and wide characters count twice.
    """
    head, first, second = output.lines(ROWS, COLUMNS, 60)

    assert "id                          status   title" == head
    assert "abcdefghijklmnopqrstuvwxyz  waiting  Approve 部署 to produc…" == first
    assert 60 == len(first) + len("部署")
    assert "b                           open     first line" == second


def test_a_table_in_a_file_is_whole():
    """
    Where nobody looks at a terminal nothing is cut.
    """
    assert output.lines(ROWS, COLUMNS, None)[1].endswith("please, today")


def test_a_narrow_terminal_keeps_a_few_letters_of_everything():
    """
    Columns shrink to eight, and no further.
    """
    assert output.lines(ROWS, COLUMNS, 10)[1].split("  ")[1:] == ["waiting", "Approve…"]


def test_words_of_people_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]):
    """
    Escape sequences and characters that turn others around are written out, in tables and in texts.
    """
    output.say("a\x1b[2Jb\u202ec\nd")
    (_, line) = output.lines([{"id": "1", "title": "\x1b[2J\u200bx"}], ("id", "title"), None)

    assert "a[U+001B][2Jb[U+202E]c\nd\n" == capsys.readouterr().out
    assert "1   [U+001B][2J[U+200B]x" == line


def ringback(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without any settings."""
    command = [sys.executable, "-m", "gateway.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment or None)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("serve", "--foo"), "no such option: --foo; see: ringback serve --help"),
        (("nothing",), "no such command 'nothing'; see: ringback --help"),
        (("threads", "show"), "missing argument 'thread'; see: ringback threads show --help"),
        (
            ("deliveries", "list", "--status", "gone"),
            "invalid value for '--status': 'gone' is not one of 'new', 'claimed', 'sent', 'unknown', 'dead'; "
            "see: ringback deliveries list --help",
        ),
        (
            ("serve", "--port", "99999999"),
            "invalid value for '--port': Input should be less than or equal to 65535; see: ringback serve --help",
        ),
    ],
)
def test_a_command_that_makes_no_sense_is_one_line(arguments: tuple[str, ...], line: str):
    """
    What is wrong, and where the options are explained; exit code 2.
    """
    ended = ringback(*arguments)

    assert (2, "", f"ringback: {line}\n") == (ended.returncode, ended.stdout, ended.stderr)


def test_a_noun_alone_prints_its_commands():
    """
    `ringback threads` is its help, not an empty line.
    """
    ended = ringback("threads")

    assert (2, "") == (ended.returncode, ended.stderr)
    assert "resume" in ended.stdout


@pytest.mark.parametrize(
    ("shell", "words"), [("bash", "complete -o"), ("zsh", "#compdef ringback"), ("fish", "ringback")]
)
def test_completion_can_be_shown(shell: str, words: str):
    """
    `--show-completion` prints a script for each shell.
    """
    code = (
        "import shellingham\n"
        f"shellingham.detect_shell = lambda: ({shell!r}, '/bin/{shell}')\n"
        "import sys; sys.argv = ['ringback', '--show-completion']\n"
        "from gateway import cli\ncli.main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert words in ended.stdout
    assert "_RINGBACK_COMPLETE" in ended.stdout


def test_completion_completes():
    """
    What the shell asks by it is answered: commands, nouns and their verbs.
    """

    def completed(words: str) -> list[str]:
        asked = {"_RINGBACK_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()))}
        return ringback(**asked).stdout.split()

    assert {"serve", "ask", "threads"} <= set(completed("ringback "))
    assert {"list", "show", "resume"} <= set(completed("ringback threads "))
