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
    assert markup.marked(f"<p>yes{markup.CUT}</p><p>{markup.ATTRIBUTION}more</p>") == "yes\n\nmore"
