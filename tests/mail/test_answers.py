"""
What counts as an answer, whose it is, and what happens to everything else.
"""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from tests.e2e.processes import until
from tests.mail.conftest import House
from tests.mail.people import Person, text

ASK = "deploy v1.4.2 to production"


def asked(house: House, words: str = ASK, **headers: str) -> EmailMessage:
    """Rita asks, and Ana has the card."""
    house.rita.write(house.agent, "A deployment", words, **headers)
    tag = words.split()[1]
    return house.ana.next(lambda mail: tag in text(mail) and mail["In-Reply-To"] is None)


def nothing_was_done(house: House, person: Person | None = None, mails: int = 0) -> None:
    """Nothing was decided, and somebody got no mail besides those that they had; a later mail of Rita's shows it."""
    house.rita.write(house.agent, "What runs?", "list")
    house.rita.next(lambda mail: mail["Subject"] == "Re: What runs?")
    assert house.gateway.changes() == []
    if person is not None:
        assert len(person.inbox()) == mails


def test_a_reply_without_quote_and_without_in_reply_to(emulated: House):
    """The token in the address is enough, in any case."""
    card = asked(emulated)
    emulated.ana.reply(card, "Approve!", quote=False, In_Reply_To="", References="", To=str(card["Reply-To"]).upper())
    emulated.gateway.deployed("v1.4.2")


def test_what_stands_below_is_a_comment(emulated: House):
    """Below the word on the first line is what everybody reads besides, and the agent."""
    card = asked(emulated)
    emulated.ana.reply(card, "Approve\n\nPlease tell the shop before six.")
    emulated.gateway.deployed("v1.4.2")
    emulated.ana.next(lambda mail: "UTC: Please tell the shop before six." in text(mail))


def test_a_reply_to_the_address_alone_is_known_by_what_it_follows(emulated: House):
    """Some programs answer to From: then our own id, which is a token too, says which request it is."""
    card = asked(emulated)
    emulated.ana.reply(card, "approve", To=emulated.agent)
    emulated.gateway.deployed("v1.4.2")


def test_a_mail_of_its_own_with_the_code(emulated: House):
    """Whoever writes a mail of their own names the request by its code."""
    card = asked(emulated)
    code = str(card["Subject"]).rpartition("[")[2].rstrip("]")
    emulated.ana.write(emulated.agent, "Deployment", f"{code} approve")
    emulated.gateway.deployed("v1.4.2")


def test_a_word_alone_brings_the_codes(emulated: House):
    """A mail of its own that names no request decides nothing, however few are open: Ana is told the codes (G12)."""
    card = asked(emulated)
    emulated.ana.write(emulated.agent, "Deployment", "approve")
    code = str(card["Subject"]).rpartition("[")[2].rstrip("]")
    emulated.ana.next(lambda mail: code in text(mail))
    nothing_was_done(emulated)


def test_two_open_requests_are_answered_crosswise(emulated: House):
    """Each reply decides the request whose mail it answers, in whatever order they come."""
    one, other = asked(emulated), asked(emulated, "deploy v1.5.0 to production")
    emulated.ana.reply(other, "deny\nnot on a Friday")
    emulated.ana.reply(one, "approve")
    emulated.gateway.deployed("v1.4.2")
    told = emulated.rita.next(lambda mail: "not on a Friday" in text(mail))
    assert "v1.5.0" not in str(emulated.gateway.changes())
    assert "denied" in text(told).lower() or "Denied" in text(told)


def test_a_question_is_passed_on_and_the_request_stays_open(emulated: House):
    """A yes with a condition decides nothing: it goes to Rita, and her answer comes back under the request."""
    card = asked(emulated)
    emulated.ana.reply(card, "yes, but not before five")
    question = emulated.rita.next(lambda mail: "not before five" in text(mail))
    emulated.rita.reply(question, "five is fine")
    answer = emulated.ana.next(lambda mail: "five is fine" in text(mail))
    assert answer["In-Reply-To"] == card["Message-ID"]
    assert emulated.gateway.changes() == []
    emulated.ana.reply(card, "approve")
    emulated.gateway.deployed("v1.4.2")


