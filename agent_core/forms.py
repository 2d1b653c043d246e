"""
Forms: the flat fields that a person fills in, made of a JSON Schema; and what was filled in, read by them.

    fields(schema)        what to ask, or `InvalidRequest` where no channel could ask it
    read(fields, values)  what was filled in, as JSON, or what is wrong with it, by field
    written(fields, text) the same as lines of a message: `region: eu`

A schema is taken as a whole or not at all: a keyword that is not known here is refused, so that nobody believes that it
was checked. Of a pydantic model only its schema is looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from agent_core.errors import InvalidRequest
from agent_core.texts import storable

FieldKind = Literal["text", "long_text", "integer", "number", "boolean", "choice", "choices", "date"]
Values = Mapping[str, str | tuple[str, ...]]
"""What somebody entered, as text, by the names of fields; of `choices` the names of those that were picked."""

MOST_FIELDS = 40
LONGEST = 3_000  # characters of a text; the least that a channel with forms takes in one field
LONGEST_NAME = 100  # characters of a field's name
LONGEST_LABEL = 150  # characters of a field's label, and of a choice's name ...
LONGEST_OPTION = 75  # ... and of its label: the least that a channel shows whole
MOST_OPTIONS = 100  # to pick one of
MOST_TICKED = 10  # to pick several of
YES, NO = "yes", "no"
BOOLEANS = dict.fromkeys((YES, "true", "ja", "oui", "sí", "si"), True) | dict.fromkeys(
    (NO, "false", "nein", "non"), False
)
MULTILINE = "multiline"  # the `format` of a text of several lines; ours, JSON Schema has none for that

_INTEGER = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)  # below 2^53, so that JSON holds it exactly
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

_NOTES = {"title", "description", "default", "examples", "deprecated", "type", "$schema", "$id"}
_WHOLE = _NOTES | {"$defs", "properties", "required", "additionalProperties"}
_KNOWN: Mapping[FieldKind, Collection[str]] = {
    "text": ("minLength", "maxLength", "pattern", "format"),
    "long_text": ("minLength", "maxLength", "pattern", "format"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "boolean": (),
    "choice": ("enum", "oneOf", "const"),
    "choices": ("items", "minItems", "maxItems", "uniqueItems"),
    "date": ("format",),
}


class Field(BaseModel):
    """
    One thing to fill in.

    `options` are names with labels. `shortest` and `longest` count characters, or choices; a number is at least `least`
    and at most `most`, or above `above` and below `below`. What is left empty is null where it is `nullable`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: FieldKind
    label: str
    hint: str = ""
    required: bool = True
    nullable: bool = False
    initial: str | tuple[str, ...] = ""
    options: tuple[tuple[str, str], ...] = ()
    shortest: int = 0
    longest: int = LONGEST
    least: int | float | None = None
    most: int | float | None = None
    above: int | float | None = None
    below: int | float | None = None
    pattern: str = ""


class Fault(NamedTuple):
    """What is wrong with what stands in a field: `form.fault.<reason>` of the catalogue, and its limit."""

    reason: str
    limit: object = ""


class Filled(NamedTuple):
    """What was filled in, as JSON has it; good only where there are no faults."""

    values: dict[str, Any]
    faults: dict[str, Fault]


# What to ask ---------------------------------------------------------------------------------------------------------


def fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """
    Say what a form asks for.

    Raises:
        InvalidRequest: No channel could ask for that; it names the field.
    """
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, Mapping) or not properties:
        raise InvalidRequest("a form needs the schema of an object with properties, one for each field")
    if unknown := set(schema) - _WHOLE:
        raise InvalidRequest(f"a form's schema cannot say {', '.join(sorted(unknown))}; it has flat fields only")
    if len(properties) > MOST_FIELDS:
        raise InvalidRequest(f"a form of {len(properties)} fields is too long; {MOST_FIELDS} are the most")
    try:
        return _fields(schema, properties)
    except (AttributeError, KeyError, TypeError, ValueError) as odd:
        raise InvalidRequest(f"a form's schema is no JSON Schema: {odd}") from odd


