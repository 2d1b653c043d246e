"""
Stored events: every one comes back as it was, and what is no event of ours is refused, wherever it stands.
"""

from __future__ import annotations

import json
import sqlite3
import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from agent_core import events
from agent_core.errors import CoreError
from agent_core.log import EVENT_TYPES, Record, decode, encode, storable
from agent_core.run import Question, Run
from agent_core.texts import storable as mended
from agent_core.thread import Thread, fold
from gateway.store.sqlite_reader import FILE
from tests.agent_core.agents import Number, add, an_agent
from tests.agent_core.logs import HOME, NOON
from tests.fuzz import examples
from tests.fuzz.shapes import texts, values
from tests.gateway.agents import echo
from tests.gateway.house import OTTO, RITA, maker
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime

words = texts.map(mended)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)


@cache
def of(annotation: Any) -> st.SearchStrategy[Any]:
    """Give values of a field, by its type."""
    kind, inner = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__supertype__"):
        return of(annotation.__supertype__)
    if kind is Literal:
        return st.sampled_from(inner)
    if kind in (Union, types.UnionType):
        return st.one_of([of(one) for one in inner])
    if kind is tuple and inner[-1] is ...:
        return st.lists(of(inner[0]), max_size=2).map(tuple)
    if kind is tuple:
        return st.tuples(*map(of, inner))
    if kind in (dict, Mapping):
        return st.dictionaries(of(inner[0]), of(inner[1]), max_size=2)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return st.deferred(lambda: built(annotation))
    known = {str: words, int: st.integers(0, 9), float: st.floats(0, 2e9), bool: st.booleans(), type(None): st.none()}
    return known.get(annotation, plain)


@cache
def built(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Give instances of a model, with some of the fields that have defaults and all that have none."""
    fields = {name: field for name, field in model.model_fields.items() if name not in ("v", "type")}
    needed = {name: of(field.annotation) for name, field in fields.items() if field.is_required()}
    others = {name: of(field.annotation) for name, field in fields.items() if not field.is_required()}

    def make(given: dict[str, Any]) -> BaseModel:
        try:
            return model.model_validate(given)
        except ValidationError:
            reject()

    return st.fixed_dictionaries(needed, optional=others).map(make)


any_event = st.sampled_from(EVENT_TYPES).flatmap(built)
thread_event = st.sampled_from([kind for kind in EVENT_TYPES if issubclass(kind, events.ThreadEvent)]).flatmap(built)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
@examples(5)
@given(st.data())
def test_every_event_comes_back(kind: type[events.Event], data: st.DataObject):
    """
    Whatever stands in it, an event is read as it was written; without a field that may be left out it is read too; with
    a field that we do not know it is refused.
    """
    event = data.draw(built(kind))
    body = json.loads(encode(event))
    assert event == decode(encode(event))

    optional = [name for name in body if name not in ("v", "type") and not kind.model_fields[name].is_required()]
    left = {
        name: value for name, value in body.items() if name not in data.draw(st.sets(st.sampled_from([*optional, ""])))
    }
    assert kind is type(decode(json.dumps(left).encode()))
    with pytest.raises(ValidationError):
        decode(json.dumps(body | {"a_field_of_tomorrow": 1}).encode())


@examples(100)
@given(st.data())
def test_what_utf_8_cannot_write_is_mended(data: st.DataObject):
    """
    Texts with halves of emoji, put into an event anywhere, are made fit to be stored.
    """
    event = data.draw(any_event)
    texts_in = [name for name, field in type(event).model_fields.items() if field.annotation is str]
    broken = event.model_copy(update=dict.fromkeys(texts_in, "\ud83d"))

    assert decode(encode(storable(broken)))


@examples(200)
@given(st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()) | st.data())
def test_what_is_no_event_is_refused(raw: Any):
    """
    Bytes of any kind, JSON of any shape, and events with anything in the place of a field: read, or a ValueError.
    """
    if not isinstance(raw, bytes):
        event = json.loads(encode(raw.draw(any_event)))
        raw = json.dumps(event | {raw.draw(st.sampled_from(sorted({*event, "v"}))): raw.draw(values)}).encode()
    try:
        event = decode(raw)
    except ValueError:
        return
    assert type(event) in EVENT_TYPES


@examples(60, shrink=False)
@given(st.lists(thread_event, max_size=12))
def test_any_log_is_folded_or_refused(some: list[events.ThreadEvent]):
    """
    Events in any order make a state, or an error of the core; live, and read again from the start, they make the same.
    """

    async def bot(run: Run) -> None:
        await run.call(add, Number(n=1))
        await run.request_human(Question("Which?"))

    one = an_agent(bot)
    began = events.RunStarted(thread="thread", run="r1", agent=one.name, version=one.version)
    known = [event.model_copy(update={"thread": "thread", "run": "r1"}) for event in some]
    live = Thread("thread", HOME)
    live.apply(Record(1, NOON, began))
    drive = one.drive(live)
    taken = [Record(1, NOON, began)]
    try:
        for number, event in enumerate(known, start=2):
            if isinstance(event, events.RunStarted | events.MessageTaken | events.MessageKept):
                continue
            drive.take(Record(number, NOON, event))
            taken.append(Record(number, NOON, event))
            fresh = one.drive(fold("thread", HOME, taken, {}))
            assert drive.thread.state == fresh.thread.state
            assert repr(drive.progress()) == repr(fresh.progress())
            fresh.close()
    except CoreError:
        pass
    finally:
        drive.close()


@examples(5, shrink=False)
@example([b"", b'{"type":"RunStarted"}'])
@given(st.lists(st.binary(max_size=30) | values.map(lambda v: json.dumps(v).encode()), min_size=1, max_size=3))
async def test_garbage_in_the_store(tmp_path_factory: pytest.TempPathFactory, garbage: list[bytes]):
    """
    Where rows of a conversation are not events, that one is set aside by name; the others go on, also after a restart.
    """
    runtime = HandRuntime()
    folder = tmp_path_factory.mktemp("house")
    make = maker(folder, runtime, Loopback(runtime.now))
    async with make(echo) as house:
        for user in (RITA, OTTO):
            await house.write(user, "hello")
    db = sqlite3.connect(folder / FILE)
    with db:
        rows = db.execute(
            "SELECT c.id, e.seq FROM events e JOIN conversations c ON c.id = e.conversation WHERE c.key LIKE '%/URITA'"
            " ORDER BY e.seq"
        ).fetchall()
        for row, raw in zip(rows, garbage, strict=False):
            db.execute("UPDATE events SET body = ? WHERE conversation = ? AND seq = ?", (raw, *row))
    db.close()
    for _ in range(2):
        async with make(echo) as house:
            for user in (RITA, OTTO):
                await house.write(user, "again")
            assert house.owner.running
            assert [f"slack:T1/{RITA}"] == sorted(house.owner.stuck)
            assert "UOTTO said: again" == house.texts(OTTO)[-1]
    runtime.close()