@pytest.mark.parametrize(
    ("words", "says"),
    [("", "nothing in it but what it quotes"), ("ZZZ9 approve", "asks about"), ("maybe", "asks about")],
)
def test_what_is_no_answer_decides_nothing(emulated: House, words: str, says: str):
    """Nothing above the quote is no answer; any other words are a question."""
    card = asked(emulated)
    emulated.ana.reply(card, words)
    who = emulated.ana if "quotes" in says else emulated.rita
    who.next(lambda mail: says in text(mail))
    assert emulated.gateway.changes() == []


def test_a_token_and_a_code_that_differ_decide_nothing(emulated: House):
    """Ana is asked which she means."""
    one, other = asked(emulated), asked(emulated, "deploy v1.5.0 to production")
    code = str(other["Subject"]).rpartition("[")[2].rstrip("]")
    emulated.ana.reply(one, f"approve {code}")
    emulated.ana.next(lambda mail: "names another by its code" in text(mail))
    nothing_was_done(emulated)


def test_the_late_are_told_who_was_first(emulated: House):
    """Ana and Ben are asked in mails of their own; the second to answer reads how it ended."""
    card = asked(emulated)
    his = emulated.ben.next(lambda mail: "v1.4.2" in text(mail))
    assert his["Message-ID"] != card["Message-ID"]
    emulated.ana.reply(card, "approve")
    emulated.gateway.deployed("v1.4.2")
    emulated.ben.next(lambda mail: "Approved by Ana" in text(mail))
    emulated.ben.reply(his, "deny")
    emulated.ben.next(lambda mail: "Your answer changed nothing" in text(mail))


def test_who_was_forwarded_a_request_cannot_answer_it(emulated: House):
    """Ben answers what Ana was asked, from her mail: it does not count, and he is told kindly."""
    card = asked(emulated)
    emulated.ben.next(lambda mail: "v1.4.2" in text(mail))
    emulated.ben.reply(card, "approve")
    emulated.ben.next(lambda mail: "I asked this of somebody else" in text(mail))
    nothing_was_done(emulated)


def test_a_stranger_with_a_stolen_token_is_nobody(emulated: House):
    """Otto is in nobody's directory: what he answers changes nothing."""
    card = asked(emulated)
    emulated.otto.reply(card, "approve")
    emulated.otto.next(lambda mail: "I asked this of somebody else" in text(mail))
    nothing_was_done(emulated)


def test_a_forged_sender_gets_no_answer_and_the_owner_hears_of_it(emulated: House):
    """
    Mail in Ana's name with her token and an Authentication-Results of its own decides nothing, and goes unanswered, so
    that nobody can have mail sent to others (G10); the owner is told.
    """
    card = asked(emulated)
    before = len(emulated.ana.inbox())
    forged = EmailMessage()
    forged["Authentication-Results"] = "mx.example.com; dmarc=pass header.from=example.com"
    forged["From"], forged["To"] = emulated.ana.address, str(card["Reply-To"])
    forged["Subject"], forged["In-Reply-To"] = f"Re: {card['Subject']}", card["Message-ID"]
    forged.set_content("approve")
    emulated.otto.send(forged, [str(card["Reply-To"].addresses[0].addr_spec)])
    emulated.ben.next(lambda mail: "without proof" in text(mail))
    nothing_was_done(emulated, emulated.ana, before)


def test_mail_of_strangers_and_robots_is_left_alone(emulated: House):
    """No answer to whom nobody vouches for, to automatic mail, to lists, to our own mail (G10)."""
    asked(emulated)
    for headers in (
        {"Auto-Submitted": "auto-replied"},
        {"List-Id": "<all.example.com>"},
        {"Precedence": "bulk"},
        {"From": emulated.agent},
        {"From": "Mailer-Daemon <mailer-daemon@example.com>"},
    ):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = emulated.rita.address, emulated.agent, "deploy"
        for name, value in headers.items():
            del mail[name]
            mail[name] = value
        mail.set_content("deploy v6.6.6 to production")
        emulated.rita.send(mail, [emulated.agent])
    nothing_was_done(emulated)
    assert "v6.6.6" not in " ".join(text(mail) for mail in (*emulated.ana.inbox(), *emulated.rita.inbox()))