def _fields(schema: Mapping[str, Any], properties: Mapping[str, Any]) -> tuple[Field, ...]:
    required = schema.get("required", ())
    if missing := set(required) - set(properties):
        raise InvalidRequest(f"a form requires {', '.join(sorted(missing))}, but has no such field")
    found = tuple(_field(name, of, name in required, schema) for name, of in properties.items())
    labels = [field.label.casefold() for field in found]
    if twice := next((label for label in labels if labels.count(label) > 1), None):
        raise InvalidRequest(f"two fields of a form are called {twice!r}; each needs a title of its own")
    return found


def _resolved(name: str, whole: Any, schema: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Follow references; tells besides whether it may be null."""
    nullable = False
    for _ in range(len(schema.get("$defs", ())) + 3):
        if not isinstance(whole, Mapping):
            raise _refused(name, "has no schema")
        given: dict[str, Any] = dict(whole)
        if reference := given.pop("$ref", None):
            whole = {**_definition(name, reference, schema), **given}
        elif alternatives := given.pop("anyOf", None):
            others = [each for each in alternatives if each != {"type": "null"}]
            if len(others) != 1:
                raise _refused(name, "may be of several types; it has to be of one")
            nullable = nullable or len(others) < len(alternatives)
            whole = {**others[0], **given}
        else:
            if isinstance(given.get("type"), list) and "null" in given["type"] and len(given["type"]) == 2:
                given["type"], nullable = next(each for each in given["type"] if each != "null"), True
            return given, nullable
    raise _refused(name, "refers to itself")


def _definition(name: str, reference: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    key = str(reference).removeprefix("#/$defs/")
    definition = schema.get("$defs", {}).get(key)
    if not isinstance(definition, Mapping):
        raise _refused(name, f"refers to {reference}, which is not in the schema")
    return definition


def _field(name: str, of: Any, required: bool, schema: Mapping[str, Any]) -> Field:
    given, nullable = _resolved(name, of, schema)
    kind = _kind(name, given)
    items, _ = _resolved(name, given.get("items"), schema) if kind == "choices" else (given, False)
    unknown = set(given) - _NOTES - set(_KNOWN[kind])
    if kind == "choices":
        unknown |= set(items) - _NOTES - set(_KNOWN["choice"])
    if unknown:
        raise _refused(name, f"says {', '.join(sorted(unknown))}, which a form cannot check")
    options = _options(name, items)
    default = given.get("default")
    field = _made(
        name=name,
        kind=kind,
        label=str(given.get("title") or name),
        hint=str(given.get("description") or ""),
        required=(required and not nullable) or default not in (None, "") or kind == "boolean",
        nullable=nullable,
        initial=_initial(kind, default),
        options=((YES, YES), (NO, NO)) if kind == "boolean" else options,
        shortest=given.get("minItems" if kind == "choices" else "minLength", 0),
        longest=given.get("maxItems" if kind == "choices" else "maxLength", LONGEST),
        least=given.get("minimum"),
        most=given.get("maximum"),
        above=given.get("exclusiveMinimum"),
        below=given.get("exclusiveMaximum"),
        pattern=given.get("pattern", ""),
    )
    if kind == "boolean" and nullable:
        field = field.model_copy(update={"required": default is not None})
    if kind == "choices":
        field = field.model_copy(update={"required": field.shortest > 0})
    _check(field)
    return field


def _made(name: str, **how: Any) -> Field:
    try:
        return Field(name=name, **how)
    except ValidationError as error:
        fault = error.errors()[0]
        raise _refused(name, f"cannot be made ({fault['loc'][0]}: {fault['msg']})") from error


def _kind(name: str, given: Mapping[str, Any]) -> FieldKind:
    match given.get("type"), given.get("format"):
        case (("string" | None), _) if {"enum", "oneOf", "const"} & set(given):
            return "choice"
        case "string", None:
            return "text"
        case "string", "multiline":
            return "long_text"
        case "string", "date":
            return "date"
        case "string", other:
            raise _refused(name, f"has the format {other!r}; a form knows date and {MULTILINE}")
        case "integer", None:
            return "integer"
        case "number", None:
            return "number"
        case "boolean", None:
            return "boolean"
        case "array", None:
            return "choices"
        case other, _:
            raise _refused(name, f"is of type {other!r}; a form has text, numbers, yes or no, choices and dates")


def _options(name: str, given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Read what there is to pick: `enum`, or `oneOf` with a title for each."""
    found: list[tuple[Any, Any]] = []
    if isinstance(given.get("oneOf"), list):
        found = [(each.get("const"), each.get("title", each.get("const"))) for each in given["oneOf"]]
    elif "const" in given:
        found = [(given["const"], given["const"])]
    elif "enum" in given:
        found = [(each, each) for each in given["enum"]]
    if not all(isinstance(word, str) and word for option in found for word in option):
        raise _refused(name, "offers something else than text to pick")
    return tuple(found)


def _initial(kind: FieldKind, default: Any) -> str | tuple[str, ...]:
    if default is None:
        return () if kind == "choices" else ""
    if isinstance(default, bool):
        return YES if default else NO
    return tuple(map(str, default)) if isinstance(default, list | tuple) else str(default)


def begun(asked: Sequence[Field], values: Mapping[str, Any]) -> tuple[Field, ...]:
    """Give fields that begin with these values."""
    begins = ((field, _initial(field.kind, values.get(field.name))) for field in asked)
    return tuple(field.model_copy(update={"initial": initial}) for field, initial in begins)


def _check(field: Field) -> None:
    """Refuse a field that nobody could fill in, or that no channel shows whole."""
    name, picks = field.name, field.kind in ("choice", "choices")
    most = MOST_TICKED if field.kind == "choices" else MOST_OPTIONS
    names = [option for option, _ in field.options]
    if not name.strip() or len(name) > LONGEST_NAME or len(field.label) > LONGEST_LABEL:
        raise _refused(name[:40], f"needs a name of 1 to {LONGEST_NAME} characters, a title of at most {LONGEST_LABEL}")
    if picks and not 0 < len(names) <= most:
        raise _refused(name, f"offers {len(names)} choices; it takes 1 to {most}")
    if len(set(names)) < len(names):
        raise _refused(name, "offers the same choice twice")
    if any(len(word) > LONGEST_OPTION for option in field.options for word in option):
        raise _refused(name, f"has a choice of more than {LONGEST_OPTION} characters")
    if len(field.hint) > LONGEST or not 0 <= field.shortest <= field.longest:
        raise _refused(name, f"cannot be filled in: from {field.shortest} to {field.longest}")
    if field.kind in ("text", "long_text") and field.shortest > LONGEST:
        raise _refused(name, f"asks for more than {LONGEST} characters")
    if field.kind == "choices" and field.shortest > len(names):
        raise _refused(name, f"asks for {field.shortest} of {len(names)} choices")
    lows = [low for low in (field.least, field.above) if low is not None]
    highs = [high for high in (field.most, field.below) if high is not None]
    if lows and highs and max(lows) > min(highs):
        raise _refused(name, f"cannot be filled in: from {max(lows)} to {min(highs)}")
    try:
        _matcher(field.pattern)
    except SchemaError as error:
        raise _refused(name, f"has a pattern that cannot be read: {field.pattern}") from error
    if field.initial and isinstance(wrong := _value(field, field.initial), Fault):
        raise _refused(name, f"has a default that it would refuse itself ({wrong.reason})")


def _refused(name: str, why: str) -> InvalidRequest:
    return InvalidRequest(f"the form's field {name!r} {why}")


# What was filled in --------------------------------------------------------------------------------------------------


def read(asked: Sequence[Field], values: Values) -> Filled:
    """Read what was entered. What is left empty and need not be filled in is null, an empty list or left out."""
    filled = Filled({}, {})
    for field in asked:
        entered = values.get(field.name, "")
        entered = entered.strip() if isinstance(entered, str) else tuple(entered)
        if not entered:
            if field.required:
                filled.faults[field.name] = Fault("missing")
            elif field.kind == "choices":
                filled.values[field.name] = []
            elif field.nullable:
                filled.values[field.name] = None
            continue
        value = _value(field, entered)
        if isinstance(value, Fault):
            filled.faults[field.name] = value
        else:
            filled.values[field.name] = value
    return filled


def _value(field: Field, entered: str | tuple[str, ...]) -> Any:
    """Give a value as JSON has it, or its `Fault`."""
    if field.kind == "choices":
        return _picked(field, entered)
    if not isinstance(entered, str):
        return Fault("unreadable")
    match field.kind:
        case "text" | "long_text":
            return _text(field, entered)
        case "integer":
            return _in_range(field, int(entered)) if _INTEGER.fullmatch(entered) else Fault("integer")
        case "number":
            return _in_range(field, float(entered)) if _NUMBER.fullmatch(entered) else Fault("number")
        case "boolean":
            return BOOLEANS.get(entered.casefold(), Fault("boolean"))
        case "date":
            return _day(entered)
        case _:
            option = _option(field, entered)
            return Fault("choice", ", ".join(label for _, label in field.options)) if option is None else option


def _text(field: Field, entered: str) -> str | Fault:
    text = storable(entered)
    if len(text) < field.shortest:
        return Fault("short", field.shortest)
    if len(text) > field.longest:
        return Fault("long", field.longest)
    if "\n" in text and field.kind == "text":
        return Fault("line")
    return text if not field.pattern or _matches(field.pattern, text) else Fault("pattern", field.hint)


def _in_range(field: Field, number: float) -> float | Fault:
    if field.least is not None and number < field.least:
        return Fault("least", field.least)
    if field.most is not None and number > field.most:
        return Fault("most", field.most)
    if field.above is not None and number <= field.above:
        return Fault("above", field.above)
    return Fault("below", field.below) if field.below is not None and number >= field.below else number


def _day(entered: str) -> str | Fault:
    try:
        return date.fromisoformat(entered).isoformat() if _DATE.fullmatch(entered) else Fault("date")
    except ValueError:
        return Fault("date")


def _picked(field: Field, entered: str | tuple[str, ...]) -> list[str] | Fault:
    words = entered.split(",") if isinstance(entered, str) else entered
    picked = [_option(field, word.strip()) for word in words]
    if None in picked:
        return Fault("choice", ", ".join(label for _, label in field.options))
    found = list(dict.fromkeys(option for option in picked if option is not None))
    if len(found) < field.shortest:
        return Fault("few", field.shortest)
    return found if len(found) <= field.longest else Fault("many", field.longest)


def _option(field: Field, word: str) -> str | None:
    """Find the choice that a word names: by name, else by label in any case."""
    exact = next((name for name, _ in field.options if name == word), None)
    said = word.casefold()
    return exact or next((name for name, label in field.options if said in (name.casefold(), label.casefold())), None)


@lru_cache(maxsize=512)
def _matcher(pattern: str) -> SchemaValidator:
    """Compile a pattern for Rust's engine, whose time grows with the text alone, whatever the pattern."""
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def _matches(pattern: str, text: str) -> bool:
    try:
        _matcher(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


# In words ------------------------------------------------------------------------------------------------------------


def written(asked: Sequence[Field], text: str) -> Values | None:
    """
    Read a message's lines: each begins with a field's name, title or number and a colon.

    Returns:
        None where a line is something else, or names a field again; only a text of several lines goes on without.
    """
    values: dict[str, str] = {}
    last: Field | None = None
    for line in text.strip().splitlines():
        field, said = _begun(asked, line)
        if field is not None and field.name not in values:
            values[field.name], last = said, field
        elif field is None and last is not None and last.kind == "long_text":
            values[last.name] += f"\n{line}"
        elif line.strip():
            return None
    return values


def begins(asked: Sequence[Field], text: str) -> bool:
    """Tell whether a text looks like one that fills in a form: its first line names a field."""
    return _begun(asked, text.strip().partition("\n")[0])[0] is not None


def _begun(asked: Sequence[Field], line: str) -> tuple[Field | None, str]:
    for field, word in _words(asked):
        if line.strip().casefold().startswith(f"{word.casefold()}:"):
            return field, line.strip()[len(word) + 1 :].strip()
    return None, ""


def _words(asked: Sequence[Field]) -> Iterator[tuple[Field, str]]:
    for field in asked:
        yield from ((field, field.name), (field, field.label))
    for number, field in enumerate(asked, start=1):
        yield field, str(number)


def summary(asked: Sequence[Field], values: Mapping[str, Any], yes: str = YES, no: str = NO) -> str:
    """Say what was filled in, a line for each field; `yes` and `no` in the reader's words."""
    return "\n".join(f"{field.label}: {_said(values[field.name], yes, no)}" for field in asked if field.name in values)


def _said(value: Any, yes: str, no: str) -> str:
    if isinstance(value, bool):
        return yes if value else no
    return "" if value is None else ", ".join(value) if isinstance(value, list) else str(value)
