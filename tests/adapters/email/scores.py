"""
How well mail is read, beside the best libraries, on the same files: `python -m tests.adapters.email.scores`.

Ours is measured; what others reach is kept in `scores.json`, with the times. `--measure` measures all of it anew, which
needs the libraries: mail-parser-reply, email-reply-parser, quotequail, talon, mail-parser and flufl.bounce. They are no
dependencies of anything here.
"""

from __future__ import annotations

import argparse
import email
import json
import signal
import sys
import time
from collections.abc import Callable
from email import policy
from pathlib import Path
from typing import Any

from adapters.email import mime, parse
from adapters.email.automatic import classify
from adapters.email.reply import new_part
from tests.adapters.email.corpora import REPLIES, Expectation, replies, share
from tests.vendor import data

STORED = Path(__file__).parent / "scores.json"
LIMIT = 20  # seconds for one message, after which it counts as not read
OURS = "Ringback"

Figures = dict[str, dict[str, float]]
"""What was measured to whose figure, by table row."""


def mail_parser_reply() -> Callable[[str], str]:
    from mailparser_reply import EmailReplyParser
    from mailparser_reply.constants import MAIL_LANGUAGES

    parser = EmailReplyParser(languages=list(MAIL_LANGUAGES))
    return lambda text: parser.parse_reply(text) or ""


def email_reply_parser() -> Callable[[str], str]:
    from email_reply_parser import EmailReplyParser

    return lambda text: EmailReplyParser.parse_reply(text)


def quotequail() -> Callable[[str], str]:
    import quotequail as library

    return lambda text: "\n".join(part for shown, part in library.quote(text) if shown)


def talon() -> Callable[[str], str]:
    from talon import quotations
    from talon.signature.bruteforce import extract_signature

    return lambda text: extract_signature(quotations.extract_from(text, "text/plain"))[0]


READERS = {
    "mail-parser-reply": mail_parser_reply,
    "email-reply-parser": email_reply_parser,
    "quotequail": quotequail,
    "talon": talon,
}


def reply_shares(parser: Callable[[str], str], rows: list[Expectation]) -> dict[str, float]:
    """The share of expectations that are met, by set, and of the replies that are stated whole."""
    answers: dict[str, str] = {}

    def once(text: str) -> str:
        if text not in answers:
            answers[text] = parser(text)
        return answers[text]

    stated = [row for row in rows if row.stated]
    found = {f"{name}: expectations met": share([row for row in rows if row.set == name], once) for name in REPLIES}
    found["all sets: expectations met"] = share(rows, once)
    found["all sets: replies stated whole"] = share(stated, once)
    found["kept aside: replies stated whole"] = share([row for row in stated if row.held_out], once)
    return {name: round(value, 2) for name, value in found.items()}


