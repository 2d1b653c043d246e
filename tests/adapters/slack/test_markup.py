"""
Slack's markup, read as people see it.
"""

from __future__ import annotations

import pytest

from adapters.slack.markup import clean


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<@URINGBACK> hello", "hello"),
        ("<@URINGBACK|ringback>, hello", "hello"),
        ("hi <@U1> and <@U2|bob>", "hi @U1 and @U2"),
        ("<#C1|general> <#C2>", "#general #C2"),
        ("<https://x.test> <https://x.test|here>", "https://x.test here (https://x.test)"),
        ("<http://x.test|x.test> <mailto:a@x.test|a@x.test>", "x.test a@x.test"),
        ("<!date^1392734382^{date} at {time}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<!subteam^S1>", "@S1"),
        ("<!here> <!channel|channel> <!subteam^S1|@team>", "@here channel @team"),
        ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
    ],
)
def test_references_become_words(text: str, words: str):
    """
    Slack's markup of references is read as people see it.
    """
    assert words == clean(text, "URINGBACK")
