"""
People: they answer early, late, twice, at the same instant, in the wrong words, from the wrong account.

What they do follows from what they see at the vendor, and from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from adapters.base import Part
from agent_core import replies
from agent_core.addresses import ConversationKey
from agent_core.cards import Card
from agent_core.requests import Decision
from tests.gateway.loopback import Shown
from tests.simulation.hands import Hands
from tests.simulation.town import DEV, MEMBERS, ONE, OPS, OUTSIDER, TWO
from tests.simulation.vendor import Told, Vendor

SLOW = 100.0  # seconds; who takes longer to answer often does not at all
WRONG_WORDS = ("ok", "sure, why not", "approve?", "👍", "", "approve deny", "later")


@dataclass(kw_only=True)
class Crowd(Hands):
    """
    Everybody.

    Args:
        settled: Tells whether a request has ended.
        busy: How often somebody wants something, in seconds between two wishes.
        slow: How long they take to answer, in seconds on the average.
        commands: What they want of the agent.
        talks: How likely a talk goes on after each message.
    """

    busy: float
    slow: float
    settled: Callable[[str], bool]
    commands: Sequence[str]
    talks: float
    wishes: int = 0
    _first: dict[tuple[str, str], Card] = field(default_factory=dict)

    def begin(self) -> None:
        """Everybody begins to want things."""
        self.later(self.busy * self.dice.random(), self._wish)
        self.later(self.busy * self.dice.random(), self._intrude)
        self.later(self.busy * 20 * self.dice.random(), self._revoke)

    # Of their own accord ---------------------------------------------------------------------------------------------

    def _wish(self) -> None:
        if self.quiet:
            return
        self.later(self.busy * 2 * self.dice.random(), self._wish)
        place, user = self.dice.choice((
            (f"{ONE}/URITA", "URITA"), (f"{ONE}/URITA", "URITA"), (f"{TWO}/URITA2", "URITA2"),
            (f"{TWO}/UCLEO", "UCLEO"),
            (f"{ONE}/UANA", "UANA"), (f"{ONE}/UBEN", "UBEN"), (DEV, "URITA"), (DEV, "UANA"), (f"{ONE}/UOTTO", OUTSIDER),
            (f"{ONE}/UVERA", "UVERA"), (f"{TWO}/UBEN2", "UBEN2"),
        ))  # fmt: skip
        self.wishes += 1
        if self.dice.random() < 0.15:
            self.write(place, user, self.dice.choice(("drop", "how is it going?", "approve", "no", *WRONG_WORDS)))
            return
        word = self.dice.choice(self.commands)
        if word == "talk":
            self.talking[str(self.wishes)] = (place, user, "")
            self.later(1 + 20 * self.dice.random(), self._chat, str(self.wishes), 0)
        self.write(place, user, f"{word} {self.wishes}", talk=str(self.wishes) if word == "talk" else "")

    def _chat(self, n: str, said: int) -> None:
        place, user, root = self.talking[n]
        if not self.quiet and self.dice.random() < self.talks:
            self.write(place, user, f"word {said} of {n}", root=root)
            self.later(0.1 + self.busy * self.dice.random(), self._chat, n, said + 1)

    def _intrude(self) -> None:
        """Somebody agrees before they have seen what to, or presses what is not theirs."""
        if self.quiet:
            return
        self.later(self.busy * 4 * self.dice.random(), self._intrude)
        if self.dice.random() < 0.5:
            place = self.dice.choice([f"{ONE}/UANA", f"{TWO}/UANA2", f"{ONE}/UBEN", f"{TWO}/UDORA", f"{ONE}/URITA"])
            self.write(place, place.rpartition("/")[2], self.dice.choice(("approve", "deny", "whatever")))
        else:
            cards = [m for place in (OPS, DEV) for m in self.vendor(place).shown.get(place, ()) if m.kind == "ask"]
            if cards:
                card = self.dice.choice(cards[-3:])
                place = OPS if card in self.vendor(OPS).shown.get(OPS, ()) else DEV
                self.press(place, OUTSIDER, card, self.dice.choice((Decision.APPROVE, Decision.DENY)))

    def crosses(self, vendor: Vendor, part: Part) -> None:
        """A card is about to reach somebody, who just then writes something of their own."""
        user = part.conversation.rpartition("/")[2]
        if part.kind == "ask" and not self.quiet and user.startswith("U") and self.dice.random() < self.weather.cross:
            self.write(part.conversation, user, self.dice.choice(("approve", "no", "left", "something else")))

    def told(self, account: str, code: str) -> None:
        """Somebody has a code; they write it at once, or much later, and some get it wrong."""
        if self.dice.random() < 0.3:
            code = f"{code[:-1]}{self.dice.choice(replies.ALPHABET)}"
        for _ in range(1 + (self.dice.random() < self.weather.insist)):
            self.later(self.dice.choice((5.0, 40.0, 2_000.0)) * self.dice.random(), self._claim, account, code)

    def _claim(self, account: str, code: str) -> None:
        if not self.quiet:
            self.write(account, account.rpartition("/")[2], f"link {code}")

    def _revoke(self) -> None:
        """Somebody ends a standing grant, by its card or by a word; or what they see there no more."""
        if self.quiet:
            return
        self.later(self.busy * 20 * self.dice.random(), self._revoke)
        cards = [
            (place, m) for v in self.vendors.values() for place, ms in v.shown.items() for m in ms if m.kind == "ask"
        ]
        given = [(place, m) for place, m in cards if m.card is not None and m.card.revoke]
        if given:
            place, shown = self.dice.choice(given)
            user = self.dice.choice(MEMBERS.get(ConversationKey(place), (place.rpartition("/")[2],)))
            if self.dice.random() < 0.6:
                self.press(place, user, shown, Decision.REVOKE)
            else:
                self.write(place, user, "revoke", under="" if self.dice.random() < 0.5 else shown.id)

    # On what they see ------------------------------------------------------------------------------------------------

    def sees(self, vendor: Vendor, told: Told) -> None:
        """Something new stands in a conversation."""
        card = told.shown.card
        if card is None or told.part.kind != "ask":
            return
        place = told.part.conversation
        self._first[place, told.shown.id] = card
        for user in MEMBERS.get(place, (place.rpartition("/")[2],)):
            delay = self.dice.expovariate(1 / self.slow) if self.dice.random() < 0.7 else self.dice.random() * 0.05
            self.later(delay, self._react, place, user, told.shown)

    def _react(self, place: str, user: str, shown: Shown) -> None:
        if self.quiet or shown.card is None:
            return
        drawn = self.dice.random()
        if user == OUTSIDER:
            if drawn < 0.3:
                self.press(place, user, shown, Decision.APPROVE, named(shown.card))
            elif drawn < 0.4 and shown.card.form:
                self.want_form(place, user, shown, edit=bool(shown.card.edit))
            return
        if drawn < (0.1 if self.slow < SLOW else 0.6):
            return  # not now
        if shown.card.rows:
            self._decide_some(place, user, shown, shown.card)
        elif shown.card.fields:
            self._answer_form(place, user, shown, shown.card)
        elif shown.card.buttons:
            self._decide(place, user, shown, shown.card)
        elif shown.card.choices:
            self._choose(place, user, shown, shown.card)
        elif drawn < 0.6:
            self.write(place, user, f"my answer {self.acts}", under=shown.id, root=shown.root)
        else:
            self.write(place, user, f"my answer {self.acts}", root=shown.root)
        if self.dice.random() < self.weather.insist:
            self.later(self.dice.choice((0.0, 0.0, 5.0, 400.0)), self._react, place, user, shown)

    def _decide(self, place: str, user: str, shown: Shown, card: Card) -> None:
        drawn, decision = self.dice.random(), self.dice.choice([decision for decision, _ in card.buttons])
        if self.dice.random() < 0.6:
            decision = card.buttons[0][0]
        if card.grants and drawn < 0.5:
            self.press(place, user, shown, Decision.APPROVE, self.dice.choice(card.grants)[0])
            return
        if card.hand and drawn < 0.3:
            if self.dice.random() < 0.6:
                self.want_form(place, user, shown, hand=True)
            else:
                words = self.dice.choice(("reassign to", "delegate to"))
                self.write(place, user, f"{words} {self.dice.choice(('Dora', 'ben', 'Cleo', 'Rita'))}", under=shown.id)
            return
        claims = [decision for decision, _ in card.buttons if decision is Decision.CLAIM]
        if claims and drawn < 0.4:
            self.press(place, user, shown, Decision.CLAIM)
        elif card.editable and drawn < 0.42 and self.dice.random() < 0.3:
            lines = [f"{field.name}: {self.entered(field)}" for field in card.editable]
            self.write(place, user, "\n".join(("edit", *lines)), under=shown.id)
        elif card.edit and drawn < 0.5:
            self.want_form(place, user, shown, edit=True)
        elif card.denials and drawn < 0.3:
            self.want_form(place, user, shown, self.dice.choice(card.denials).name)
        elif drawn < 0.55:
            self.press(place, user, shown, decision)
        elif drawn < 0.64 and card.form:
            self.want_form(place, user, shown)
        elif drawn < 0.72:
            self.write(place, user, self.dice.choice(("approve", "Deny.", "run again", "stop")), under=shown.id)
        elif drawn < 0.82:
            self.write(place, user, self.dice.choice(("approve", "no")))
        elif drawn < 0.88:
            self.write(place, user, f"{card.code} approve")
        elif drawn < 0.94:
            self.write(place, user, self.dice.choice(WRONG_WORDS), under=shown.id)
        else:
            self.write(place, user, "yes, but why now?", under=shown.id)

    def _decide_some(self, place: str, user: str, shown: Shown, card: Card) -> None:
        """Decide a list, all of it or a line, as it stands or as it stood; or claim that more was on it."""
        drawn = self.dice.random()
        if self.dice.random() < 0.3:
            card = self._first[place, shown.id]
        if card.buttons and drawn < 0.5:
            decision = card.buttons[0][0] if self.dice.random() < 0.6 else card.buttons[-1][0]
            value = named(card)
            if self.dice.random() < 0.5:
                value = self.dice.choice((value.partition(",")[0], ",".join((value, *self._others(place, shown)))))
            self.press(place, user, shown, decision, value)
            return
        row = self.dice.choice(card.rows)
        if row.buttons and drawn < 0.7:
            self.press(place, user, replace(shown, request=row.request), self.dice.choice(row.buttons)[0])
        elif drawn < 0.92:
            word = self.dice.choice(("approve", "deny", "reassign to Dora", "edit\ntag: v2", "edit\ntag: v3", "why?"))
            self.write(place, user, f"{row.code} {word}", under=shown.id)
        else:
            self.write(place, user, self.dice.choice(("approve", "no")), under=shown.id)

    def _others(self, place: str, shown: Shown) -> list[str]:
        """Name what stands in a conversation beside a list."""
        beside = [m for m in self.vendor(place).shown[place] if m.kind == "ask" and m is not shown]
        cards = [(m.request, m.card) for m in beside[-3:] if m.card is not None]
        return [name for request, card in cards for name in (request, *(row.request for row in card.rows))]

    def _choose(self, place: str, user: str, shown: Shown, card: Card) -> None:
        if self.dice.random() < 0.6:
            self.press(place, user, shown, Decision.ANSWER, self.dice.choice(card.choices)[0])
        else:
            word = self.dice.choice(("left", "2", "straight on"))
            self.write(place, user, word, under=shown.id, root=shown.root)

    def _answer_form(self, place: str, user: str, shown: Shown, card: Card) -> None:
        """Fill it in behind its button, or in words; now and then not all of it."""
        if self.dice.random() < 0.7:
            self.want_form(place, user, shown)
            return
        lines = [f"{field.name}: {self.entered(field)}" for field in card.fields]
        self.write(place, user, "\n".join(lines), under=shown.id, root=shown.root)

    # At the end ------------------------------------------------------------------------------------------------------

    def help(self, talks: Collection[str]) -> None:
        """Everybody answers what stands open before them, and says good-bye where a talk goes on."""
        for vendor in self.vendors.values():
            for place, messages in vendor.shown.items():
                for shown in messages:
                    card = shown.card
                    if shown.kind != "ask" or card is None or not card.how:
                        continue
                    if all(map(self.settled, [row.request for row in card.rows] or [shown.request])):
                        continue
                    self._answer(place, shown, card)
        for n in talks:
            place, user, root = self.talking[n]
            self.write(place, user, f"bye {n}", root=root)

    def _answer(self, place: str, shown: Shown, card: Card) -> None:
        for user in MEMBERS.get(ConversationKey(place), (place.rpartition("/")[2],)):
            if user == OUTSIDER:
                continue
            if card.rows and self.dice.random() < 0.5:
                self._decide_some(place, user, shown, card)
            elif card.rows:
                self._answer_all(place, user, shown, card)
            elif card.fields:
                self.fill_in(place, user, shown.request, Decision.ANSWER, {f.name: self.valid(f) for f in card.fields})
            elif card.buttons:
                self.press(place, user, shown, card.buttons[0][0])
            elif card.choices:
                self.press(place, user, shown, Decision.ANSWER, card.choices[0][0])
            else:
                self.write(place, user, "my last answer", under=shown.id, root=shown.root)

    def _answer_all(self, place: str, user: str, shown: Shown, card: Card) -> None:
        if card.buttons:
            self.press(place, user, shown, card.buttons[0][0], named(card))
        else:
            for row in card.rows:
                if row.buttons:
                    self.press(place, user, replace(shown, request=row.request), row.buttons[0][0])


def named(card: Card) -> str:
    """Give what a press on all of a list names; of a card of one request, nothing."""
    return ",".join(row.request for row in card.rows if row.buttons)
