"""What has to be equal in two calls for one standing grant to cover both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent_core.masking import is_masked
from agent_core.tools import digest


def likeness(
    agent: str, tool: str, version: str, alike: Sequence[str], arguments: Mapping[str, Any], whole: str
) -> str | None:
    """
    Digest what has to be equal in two calls for one grant to cover both.

    Args:
        alike: The arguments that have to be equal, by path; none: all of them.
        arguments: Of the call, sensitive ones masked.
        whole: The digest of the whole call.

    Returns:
        None where one of them is not there, or is not for anybody to read: nothing is like such a call.
    """
    values: dict[str, Any] = {}
    for path in alike:
        found: Any = arguments
        for name in path.split("."):
            if not isinstance(found, Mapping) or name not in found:
                return None
            found = found[name]
        if is_masked(found):
            return None
        values[path] = found
    return digest({"agent": agent, "tool": tool, "version": version, "alike": values if alike else whole})
