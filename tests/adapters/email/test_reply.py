"""
What a person newly wrote, whatever their mail program put around it.
"""

from __future__ import annotations

import json
import re
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.reply import new_part
from agent_core import replies as words
from tests.adapters.email import scores
from tests.adapters.email.corpora import replies, share
from tests.fuzz import examples
from tests.vendor import folder

SAMPLES = Path(__file__).parent / "samples"
ANSWER = "Approved, but not before five.\nThe second line."
ASKED = "Deploy v2 to production?\nReply approve or deny."
ATTRIBUTIONS = SAMPLES.joinpath("attributions.txt").read_text().splitlines()
INTRODUCTIONS = SAMPLES.joinpath("introductions.txt").read_text().rstrip("\n").split("\n~~~\n")
DEVICES = SAMPLES.joinpath("devices.txt").read_text().splitlines()


def marked(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


# Above, below and between -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_what_stands_above_a_quote_is_the_answer(attribution: str):
    """
    In every language, an attribution and what it introduces are cut off: marked, unmarked, and wrapped over lines.
    """
    wrapped = "\n".join(textwrap.wrap(attribution, 60, break_long_words=False, break_on_hyphens=False))

    assert [ANSWER] * 4 == [
        new_part(f"{ANSWER}\n\n{attribution}\n\n{marked(ASKED)}\n"),
        new_part(f"{ANSWER}\n\n{attribution}\n\n{ASKED}\n"),
        new_part(f"{ANSWER}\n\n{wrapped}\n\n{marked(ASKED)}\n"),
        new_part(f"{ANSWER}\n{wrapped if len(attribution) >= 60 else attribution}\n{ASKED}\n"),
    ]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_what_stands_between_and_below_marked_lines_is_the_answer(attribution: str):
    """
    Inline answers are put together in order; the questions between them are ours.
    """
    text = f"{attribution}\n> Deploy v2?\n\n{ANSWER}\n\n> Are you sure?\n> Really?\n\nYes.\n"

    assert f"{ANSWER}\n\nYes." == new_part(text)


@pytest.mark.parametrize("rule", ["", "_" * 32 + "\n", "-" * 20 + "\n"])
@pytest.mark.parametrize("introduction", INTRODUCTIONS)
def test_headers_and_banners_end_the_answer(introduction: str, rule: str):
    """
    A block of headers, "Original Message" and the line of a help desk end what is new, in every language.
    """
    assert new_part(f"{ANSWER}\n\n{rule}{introduction}\n\n{ASKED}") == ANSWER


@pytest.mark.parametrize("footer", DEVICES)
def test_a_devices_footer_is_no_answer(footer: str):
    """
    "Sent from my iPhone" goes, alone and above a quote; nothing is left of a mail that has nothing else.
    """
    quote = f"On 8 Nov 2016, at 12:39, Ana <ana@example.org> wrote:\n\n{marked(ASKED)}"

    assert [ANSWER, ANSWER, "", ""] == [
        new_part(f"{ANSWER}\n\n{footer}"),
        new_part(f"{ANSWER}\n\n{footer}\n\n{quote}"),
        new_part(f"{footer}\n\n{quote}"),
        new_part(footer),
    ]


def test_attributions_that_lack_something():
    """
    Without a colon, a verb or a year, an attribution is known by all else that it says; so are bare headers.
    """
    three = "On Wed, Dec 9, Mister Example\n<mrmister@example.org>\nwrote:"

    assert [ANSWER] * 4 == [
        new_part(f"{ANSWER}\n\n2013/7/20 Ana via Meta <ana@example.org>\n\n{marked(ASKED)}"),
        new_part(f"{ANSWER}\n\nОт: Ana\nОтправлено: четверг, 26 июня 2014 г. 15:05\nКому: Ben\n\n{ASKED}"),
        new_part(f"{ANSWER}\n\nOn Wed, 14 Nov 2018 08:14:43 -0200 Ana <ana@example.org> wrote\n\n{ASKED}"),
        new_part(f"{ANSWER}\n\n{three}\n{marked(ASKED)}"),
    ]


def test_rare_introductions():
    """
    A date above the verb in another word order, headers that an attribution ends, tables and arrows are no answer.
    """
    turkish = "Ana Lima <ana@example.org>, 8 Kas 2016 Sal, 12:39 tarihinde"
    notes = "|------------>\n| From:      |\n|------------>\n  >-----------|\n  |Ana        |\n  >-----------|"
    yandex = '----------------\nКому: ben@example.org;\nТема: Deploy;\n08.11.2016, 12:39, "Ana" <ana@example.org>:'

    assert [ANSWER] * 11 == [
        new_part(f"2016-11-08 12:39 Ana haec verba fecit:\n{marked(ASKED)}\n\n{ANSWER}"),
        new_part(f'{ANSWER}\n\n>>> On 8.11.2016 at 12:39, in message <a@b>, "Ana" <a@b.example> wrote:\n{ASKED}'),
        new_part(f"{ANSWER}\n\nForwarded message:\n\n{marked(ASKED)}"),
        new_part(f"{ANSWER}\n\nQuis: Ana <a@b.example>\nDatum: 8.11.2016\nKomu: Ben\nTēma: x\n\n{ASKED}"),
        new_part(f"{ANSWER}\n\n---- littera ----\nDate: 8.11.2016\nSubject: x\nFrom: a@b.example\n\n{ASKED}"),
        new_part(f"{ANSWER}\n\n{turkish}\nşunu yazdı:\n\n{marked(ASKED)}"),
        new_part(f"{ANSWER}\n\nQuoting Ana Lima <ana@example.org>:\n\n{marked(ASKED)}"),
        new_part(f"Zitat von Ana <ana@example.org>:\n\n{marked(ASKED)}\n\n{ANSWER}"),
        new_part(f"{ANSWER}\n\n>>> Ana Lima <ana@example.org> 08.11.2016 12:39 >>>\n{ASKED}"),
        new_part(f"{ANSWER}\n\n{notes}\n\n{ASKED}"),
        new_part(f"{ANSWER}\n\n{yandex}\n\n{ASKED}"),
    ]


@pytest.mark.parametrize(
    "first",
    [
        "Deny: external email addresses are not allowed.",
        "Important: do not mail external customers.",
        "Warning: external customers lose access to mail.",
        "This message was sent from outside by mistake, so deny.",
        "External: yes",
    ],
)
def test_what_a_person_says_about_the_outside_stays(first: str):
    """
    Only what a server says is taken away above an answer; a person's own first line may be a denial or a condition.
    """
    assert new_part(f"{first}\n\nApprove\n") == f"{first}\n\nApprove"


def test_a_warning_alone_is_somebodys_own_line():
    """
    Where nothing stands below it, what looks like a warning is all that somebody wrote.
    """
    assert new_part("This message came from outside the team.\n") == "This message came from outside the team."


def test_what_openpgp_puts_around_an_answer_is_none():
    """
    Of a mail that is signed as text, the signed text counts, and neither the head above it nor the signature below.
    """
    head, signature = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256", "-----BEGIN PGP SIGNATURE-----\n\niQ\n=a"
    end = "-----END PGP SIGNATURE-----"

    assert new_part(f"{head}\n\n{ANSWER}\n{signature}\n{end}\n") == ANSWER
    assert new_part(f"{head}\n\n{ANSWER}\n\n- -- \nAna\n{signature}\n{end}\n") == ANSWER


def test_what_stands_above_a_notice_is_no_part_of_it():
    """
    A short paragraph between the word and a notice of confidentiality stays: it may say under which condition.
    """
    notice = (
        "This message is confidential and intended only for its addressee. If you received it in error, delete it; "
        "disclosure is prohibited."
    )

    assert new_part(f"approve\n\nbut only once\n\n{notice}\n") == "approve\n\nbut only once"


@pytest.mark.parametrize(
    "warning",
    [
        "CAUTION: This email originated from outside of the organization. Do not click links or open\n"
        "attachments unless you know the sender.\n",
        "[EXTERNAL]\n",
        "External email: be careful\n",
        "You don't often get email from ana@example.org. Learn why this is "
        "important<https://aka.ms/LearnAboutSenderIdentification>\n",
        "ACHTUNG: Diese E-Mail stammt von einem externen Absender.",
        "UWAGA: Wiadomość pochodzi spoza organizacji.",
        "CAUTION - EXTERNAL EMAIL",
        "ATTENTION : courriel externe",
        "[EXT]",
        "ZjQcmQRYFpfptBannerStart\nThis Message Is From an External Sender\nThis message came from outside your "
        "organization.\nZjQcmQRYFpfptBannerEnd",
    ],
)
def test_a_warning_that_our_own_server_puts_above_is_no_answer(warning: str):
    """
    The first line decides, so that mail from outside comes without the warning that it is; further down it is text.
    """
    assert new_part(f"{warning}\n{ANSWER}\n") == ANSWER
    assert warning.splitlines()[0] in new_part(f"{ANSWER}\n\n{warning}\n")


def test_an_empty_reply_above_our_words_is_no_answer():
    """
    Whoever sends back only what we wrote said nothing, be it "Reply approve or deny".
    """
    attribution = "On Tue, Nov 8, 2016 at 12:39 PM Ringback <reply@example.org> wrote:"

    assert ["", "", ""] == [
        new_part(f"{attribution}\n\n{marked(ASKED)}"),
        new_part(f"\n\n{attribution}\n\n{ASKED}"),
        new_part(marked("approve")),
    ]


def test_a_wrapped_end_of_a_quoted_line_is_not_taken_for_an_answer():
    """
    A program that wraps a quoted line and leaves the rest unmarked puts no words of ours into somebody's mouth.
    """
    line = "Whoever may decide about this request can answer with the single words"

    assert new_part(f"{ANSWER}\n\nAna wrote:\n> {line}\napprove or deny\n> as the first line.") == ANSWER


@pytest.mark.parametrize(
    "below",
    [
        "-- \nAna Lima\nBoss of everything",
        "--\nAna",
        "Best regards,\nAna Lima\nBoss",
        "Mit freundlichen Grüßen\nAna",
        "Cordialement,\nAna",
        "-Ana Lima",
        "_______________________________\nusers mailing list\nusers@lists.example.org",
        "This email and any attachments are confidential and intended solely for the addressee. If you have received "
        "it in error, please delete it; disclosure is prohibited.",
        "CONFIDENTIALITY NOTICE: do not read this.",
        "Met vriendelijke groet,\nAna Lima",
        "Ce courriel et ses pièces jointes sont confidentiels ou privilégiés. Toute diffusion sans autorisation est "
        "exclue; merci de le détruire.",
        "Esta mensagem contém informações confidenciais, destinadas a quem foi dirigida, e é protegida por lei: não a "
        "copie nem divulgue.",
        "De informatie in dit bericht is vertrouwelijk en alleen bestemd voor de geadresseerde. Gebruik door anderen "
        "is verboden, en wij verzoeken u het te verwijderen.",
        "Wiadomość jest poufna i przeznaczona tylko dla adresata. Jeśli trafiła do Państwa przez pomyłkę, prosimy "
        "o jej usunięcie.",
        "本邮件含有保密信息，仅限于发送给列出的收件人。禁止任何其他人以任何形式使用或泄露。如果您错收了本邮件，请立即通知发件人并删除本邮件，谢谢您的合作。",
        "Beispiel GmbH, Sitz der Gesellschaft: Berlin, Amtsgericht Charlottenburg HRB 1",
        "Many thanks and best regards,\nAna",
        "BR,\nAna",
        "Très cordialement\nAna",
        "Pensez à l'environnement avant d'imprimer ce message.",
        "Cumprimentos,\nAna",
        "Üdvözlettel:\nLima Ana",
        "<https://www.avast.com/sig-email>\nVirus-free. www.avast.com\n<https://www.avast.com/sig-email>",
    ],
)
def test_what_a_program_or_a_lawyer_signs_with_goes(below: str):
    """
    Signatures, the footers of lists and notices of confidentiality are nobody's answer.
    """
    assert new_part(f"{ANSWER}\n\n{below}\n") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "Sent from the warehouse, as agreed.\nAll good.",
        "From: Berlin\nTo: Munich\nDate: 5 May",
        "name: Ana\nenvironment: staging\ntag: v1.2",
        "On Tuesday we ship.\nOn Wednesday:\n- rest",
        "| tag | when |\n|---|---|\n| v1 | now |",
        "I wrote:\n\nplease fix",
        "He said at 10:30: no.",
        "yes\n-- with one change",
        "Groceries:\n\n- one\n- two\n\n- Three Four five",
        "Meeting 2016-11-08 12:39:\n\nAnn agreed.",
        "Best regards to Ana\nand thanks",
        "Regards",
        "The log says:\n2016-11-08 12:39:10 error: x\nWhat now?",
        "Contact: ana@example.org\nPhone: 123\n\nplease call",
        "On 5 May 2024 we agreed with Ana <ana@example.org>:\n- no deploys",
        "Thanks,\nAna",
        "It was\nSent from my office, as agreed",
        "Yes.\n\nGet it for Android too?",
        "See it from my point of view",
        "Approve\n\n---\n\nwith a note below the line",
        "Yes.\n\nDisclaimer: I have not tested it.",
        "Yes.\n\nThis message is fine to send.",
        "Please use this attachment in error handling.",
        "Unsubscribe them all.",
        "To unsubscribe is what I want.",
        "Sent from my phone it looked broken, so no.",
        "External reviewers have to see it first.",
        "This message is from the log: error 5.",
        "2016-11-08 12:39 it broke:\n\nsee above",
        "--- settings ---\nhost: a\nuser: b@c.example\nport: 5",
        "No: ask Ana <ana@example.org>",
        "Approve\n\nPlease print the environment first.",
        "Approve\n\nif the VAT ID and the company number are those of 2016",
        "Deny. It went to the wrong recipient in error, so please notify the customer, delete the duplicate and send "
        "the attachment again to whoever should have had it in the first place.",
        f"Approve\n\nbut only once\n\nand {'do tell them what we agreed about it, ' * 4}please.",
    ],
)
def test_what_a_person_wrote_stays(text: str):
    """
    Where a line may be somebody's own, it is.
    """
    assert text == new_part(text)


