"""
Bytes as headers and parts, whatever they are.
"""

from __future__ import annotations

import base64
import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email import mime, parse
from tests.fuzz import examples
from tests.vendor import folder

MEGABYTE = 1024 * 1024


def nested(levels: int, innermost: bytes) -> bytes:
    openings = (
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(levels)
    )
    return b"Subject: x\r\n" + b"".join(openings) + innermost


HOSTILE = {
    "nested without end": nested(20_000, b"\r\nhi"),
    "the same boundary nested": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 20_000,
    "10,000 tiny parts": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: image/png\n\nhi\n" * 10_000
    + b"--b--\n",
    "empty lines below twenty boundaries": nested(20, b"\r\n" + b"\n" * MEGABYTE),
    "boundaries only": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 250_000,
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 20_000,
    "100,000 headers": b"X-A: y\n" * 100_000 + b"\nhi",
    "one endless header": b"Subject: " + b"a\n b" * 250_000 + b"\n\nhi",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 70_000 + b"\n\nhi",
    "begun encoded words": b"Subject: " + b"=?utf-8?q?" * 100_000 + b"\n\nhi",
    "comments": b"From: " + b"(" * MEGABYTE + b"\n\nhi",
    "angles": b"From: " + b"<" * MEGABYTE + b"\nTo: " + b"a@b.c," * 150_000 + b"\n\nhi",
    "parameters": b"Content-Type: text/plain" + b"; a" * 300_000 + b"\n\nhi",
    "references": b"References: " + b"<a@b.c> " * 120_000 + b"\n\nhi",
    "carriage returns": b"Subject: x\r\r" + b"a\r" * 500_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mail_costs_little(raw: bytes):
    """
    A megabyte of anything is read within a second, parts and levels are counted out.
    """
    start = time.process_time()
    message = mime.parse(raw)
    mail = parse.of(message)

    assert time.process_time() - start < 1
    assert sum(1 for _ in message.walk()) <= mime.PARTS
    assert len(mail.attachments) <= parse.ATTACHMENTS
    assert len(mail.references) <= parse.IDS


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: x\n\n" + b"hello world, this is text\n" * (30 * MEGABYTE // 26),
        b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(b"x" * (22 * MEGABYTE)),
    ],
    ids=["text", "attachment"],
)
def test_thirty_megabytes_take_a_few_times_their_memory(raw: bytes):
    """
    A mail of 30 MB is read with less than four times its size beside it.
    """
    tracemalloc.start()
    mail = parse.parse(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4 * len(raw)
    assert len(mail.text) <= mime.TEXT
    assert all(len(each.content) <= parse.ATTACHMENT for each in mail.attachments)


def test_corpora():
    """
    Every message of the test data gives its type, its subject and a body, as the standard library reads them or better.
    """
    root = folder("email/mime")
    strange = []
    for index in sorted(root.glob("*/index.jsonl")):
        for row in map(json.loads, index.read_text().splitlines()):
            message = mime.parse((index.parent / row["file"]).read_bytes())
            mail = parse.of(message)
            subject = (row["subject"] or "").split()
            same = message.kind == row["content_type"] and (
                message.get("subject").split() == subject or "\ufffd" in row["subject"]
            )
            read = (
                not row["body_type"]
                or mail.text.strip()
                or mail.html.strip()
                or mail.attachments
                or not row["bytes"]
                or not _filled(message)
            )
            if not (same and read):
                strange.append(row["file"])

    assert [] == strange


def _filled(message: mime.Part) -> bool:
    return any(part.content().strip() for part in message.walk() if part.kind.startswith("text/"))


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        (b"caf\xc3\xa9", "", "café"),
        (b"caf\xe9", "", "café"),
        (b"caf\xe9", "utf-8", "caf\ufffd"),
        (b"caf\xe9 \x93x\x94", "iso-8859-1", "café “x”"),
        (b"caf\xc3\xa9", "us-ascii", "café"),
        (b"caf\xc3\xa9", "fakescii", "café"),
        (b"caf\xc3\xa9", "charset=utf-8", "café"),
        ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        ("привет".encode("koi8-r"), "KOI8-R", "привет"),
        (b"\xef\xbb\xbfhi", "utf-8", "hi"),
        ("привет".encode("cp1251"), "cp-1251", "привет"),
        ("привет".encode("koi8-r"), "x-koi8-r", "привет"),
        (b"a", "idna", "a"),
        (b"a", "zip", "a"),
        (b"a", "a\0b", "a"),
    ],
)
def test_charsets(content: bytes, charset: str, text: str):
    """
    Named, misnamed, unknown and missing charsets give text; codecs that are no charset are never used.
    """
    assert text == mime.in_charset(content, charset)


def test_a_footer_below_base64_stays_words():
    """
    A list that puts its footer below a text in base64 hides neither; what is no base64 at all is text, too.
    """
    head = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    coded = base64.encodebytes("für euch: approve".encode())

    assert ["für euch: approve\n-- \nthe list of ours\n", "approve\nwith words", "für euch: approve"] == [
        mime.parse(head + coded + b"\n-- \nthe list of ours\n").text(),
        mime.parse(head + b"approve\nwith words").text(),
        mime.parse(head + coded).text(),
    ]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("=?utf-8?b?SsO2cmc=?= x", "Jörg x"),
        ("=?utf-8?q?J=C3?= =?utf-8?q?=B6rg?=", "Jörg"),
        ("=?iso-8859-1?q?a_b?= =?utf-8?q?c?=", "a bc"),
        ("=?utf-8?b?SsO2cmc?=", "Jörg"),
        ("=?nope?b?####?=", ""),
        ("=?utf-8?q?a=0D=0ABcc:_b=40c?=", "a Bcc: b@c"),
        ("a\r\n b\0c\u2028d", "a  b c d"),
    ],
)
def test_headers_are_one_line(raw: str, shown: str):
    """
    Encoded words are decoded across their borders, and nothing in a header can begin another one.
    """
    assert shown == mime.decoded(raw)


PIECES = [
    b'Content-Type: multipart/mixed; boundary=b\n', b'Content-Type: multipart/alternative; boundary="c"\r\n',
    b'--b', b'--b--', b'--c\r\n', b'\n', b'\r\n', b'\r', b'From: a@b.c\n', b'Subject: =?utf-8?q?=E9?=\n', b'hello',
    b' folded\n', b'Content-Type: message/rfc822\n', b'\xff\xfe', b'Content-Transfer-Encoding: base64\n',
    b'Date: x\n', b':\n', b'Content-Type: text/html; charset=\xe9\n',
    b"Content-Disposition: attachment; filename*=utf-9'x'%zz\n", b'Content-Type: ;;;=\n',
    b'Content-Transfer-Encoding: quoted-printable\n=',
]  # fmt: skip


@examples(400)
@given(st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)))
def test_any_bytes(raw: bytes):
    """
    Nothing raises, no header has a control character in it, and no file's name a folder.
    """
    mail = parse.parse(raw)

    for value in (mail.subject, mail.message_id, *mail.references, *(file.name for file in mail.attachments)):
        assert not any(c < " " or c == "\x7f" for c in value)
    for file in mail.attachments:
        assert not set("/\\") & set(file.name)
        assert file.name
    assert isinstance(mail.shown + mail.topic, str)
