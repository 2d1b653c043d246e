"""
Calls that an approver changes: what may be changed, the changed call, and how the two differ.

What is recorded are the changes and the changed call's digest. The call itself is made anew of what the agent wanted,
so that it runs the same after a crash, and a digest that is not the recorded one is a divergence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent_core import forms, tools
from agent_core.effects import CallTool
from agent_core.errors import InvalidRequest
from agent_core.texts import exact, shown
from agent_core.wanted import OutsideCall


def fields(call: CallTool) -> tuple[forms.Field, ...]:
    """
    Say what an approver may change of a call, as fields that begin with its arguments.

    An argument that a form cannot show as it is is left out: a text that is too long for one, or that ends in spaces.
    """
    found: list[forms.Field] = []
    for name in call.tool.editable:
        value = call.encoded.get(name)
        try:
            (field,) = forms.fields(_schema(call.tool.arguments.model_json_schema(), name, value))
        except (InvalidRequest, KeyError):
            continue
        if forms.read([field], {name: field.initial}).values.get(name, value) == value:
            found.append(field)
    return tuple(found)


def _schema(schema: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    of = {**schema["properties"][name], "default": value}
    return {"type": "object", "properties": {name: of}, "required": [name], "$defs": schema.get("$defs", {})}


def changed(call: CallTool, changes: Mapping[str, Any]) -> CallTool:
    """
    Give a call with other arguments, and the digest of that.

    Raises:
        InvalidArguments: The tool's schema refuses them; it names the field.
    """
    tool = call.tool
    validated = tool.validate({**call.encoded, **changes})
    encoded = tool.encode(validated)
    return replace(call, arguments=tool.decode(encoded, validated), encoded=encoded, digest=tool.digest(encoded))


def outside_fields(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[forms.Field, ...]:
    """
    Say what an approver may change of a call that somebody else will make.

    Raises:
        InvalidRequest: No channel could ask for that, or an argument is not what the schema says.
    """
    asked = forms.fields(schema)
    if missing := [field.name for field in asked if field.name not in arguments]:
        raise InvalidRequest(f"there is no argument {missing[0]!r} to change")
    found = forms.begun(asked, arguments)
    for field in found:
        if forms.read([field], {field.name: field.initial}).values.get(field.name) != arguments[field.name]:
            raise InvalidRequest(f"the argument {field.name!r} is not what the schema says, or no form can show it")
    return found


def outside_changed(call: OutsideCall, changes: Mapping[str, Any]) -> OutsideCall:
    """Give a call that somebody else will make with other arguments, and the digest of that."""
    arguments = {**call.arguments, **changes}
    whole = {"tool": call.tool, "version": call.version, "arguments": arguments}
    return call.model_copy(update={"arguments": arguments, "digest": tools.digest(whole)})


def difference(before: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """Say what was changed, as `tag: v1 → v2`."""
    differing = ((name, value) for name, value in changes.items() if name not in before or before[name] != value)
    return "; ".join(f"{exact(name)}: {shown(before.get(name))} → {shown(value)}" for name, value in differing)
