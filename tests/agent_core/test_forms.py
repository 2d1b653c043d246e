"""
What a form's schema asks for, and how what was filled in is read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agent_core import forms, wanted
from agent_core.errors import InvalidRequest
from agent_core.forms import Fault
from agent_core.wanted import Form, Question, questions


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("of", "entered", "value"),
    [
        ({"type": "string"}, " hello ", "hello"),
        ({"type": "string", "pattern": "^v[0-9]+$"}, "v12", "v12"),
        ({"type": "string", "pattern": "^v[0-9]+$", "description": "v1"}, "12", Fault("pattern", "v1")),
        ({"type": "string", "minLength": 3}, "ab", Fault("short", 3)),
        ({"type": "string", "maxLength": 3}, "abcd", Fault("long", 3)),
        ({"type": "string"}, "a\nb", Fault("line")),
        ({"type": "string", "format": "multiline"}, "a\nb", "a\nb"),
        ({"type": "integer"}, "-12", -12),
        ({"type": "integer"}, "1.5", Fault("integer")),
        ({"type": "integer"}, "٣", Fault("integer")),
        ({"type": "integer"}, "1" * 16, Fault("integer")),
        ({"type": "integer", "minimum": 1}, "0", Fault("least", 1)),
        ({"type": "integer", "maximum": 9}, "10", Fault("most", 9)),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": "number"}, "nan", Fault("number")),
        ({"type": "number", "exclusiveMinimum": 0}, "0", Fault("above", 0)),
        ({"type": "number", "exclusiveMaximum": 1}, "1.0", Fault("below", 1)),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, "false", False),
        ({"type": "boolean"}, "maybe", Fault("boolean")),
        ({"enum": ["eu", "us"]}, "EU", "eu"),
        ({"oneOf": [{"const": "eu", "title": "Europe"}, {"const": "us"}]}, "europe", "eu"),
        ({"enum": ["eu", "us"]}, "mars", Fault("choice", "eu, us")),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ("b", "a"), ["b", "a"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "a, b", ["a", "b"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2}, ("a", "a"), Fault("few", 2)),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 1}, ("a", "b"), Fault("many", 1)),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ("c",), Fault("choice", "a, b")),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "", []),
        ({"type": "string", "format": "date"}, "2028-02-29", "2028-02-29"),
        ({"type": "string", "format": "date"}, "2026-02-29", Fault("date")),
        ({"type": "string", "format": "date"}, "20260228", Fault("date")),
        ({"type": "string"}, ("a",), Fault("unreadable")),
        ({"type": "string"}, "  ", Fault("missing")),
        ({"type": ["string", "null"]}, "", None),
    ],
)
def test_each_kind_of_field_reads_what_it_takes(of: dict[str, Any], entered: Any, value: Any):
    """
    What was entered becomes what the schema says, or a fault that says what would be right.
    """
    filled = forms.read(forms.fields(schema(x=of)), {"x": entered})

    if isinstance(value, Fault):
        assert ({}, {"x": value}) == filled
    else:
        assert ({"x": value}, {}) == filled


def test_what_need_not_be_filled_in_may_be_left_empty():
    """
    Left out of the answer, so that a model's own default counts; what the form began with has to be there.
    """
    asked = forms.fields(
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string", "default": ""}, "c": {"enum": ["x"]}}
            | {"d": {"type": "integer", "default": 3}},
        }
    )

    assert ({}, {"d": Fault("missing")}) == forms.read(asked, {"a": "", "c": ""})
    assert "3" == asked[3].initial


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "properties"),
        ({"type": "object", "properties": {}}, "properties"),
        (schema(x={"type": "object", "properties": {}}), "type 'object'"),
        (schema(x={"type": "array", "items": {"type": "string"}}), "0 choices"),
        (schema(x={"type": "string", "format": "ipv4"}), "format 'ipv4'"),
        (schema(x={"type": "integer", "multipleOf": 2}), "multipleOf"),
        (schema(x={"type": "string", "pattern": "(?=look)"}), "pattern"),
        (schema(x={"type": "string", "pattern": "("}), "pattern"),
        (schema(x={"enum": [1, 2]}), "something else than text"),
        (schema(x={"enum": ["a", "a"]}), "twice"),
        (schema(x={"enum": [str(n) for n in range(101)]}), "101 choices"),
        (schema(x={"type": "array", "items": {"enum": [str(n) for n in range(11)]}}), "11 choices"),
        (schema(x={"enum": ["a" * 76]}), "75 characters"),
        (schema(x={"type": "integer", "minimum": 3, "maximum": 2}), "from 3 to 2"),
        (schema(x={"type": "integer", "minimum": "one"}), "least"),
        (schema(x={"type": "string", "minLength": 4_000, "maxLength": 5_000}), "3000 characters"),
        (schema(x={"type": "integer", "default": 0, "minimum": 1}), "default"),
        (schema(x={"enum": ["a"], "default": "b"}), "default"),
        (schema(x={"anyOf": [{"type": "string"}, {"type": "integer"}]}), "several types"),
        (schema(x={"$ref": "#/$defs/Y"}), "not in the schema"),
        (schema(x={"$ref": "#/$defs/Y"}) | {"$defs": {"Y": {"$ref": "#/$defs/Y"}}}, "refers to itself"),
        (schema(x=True), "no schema"),
        (schema(**{"n" * 101: {"type": "string"}}), "name"),
        (schema(x={"type": "string", "title": "T"}, y={"type": "string", "title": "t"}), "called 't'"),
        (schema(**{f"f{n}": {"type": "string"} for n in range(41)}), "41 fields"),
        (schema(x={"type": "string"}) | {"required": ["y"]}, "no such field"),
        (schema(x={"type": "string"}) | {"allOf": []}, "allOf"),
    ],
)
def test_a_form_that_no_channel_could_show_is_refused_when_it_is_made(given: dict[str, Any], says: str):
    """
    What could not be shown, or would not be checked, is refused at the agent's own line, in words that name the field.
    """
    with pytest.raises(InvalidRequest, match=says):
        Form("What?", given)


def test_a_model_of_several_choices():
    """
    A list of an enumeration's members is what is ticked, none where it may be none.
    """

    class Part(StrEnum):
        WEB = "web"
        API = "api"

    class Parts(BaseModel):
        parts: list[Part] = [Part.WEB]
        more: set[Part] | None = None

    parts, more = forms.fields(wanted.schema_of(Form("What?", Parts)))

    options = (("web", "web"), ("api", "api"))
    assert ("choices", ("web",), options, False) == (parts.kind, parts.initial, parts.options, parts.required)
    assert ("choices", True) == (more.kind, more.nullable)


def test_a_model_that_has_no_schema_is_refused():
    """
    A model of fields that JSON cannot describe is refused like any other.
    """

    class Odd(BaseModel):
        x: object
        y: type

    with pytest.raises(InvalidRequest, match="cannot be made of that"):
        Form("What?", Odd)


def test_lines_fill_in_a_form():
    """
    Each line begins with a name, a title or a number; a line that does not belongs to a text of several lines only.
    """
    asked = forms.fields(
        schema(
            size={"type": "integer", "title": "How big?"},
            note={"type": "string", "format": "multiline"},
            x={"enum": ["a"]},
        )
    )

    assert {"size": "3", "note": "one\n two", "x": "a"} == forms.written(asked, "how big?: 3\nNOTE: one\n two\n3: a")
    assert forms.written(asked, "3") is None
    assert forms.written(asked, "size: 3\nsize: 4") is None
    assert forms.written(asked, "size: 3\nplease") is None
    assert {} == forms.written(asked, " ")
    assert forms.begins(asked, "Size: 3")
    assert not forms.begins(asked, "the size: 3")


def test_questions_become_fields():
    """
    Several questions are one form: texts of several lines, and choices by their labels.
    """
    form = questions("Before I begin", Question("Where?", ("eu", "us"), body="The region"), Question("Why?"))
    assert isinstance(form.answer_schema, dict)
    where, why = forms.fields(form.answer_schema)

    assert ("q1", "choice", "Where?", "The region") == (where.name, where.kind, where.label, where.hint)
    assert ("q2", "long_text", "Why?", True) == (why.name, why.kind, why.label, why.required)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(forms.Field.model_fields)), inner)
    ),
    max_leaves=5,
)
NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems"]
WORDS = [
    "type",
    "format",
    "enum",
    "oneOf",
    "const",
    "anyOf",
    "$ref",
    "items",
    "default",
    "title",
    "pattern",
    "uniqueItems",
]
KEYWORDS = st.sampled_from(NUMBERS + WORDS)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", ["string", "null"], "object"])


@given(st.dictionaries(KEYWORDS, JSON, max_size=5), TYPES, st.text(max_size=8) | st.lists(st.text()).map(tuple))
def test_any_schema_is_refused_or_readable(of: dict[str, Any], kind: Any, entered: str | tuple[str, ...]):
    """
    However odd a schema is, it is refused in words, or every text entered is read or told what is wrong with it.
    """
    try:
        asked = forms.fields(schema(x={"type": kind} | of))
    except InvalidRequest:
        return
    filled = forms.read(asked, {"x": entered})
    assert set(filled.values) | set(filled.faults) == {"x"}
    assert forms.summary(asked, filled.values) is not None