# HTML ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.html")), ids=lambda path: path.stem)
def test_programs_say_in_html_what_they_quote(path: Path):
    """
    The marks that mail programs put into HTML are enough, whatever language stands beside them.
    """
    assert new_part("", path.read_text()) == ANSWER


def test_html_counts_where_the_text_does_not_show_the_quote():
    """
    A plain text without any sign of its quote is read through the HTML beside it; one that shows it is not.
    """
    html = (
        "<div>yes</div><div class=gmail_quote><div class=gmail_attr>Blah:</div><blockquote>Deploy?</blockquote></div>"
    )

    assert [
        new_part("yes\n\nBlah:\nDeploy?", html),
        new_part("yes\n> Deploy?", "<p>no</p>"),
        new_part("yes", html),
    ] == ["yes"] * 3


def test_what_is_struck_out_decides_nothing():
    """
    Only HTML shows what its writer struck out, so it counts beside any text; words struck out in the quote change
    nothing.
    """
    quoted = "<div class=gmail_quote><div class=gmail_attr>Blah:</div><blockquote>Deploy <s>v1</s>?</blockquote></div>"
    struck = [
        new_part("", f"<s>approve</s>{quoted}"),
        new_part("approve\n> Deploy v1?", f"<s>approve</s>{quoted}"),
        new_part("approve", "<del>approve</del>"),
        new_part("approve deny", f"<span style='text-decoration:line-through'>approve</span> deny{quoted}"),
    ]

    assert ["~approve~", "~approve~", "~approve~", "~approve~ deny"] == struck
    assert [None] * 4 == [words.read(text).decision for text in struck]
    assert "approve" == new_part("approve\n> Deploy v1?", f"approve{quoted}")


