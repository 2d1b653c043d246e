"""
What an agent's author holds: `Run`, whose every `await` is an operation of the log.

    async def deploybot(run: Run) -> None:
        while True:
            step = await run.next_step(NextStep, context=build_context)
            ...

An operation's **key** is its path: `deploy#1`, `rollback#1/list_tags#2`, `all#1/0/deploy#1`. Each `run.agent` and each
place of a `run.all` opens a scope that counts for itself, so that the keys inside do not depend on what happens
elsewhere. `Drive` (`drive.py`) answers operations from the log; `advance` and `step` are the same thing as plain
functions: the stateless agent, input and state in, output and new state out.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar, overload

import pydantic_core
from pydantic import BaseModel, TypeAdapter, ValidationError

from agent_core import effects, tools
from agent_core.drive import Drive, Progress
from agent_core.errors import Diverged, InvalidArguments, Stopped
from agent_core.files import File, checked
from agent_core.log import Record
from agent_core.requests import OWNER_ROLE, PEOPLE, Choice, Where, to_role
from agent_core.results import Answered, CallResult, Failed, Large, Message, Ok, QuestionBack, Verdict
from agent_core.strands import Again, Dropped, Join, Wait
from agent_core.texts import storable
from agent_core.thread import Thread
from agent_core.wanted import Approval, Form, OutsideCall, Question, Wanted, choices_of, schema_of

T = TypeVar("T")

AGENT_STEPS = 10  # model steps of a micro-agent before its owner is asked
RUN_STEPS = 50  # model steps of a run outside micro-agents
ERRORS_IN_A_ROW = 3  # of one tool
MODEL_TRIES = 3  # answers of a model to one step, the first included
NO_FAULT_OF_THE_TOOL = frozenset({"in_doubt", "suppressed", "expired", "undeliverable", "no_route"})

Context = Callable[[Thread], str]
Function = Callable[["Run"], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class Agent:
    """An agent function under its name and version. A run keeps to the version it began with."""

    name: str
    version: str
    function: Function

    def drive(self, thread: Thread) -> Drive:
        """Stand this agent where a thread's log says."""
        return Drive(lambda drive: self.function(Run(drive, Scope(), thread.state.input)), thread)


def agent(*, name: str | None = None, version: str = "1") -> Callable[[Function], Agent]:
    """Declare a function as an agent. Change `version` when the order or the arguments of its operations change."""

    def declare(function: Function) -> Agent:
        return Agent(name or function.__name__, version, function)

    return declare


def advance(agent: Agent, thread: Thread) -> Progress:
    """Say where a run stands, from its log alone."""
    drive = agent.drive(thread)
    try:
        return drive.progress()
    finally:
        drive.close()


class Step(NamedTuple):
    """What one event led to."""

    progress: Progress
    thread: Thread


def step(agent: Agent, record: Record, thread: Thread) -> Step:
    """Take one event: the new thread, and what the agent wants now. Changes nothing it was given."""
    new = Thread(thread.id, thread.conversation, thread.facts)
    for earlier in (*thread.records, record):
        new.apply(earlier)
    return Step(advance(agent, new), new)


@dataclass
class Scope:
    """A place in a run where operations are counted. `steps` are model steps left, shared within one agent."""

    prefix: str = ""
    steps: list[int] = field(default_factory=lambda: [RUN_STEPS])
    limit: int = RUN_STEPS
    counts: dict[str, int] = field(default_factory=dict)

    def key(self, name: str) -> str:
        self.counts[name] = count = self.counts.get(name, 0) + 1
        return f"{self.prefix}{name}#{count}"


class Operation(Generic[T]):
    """Something to await, or to give to `run.all`."""

    def __init__(self, run: Run, name: str, body: Callable[[Run], Coroutine[Any, Any, T]]) -> None:
        run.drive.strands.made.add(self)
        self._run, self._name, self._body = run, name, body

    def __await__(self) -> Generator[Any, Any, T]:
        return self.within(self._run).__await__()

    def within(self, run: Run) -> Coroutine[Any, Any, T]:
        """Begin this operation in a scope."""
        if run.drive.strands.closing:
            raise Dropped
        run.drive.strands.made.discard(self)
        return self._body(run)

    def __str__(self) -> str:
        return self._name


