"""
Does what was decided: calls tools and models, and brings back what came of it.

Nothing here raises for the world's faults: a tool that fails, hangs or returns what is no JSON, and a model that does
not answer, all come back as a `Result`.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import json
import logging
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from agent_core import context, effects, events
from agent_core.catalogue import Sentence
from agent_core.texts import described, storable
from agent_core.tools import Start, Tool
from gateway.errors import ModelFailed
from gateway.models.base import Answer, Model
from gateway.ongoing import Operation, Result
from gateway.runtime import Runtime
from gateway.store.rows import CONTEXT_DAYS, Blob

log = logging.getLogger("ringback.perform")

LARGE = 64 * 1024  # bytes of a result from which it is kept apart from the log
TOO_LARGE = 16 * 1024 * 1024  # bytes of a result that is refused
HEAD = 2_000  # characters of a large result that the log holds
LONGEST_MESSAGE = 2_000  # characters of a tool's error that the log holds
LONGEST_ANSWER = 256 * 1024  # characters of a model's answer; what is longer is cut, and so is no JSON
MODEL_LIMIT = 120.0  # seconds that one answer may take
MODEL_PAUSES = (1.0, 2.0, 5.0, 10.0)  # seconds between tries; after the last one the run is parked


class Performer:
    """
    Calls tools and models.

    Args:
        model: Finds an agent's model by the agent's name.
        context_days: How long the exact text of a model call is kept.
    """

    def __init__(
        self,
        model: Callable[[str], Model | None],
        runtime: Runtime,
        *,
        context_days: float = CONTEXT_DAYS,
    ) -> None:
        self._model, self._runtime, self._context_days = model, runtime, context_days

    async def tool(
        self, operation: Operation, call: effects.CallTool, start: Start, late: Callable[[Result], None]
    ) -> Result:
        """
        Run one attempt of a tool.

        Args:
            start: What the tool is told about it.
            late: Called when an attempt that had run out of time ends after all.
        """
        turn = Turn()
        attempt = asyncio.ensure_future(self._run(operation, call, start, turn))
        try:
            return await self._runtime.limit(asyncio.shield(attempt), call.tool.limit)
        except TimeoutError:
            return self._timed_out(operation, call.tool, turn, attempt, late)
        except asyncio.CancelledError:
            if _we_are_stopping():
                attempt.cancel()
                raise
            return self._failed(operation, "error", "CancelledError")  # the tool's own, or of what it awaited

    def _timed_out(
        self,
        operation: Operation,
        tool: Tool,
        turn: Turn,
        attempt: asyncio.Future[Result],
        late: Callable[[Result], None],
    ) -> Result:
        """Say what is known of an attempt whose time is up: it never began, it only read, or nobody knows."""
        if turn.taken():
            busy = f"every thread was busy for {tool.limit:g} seconds, so it did not run"
            return self._failed(operation, "timed_out", busy)
        if inspect.iscoroutinefunction(tool.function):
            attempt.cancel()
        attempt.add_done_callback(functools.partial(_report_late, late))
        if tool.read_only:
            return self._failed(operation, "timed_out", f"it took longer than {tool.limit:g} seconds")
        return Result(operation, doubt=Sentence(key="card.in_doubt.timed_out", names={"limit": tool.limit}))

    async def _run(self, operation: Operation, call: effects.CallTool, start: Start, turn: Turn) -> Result:
        tool = call.tool
        arguments: tuple[Any, ...] = (call.arguments, start) if tool.wants_start else (call.arguments,)
        try:
            if inspect.iscoroutinefunction(tool.function):
                value = await tool.function(*arguments) if turn.taken() else None
            else:
                call_it = functools.partial(contextvars.copy_context().run, tool.function, *arguments)
                value = await self._runtime.to_thread(lambda: call_it() if turn.taken() else None)
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:
            log.warning("tool %s failed", tool.name, exc_info=error, extra={"thread_id": operation.thread})
            return self._failed(operation, "error", described(error)[:LONGEST_MESSAGE])
        return self._encoded(operation, tool, value)

    def _encoded(self, operation: Operation, tool: Tool, value: Any) -> Result:
        try:
            encoded = tool.result.dump_json(tool.result.validate_python(value))
            plain = json.loads(encoded)
        except Exception as error:
            problem = described(error).partition("\n")[0]
            return self._failed(operation, "invalid_result", f"{tool.name} returned what is no JSON: {problem}")
        if len(encoded) > TOO_LARGE:
            problem = f"{tool.name} returned {len(encoded)} bytes; at most {TOO_LARGE} are taken"
            return self._failed(operation, "invalid_result", problem)
        event = events.ToolFinished(
            thread=operation.thread, run=operation.run, key=operation.key, attempt=operation.attempt, ok=True
        )
        if len(encoded) <= LARGE:
            return Result(operation, event.model_copy(update={"value": plain}))
        blob = blob_of(encoded, None)
        head = encoded[:HEAD].decode(errors="ignore")
        large = {"value": head, "blob": blob.digest, "size": len(encoded)}
        return Result(operation, event.model_copy(update=large), (blob,))

    def _failed(self, operation: Operation, kind: str, message: str) -> Result:
        thread, run, key, attempt = operation
        return Result(
            operation,
            events.ToolFinished(thread=thread, run=run, key=key, attempt=attempt, ok=False, kind=kind, message=message),
        )

    async def model(self, operation: Operation, wish: effects.CallModel, agent: str) -> Result:
        """Ask an agent's model, again after a pause where it does not answer."""
        model = self._model(agent)
        if model is None:
            return Result(operation, failed="no model is configured for this agent")
        problem = ""
        for pause in (*MODEL_PAUSES, None):
            try:
                answer = await self._runtime.limit(model.answer(wish.context, wish.schema), MODEL_LIMIT)
                return self._answered(operation, wish, model, answer)
            except (ModelFailed, TimeoutError) as error:
                problem = str(error) or f"no answer within {MODEL_LIMIT:g} seconds"
            except (Exception, asyncio.CancelledError) as error:
                if _we_are_stopping():
                    raise
                log.exception("model %s failed", model.name)
                problem = described(error)
            if pause is not None:
                await self._runtime.sleep(self._runtime.jitter(pause))
        return Result(operation, failed=problem)

    def _answered(self, operation: Operation, wish: effects.CallModel, model: Model, answer: str | Answer) -> Result:
        text, cost = answer if isinstance(answer, Answer) else (answer, None)
        text = storable(str(text)[:LONGEST_ANSWER])
        tokens = cost if cost is not None else context.tokens(wish.context) + context.tokens(text)
        asked = blob_of(wish.context.encode(), self._context_days)
        named = {"thread": operation.thread, "run": operation.run, "key": operation.key, "context": asked.digest}
        event: events.ThreadEvent
        if wish.summary:
            event = events.HistorySummarised(**named, text=_summary(text), upto=wish.covers, tokens=tokens)
        else:
            event = events.ModelAnswered(**named, text=text, seen=wish.seen, model=model.name, tokens=tokens)
        return Result(operation, event, (asked,))


class Turn:
    """An attempt's turn: whoever takes it first has it, the function that begins or the limit that gives it up."""

    def __init__(self) -> None:
        self._free = [True]

    def taken(self) -> bool:
        """Take it; False where somebody has it already. One step of the interpreter, so two threads cannot both."""
        try:
            return self._free.pop()
        except IndexError:
            return False


def _we_are_stopping() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def blob_of(body: bytes, days: float | None) -> Blob:
    """Name a body by its digest (128 bits of SHA-256, in hexadecimal)."""
    return Blob(sha256(body).hexdigest()[:32], body, days)


def _report_late(late: Callable[[Result], None], attempt: asyncio.Future[Result]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        late(attempt.result())


def _summary(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return str(found.get("summary", text)) if isinstance(found, dict) else text
