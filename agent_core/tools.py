"""
Tools: JSON plus code. A tool is a plain function over one validated argument; everything else about it is declared.

    @tool(limit=120)
    async def deploy(arguments: Deploy, start: Start) -> Deployment: ...

The decorator says what a retry may do (`read_only`, `idempotent`), who must approve (`approval`), how long an attempt
may take (`limit`, seconds) and which arguments nobody may read (`sensitive`).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, get_args, get_origin, get_type_hints

import rfc8785
from pydantic import BaseModel, TypeAdapter, ValidationError

from agent_core.addresses import Party
from agent_core.errors import InvalidArguments
from agent_core.facts import Attachment
from agent_core.masking import MASK
from agent_core.requests import Who

DEFAULT_LIMIT = 60.0  # seconds


async def _nowhere(attachment: Attachment) -> bytes:
    raise LookupError(f"there is no channel to fetch {attachment.name} from")


@dataclass(frozen=True)
class Start:
    """
    One start of a tool, given to functions that take a second parameter.

    `key` is the same for every attempt of the same start: hand it on as an idempotency key. `attachments` are the files
    that people have put to the messages of this run, and `await start.fetch(attachment)` gives what is in one.
    """

    key: str
    attempt: int
    requester: Party | None
    attachments: tuple[Attachment, ...] = ()
    fetch: Callable[[Attachment], Awaitable[bytes]] = _nowhere


@dataclass(frozen=True, eq=False)
class Tool:
    """A function that an agent may call, with what the gateway must know to call it safely."""

    name: str
    version: str
    function: Callable[..., Awaitable[Any] | Any]
    arguments: type[BaseModel]
    result: TypeAdapter[Any]
    wants_start: bool
    read_only: bool
    idempotent: bool
    approval: Who | None
    limit: float
    sensitive: frozenset[str]
    editable: tuple[str, ...]
    fixed: frozenset[str]

    def validate(self, arguments: BaseModel | Mapping[str, Any]) -> BaseModel:
        """
        Check arguments against the tool's schema.

        Raises:
            InvalidArguments: It names the field and what is wrong with it.
        """
        if type(arguments) is self.arguments:
            return arguments
        values = arguments.model_dump() if isinstance(arguments, BaseModel) else dict(arguments)
        try:
            return self.arguments.model_validate(values)
        except ValidationError as error:
            raise InvalidArguments(f"{self.name}: {brief(error)}") from error

    def encode(self, arguments: BaseModel) -> dict[str, Any]:
        """Turn validated arguments into JSON, as they are digested and run."""
        try:
            encoded: dict[str, Any] = arguments.model_dump(mode="json")
        except ValueError as error:
            raise InvalidArguments(f"{self.name}: cannot be written as JSON: {error}") from error
        return encoded

    def decode(self, encoded: Mapping[str, Any], arguments: BaseModel) -> BaseModel:
        """
        Make arguments of JSON again: what runs is what was digested and shown, not an object that somebody still holds.

        Raises:
            InvalidArguments: They are not the same any more (a SecretStr, a field left out); take plain types, and
                `sensitive` for what nobody may read.
        """
        try:
            decoded = self.arguments.model_validate(encoded)
        except ValidationError as error:
            raise InvalidArguments(f"{self.name}: not the same when written as JSON: {brief(error)}") from error
        changed = [name for name in self.arguments.model_fields if getattr(decoded, name) != getattr(arguments, name)]
        if changed:
            raise InvalidArguments(
                f"{self.name}: {', '.join(changed)}: not the same when written as JSON and read again"
            )
        return decoded

    def digest(self, encoded: Mapping[str, Any]) -> str:
        """
        Fix name, version and arguments: SHA-256 over their canonical JSON (RFC 8785).

        Raises:
            InvalidArguments: RFC 8785 cannot write them (an integer beyond 2^53, a NaN).
        """
        return digest({"tool": self.name, "version": self.version, "arguments": encoded})

    def shown(self, encoded: Mapping[str, Any]) -> dict[str, Any]:
        """Give the arguments for people and logs: sensitive ones masked, without those that are always the same."""
        return {name: MASK if name in self.sensitive else v for name, v in encoded.items() if name not in self.fixed}


def digest(value: Any) -> str:
    """
    SHA-256 over RFC 8785 JSON, in hexadecimal.

    Raises:
        InvalidArguments: RFC 8785 cannot write the value.
    """
    try:
        return sha256(rfc8785.dumps(value)).hexdigest()
    except (rfc8785.IntegerDomainError, rfc8785.FloatDomainError) as error:
        raise InvalidArguments(f"not representable in JSON: {error}; pass such numbers as text") from error
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:  # half a character, in a text or in a name
        raise InvalidArguments(f"not representable in JSON: {error}") from error


def brief(error: ValidationError, most: int = 3) -> str:
    """Say what a validation found, in one line without the values."""
    faults = [f"{'.'.join(map(str, e['loc'])) or 'value'}: {e['msg']}" for e in error.errors(include_input=False)]
    more = f"; and {len(faults) - most} more" if len(faults) > most else ""
    return "; ".join(faults[:most]) + more


def _is_fixed(annotation: Any) -> bool:
    """A field that can have one value only, such as the tag of a union."""
    return get_origin(annotation) is Literal and len(get_args(annotation)) == 1


def tool(
    *,
    name: str | None = None,
    version: str = "1",
    read_only: bool = False,
    idempotent: bool = False,
    approval: Who | str | None = None,
    limit: float = DEFAULT_LIMIT,
    sensitive: Collection[str] = (),
    editable: Collection[str] = (),
) -> Callable[[Callable[..., Any]], Tool]:
    """
    Declare a function as a tool.

    Args:
        version: Change it when the meaning of the arguments changes: approvals are bound to it.
        read_only: It changes nothing; it may run again at any time, in forks too.
        idempotent: Running it twice with the same `Start.key` is the same as once.
        approval: Who must approve every call (a role's name, or a `Who`); policy may ask for more, never for less.
        limit: Seconds after which an attempt is in doubt.
        sensitive: Arguments masked wherever people or logs could read them.
        editable: Arguments that an approver may change before approving.

    Raises:
        TypeError: The function's first parameter is no pydantic model, or what is editable is sensitive or no argument.
    """

    def declare(function: Callable[..., Any]) -> Tool:
        parameters = list(inspect.signature(function).parameters)
        hints = get_type_hints(function)
        arguments = hints.get(parameters[0]) if parameters else None
        if not (inspect.isclass(arguments) and issubclass(arguments, BaseModel)):
            raise TypeError(f"tool {function.__name__}: its first parameter must be annotated with a pydantic model")
        if wrong := [name for name in editable if name not in arguments.model_fields or name in sensitive]:
            raise TypeError(
                f"tool {function.__name__}: {', '.join(wrong)} cannot be editable: sensitive, or no argument"
            )
        return Tool(
            name=name or function.__name__,
            version=version,
            function=function,
            arguments=arguments,
            result=TypeAdapter(hints.get("return", Any)),
            wants_start=len(parameters) > 1,
            read_only=read_only,
            idempotent=idempotent or read_only,
            approval=Who(roles=(approval,)) if isinstance(approval, str) else approval,
            limit=limit,
            sensitive=frozenset(sensitive),
            editable=tuple(editable),
            fixed=frozenset(name for name, field in arguments.model_fields.items() if _is_fixed(field.annotation)),
        )

    return declare