def test_inline_answers_in_html():
    """
    An attribution over two lines ends nothing where marked lines follow it; a forward's ends all.
    """
    quoted = "<div class=gmail_attr>Blah<br>Ana:</div><blockquote>Deploy?</blockquote><div>yes</div>"
    forwarded = "<div>see</div><div class=gmail_attr>---- Blah ----<br>From: Ana</div><div>Deploy?</div>"

    assert ["yes", "see"] == [new_part("", quoted), new_part("", forwarded)]


# Corpora ------------------------------------------------------------------------------------------------------------


def test_corpora():
    """
    Of what others state about their mails at least this much holds; where they contradict each other, it cannot be all.
    """
    rows = list(replies(folder("email/reply")))
    stated = [row for row in rows if row.stated]

    assert share(rows, new_part) >= 0.95
    assert share(stated, new_part) >= 0.95
    assert share([row for row in stated if row.held_out], new_part) >= 0.9
    assert len(stated) >= 100


def test_the_docs_tell_the_scores():
    """
    The table on the page of the channel is what is kept, and what is kept of ours is what is measured.
    """
    kept = json.loads(scores.STORED.read_text())
    page = Path("docs/channels/email.md").read_text()

    assert scores.table(kept) in page
    assert kept[scores.OURS].items() >= scores.ours(list(replies(folder("email/reply")))).items()


