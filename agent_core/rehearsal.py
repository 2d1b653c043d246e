"""
A run played by hand, for the tests that an agent's owner writes: no gateway, no channel, no clock.

    run = Rehearsal(clerk, "refund 40.00 to C-1007")
    run.model('{"intent": "refund", "customer": "C-1007", "amount": "40.00", "reason": "damaged"}')
    assert run.wanted(effects.CallTool).encoded["amount"] == "40.00"
    run.returns("40.00 went to C-1007")

What the agent wants is looked at, and answered as people, tools and models would. Whether a call needs an approval is
the policy's, not the agent's, so here `returns` stands for *approved, and ran*, and `deny` for a person who said no.
"""

from __future__ import annotations

from typing import Any, TypeVar

from agent_core import effects, events, facts, forms, rulings
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.drive import Progress
from agent_core.log import Record
from agent_core.requests import Decision, Kind, Outcome, Request, Settlement, Who
from agent_core.run import Agent
from agent_core.thread import Thread
from agent_core.wanted import Form, Question, choices_of, schema_of

E = TypeVar("E", bound=effects.Effect)

START = 1_700_000_000.0  # seconds since the epoch; each event comes a second later
HERE = ConversationKey("rehearsal:here/rita")
RITA, ANA = Party("rita"), Party("ana")