class Ask:
    """What `run.ask` has asked: it is open until it has a verdict, and its questions back come to the agent."""

    def __init__(self, run: Run, key: str, wanted: Wanted) -> None:
        self._run, self._key, self._wanted = run, key, wanted

    def next(self) -> Operation[Verdict | QuestionBack]:
        """Wait for the next question back, or the verdict; once there is one, it is the same every time."""

        async def body(run: Run) -> Verdict | QuestionBack:
            asked = run.drive.asked[self._key]
            if asked.questions:
                return asked.questions.popleft()
            result: Verdict | QuestionBack = asked.verdict or await Wait("next", f"{self._key}/next")
            return _filled(self._wanted, result) if not isinstance(result, QuestionBack) else result

        return Operation(self._run, f"{self._key}/next", body)

    def answer(self, text: str) -> Operation[None]:
        """Answer a question back; the answer appears under the card."""

        async def body(run: Run) -> None:
            key, said = run.scope.key(f"{self._key}/answer"), _text(text, "ask.answer")
            await Wait("answer", key, effect=lambda _: effects.AnswerQuestion(key, self.request, said))

        return Operation(self._run, f"{self._key}/answer", body)

    def cancel(self, reason: str = "") -> Operation[Verdict]:
        """
        Withdraw it, because nobody has to decide it any more.

        Args:
            reason: One line for the people who were asked.

        Returns:
            `Denied` with the outcome cancelled; or the verdict that it had got before, which stands.
        """

        async def body(run: Run) -> Verdict:
            key, said = run.scope.key(f"{self._key}/cancel"), _text(reason, "ask.cancel")
            verdict = run.drive.asked[self._key].verdict
            if verdict is None:
                wish = lambda _: effects.CancelRequest(key, self.request, said)  # noqa: E731
                verdict = await Wait("cancel", key, effect=wish, about=self._key)
            return _filled(self._wanted, verdict)

        return Operation(self._run, f"{self._key}/cancel", body)

    @property
    def request(self) -> str:
        """The id of its request; empty where nobody could be asked."""
        return self._run.drive.asked[self._key].request


