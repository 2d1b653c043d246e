"""
What must hold when it is over: everything that was begun has come to its end, and everybody has seen how.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from agent_core import events, facts
from agent_core.catalogue import ENGLISH
from agent_core.erasure import ERASED
from gateway.conversation import QUIET
from gateway.store.rows import Copy
from tests.simulation.vendor import Vendor
from tests.simulation.watch import Watch, name_of


@dataclass
class Ending:
    """The end of a run, as the store and the vendors have it."""

    watch: Watch
    db: sqlite3.Connection
    vendors: dict[str, Vendor]

    def hold(self, name: str, holds: bool, what: object) -> None:
        """Check, as whoever watched."""
        self.watch.hold(name, holds, what)

    def look(self) -> None:
        """Look at all of it together."""
        self._all_is_stored()
        self._all_is_settled()
        self._deliveries_have_ended()
        self._cards_stand_as_decided()
        self._no_card_stands_open()
        self._answers_were_replied_to()
        wrong = self.watch.lists.ended(self.db, self.watch.settled.__contains__, self.watch.steady)
        self.hold("list", not wrong, wrong)
        ready = self.db.execute("SELECT key FROM conversations WHERE ready = 1").fetchall()
        self.hold("G11", not ready, f"{ready} are marked as having work")
        timers = self.db.execute(
            "SELECT * FROM timers WHERE NOT (id LIKE '%/grant/0' AND key IN (SELECT id FROM grants))"
        ).fetchall()
        self.hold("G11", not timers, f"{timers} are left")

    def unheard(self) -> set[str]:
        """Name the requests of which a client could not be told."""
        return {
            str(request)
            for (request,) in self.db.execute(
                "SELECT request FROM deliveries WHERE kind = 'webhook' AND status != 'sent'"
            ).fetchall()
        }

    def _all_is_stored(self) -> None:
        for vendor in self.vendors.values():
            for brought in vendor.brought:
                name = name_of(brought.inbound.fact)
                self.hold(
                    "G1", name in self.watch.stored, f"{name} was brought {brought.tries} times and is not stored"
                )

    def _all_is_settled(self) -> None:
        for name in self.watch.requests:
            self.hold("G3", name in self.watch.settled, f"{name} has no outcome")
        self.hold("G11", not self.watch.active, f"{list(self.watch.active)} have not ended")

    def _deliveries_have_ended(self) -> None:
        taken: dict[str, Vendor] = {}
        for vendor in self.vendors.values():
            taken |= dict.fromkeys(vendor.by_delivery, vendor)
        for name, kind, status, due, reason in self.db.execute(
            "SELECT id, kind, status, due, reason FROM deliveries"
        ).fetchall():
            ended = status in ("sent", "dead") or (status == "unknown" and due is None)
            self.hold("G6", ended, f"{kind} {name} is {status}, due {due}")
            self.hold("G6", status == "sent" or bool(reason), f"{kind} {name} is {status} without a reason")
            if status == "sent":
                self.hold("G6", name in taken, f"{kind} {name} is sent, and its vendor does not have it")

    def _cards_stand_as_decided(self) -> None:
        """The card of a request that has ended shows how, wherever the newest change of it was sent."""
        newest = (
            "SELECT c.body, d.target, json_extract(a.receipt, '$.message_id'), k.key FROM deliveries d"
            " JOIN deliveries a ON a.id = d.target JOIN conversations k ON k.id = d.conversation"
            " JOIN copies c ON c.conversation = d.conversation AND c.request = d.request"
            " WHERE d.kind = 'settle' AND d.status = 'sent' AND d.number ="
            " (SELECT MAX(number) FROM deliveries l WHERE l.target = d.target AND l.kind = 'settle')"
        )
        for body, target, message, key in self.db.execute(newest).fetchall():
            copy = Copy.model_validate_json(body)
            (shown,) = (m for m in self.vendors[key.partition("/")[0]].shown[key] if m.id == message)
            if target in copy.earlier:
                self.hold(
                    "G6", shown.card is not None and not shown.card.how, f"{shown} in {key} shows what was changed"
                )
            elif copy.card.title != ERASED:
                self.hold("G6", shown.card == copy.card, f"{shown} in {key} was to stand as {copy.card}")

    def _no_card_stands_open(self) -> None:
        """Wherever what has ended was shown, its card or a word after it tells so, or that could not be sent."""
        failed = {
            key
            for (key,) in self.db.execute(
                "SELECT k.key FROM deliveries d JOIN conversations k ON k.id = d.conversation"
                " WHERE d.status IN ('dead', 'unknown') AND d.kind IN ('settle', 'say')"
            ).fetchall()
        }
        newest = (
            "SELECT k.key, d.request, json_extract(d.receipt, '$.message_id') FROM deliveries d"
            " JOIN conversations k ON k.id = d.conversation WHERE d.kind = 'ask' AND d.status = 'sent' AND d.number ="
            " (SELECT MAX(number) FROM deliveries l WHERE l.conversation = d.conversation AND l.request = d.request"
            " AND l.kind = 'ask')"
        )
        asks = self.db.execute(newest).fetchall()
        by_itself = {(key, request) for key, request, _ in asks}  # what has left a list has a card of its own
        for key, request, message in asks:
            vendor = self.vendors[key.partition("/")[0]]
            at = next(n for n, shown in enumerate(vendor.shown[key]) if shown.id == message)
            card, after = vendor.shown[key][at].card, vendor.shown[key][at + 1 :]
            said = [line for m in after if m.kind == "say" for line in m.text.splitlines()]
            assert card is not None
            names = [row.code for row in card.rows if (key, row.request) not in by_itself]
            names += [] if card.rows else [card.title]
            told = all(any(line.startswith((name, ERASED)) for line in said) for name in names)
            closed = not card.how if vendor.edits else told
            self.hold("G6", closed or key in failed, f"{card} in {key} stands open, and {request} has ended")

    def _answers_were_replied_to(self) -> None:
        """Who gave an answer that changed nothing is told so, of each request and for each reason once a minute."""
        told: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for vendor in self.vendors.values():
            for one in {one.part.delivery: one for one in vendor.told}.values():  # what came twice was said once
                for reason in reasons_of(one.shown.text) if one.part.kind in ("say", "whisper") else ():
                    told[one.part.conversation, one.shown.to or one.part.conversation, reason].append(one.decided)
        refused: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for key, log in self.watch.logs.items():
            for record in log:
                if isinstance(record.event, events.ResponseRefused):
                    via, identity = who_and_where(key, log[record.event.fact - 1].event)
                    for word in words_for(record.event.reason):
                        refused[via, identity, word].append(record.event.request)
        lost = {
            key
            for (key,) in self.db.execute(
                "SELECT c.key FROM deliveries d JOIN conversations c ON c.id = d.conversation"
                " WHERE d.status IN ('dead', 'unknown') AND d.kind IN ('say', 'whisper')"
            ).fetchall()
        }
        for (via, identity, reason), requests in refused.items():
            words = ANEW if reason in ANEW else (reason,)
            replied = any(
                told.get((via, identity, key))
                for key in SENTENCES
                for word in words
                if key.startswith(f"refused.{word}")
            )
            self.hold("G10", replied or via in lost, f"{identity} is told nothing in {via}: {reason} of {requests}")
        for (place, to, reason), times in told.items():
            word = reason.removeprefix("refused.").partition(".")[0]
            counted = refused.get((place, to, word), [])
            most = len(counted) if word in ANEW else len(set(counted))
            for at in times:
                lately = sum(at - QUIET < earlier <= at for earlier in times)
                self.hold("G10", lately <= max(1, most), f"{to} is told {reason} {lately} times by {at}")


SENTENCES = {
    key: re.compile(re.sub(r"\\\{\w+\\\}", ".*", re.escape(sentence)), re.DOTALL)
    for key, sentence in ENGLISH.items()
    if key.startswith("refused.") or key in ("start.refused", "speak.refused", "codes")
}


ANEW = ("edit", "form", "outdated", "hand")
"""What is told each time: what is wrong with a form, or what a call was changed to."""

WORDS = {"revoke.ended": ("revoke",), "forbidden": ("edit",), "edit": ("edit",), "form": ("form", "edit")}
"""By what words of the catalogue a reason is told, where they are others."""


LISTED = re.compile(
    "|".join(re.sub(r"\\\{\w+\\\}", ".*", re.escape(ENGLISH[key])) for key in ("batch.partly", "batch.nothing"))
)


def words_for(reason: str) -> tuple[str, ...]:
    """Give the words of the catalogue by which it is told why an answer changed nothing."""
    return WORDS.get(reason, ("hand",) if reason.startswith("hand.") else (reason,))


def reason_of(text: str) -> str | None:
    """Tell which sentence about an answer that changed nothing a text is; that it informs may be told besides."""
    text = text.removesuffix(f" {ENGLISH['refused.late.informs']}")
    return next((key for key, sentence in SENTENCES.items() if sentence.fullmatch(text)), None)


def reasons_of(text: str) -> list[str]:
    """Give the same of each line of what is told of a list, or of a text that is about one request."""
    if LISTED.match(text) is None:
        return list(filter(None, [reason_of(text)]))
    lines = [re.split(r"(?<=: )", line) for line in text.splitlines()[1:]]
    return [found for line in lines if (found := next(filter(None, map(reason_of, ends(line))), None)) is not None]


def ends(parts: list[str]) -> Iterator[str]:
    """Give the ends of a line, the longest first."""
    return ("".join(parts[start:]) for start in range(len(parts)))


def who_and_where(home: str, fact: events.Event) -> tuple[str, str]:
    """Tell in which conversation an answer was given, and under which account."""
    if isinstance(fact, facts.ResponseForwarded):
        return fact.response.via, fact.response.voter.identity
    assert isinstance(fact, facts.ChannelFact)
    return home, fact.sender
