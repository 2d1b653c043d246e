"""
Whose a mail is: nobody's, unless our own server vouches for it.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email import mime
from adapters.email.authentication import UNNAMED, authenticated, organisation, parse
from tests.fuzz import examples

OURS = "mx.example.com"
ANA = "From: Ana Lima <ana@mail.example.org>\n"


def who(*headers: str, author: str = ANA, server: str = OURS) -> str | None:
    raw = "".join(f"Authentication-Results: {header}\n" for header in headers) + author + "\napprove\n"
    return authenticated(mime.parse(raw.encode()), server)


@pytest.mark.parametrize(
    "header",
    [
        "mx.example.com; dmarc=pass header.from=mail.example.org",
        "MX.Example.com; dmarc=pass (p=NONE sp=REJECT dis=NONE) header.from=mail.example.org",
        "mx.example.com 1;\n dkim=fail header.d=example.org;\n dmarc = pass\n header.from=Mail.Example.org",
        'mx.example.com; spf=pass smtp.mailfrom="x; dmarc=fail"@a.example; dmarc=pass header.from=mail.example.org',
        "mx.example.com; dkim=pass header.i=@other.example; dmarc=pass header.from=mail.example.org; arc=none",
        "mx.example.com (our (own) server); dmarc/1=pass reason=\"x\" header.from=mail.example.org",
        "mx.example.com; dkim=pass header.d=mail.example.org",
        "mx.example.com; dmarc=none header.from=mail.example.org; dkim=pass (2048-bit key) header.d=example.org",
        "mx.example.com; dkim=fail header.d=example.org; dkim=pass header.i=robot@news.example.org; dmarc=none",
    ],
)  # fmt: skip
def test_what_our_server_vouches_for(header: str):
    """
    DMARC that passed; without a policy a signature of the same organisation. Comments, folds and case do not matter.
    """
    assert who(header) == "ana@mail.example.org"


@pytest.mark.parametrize(
    "header",
    [
        "mx.example.com; dmarc=fail header.from=mail.example.org; dkim=pass header.d=mail.example.org",
        "mx.example.com; dmarc=temperror header.from=mail.example.org; dkim=pass header.d=mail.example.org",
        "mx.example.com; dmarc=bestguesspass header.from=mail.example.org",
        "mx.example.com; dmarc=pass header.from=evil.example",
        "mx.example.com; dmarc=pass",
        "mx.example.com; dmarc=pass header.from=mail.example.org header.from=evil.example",
        "mx.example.com; dmarc=fail header.from=mail.example.org; dmarc=pass header.from=mail.example.org",
        "mx.example.com; (dmarc=pass header.from=mail.example.org)",
        "mx.example.com; x=\"dmarc=pass header.from=mail.example.org\"",
        "mx.example.com; spf=pass smtp.mailfrom=\"a; dmarc=pass header.from=mail.example.org\"@evil.example",
        "mx.example.com; spf=pass smtp.mailfrom=mail.example.org",
        "mx.example.com; dkim=pass header.d=evil.example",
        "mx.example.com; dkim=pass header.d=org",
        "mx.example.com; dkim=pass header.d=notexample.org",
        "mx.example.com; dkim=pass header.d=example.org.evil.example",
        "mx.example.com; dkim=pass header.d=evil.example header.i=@example.org",
        "mx.example.com; dkim=neutral header.d=example.org",
        "mx.example.com; none",
        "mx.example.com",
        "mx.example.com.evil.example; dmarc=pass header.from=mail.example.org",
        "evil.example; dmarc=pass header.from=mail.example.org",
        "evil.example (mx.example.com); dmarc=pass header.from=mail.example.org",
        "dmarc=pass header.from=mail.example.org",
        "",
    ],
)  # fmt: skip
def test_what_nobody_vouches_for(header: str):
    """
    Another server's word, another domain, any other result, and everything that can be read in two ways: nobody.
    """
    assert who(header) is None


def test_only_the_topmost_header_counts():
    """
    What stands below our server's header came with the mail; so did all of it, if another one is the topmost.
    """
    passed, failed = (f"{OURS}; dmarc={result} header.from=mail.example.org" for result in ("pass", "fail"))

    assert [who(), who(failed, passed), who("evil.example; none", passed)] == [None] * 3
    assert who(passed, failed) == "ana@mail.example.org"


@pytest.mark.parametrize(
    "author",
    [
        "",
        "From: \n",
        "From: Ana Lima\n",
        ANA + "From: ben@evil.example\n",
        ANA * 2,
        "From: ana@mail.example.org, ben@mail.example.org\n",
        "From: Team: ana@mail.example.org;\n",
        "From: ana@mail.example.org <ben@evil.example>\n",
        "From: <ana@mail.example.org> <ben@evil.example>\n",
        "From: ana@mail.example.org (ben@evil.example)\n",
        "From: =?utf-8?q?ana=40mail.example.org?=\n",
        "Sender: ana@mail.example.org\n",
    ],
)
def test_who_is_not_exactly_one_author_is_nobody(author: str):
    """
    No author, several, a group, or one that programs read differently.
    """
    assert who(f"{OURS}; dmarc=pass header.from=mail.example.org", author=author) is None


def test_a_server_that_writes_no_name():
    """
    Microsoft's header names no server; it counts where the settings say so, and only there.
    """
    header = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.org; dkim=pass (signature was verified)" + (
        " header.d=example.org;dmarc=pass action=none header.from=mail.example.org;compauth=pass reason=100"
    )

    assert [who(header, server=UNNAMED), who(header), who(f"evil.example; {header}", server=UNNAMED)] == [
        "ana@mail.example.org",
        None,
        None,
    ]


def test_organisations():
    """
    What somebody registered, below any public suffix; hosts that share one are different organisations.
    """
    wanted = {
        "mail.example.org": "example.org",
        "a.b.example.co.uk": "example.co.uk",
        "co.uk": "",
        "one.github.io": "one.github.io",
        "github.io": "",
        "mail.bücher.example": "xn--bcher-kva.example",
        "mail.corp.internal": "corp.internal",
        "localhost": "",
        "": "",
        "a..b": "",
    }

    assert wanted == {domain: organisation(domain) for domain in wanted}


@examples(300)
@given(st.one_of(st.text(max_size=200), st.text('"\\;=()<>@. dmarcpsheofi\n', max_size=80)))
def test_any_header(header: str):
    """
    Nothing raises, and no text vouches for anybody without saying so.
    """
    parse(header)

    assert who(header.replace("\n", " ").replace("\r", " "), server="mx.example.net") is None
