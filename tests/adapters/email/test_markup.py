"""
HTML as a reader sees it.
"""

from __future__ import annotations

import pytest

from adapters.email import markup


@pytest.mark.parametrize(
    "hidden",
    [
        "<div style='display:none'>deny</div>",
        "<span style='font-size: 0px; color: red'>deny</span>",
        "<div style='visibility:hidden'>deny</div>",
        "<div style='max-height:0;overflow:hidden'>deny</div>",
        "<div style='opacity:0'>deny</div>",
        "<p hidden>deny</p>",
        "<script>deny</script>",
        "<style>deny</style>",
        "<title>deny</title>",
        "<!-- deny -->",
        "<img alt='deny' src='x'>",
        "<div style='display:none'><div>deny</div>deny<br>deny</div>",
    ],
)
def test_hidden_text_is_not_read(hidden: str):
    """
    What a reader cannot see is nobody's answer.
    """
    assert markup.text(f"<html><body><p>approve</p>{hidden}</body></html>").strip() == "approve"


def test_text_is_laid_out_as_it_is_seen():
    """
    Blocks stand on lines of their own, spaces run together, paragraphs keep a blank line, lists their dashes.
    """
    html = "<p>One  two\nthree</p><p>four<br>five</p><ul><li>six</li><li>seven</li></ul><div>a<b>b</b></div>"

    assert markup.text(html + "<pre>x\n  y</pre>") == "One two three\n\nfour\nfive\n\n- six\n- seven\n\nab\n\nx\n  y"


@pytest.mark.parametrize(
    "struck",
    [
        "<s>approve</s>",
        "<del>approve</del>",
        "<STRIKE>approve</STRIKE>",
        "<span style='color: red; text-decoration: line-through'>approve</span>",
        "<span style='text-decoration-line:underline line-through'>approve</span>",
        "<p style='TEXT-DECORATION:LINE-THROUGH'>approve</p>",
        "<s><b>app</b>rove</s>",
        "<s><div><u>approve</u></div></s>",
    ],
)
def test_what_is_struck_out_is_marked(struck: str):
    """
    What a reader sees struck out stands between tildes, as on Slack, however it is nested.
    """
    assert "~approve~" == markup.text(f"<div>{struck}</div>")


def test_what_is_struck_out_is_marked_on_each_line():
    """
    The mark is closed with the line, and stands only around words.
    """
    html = "<s>one<br>two </s>three<s> </s><pre><s>four\nfive</s></pre><blockquote><s>six</s></blockquote>"

    assert "~one~\n~two ~three\n\n~four~\n~five~\n\n> ~six~" == markup.text(html)


def test_quotations_are_marked():
    """
    A quotation reads as in plain text, as deep as it is; an indent made by a mail program's button is none.
    """
    html = (
        "<div>yes</div><blockquote type=cite>no<blockquote type=cite>why</blockquote></blockquote>"
        "<blockquote style='margin:0 0 0 40px;border:none'>indented</blockquote>"
    )

    assert markup.text(html).replace("\n\n", "\n") == "yes\n> no\n>\n>> why\nindented"


def test_depth_and_length_are_bounded():
    """
    A million open tags are read, marks are not repeated without end, and what stands behind the limit is not read.
    """
    assert markup.text("<blockquote>" * 100_000 + "deep").rpartition("\n")[2] == ">" * markup.DEPTH + " deep"
    assert "late" not in markup.text("<p>" + "x" * markup.LARGEST + "late")


def test_marks_of_ours_cannot_be_sent():
    """
    A character that means something between us and the reader means nothing in a mail.
    """
    sent = f"<p>yes{markup.CUT}</p><p>{markup.ATTRIBUTION}more{markup.STRUCK}</p>"

    assert markup.marked(sent) == "yes\n\nmore"