# Any input ----------------------------------------------------------------------------------------------------------

PIECES = [
    "On ", "On Tue, Nov 8 2016 at 10:10\n", "On a wrote\n", ">", "> x\n", ">\n", "a:\n", "a: ", "From: a\n",
    "From: a <a@b.c>\nFrom: x\n", "-", "--\n", "-----\n", "_ ", "______\n", "<", "<\n", "<a\n> b:\n", "a@", "a@b.c ",
    "<a@b.c ", "1 ", "12:", "2016-11-08 ", "2016-11-08 12:39\n", " ", "  \n", "\t", "\n", "\r", "Sent from ",
    "Sent from my iPhone\n\n", "Best regards\n", "viele ", "my best ", "-- a ", "---- a ----\n",
    "-----Original Message", "confidential ",
    "\nconfidential privileged intended for in error disclosure\n", "| ", "*", "*From:*\n", "é",
    "\u200b", "写道", "a\n\n", "reply a b c d ", "On 1 Jan 2020 10:10 a <a@b.c>\nx\n> y\nwrote:\n", "From: a\nx@y\n",
    "_____\nA: b\n", "-A B\n\n", "> " + "x" * 70 + "\nyy\n", "http://a ", "[", "On 10 Jan,\n", "a gönderildi ",
    ">>> 1 ", "a <a@b.c>:\n> x\n", "---- \nTo: a\n", "|---->\n", "1.1.2016 a@b.c\nwrote:\n> x\n", "a küldve ",
    "1.1.2016 10:10:\n\n> x\n", ">>> 1 a@b:\n", "A: b\nSent: 1\n", "this message came from outside\n", "機密 宛先 禁",
]  # fmt: skip
TAGS = [
    "<div>", "<blockquote>", "<blockquote>a", "<p>a", "<br>", "<hr>", '<span style="', '<p style="display: none',
    '<p class="gmail_attr ', "<", "&", "<!--", "<li>", "<pre>\n", "<td>", "<table>", "<div id=appendonsend>", "<b><p>",
    "<div class=gmail_attr>x", "<div hidden>", "</div>", "<script>", "&#x41;", "<![CDATA[", " ", "<a href=",
]  # fmt: skip


