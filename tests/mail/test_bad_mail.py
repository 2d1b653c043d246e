"""
Mail that is made to do harm, or that nobody could read: a clear outcome, and memory stays bounded.
"""

from __future__ import annotations

import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

from tests.mail.conftest import House
from tests.mail.people import text
from tests.mail.test_answers import ASK, asked

MOST = 160  # MiB that a gateway holds at most while it reads what is below; at rest it holds about 75
MB = 1024 * 1024


def raw(house: House, body: bytes, **headers: str) -> EmailMessage:
    """A mail of Rita's, byte by byte."""
    given = {"From": house.rita.address, "To": house.agent, "Subject": "big"} | headers
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
    return email.message_from_bytes(head.encode() + b"\r\n" + body, policy=email.policy.compat32)  # type: ignore[return-value]


def has_ended(mail: EmailMessage) -> bool:
    """It says how a request ended."""
    return any(word in text(mail) for word in ("Approved by", "Denied by", "ropped", "ancelled"))


def still_there(house: House) -> None:
    """It answers, and has not grown beyond what it may."""
    house.rita.write(house.agent, "What runs?", "list")
    house.rita.next(lambda mail: mail["Subject"] == "Re: What runs?")
    assert house.gateway.most_memory() < MOST


def test_thirty_megabytes(emulated: House):
    """More than is read: whoever sent it is told, and only its head was fetched."""
    emulated.rita.send(raw(emulated, b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * (30 * MB // 72)), [emulated.agent])
    emulated.rita.next(lambda mail: "larger than I can read" in text(mail))
    still_there(emulated)


def test_as_large_as_is_read(emulated: House):
    """Nine megabytes in a file: they are read, and the words beside them count."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = emulated.rita.address, emulated.agent, "a file"
    mail.set_content("list")
    mail.add_attachment(b"\x00" * (6 * MB), maintype="application", subtype="zip", filename="all.zip")
    emulated.rita.send(mail, [emulated.agent])
    emulated.rita.next(lambda mail: mail["Subject"] == "Re: a file")
    still_there(emulated)


def test_parts_without_end(emulated: House):
    """Parts in parts, and ten thousand beside each other, are read as far as anybody sends any."""
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2_000))
    emulated.rita.send(raw(emulated, nested, Content_Type="multipart/mixed; boundary=b"), [emulated.agent])
    many = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 10_000 + b"--b--\r\n"
    emulated.rita.send(raw(emulated, many, Content_Type="multipart/mixed; boundary=b"), [emulated.agent])
    still_there(emulated)


def test_a_head_that_would_write_heads(emulated: House):
    """What looks like further headers in a subject or a name stands in none of ours."""
    subject = "=?utf-8?q?hi=0D=0ABcc=3A_otto=40example=2Ecom=0D=0A=0D=0Aapprove?="
    emulated.rita.send(raw(emulated, b"list\r\n", Subject=subject), [emulated.agent])
    answer = emulated.rita.next()
    assert answer["Bcc"] is None
    assert emulated.otto.inbox() == []
    assert "list" not in str(answer["Subject"])


def test_a_loop_cannot_begin(emulated: House):
    """Two robots that answer each other: ours does not, whatever it is sent."""
    emulated.rita.write(emulated.agent, "What runs?", "list")
    answer = emulated.rita.next()
    for _ in range(5):
        mail = EmailMessage()
        mail["From"], mail["To"] = emulated.rita.address, str(answer["Reply-To"])
        mail["Subject"], mail["Auto-Submitted"] = f"Re: {answer['Subject']}", "auto-replied"
        mail["In-Reply-To"] = answer["Message-ID"]
        mail.set_content("list")
        emulated.rita.send(mail, [answer["Reply-To"].addresses[0].addr_spec])
    before = len(emulated.rita.inbox())
    still_there(emulated)
    assert len(emulated.rita.inbox()) == before + 1


def test_two_answers_in_the_same_second(emulated: House):
    """Ana and Ben reply at once: one of them decides, and the other reads how it ended."""
    card = asked(emulated)
    his = emulated.ben.next(lambda mail: "v1.4.2" in text(mail))
    with ThreadPoolExecutor(2) as both:
        both.submit(emulated.ana.reply, card, "approve")
        both.submit(emulated.ben.reply, his, "deny")
    ends = [
        p.next(lambda mail: "Approved by" in text(mail) or "Denied by" in text(mail))
        for p in (emulated.ana, emulated.ben)
    ]
    words = {"Approved" if "Approved by" in text(end) else "Denied" for end in ends}
    assert len(words) == 1
    later = emulated.ben if "Approved" in words else emulated.ana
    later.next(lambda mail: "Your answer changed nothing" in text(mail))


def test_an_answer_that_crosses_the_end(emulated: House):
    """Rita drops what she asked while Ana approves: whichever is first in the mailbox, it was one of the two."""
    emulated.rita.write(emulated.agent, "A deployment", ASK)
    told = emulated.rita.next(lambda mail: "To drop it" in text(mail))
    card = emulated.ana.next(lambda mail: "v1.4.2" in text(mail))
    with ThreadPoolExecutor(2) as both:
        both.submit(emulated.rita.reply, told, "drop")
        both.submit(emulated.ana.reply, card, "approve")
    end = emulated.ana.next(
        lambda mail: "Approved by" in text(mail) or "ropped" in text(mail) or "ancelled" in text(mail)
    )
    still_there(emulated)
    assert bool(emulated.gateway.changes()) == ("Approved by" in text(end))
