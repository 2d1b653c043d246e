"""
What becomes of angle brackets and ampersands.
"""

from __future__ import annotations

import pytest

from adapters.slack.emulator import markup


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("&lt;kept&gt; &amp;", "&lt;kept&gt; &amp;"),
        ("<@U1AB> <#C1|x> <!here> <!channel|all>", "<@U1AB> <#C1|x> <!here> <!channel|all>"),
        ("<https://a.b/?x=1&y=2|here>", "<https://a.b/?x=1&y=2|here>"),
        ("<script>", "&lt;script&gt;"),
        ("<@nobody>", "&lt;@nobody&gt;"),
    ],
)
def test_what_an_app_posts(given: str, kept: str) -> None:
    """
    An app's markup works; everything else that looks like it is escaped, once.
    """
    assert markup.posted(given) == kept
    assert markup.posted(kept) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("<@U1> hi", "<@U1> hi"),
        ("<@U2> is nobody here", "&lt;@U2&gt; is nobody here"),
        ("<#C1> <!here>", "<#C1> <!here>"),
        ("&lt;", "&amp;lt;"),
        ("see https://a.b/c now", "see <https://a.b/c> now"),
        ("<https://a.b/?c&d|x>", "&lt;<https://a.b/?c&amp;d>|x&gt;"),
    ],
)
def test_what_a_person_types(given: str, kept: str) -> None:
    """
    A mention of somebody who exists stays one; what is otherwise typed stands for itself, and a URL is a link.
    """
    assert markup.typed(given, people={"U1"}, channels={"C1"}) == kept


def test_whom_a_text_notifies() -> None:
    """
    People and broadcasts are found, escaped ones are not.
    """
    assert markup.mentions("<@U1> <!channel> &lt;@U2&gt; <#C1>") == ["U1", "channel"]


def test_rich_text_of_a_message() -> None:
    """
    The block beside a person's text has one element for each run of text, mention, link and broadcast.
    """
    block = markup.rich_text("<@U1> a &lt; b <https://a.b> <#C1> <!here>", "x")

    assert block["elements"][0]["elements"] == [
        {"type": "user", "user_id": "U1"},
        {"type": "text", "text": " a < b "},
        {"type": "link", "url": "https://a.b"},
        {"type": "text", "text": " "},
        {"type": "channel", "channel_id": "C1"},
        {"type": "text", "text": " "},
        {"type": "broadcast", "range": "here"},
    ]