def test_everybody_in_the_thread_reads_along(emulated: House):
    """Who is in Cc and in the directory gets the answers; their reply to all goes to the same thread."""
    emulated.rita.write(emulated.agent, "What runs?", "list", Cc=f"{emulated.ben.address}, {emulated.otto.address}")
    hers = emulated.rita.next(lambda mail: mail["Subject"] == "Re: What runs?")
    his = emulated.ben.next(lambda mail: mail["Subject"] == "Re: What runs?")
    assert (hers["To"], hers["Cc"]) == (emulated.rita.address, emulated.ben.address)
    assert len([mail for mail in emulated.otto.inbox() if mail["From"] != str(hers["From"])]) == 1
    emulated.ben.reply(his, "list")
    emulated.ben.next(lambda mail: his["Message-ID"] in str(mail["References"]))


def test_a_form_is_filled_in_by_lines(emulated: House):
    """What is wrong is told by its field; then each line is the value of one, and the plan goes on as it says."""
    emulated.rita.write(emulated.agent, "A release", "plan a release")
    form = emulated.rita.next(lambda mail: "1 Where to" in text(mail))
    emulated.rita.reply(form, "1: the moon\n2: v1.4.2")
    emulated.rita.next(lambda mail: "Where to:" in text(mail))
    emulated.rita.reply(form, "Hello,\n\n1: staging\n2: v1.4.2\n\nThanks")
    emulated.gateway.deployed("v1.4.2")


def test_a_call_is_changed_by_lines(emulated: House):
    """A word for that, then a line for what is to be another: the changed call is what runs."""
    card = asked(emulated)
    emulated.ana.reply(card, "edit\ntag: v1.4.3")
    emulated.gateway.deployed("v1.4.3")


def test_a_mail_that_comes_back_moves_the_request_on(emulated: House):
    """Ana's mailbox is gone: a report says so later, and with nobody left to ask Rita is told."""
    card = asked(emulated)
    his = emulated.ben.next(lambda mail: "v1.4.2" in text(mail))
    for person, mail in ((emulated.ana, card), (emulated.ben, his)):
        emulated.otto.send(bounce(person, mail), [str(mail["Reply-To"].addresses[0].addr_spec)], sender="")
    emulated.rita.next(lambda mail: "could not be delivered" in text(mail) or "could not reach" in text(mail).lower())


def test_an_absence_is_told_and_decides_nothing(emulated: House):
    """Ana's mailbox answers by itself: Rita hears that she is away, and Ana may decide all the same."""
    card = asked(emulated)
    emulated.ana.reply(card, "I am on holiday, approve", quote=False, Auto_Submitted="auto-replied")
    emulated.rita.next(lambda mail: "away" in text(mail))
    assert emulated.gateway.changes() == []
    emulated.ana.reply(card, "approve")
    emulated.gateway.deployed("v1.4.2")


def test_nothing_is_lost_when_the_gateway_is_killed(house: House):
    """
    Killed after the request came, after the card went and while the answer lies in the mailbox: one card, and one
    deployment (G1, G2, G6, G9, G12).
    """
    house.rita.write(house.agent, "A deployment", ASK)
    house.gateway.kill()
    house.gateway.start()
    card = house.ana.next(lambda mail: "v1.4.2" in text(mail))
    house.gateway.kill()
    house.ana.reply(card, "approve")
    house.gateway.start()
    house.gateway.deployed("v1.4.2")
    house.rita.next(lambda mail: "v1.4.2 is in production" in text(mail))
    assert len(house.gateway.changes()) == 1
    assert len({mail["Message-ID"] for mail in house.ana.inbox() if mail["In-Reply-To"] is None}) == 1


def test_dovecot_is_killed(real: House):
    """The mailbox server dies and comes back: the gateway reads on (G9: it is Ana's answer that counts)."""
    assert real.real is not None
    card = asked(real)
    real.real.dovecot.kill()
    until(lambda: "closed the connection" in real.gateway.log() or "cannot be reached" in real.gateway.log())
    real.real.dovecot.start()
    real.ana.reply(card, "approve")
    real.gateway.deployed("v1.4.2")


def bounce(person: Person, mail: EmailMessage) -> EmailMessage:
    """What a mail system sends back (RFC 3464)."""
    report = REPORT.format(to=mail["Reply-To"], person=person.address, id=mail["Message-ID"], subject=mail["Subject"])
    return email.message_from_string(report, policy=email.policy.default)  # type: ignore[return-value]


REPORT = """From: Mail Delivery System <mailer-daemon@elsewhere.test>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.elsewhere.test

Final-Recipient: rfc822; {person}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

Message-ID: {id}
Subject: {subject}

--b--
"""