def reply_times(parser: Callable[[str], str], rows: list[Expectation]) -> dict[str, float]:
    """Milliseconds for a message: the middle, the slowest of a hundred, the slowest of all."""
    times = []
    for text in {row.text for row in rows}:
        start = time.perf_counter()
        parser(text)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return {
        "milliseconds for a message, p50": round(times[len(times) // 2], 2),
        "milliseconds for a message, p99": round(times[int(len(times) * 0.99)], 2),
        "milliseconds for a message, slowest": round(times[-1], 2),
    }


def limited(parser: Callable[[str], str]) -> Callable[[str], str]:
    """A parser that reads nothing where it raises or takes too long."""

    def late(*_: object) -> None:
        raise TimeoutError

    def read(text: str) -> str:
        signal.signal(signal.SIGALRM, late)
        signal.alarm(LIMIT)
        try:
            return parser(text)
        except Exception:
            return ""
        finally:
            signal.alarm(0)

    return read


# MIME and bounces -----------------------------------------------------------------------------------------------------


def messages(folder: str) -> list[tuple[bytes, dict[str, Any]]]:
    return [
        ((index.parent / row["file"]).read_bytes(), row)
        for index in sorted((data() / folder).glob("*/index.jsonl"))
        for row in map(json.loads, index.read_text().splitlines())
    ]


def ours_mime(raw: bytes) -> bool:
    mail = parse.of(message := mime.parse(raw))
    return bool(mail.shown.strip() or mail.attachments or not any(part.content().strip() for part in message.walk()))


def standard_mime(raw: bytes) -> bool:
    message = email.message_from_bytes(raw, policy=policy.default)
    str([message[name] for name in ("from", "to", "subject", "date")])
    parts = [part for part in message.walk() if not part.is_multipart()]
    text = "".join(part.get_content() for part in parts if part.get_content_maintype() == "text")
    files = [part for part in parts if part.get_content_maintype() != "text"]
    return bool(text.strip() or files or not any(part.get_payload(decode=True) for part in parts))


def mail_parser(raw: bytes) -> bool:
    import mailparser

    message = mailparser.parse_from_bytes(raw)
    str([message.from_, message.to, message.subject, message.date])
    return bool(
        "".join(message.text_plain + message.text_html).strip() or message.attachments or not message.body.strip()
    )


def mime_share(reads: Callable[[bytes], bool]) -> dict[str, float]:
    """The share of messages in which a reader finds a body or a file without an exception."""
    found = 0
    rows = messages("email/mime")
    for raw, _ in rows:
        try:
            found += reads(raw)
        except Exception:
            continue
    return {"MIME: messages read": round(found / len(rows), 2)}


def bounce_shares(judge: Callable[[bytes], tuple[bool, str]]) -> dict[str, float]:
    """Of the bounces, the share known with a recipient, and with their code; of the others, that is none."""
    known, codes, others = [], [], []
    for raw, row in messages("bounces"):
        failed, status = judge(raw)
        if row["category"] != "bounce":
            others.append(not failed)
            continue
        known.append(failed)
        stated = ((row["expected"] or [{}])[0]).get("status") or ""
        if stated and ".0.9" not in stated:  # which the source makes up where a report has none
            codes.append(status == stated)
    return {
        "bounces: known, with a recipient": round(sum(known) / len(known), 2),
        "bounces: with the code that is stated": round(sum(codes) / len(codes), 2),
        "other mail: known to be no bounce": round(sum(others) / len(others), 2),
    }


def ours_bounce(raw: bytes) -> tuple[bool, str]:
    found = classify(raw)
    return found.kind in ("bounce", "delayed") and bool(found.recipients), found.status


def flufl_bounce(raw: bytes) -> tuple[bool, str]:
    from flufl.bounce import all_failures

    temporary, permanent = all_failures(email.message_from_bytes(raw))
    return bool(temporary or permanent), ""  # it tells no codes


def ours(rows: list[Expectation]) -> dict[str, float]:
    return reply_shares(new_part, rows) | mime_share(ours_mime) | bounce_shares(ours_bounce)


def measure() -> Figures:
    """Measure everything anew, the others and the times too."""
    rows = list(replies(data() / "email/reply"))
    found: Figures = {OURS: ours(rows) | reply_times(new_part, rows)}
    for name, build in READERS.items():
        parser = limited(build())
        found[name] = reply_shares(parser, rows) | reply_times(parser, rows)
    found["email (standard library)"] = mime_share(standard_mime)
    found["mail-parser"] = mime_share(mail_parser)
    found["flufl.bounce"] = bounce_shares(flufl_bounce)
    del found["flufl.bounce"]["bounces: with the code that is stated"]
    return found


def table(figures: Figures) -> str:
    """Lay figures out as in `docs/channels/email.md`."""
    names = list(figures)
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for row in figures[OURS]:
        cells = (f"{figures[name][row]:.2f}" if row in figures[name] else "–" for name in names)
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure the others and the times anew, and keep them")
    if parser.parse_args().measure:
        STORED.write_text(json.dumps(measure(), indent=1, ensure_ascii=False) + "\n")
    figures = json.loads(STORED.read_text())
    figures[OURS] |= ours(list(replies(data() / "email/reply")))
    sys.stdout.write(table(figures) + "\n")


if __name__ == "__main__":
    main()
