"""What an agent's author asks people for: a question, an approval, a form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field
from pydantic.dataclasses import dataclass
from pydantic.errors import PydanticInvalidForJsonSchema

from agent_core import forms
from agent_core.errors import InvalidRequest
from agent_core.requests import DEFAULT_PATIENCE, OWNER_ROLE, Choice, Earlier, Frozen, Urgency, Where, Who
from agent_core.texts import Text, mended


@dataclass(frozen=True, kw_only=True)
class Asking:
    """
    What every kind of request shares. `to` and `where` default to the requester, in the run's conversation.

    Values are checked when one is made, so that a mistake shows at the agent's own line.
    """

    why: Text = ""
    to: Who | None = None
    where: Where | None = None
    reassign: Who | None = None
    """To whom those who are asked may hand it on; None: to nobody."""
    patience: float = DEFAULT_PATIENCE
    urgency: Urgency = "normal"
    earlier: Earlier | None = None
    """What this replaces or asks again, where that was not asked by this run."""
    catch: bool = False
    """Return `expired`, `undeliverable` and `no_route` as `Failed` instead of halting the run."""


class OutsideCall(Frozen):
    """
    A call that an agent outside of this gateway makes once it is approved; the policy judges it like one of our own.

    `agent` is how rules name who makes it. `arguments` are for showing, sensitive values are masked in them; `digest`
    is over those that will run. `editable` is the JSON Schema of those that may be changed before approving; then none
    is masked. `otherwise` is who is asked where neither the request nor a rule says.
    """

    agent: str
    tool: str
    version: str = "1"
    arguments: dict[str, Any] = Field(default_factory=dict)
    digest: str
    editable: dict[str, Any] | None = None
    otherwise: Who = Who(roles=(OWNER_ROLE,))


@dataclass(frozen=True)
class Question(Asking):
    """Ask for words, or for one of the choices."""

    text: Text
    choices: Sequence[str | Choice] = ()
    body: Text = ""


@dataclass(frozen=True)
class Approval(Asking):
    """
    Ask for a yes or a no to something that no tool stands for; guarded tools ask by themselves.

    `choices` are ways to deny it besides, each with the reason that its form begins with.
    """

    title: Text
    body: Text = ""
    call: OutsideCall | None = None
    choices: Sequence[str | Choice] = ()


@dataclass(frozen=True)
class Form(Asking):
    """
    Ask for several values at once: a pydantic model, or the JSON Schema of an object with flat fields.

    The answer's `value` is such a model, or a dict as the schema says. What only a model's own validators refuse is not
    known before somebody has answered: that is a `Failed("invalid_answer")`.

    Raises:
        InvalidRequest: No channel could ask for that; it names the field and says why.
    """

    title: Text
    answer_schema: type[BaseModel] | dict[str, Any]
    body: Text = ""

    def __post_init__(self) -> None:
        forms.fields(schema_of(self))


def questions(title: str, *asked: Question) -> Form:
    """
    Ask several questions in one request; of each only its text, body and choices count.

    Returns:
        A form whose answer has `q1`, `q2` and so on: texts, or the names of the choices.
    """
    properties: dict[str, Any] = {}
    for number, question in enumerate(asked, start=1):
        field: dict[str, Any] = {"type": "string", "title": question.text, "description": question.body}
        choices = [{"const": choice.name, "title": choice.label} for choice in choices_of(question)]
        properties[f"q{number}"] = field | ({"oneOf": choices} if choices else {"format": forms.MULTILINE})
    return Form(title, {"type": "object", "properties": properties, "required": list(properties)})


def schema_of(wanted: Form) -> dict[str, Any]:
    """
    Give a form's JSON Schema.

    Raises:
        InvalidRequest: A model has a field that JSON Schema cannot describe.
    """
    given = wanted.answer_schema
    try:
        schema: dict[str, Any] = mended(given if isinstance(given, dict) else given.model_json_schema())
    except PydanticInvalidForJsonSchema as error:
        raise InvalidRequest(f"a form cannot be made of that: {error.message}") from error
    return schema


Wanted = Question | Approval | Form


def choices_of(wanted: Question | Approval) -> tuple[Choice, ...]:
    """Give plain strings a name and a label."""
    return tuple(c if isinstance(c, Choice) else Choice(name=c, label=c) for c in wanted.choices)
