"""
What a Web API method was called with.

https://docs.slack.dev/apis/web-api/#methods: form fields, query parameters or a JSON body; structured arguments are
JSON strings, and in a JSON body they may also stand as they are.
"""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from starlette.requests import Request

from adapters.slack.emulator import errors, state


class Arguments:
    """
    The arguments of one call.

    Attributes:
        base_url: Under which address, mount prefix included, the caller reached us.
    """

    def __init__(self, given: state.Json, *, base_url: str) -> None:
        self.given = given
        self.base_url = base_url

    @classmethod
    async def read(cls, request: Request) -> Arguments:
        """
        Raises:
            ApiError: `invalid_json`, `json_not_object` or `invalid_post_type`.
        """
        given: state.Json = dict(request.query_params)
        base_url = f"{request.url.scheme}://{request.headers['host']}{request.scope['root_path']}"
        if request.method == "POST":
            given |= _parse(request.headers.get("content-type", ""), await request.body())
        return cls(given, base_url=base_url)

    def text(self, name: str) -> str | None:
        """A string, or nothing if it is absent or empty."""
        value = self.given.get(name)
        return str(value) if value not in (None, "") else None

    def needed(self, name: str) -> str:
        """
        Raises:
            ApiError: `invalid_arguments`, naming the missing field.
        """
        value = self.text(name)
        if value is None:
            raise errors.ApiError("invalid_arguments", problems=[f"missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        """True, `true` or 1."""
        return str(self.given.get(name, "")).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """
        Raises:
            ApiError: `invalid_arguments`: no whole number above zero.
        """
        value = self.text(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdecimal() and int(value) > 0):
            raise errors.ApiError("invalid_arguments", problems=[f"must be a positive integer [json-pointer:/{name}]"])
        return int(value)

    def structure(self, name: str, *, error: str) -> Any:
        """
        A structured argument, or None if it is absent.

        Raises:
            ApiError: `error`: it is no JSON.
        """
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise errors.ApiError(error) from None

    def shown(self) -> state.Json:
        """The arguments without the token, for the log of calls."""
        return {name: value for name, value in self.given.items() if name != "token"}


def _parse(content_type: str, body: bytes) -> state.Json:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _parse_json(body)
    if kind == "application/x-www-form-urlencoded":
        return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    if body:
        raise errors.ApiError("invalid_post_type")
    return {}


def _parse_json(body: bytes) -> state.Json:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        raise errors.ApiError("invalid_json") from None
    if not isinstance(parsed, dict):
        raise errors.ApiError("json_not_object")
    return parsed