TIMES, MARGIN = 8, 3.0  # how much longer; and how much worse than linear that may be, on a busy machine


def spent(text: str, html: str | None = None) -> float:
    """The processor's seconds for one reply, the least of three."""
    tries = []
    for _ in range(3):
        start = time.process_time()
        new_part(text, html)
        tries.append(time.process_time() - start)
    return min(tries)


@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_a_text_is_read_in_linear_time(piece: str):
    """
    No text makes the reader slow: whatever is repeated, eight times as much takes about eight times as long.
    """
    short, long = (spent(piece * (size // len(piece))) for size in (5_000, 5_000 * TIMES))

    assert long < max(short, 0.002) * TIMES * MARGIN


@pytest.mark.parametrize("piece", TAGS, ids=repr)
def test_html_is_read_in_linear_time(piece: str):
    """
    Nor does any HTML, however deep or long.
    """
    short, long = (spent("", piece * (size // len(piece))) for size in (5_000, 5_000 * TIMES))

    assert long < max(short, 0.003) * TIMES * MARGIN


@examples(300)
@given(st.lists(st.one_of(st.sampled_from([*PIECES, *ATTRIBUTIONS, *INTRODUCTIONS, *DEVICES]), st.text()), max_size=12))
def test_nothing_is_made_up(pieces: list[str]):
    """
    Whatever comes, every line of an answer is a line that came, in order.
    """
    text = "".join(pieces)
    lines = iter(re.split("\r\n|[\r\n\u2028\u2029]", text))

    for line in new_part(text).split("\n"):
        assert not line.strip() or any(line.strip() in came for came in lines)


@examples(300)
@given(st.text(), st.lists(st.one_of(st.sampled_from(TAGS), st.text()), max_size=20).map("".join))
def test_any_text_and_any_html_give_an_answer(text: str, html: str):
    """
    Nothing that comes raises.
    """
    assert isinstance(new_part(text, html), str)
