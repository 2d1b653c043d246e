"""
What people can do at a vendor: write, press, ask for a form and send it in, change and take back what they wrote.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.base import Form, FormWanted, Inbound, NoForm
from agent_core import facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.forms import Field
from agent_core.requests import Assurance, Decision
from tests.gateway.loopback import Shown
from tests.simulation.vendor import Vendor
from tests.simulation.weather import Weather

REGRETS = ("approve", "deny", "drop", "left", "deploy {n}", "bye {n}", "my edit {n}")
"""What a message says after it was changed: words that would decide, were they written."""

EDITED = 10_000_000  # from this number on nobody counts what they want


@dataclass(kw_only=True)
class Hands:
    """
    The hands of everybody.

    Args:
        answered: Called with what somebody was told who asked for the form of a request.
    """

    vendors: dict[str, Vendor]
    dice: random.Random
    weather: Weather
    note: Callable[[str], None]
    answered: Callable[[FormWanted, Form | NoForm], None]
    acts: int = 0
    quiet: bool = False
    talking: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def vendor(self, place: str) -> Vendor:
        return self.vendors[place.partition("/")[0]]

    def later(self, delay: float, work: Callable[..., None], *arguments: object) -> None:
        """Do something after so many seconds."""
        next(iter(self.vendors.values())).later(delay, work, *arguments)

    def write(
        self,
        place: str,
        user: str,
        text: str,
        *,
        under: str = "",
        root: str = "",
        talk: str = "",
        files: Sequence[facts.Attachment] = (),
    ) -> None:
        """Somebody writes."""
        vendor = self.vendor(place)
        number = vendor.next_number()
        inbound = self._stamped(vendor, vendor.message(place, user, text, number, under, root, tuple(files)))
        if talk:
            self.talking[talk] = (place, user, inbound.fact.root)
        self._bring(vendor, inbound, f"{user} writes {text!r} in {place} {under and 'under ' + under}")
        if self.dice.random() < self.weather.regret:
            self.later(self.dice.expovariate(1 / 20), self._regret, vendor, inbound)

    def _regret(self, vendor: Vendor, inbound: Inbound) -> None:
        """Somebody changes what they wrote, or takes it back; both are facts, and decide nothing."""
        if self.quiet:
            return
        number = vendor.next_number()
        fact = inbound.fact.model_dump(include=set(facts.MessageDeleted.model_fields) - {"type"})
        fact["sent_at"] = vendor.time()
        changed: facts.ChannelFact = facts.MessageDeleted.model_validate(fact)
        if self.dice.random() < 0.8:
            text = self.dice.choice(REGRETS).format(n=EDITED + number)
            changed = facts.MessageEdited.model_validate(fact | {"text": text})
        what = f"{changed.sender_name} changes {changed.message_id}: {getattr(changed, 'text', None)!r}"
        self._bring(vendor, Inbound(inbound.conversation, changed, (f"change/{number}",)), what)

    def press(self, place: str, user: str, shown: Shown, decision: Decision, value: str = "") -> None:
        """Somebody presses a button."""
        vendor = self.vendor(place)
        revision, number = shown.card.revision if shown.card is not None else 0, vendor.next_number()
        pressed = vendor.press(place, user, shown.request, decision, number, value, revision)
        inbound = self._stamped(vendor, pressed)
        fact = inbound.fact.model_copy(update={"message_id": f"p{number}"})
        inbound = Inbound(inbound.conversation, fact, inbound.dedupe)
        self._bring(vendor, inbound, f"{user} presses {decision} on {shown.request[:6]} in {place}")

    def want_form(
        self, place: str, user: str, shown: Shown, choice: str = "", *, edit: bool = False, hand: bool = False
    ) -> None:
        """Somebody presses a button behind which is a form; they send it in some time later, if they get it."""
        vendor = self.vendor(place)
        sender = Identity(f"{vendor.channel}:{vendor.account}/{user}")
        revision = shown.card.revision if shown.card is not None else 0
        wanted = FormWanted(
            shown.request, ConversationKey(place), sender, user, Assurance.HIGH, choice, edit, revision, hand
        )

        def answer(form: Form | NoForm) -> None:
            self.answered(wanted, form)
            if isinstance(form, Form):
                values = {field.name: self.entered(field) for field in form.fields}
                delay = self.dice.expovariate(1 / self.dice.choice((1, 10)))
                self.later(
                    delay, self.fill_in, place, user, shown.request, form.decision, values, form.choice, form.revision
                )

        self.note(f"{user} wants a form of {shown.request[:6]} in {place}")
        vendor.ask(wanted, answer)

    def entered(self, field: Field) -> str:
        """What somebody enters in a field; not all of them heed what it takes."""
        drawn = self.dice.random()
        if drawn < 0.1:
            return ""
        if drawn < 0.2 and field.kind == "integer":
            return self.dice.choice(("0", "9", "many"))
        return self.dice.choice(("v2", "canary")) if field.name == "tag" and drawn < 0.7 else self.valid(field)

    def valid(self, field: Field) -> str:
        """Something that a field takes."""
        if field.options:
            return self.dice.choice(field.options)[0]
        if field.kind == "integer":
            return str(1 + int(self.dice.random() * 8))
        return (
            str(field.initial) if field.initial else f"my reason {self.vendors[next(iter(self.vendors))].next_number()}"
        )

    def fill_in(
        self,
        place: str,
        user: str,
        request: str,
        decision: Decision,
        values: Mapping[str, str],
        choice: str = "",
        revision: int = 0,
    ) -> None:
        """Somebody sends in the form behind a button."""
        vendor = self.vendor(place)
        number = vendor.next_number()
        inbound = vendor.form(place, user, request, values, number, decision, choice, revision)
        fact = inbound.fact.model_copy(update={"sent_at": vendor.time(), "message_id": f"f{number}"})
        inbound = Inbound(ConversationKey(place), fact, (f"form/{number}",))
        self._bring(vendor, inbound, f"{user} sends in {decision} {choice} {dict(values)} on {request[:6]} in {place}")

    def _stamped(self, vendor: Vendor, inbound: Inbound) -> Inbound:
        fact = inbound.fact.model_copy(update={"sent_at": vendor.time()})
        return Inbound(inbound.conversation, fact, inbound.dedupe, inbound.raw)

    def _bring(self, vendor: Vendor, inbound: Inbound, what: str) -> None:
        self.acts += 1
        self.note(what)
        vendor.bring(inbound)