class Run:
    """One run of an agent, seen from inside. Everything that it awaits is recorded, and replayed from the record."""

    def __init__(self, drive: Drive, scope: Scope, input: Any = None) -> None:  # noqa: A002
        self.drive, self.scope, self.input = drive, scope, input

    @property
    def asked(self) -> str:
        """What people wrote to begin this run, a line each; empty where `run.again` began it and nobody wrote."""
        thread = self.drive.thread
        return "\n".join(thread.facts[seq].text for seq in thread.state.consumes)

    @property
    def late(self) -> tuple[Message, ...]:
        """What people answered too late so far: their words, else what they pressed. It decides nothing."""
        return tuple(self.drive.late)

    def now(self) -> float:
        """Tell the time of the last applied event, in seconds since the epoch."""
        return self.drive.now

    def uuid(self) -> uuid.UUID:
        """Make an id that is the same at every replay."""
        thread = self.drive.thread
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{thread.id}/{thread.state.run}/{self.scope.key('uuid')}")

    @overload
    def next_step(self, wanted: type[T], *, context: Context) -> Operation[T]: ...
    @overload
    def next_step(self, wanted: Any, *, context: Context) -> Operation[Any]: ...
    def next_step(self, wanted: Any, *, context: Context) -> Operation[Any]:
        """
        Ask the model for the next step.

        Args:
            wanted: A pydantic model, or a union of them: the structure of the answer.
            context: Called with the thread when the model is really asked; the text it returns is the whole context.

        Returns:
            The answer, validated. An invalid one is answered with one compact error, twice at most; then, and after
            10 steps of a micro-agent or 50 of a run, its owner is asked.
        """

        async def body(run: Run) -> Any:
            await run._count_step()
            schema = _adapter(wanted)
            while True:
                error = ""
                for _ in range(MODEL_TRIES):
                    text = await run._model(schema, context, error)
                    try:
                        return schema.validate_json(text)
                    except ValidationError as refused:
                        error = tools.brief(refused)
                await run._at_limit(f"The model's answer was unusable {MODEL_TRIES} times in a row ({error}).")

        return Operation(self, "next_step", body)

    def summarise(self, context: Context) -> Operation[str]:
        """Have the model put the history so far into a few sentences, which stand for it from then on."""

        async def body(run: Run) -> str:
            await run._count_tokens()
            key = run.scope.key("summarise")
            schema = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}

            def effect(thread: Thread) -> effects.Effect:
                seen, covers = thread.state.seen, len(thread.records)
                return effects.CallModel(key, context(thread), schema, seen, summary=True, covers=covers)

            text: str = await Wait("summary", key, effect=effect)
            return text

        return Operation(self, "summarise", body)

    def call(
        self, tool: tools.Tool, arguments: BaseModel | Mapping[str, Any], *, why: str = "", catch: bool = False
    ) -> Operation[CallResult]:
        """
        Call a tool. Where it or the policy says so, a person is asked first; what was approved is what runs.

        Args:
            why: One line for the people who are asked.
            catch: Return `expired`, `undeliverable` and `no_route` as `Failed` instead of halting the run.

        Returns:
            Ok, Failed or Denied; a tool's fault is a value. After three errors in a row its owner is asked.
        """

        async def body(run: Run) -> CallResult:
            key = run.scope.key(tool.name)
            try:
                validated = tool.validate(arguments)
                encoded = tool.encode(validated)
                fixed, digest = tool.decode(encoded, validated), tool.digest(encoded)
            except InvalidArguments as error:
                result: CallResult = Failed("invalid_arguments", str(error))
            else:
                wish = effects.CallTool(key, tool, fixed, encoded, digest, _text(why, "why"), catch)
                result = await Wait("call", key, digest, lambda _: wish)
            await run._count_errors(tool, result)
            return _typed(tool, key, result)

        return Operation(self, tool.name, body)

    def request_human(self, wanted: Wanted, *, supersedes: Ask | None = None) -> Operation[Verdict]:
        """
        Ask a person and wait for the verdict. Questions back go to the requester, and the answer under the card.

        Args:
            supersedes: What was asked before and is replaced by this, if it is open still. Votes on it do not count.
        """

        async def body(run: Run) -> Verdict:
            return await run._request(run.scope.key("request_human"), wanted, supersedes)

        return Operation(self, "request_human", body)

    def ask(self, wanted: Wanted, *, supersedes: Ask | None = None) -> Operation[Ask]:
        """
        Ask a person and go on; `await ask.next()` gives the verdict or a question back.

        Args:
            supersedes: As for `request_human`.
        """

        async def body(run: Run) -> Ask:
            key, digest, old = run.scope.key("ask"), digest_of(wanted), supersedes.request if supersedes else None
            wish = effects.RequestHuman(key, wanted, digest, to_agent=True, supersedes=old)
            await Wait("ask", key, digest, lambda _: wish)
            return Ask(run, key, wanted)

        return Operation(self, "ask", body)

    def reply(self, text: str, *, files: Sequence[File] = ()) -> Operation[None]:
        """
        Say something where the run was asked.

        Args:
            files: What is sent with it, at most 10 of 8 MiB each.

        Raises:
            ValueError: A file is empty, too large or has no usable name.
        """

        async def body(run: Run) -> None:
            key, said = run.scope.key("reply"), _text(text, "run.reply")
            enclosed = checked(files)
            await Wait("reply", key, effect=lambda _: effects.Reply(key, said, enclosed))

        return Operation(self, "reply", body)

    def receive(self) -> Operation[Message]:
        """Wait for the next message of somebody who may speak to this run."""

        async def body(run: Run) -> Message:
            key = run.scope.key("receive")
            message: Message = await Wait("receive", key, effect=lambda _: effects.Receive(key))
            return message

        return Operation(self, "receive", body)

    def sleep(self, seconds: float) -> Operation[None]:
        """Go on after this many seconds; nothing stays in memory meanwhile."""

        async def body(run: Run) -> None:
            key = run.scope.key("sleep")
            if not math.isfinite(seconds):
                raise ValueError(f"run.sleep takes a number of seconds, not {seconds}")
            await Wait("sleep", key, effect=lambda _: effects.Sleep(key, max(0.0, seconds)))

        return Operation(self, "sleep", body)

    def all(self, *operations: Operation[Any]) -> Operation[list[Any]]:
        """Wait for all of these; returns their outcomes in the order given. The first exception is raised after all."""

        async def body(run: Run) -> list[Any]:
            key = run.scope.key("all")
            steps, limit = run.scope.steps, run.scope.limit
            scopes = [Scope(f"{key}/{place}/", steps, limit) for place in range(len(operations))]
            return await Join(
                [
                    operation.within(Run(run.drive, scope, run.input))
                    for operation, scope in zip(operations, scopes, strict=True)
                ]
            )

        return Operation(self, "all", body)

    def agent(
        self,
        function: Callable[[Run], Coroutine[Any, Any, T]],
        input: Any = None,  # noqa: A002
        *,
        steps: int = AGENT_STEPS,
    ) -> Operation[T]:
        """Run a micro-agent in a scope of its own, with `run.input` as given and its own number of model steps."""

        async def body(run: Run) -> T:
            key = run.scope.key(function.__name__)
            return await function(Run(run.drive, Scope(f"{key}/", [steps], steps), input))

        return Operation(self, getattr(function, "__name__", "agent"), body)

    async def again(self, state: Any) -> Again:
        """
        End this run and begin the next one: `return await run.again(state)`.

        Args:
            state: What the next run finds as `run.input`, as plain JSON values, whatever type it has here.

        Raises:
            TypeError: JSON cannot hold it.
        """
        try:
            return Again(json.loads(pydantic_core.to_json(state)))
        except ValueError as error:
            raise TypeError(f"run.again takes what JSON can hold: {error}") from error

    # What operations are made of -------------------------------------------------------------------------------------

    async def _model(self, schema: TypeAdapter[Any], context: Context, error: str) -> str:
        await self._count_tokens()
        key = self.scope.key("next_step")
        hint = f"\n\nYour last answer was not valid: {error}. Answer with one JSON object only." if error else ""

        def effect(thread: Thread) -> effects.Effect:
            return effects.CallModel(key, context(thread) + hint, json.loads(_schema(schema)), thread.state.seen)

        text: str = await Wait("model", key, effect=effect)
        return text

    async def _request(self, key: str, wanted: Wanted, supersedes: Ask | None = None) -> Verdict:
        digest, old = digest_of(wanted), supersedes.request if supersedes else None
        wish = effects.RequestHuman(key, wanted, digest, supersedes=old)
        verdict: Verdict = await Wait("request", key, digest, lambda _: wish)
        return _filled(wanted, verdict)

    async def _count_step(self) -> None:
        if self.scope.steps[0] <= 0:
            await self._at_limit(f"{self.scope.limit} model steps were not enough.")
            self.scope.steps[0] = self.scope.limit
        self.scope.steps[0] -= 1

    async def _count_tokens(self) -> None:
        """Ask the owner where the run has used as many tokens as it may; told to go on, it may use as many again."""
        drive = self.drive
        if drive.most_tokens and drive.tokens >= drive.most_tokens:
            await self._at_limit(f"{drive.tokens} tokens were used.")
            drive.tokens = 0

    async def _count_errors(self, tool: tools.Tool, result: CallResult) -> None:
        failures = self.drive.failures
        if not isinstance(result, Failed) or result.kind in NO_FAULT_OF_THE_TOOL:
            failures.pop(tool.name, None)
            return
        failures[tool.name] = failures.get(tool.name, 0) + 1
        if failures[tool.name] >= ERRORS_IN_A_ROW:
            failures.pop(tool.name)
            await self._at_limit(f"{tool.name} failed {ERRORS_IN_A_ROW} times in a row, last: {result.message}")

    async def _at_limit(self, what: str) -> None:
        question = Question(
            f"{what} Go on?",
            (Choice(name="go_on", label="Go on"), Choice(name="stop", label="Stop")),
            why="A limit of this run was reached.",
            to=to_role(OWNER_ROLE),
            where=Where(targets=(PEOPLE,)),
        )
        verdict = await self._request(self.scope.key("limit"), question)
        if not (isinstance(verdict, Answered) and verdict.text == "go_on"):
            raise Stopped(f"{what} Its owner stopped the run.")


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} takes text, not {type(value).__name__}")
    return storable(value)


