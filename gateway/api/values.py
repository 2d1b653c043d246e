"""
What a client sends, as it stands in the OpenAPI document. `views.py` has what it reads.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agent_core import edits, forms, tools
from agent_core.errors import InvalidArguments, InvalidRequest
from agent_core.requests import Choice, Kind, Urgency, check_choices
from gateway.durations import Duration

LONGEST_TEXT = 10_000  # characters that a person is given to read
LONGEST_LINE = 1_000  # characters of a title
LARGEST_ARGUMENTS = 16 * 1024  # bytes of JSON; a person has to read them
LARGEST_STATE = 4 * 1024  # bytes of JSON
DEEPEST = 20  # levels of JSON

Name = Annotated[str, Field(min_length=1, max_length=200)]


class ChoiceIn(BaseModel):
    """An answer to press, or a way to deny an approval."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="What comes back.")
    label: Name = Field(description="What people read.")
    prefill: str = Field(
        default="", max_length=forms.LONGEST, description="Of a way to deny: the reason that its form begins with."
    )


class RequestIn(BaseModel):
    """What is to be asked."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["approval", "question", "form"] = Field(
        default="approval", description="A yes or a no, words, or several values at once."
    )
    title: str = Field(default="", max_length=LONGEST_LINE, description="What people read first.")
    body: str = Field(default="", max_length=LONGEST_TEXT, description="More to read.")
    why: str = Field(default="", max_length=LONGEST_TEXT, description="One line that says why.")
    urgency: Urgency = "normal"
    tool: Name | None = Field(
        default=None, description="For an approval: the call that you make once it is approved; the policy judges it."
    )
    tool_version: Name = Field(default="1", description="Change it when the meaning of the arguments changes.")
    arguments: dict[str, Any] = Field(default={}, description="Of that call; people see them, at most 16 KiB of JSON.")
    sensitive: list[Name] = Field(
        default=[],
        max_length=50,
        description="Arguments that nobody may read: names, at whatever depth, or JSON pointers. They are not stored.",
    )
    editable: dict[str, Any] | None = Field(
        default=None,
        description="Arguments that people may change before they approve: the JSON Schema of an object that has them "
        "as flat fields. Not together with `sensitive`.",
    )
    choices: list[Name | ChoiceIn] = Field(
        default=[],
        max_length=50,
        description="For a question: answers to press. For an approval: at most 10 ways to deny it.",
    )
    answer_schema: dict[str, Any] | None = Field(
        default=None, description="For a form: the JSON Schema of an object with flat fields, at most 16 KiB."
    )
    to: list[Name] = Field(
        default=[],
        max_length=20,
        description="Who is asked: people's ids, `role:NAME`, or accounts (`slack:T1/U1`). Empty: as the policy says.",
    )
    at: list[Name] = Field(
        default=[],
        max_length=20,
        description="Where it is shown instead of their own accounts: conversations, like `slack:T1/C1`.",
    )
    quorum: int = Field(default=1, ge=1, le=20, description="How many of them have to approve.")
    exclude_requester: bool = Field(default=False, description="Whoever it is asked for may not decide it.")
    requester: Name | None = Field(default=None, description="The person for whom you ask, by id.")
    deadline: Duration = Field(default="24h", max_length=10, description="How long it waits: 90s, 15m, 24h, 7d.")
    callback: str = Field(
        default="", description="Where a webhook tells you how it ended; left out, `webhook` of your settings."
    )
    state: Any = Field(default=None, description="Yours, given back as it is; at most 4 KiB of JSON.")
    supersedes: Name | None = Field(
        default=None, description="The id of an open request of yours that this one replaces; it ends as superseded."
    )
    after: Name | None = Field(
        default=None, description="The id of a request of yours that ran out unanswered, which this one asks again."
    )

    @field_validator("arguments")
    @classmethod
    def _are_small(cls, value: dict[str, Any]) -> dict[str, Any]:
        _check_size(value, LARGEST_ARGUMENTS, "people have to read them; pass what is large by a link")
        return value

    @field_validator("answer_schema")
    @classmethod
    def _is_a_form(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is not None:
            _check_size(value, LARGEST_ARGUMENTS, "people have to fill it in")
            try:
                forms.fields(value)
            except InvalidRequest as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("state")
    @classmethod
    def _is_small(cls, value: Any) -> Any:
        _check_size(value, LARGEST_STATE, "keep what is large with you, and put its id here")
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> RequestIn:
        if not self.title.strip() and self.tool is None:
            raise ValueError("there is nothing to ask; give it a title, or the tool that you want to call")
        if (self.kind == "form") != (self.answer_schema is not None):
            raise ValueError("a form has an `answer_schema`, and nothing else has")
        if self.kind == "form" and not self.title.strip():
            raise ValueError("there is nothing to ask; give the form a title")
        if self.tool is not None and not self.tool.strip():
            raise ValueError("tool: a name of nothing but spaces names no call")
        if self.kind != "approval" and (self.tool is not None or self.quorum > 1):
            raise ValueError(f"a {self.kind} has no tool and one answer; ask an approval")
        if self.supersedes is not None and self.after is not None:
            raise ValueError("what it replaces is open and what it asks again has ended: `supersedes` or `after`")
        if self.kind == "form" and self.choices:
            raise ValueError("choices are answers to a question, or ways to deny an approval; a form has fields")
        try:
            check_choices(Kind(self.kind), self.picks)
        except InvalidRequest as error:
            raise ValueError(str(error)) from None
        if self.tool is None and (self.arguments or self.sensitive):
            raise ValueError("there are arguments and no tool; name the tool that they are for")
        if self.editable is not None:
            self._check_editable(self.editable)
        return self

    def _check_editable(self, schema: dict[str, Any]) -> None:
        if self.tool is None:
            raise ValueError("there is no call to change; `editable` is about the arguments of a `tool`")
        if self.sensitive:
            raise ValueError(
                "`editable` and `sensitive` exclude each other: the digest of a changed call covers all of its "
                "arguments, and sensitive ones are not stored"
            )
        _check_size(schema, LARGEST_ARGUMENTS, "people have to fill it in")
        try:
            edits.outside_fields(schema, self.arguments)
        except InvalidRequest as error:
            raise ValueError(f"editable: {error}") from None

    @property
    def picks(self) -> tuple[Choice, ...]:
        """The choices, as the core has them."""
        return tuple(
            Choice(name=c, label=c) if isinstance(c, str) else Choice(name=c.name, label=c.label, prefill=c.prefill)
            for c in self.choices
        )

    @property
    def fingerprint(self) -> str:
        """
        Digest what was sent: under a known key it has to be the same.

        Raises:
            InvalidArguments: It cannot be written as canonical JSON.
        """
        return tools.digest(self.model_dump(mode="json", exclude_defaults=True))


def _check_size(value: Any, most: int, advice: str) -> None:
    if _depth(value) > DEEPEST:
        raise ValueError(f"it is nested more than {DEEPEST} levels deep")
    try:
        tools.digest(value)
    except InvalidArguments as error:
        raise ValueError(str(error)) from None
    size = len(pydantic_core.to_json(value))
    if size > most:
        raise ValueError(f"this is {size:,} bytes of JSON, and at most {most:,} are taken: {advice}")


def _depth(value: Any) -> int:
    """Count the levels of a JSON value, without recursion: it may have any number of them."""
    level, inside = 0, [value]
    while inside and level <= DEEPEST:
        containers = [one for one in inside if isinstance(one, dict | list)]
        inside = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
        level += bool(containers)
    return level


class EscalationIn(BaseModel):
    """Why others should be asked before their time."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(default="", max_length=LONGEST_LINE, description="People read it under the card.")


class AnswerIn(BaseModel):
    """The answer to what somebody asked back."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, description="People read it under the card.")