class Rehearsal:
    """
    A run that began with a message of Rita's; Ana is asked.

    `replies` is what the agent has said, `ended` whether it is done.

    Raises:
        AssertionError: A method answers what the agent does not want; it says what it wants instead.
        Exception: Whatever the agent itself raises.
    """

    def __init__(self, agent: Agent, text: str, *, input: Any = None) -> None:  # noqa: A002
        self.thread = Thread("rehearsal", HERE)
        self.replies: list[str] = []
        self.ended = False
        self._facts = 0
        started = events.RunStarted(
            **self._named(),
            agent=agent.name,
            version=agent.version,
            requester=RITA,
            requester_name="Rita",
            consumes=(self._message(text),),
            input=input,
        )
        self.thread.apply(Record(1, START, started))
        self._drive = agent.drive(self.thread)
        self._go_on()

    # What it wants ---------------------------------------------------------------------------------------------------

    @property
    def wants(self) -> tuple[effects.Effect, ...]:
        """Give everything that the agent wants now."""
        return self._progress.effects

    def wanted(self, kind: type[E]) -> E:
        """Give the first thing of a kind that the agent wants."""
        found = next((effect for effect in self.wants if isinstance(effect, kind)), None)
        if found is None:
            names = ", ".join(type(effect).__name__ for effect in self.wants) or "nothing"
            raise AssertionError(f"the agent wants {names}, not a {kind.__name__}")
        return found

    @property
    def context(self) -> str:
        """Give the whole text that its model would read now."""
        return self.wanted(effects.CallModel).context

    @property
    def question(self) -> str:
        """Give what a person is asked now."""
        wanted = self.wanted(effects.RequestHuman).wanted
        return wanted.text if isinstance(wanted, Question) else wanted.title

    # What the world answers ------------------------------------------------------------------------------------------

    def model(self, text: str) -> None:
        """The model answers."""
        wish = self.wanted(effects.CallModel)
        named = {**self._named(), "key": wish.key, "context": "rehearsal"}
        if wish.summary:
            self._happened(events.HistorySummarised(**named, text=text, upto=wish.covers))
        else:
            self._happened(events.ModelAnswered(**named, text=text, seen=wish.seen))

    def returns(self, value: Any) -> None:
        """The tool was approved where it had to be, ran, and returned this."""
        wish = self._start()
        encoded = wish.tool.result.dump_python(wish.tool.result.validate_python(value), mode="json")
        self._happened(events.ToolFinished(**self._named(), key=wish.key, ok=True, value=encoded))

    def fails(self, message: str) -> None:
        """The tool ran, and raised this."""
        key = self._start().key
        self._happened(events.ToolFinished(**self._named(), key=key, ok=False, kind="error", message=message))

    def deny(self, reason: str = "") -> None:
        """Whoever is asked says no: to the call, or to the approval that the agent wants."""
        self._settle(Outcome.DENIED, comment=reason)

    def approve(self) -> None:
        """Whoever is asked says yes to an approval that the agent itself wants."""
        self._settle(Outcome.APPROVED)

    def answer(self, text: str) -> None:
        """Whoever is asked answers; of choices by name, label or number, a form by lines like `size: 3`."""
        wanted = self.wanted(effects.RequestHuman).wanted
        if isinstance(wanted, Question) and wanted.choices:
            picked = rulings.pick(choices_of(wanted), text)
            if picked is None:
                raise AssertionError(f"{text!r} is none of the choices")
            text = picked.name
        values = None
        if isinstance(wanted, Form):
            asked = forms.fields(schema_of(wanted))
            entered = forms.written(asked, text)
            if entered is None:
                raise AssertionError(f"{text!r} has a line that begins with no field of the form")
            filled = forms.read(asked, entered)
            if filled.faults:
                raise AssertionError(f"{text!r} does not fill in the form: {filled.faults}")
            text, values = forms.summary(asked, filled.values), filled.values
        self._settle(Outcome.ANSWERED, answer=text, values=values)

    def expire(self) -> None:
        """Nobody answers in time, and the owner lets the run go on without an answer."""
        wish = self._settle(Outcome.EXPIRED)
        if self.thread.state.pending:
            self._happened(
                events.RunResumed(**self._named(), choice="go_on", by="ana", key=wish.key, outcome=Outcome.EXPIRED)
            )

    def write(self, text: str) -> None:
        """Rita writes while the run is at work, or waits for her."""
        fact = self._message(text)
        said = {**self._named(), "fact": fact, "party": RITA, "name": "Rita"}
        waiting = next((effect for effect in self.wants if isinstance(effect, effects.Receive)), None)
        if waiting is None:
            self._happened(events.MessageKept(**said))
        else:
            self._happened(events.MessageTaken(**said, key=waiting.key))

    def wake(self) -> None:
        """The time that it sleeps is over."""
        key = self.wanted(effects.Sleep).key
        until = self._now() + self.wanted(effects.Sleep).seconds
        self._happened(events.SleepStarted(**self._named(), key=key, until=until))
        self._happened(events.SleepEnded(**self._named(), key=key))

    # How it is played ------------------------------------------------------------------------------------------------

    def _start(self) -> effects.CallTool:
        wish = self.wanted(effects.CallTool)
        tool = wish.tool
        started = events.ToolStarted(
            **self._named(), key=wish.key, tool=tool.name, version=tool.version, digest=wish.digest
        )
        self._record(started)
        return wish

    def _settle(self, outcome: Outcome, **how: Any) -> effects.Effect:
        wish = next((e for e in self.wants if isinstance(e, effects.RequestHuman | effects.CallTool)), None)
        if wish is None:
            return self.wanted(effects.RequestHuman)
        request = self._request(wish)
        self._record(events.RequestOpened(**self._named(), key=wish.key, request=request))
        settlement = Settlement(outcome=outcome, at=self._now(), by=ANA, name="Ana", **how)
        settled = events.RequestSettled(**self._named(), request=request.id, key=wish.key, settlement=settlement)
        self._happened(settled)
        return wish

    def _request(self, wish: effects.RequestHuman | effects.CallTool) -> Request:
        how: dict[str, Any] = {"kind": Kind.APPROVAL}
        if isinstance(wish, effects.CallTool):
            how |= {"tool": wish.tool.name, "catch": wish.catch}
        else:
            how |= {"catch": wish.wanted.catch, "to_agent": wish.to_agent}
            how |= {"kind": Kind.QUESTION} if isinstance(wish.wanted, Question) else {}
            if isinstance(wish.wanted, Form):
                how |= {"kind": Kind.FORM, "answer_schema": schema_of(wish.wanted)}
        return Request(
            id=f"{wish.key} {len(self.thread.records)}",
            thread=self.thread.id,
            run="r1",
            key=wish.key,
            title=wish.key,
            digest=wish.digest,
            allowed=(Decision.APPROVE, Decision.DENY, Decision.ANSWER),
            who=Who(people=(ANA,)),
            opened_at=self._now(),
            home=HERE,
            **how,
        )

    def _message(self, text: str) -> int:
        self._facts += 1
        fact = facts.MessageReceived(sender=Identity(HERE), sender_name="Rita", sent_at=START + self._facts, text=text)
        self.thread.learn(self._facts, fact)
        return self._facts

    def _named(self) -> dict[str, Any]:
        return {"thread": self.thread.id, "run": "r1"}

    def _now(self) -> float:
        return START + len(self.thread.records)

    def _record(self, event: events.Event) -> None:
        self._drive.take(Record(len(self.thread.records) + 1, self._now(), event))

    def _happened(self, event: events.Event) -> None:
        self._record(event)
        self._go_on()

    def _go_on(self) -> None:
        """See what the agent wants next; what it says is only written down."""
        self._progress: Progress = self._drive.progress()
        while (said := next((e for e in self._progress.effects if isinstance(e, effects.Reply)), None)) is not None:
            self.replies.append(said.text)
            self._record(events.Replied(**self._named(), key=said.key, text=said.text))
            self._progress = self._drive.progress()
        if self._progress.diverged is not None:
            raise self._progress.diverged
        if self._progress.ended is not None:
            self.ended = True
            if self._progress.ended.error is not None:
                raise self._progress.ended.error
