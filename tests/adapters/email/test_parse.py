"""
A mail's bytes as values.
"""

from __future__ import annotations

import json
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from adapters.email import addresses, parse
from tests.vendor import folder


def a_mail(**headers: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Ana Lima <Ana@Example.org>"
    message["To"] = "Deploybot <deploybot@example.com>, ben@example.org"
    message["Subject"] = "Re: Deploy?"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("approve\n")
    return message


def test_a_mail():
    """
    Who wrote, to whom, what about, after what, and when.
    """
    mail = parse.parse(
        bytes(
            a_mail(
                Cc="Cy <cy@example.net>",
                Reply_To="ana+work@example.org",
                Message_ID="<m3@example.org>",
                In_Reply_To="<m2@example.com>",
                References="<m1@example.com> <m2@example.com>",
                Date="Tue, 08 Nov 2016 12:39:10 +0100",
            )
        )
    )

    assert mail == parse.Mail(
        sender=(("Ana Lima", "ana@example.org"),),
        reply_to=(("", "ana+work@example.org"),),
        to=(("Deploybot", "deploybot@example.com"), ("", "ben@example.org")),
        cc=(("Cy", "cy@example.net"),),
        recipients=("deploybot@example.com", "ben@example.org", "cy@example.net"),
        subject="Re: Deploy?",
        message_id="<m3@example.org>",
        in_reply_to=("<m2@example.com>",),
        references=("<m1@example.com>", "<m2@example.com>"),
        sent_at=1478605150.0,
        text="approve\r\n",
        html="",
        attachments=(),
        lost=0,
    )
    assert "Deploy?" == mail.topic


def test_the_recipient_is_what_the_server_wrote_before_what_the_sender_did():
    """
    A forwarded or blind copy names the address it was delivered to only in the server's header.
    """
    raw = b"Delivered-To: deploybot+tk@example.com\nX-Original-To: Bot@example.com\n" + bytes(a_mail())

    assert parse.parse(raw).recipients == (
        "bot@example.com",
        "deploybot+tk@example.com",
        "deploybot@example.com",
        "ben@example.org",
    )


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        ("deploybot+abc@example.com", "abc"),
        ("Deploybot+ABC+d@EXAMPLE.com", "abc+d"),
        ("deploybot@example.com", ""),
        ("deploybot2@example.com", None),
        ("deploybot+abc@example.com.evil.example", None),
        ("ben+deploybot@example.com", None),
        ("", None),
    ],
)
def test_what_stands_behind_the_plus_sign(address: str, detail: str | None):
    """
    The part of an address that is ours to choose is found in addresses of the account, and in no others.
    """
    assert detail == parse.detail(address, "deploybot@example.com")


def test_attachments():
    """
    Files have a name, a type and a size; logos of a page of HTML are none, and of many only the first are kept.
    """
    message = a_mail()
    message.add_alternative("<p>approve <img src='cid:logo'></p>", subtype="html")
    page = message.get_payload()[1]
    page.add_related(b"logo", "image", "png", cid="<logo>")
    for number in range(parse.ATTACHMENTS + 3):
        message.add_attachment(b"x" * number, "application", "pdf", filename=f"../../etc/r\u00e9sum\u00e9 {number}.pdf")

    mail = parse.parse(bytes(message))

    assert ("approve\r\n", 3) == (mail.text, mail.lost)
    assert "approve" in mail.html
    assert [("résumé 2.pdf", "application/pdf", 2, b"xx")] == [
        (file.name, file.media_type, file.size, file.content) for file in mail.attachments[2:3]
    ]
    assert len(mail.attachments) == parse.ATTACHMENTS


def test_a_large_file_is_named_and_not_kept():
    """
    Of a file beyond the limit there is its name and its size.
    """
    message = a_mail()
    message.add_attachment(b"x" * (parse.ATTACHMENT + 1), "application", "zip", filename="all.zip")

    [file] = parse.parse(bytes(message)).attachments

    assert ("all.zip", parse.ATTACHMENT + 1, b"") == (file.name, file.size, file.content)


def test_texts_between_files_are_read_together():
    """
    A program that sets files between paragraphs sends several texts; all of them were written.
    """
    message = a_mail()
    message.add_attachment(b"x", "image", "png", filename="a.png")
    message.add_attachment("second\n", disposition="inline")

    mail = parse.parse(bytes(message))

    assert ["approve", "second"] == mail.text.split()
    assert ["a.png"] == [file.name for file in mail.attachments]


def test_text_is_preferred_and_html_is_shown_without_it():
    """
    HTML is what a reader sees only where no text stands beside it.
    """
    page = b"--b\nContent-Type: text/html\n\n<p>page\n--b--"
    both = b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n" + page

    assert "plain" == parse.parse(both).shown
    assert "page" == parse.parse(b"Content-Type: text/html\n\n<p>page").shown


@pytest.mark.parametrize("date", ["", "x", "Tue, 99 Nov 99999 99:99:99 +9999999", "\xff" * 50])
def test_a_date_that_is_none(date: str):
    """
    A date that cannot be is no date.
    """
    assert parse.parse(f"Date: {date}\n\nx".encode()).sent_at is None


def test_long_references_keep_the_first_and_the_last():
    """
    A thread with thousands of ids is known by its root and by what was written last.
    """
    ids = [f"<m{number}@example.org>" for number in range(3_000)]

    found = parse.parse(f"References: {' '.join(ids[:600])}\n\nx".encode()).references

    assert len(found) == parse.IDS
    assert found[0] == ids[0]
    assert found[-1] == ids[599]


def test_subjects():
    """
    The marks of replies and forwards go, in many languages; what only looks like one stays.
    """
    wanted = {
        "Re: Re[2]: AW: x": "x",
        "FWD: x": "x",
        "Sv: VS: Antw: x": "x",
        "回复：x": "x",
        "Relay: x": "Relay: x",
        "Refund: x": "Refund: x",
        "x Re: y": "x Re: y",
        "": "",
    }

    assert wanted == {subject: parse.parse(f"Subject: {subject}\n\nx".encode()).topic for subject in wanted}


def test_subjects_of_others():
    """
    What another project says of its subjects holds, but for marks that nothing follows.
    """
    pairs = json.loads((folder("email/zulip") / "subjects.json").read_text())
    found = [
        (parse.parse(f"Subject: {subject}\n\nx".encode()).topic, stripped)
        for subject, stripped in (pair if isinstance(pair, list) else pair.values() for pair in pairs)
    ]

    assert sum(ours == theirs for ours, theirs in found) >= len(found) - 3


def test_the_sender_of_several_headers():
    """
    Two From headers are two senders, so that nobody takes the first for the only one.
    """
    mail = parse.parse(b"From: ana@example.org\nFrom: ben@example.org\n\nx")

    assert ["ana@example.org", "ben@example.org"] == [contact.address for contact in mail.sender]
    assert addresses.valid("ana@example.org") == "ana@example.org"