def digest_of(wanted: Wanted) -> str:
    """Fix what an answer commits to. Wording may change under a paused run; what is approved may not."""
    match wanted:
        case Approval(call=OutsideCall(digest=digest)):
            return digest
        case Approval():
            fixed: dict[str, Any] = {"approval": [wanted.title, wanted.body]}
        case Form():
            fixed = {"form": schema_of(wanted)}
        case _:
            fixed = {"question": [choice.name for choice in choices_of(wanted)]}
    return tools.digest(fixed)


def _typed(tool: tools.Tool, key: str, result: CallResult) -> CallResult:
    """Decode a recorded value, live and at replay alike."""
    if not isinstance(result, Ok) or isinstance(result.value, Large):
        return result
    try:
        return Ok(tool.result.validate_python(result.value))
    except ValidationError as error:
        _diverge(key, error)


def _filled(wanted: Wanted, verdict: Verdict) -> Verdict:
    """Make a form's answer the model that was asked for, live and at replay alike."""
    if not isinstance(wanted, Form) or not isinstance(verdict, Answered) or isinstance(wanted.answer_schema, dict):
        return verdict
    try:
        return replace(verdict, value=wanted.answer_schema.model_validate_json(pydantic_core.to_json(verdict.value)))
    except ValidationError as error:
        return Failed("invalid_answer", tools.brief(error))


def _diverge(key: str, error: ValidationError) -> NoReturn:
    raise Diverged(recorded=f"a result of {key}", expected=f"one its return type takes: {tools.brief(error)}")


@lru_cache(maxsize=512)
def _adapter(wanted: Any) -> TypeAdapter[Any]:
    return TypeAdapter(wanted)


@lru_cache(maxsize=512)
def _schema(adapter: TypeAdapter[Any]) -> str:
    """An answer's JSON Schema as text: made once, and read anew for each call, which may do with it as it likes."""
    return json.dumps(adapter.json_schema())
