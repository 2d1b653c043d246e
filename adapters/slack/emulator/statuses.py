"""
The method `assistant.threads.setStatus`: "is thinking…" under a thread, until the app writes there.

"A two minute timeout applies, which will cause the status to be removed if no message has been sent."
(https://docs.slack.dev/reference/methods/assistant.threads.setStatus)
"""

from __future__ import annotations

from typing import Any

from adapters.slack.emulator import access, errors, state
from adapters.slack.emulator.arguments import Arguments
from adapters.slack.emulator.schedule import Clock, Schedule
from adapters.slack.emulator.workspace import Workspace

LIFETIME = 120.0  # seconds
MOST_LOADING_MESSAGES = 10


class Statuses:
    """What the app says that it is doing. A restart forgets it."""

    def __init__(self, workspace: Workspace, schedule: Schedule, *, clock: Clock) -> None:
        self._workspace = workspace
        self._schedule = schedule
        self._clock = clock
        workspace.state.statuses.clear()

    def set(self, arguments: Arguments) -> state.Json:
        """assistant.threads.setStatus; an empty status takes it away."""
        if "assistant:write" not in self._workspace.state.scopes:
            access.need_scope(self._workspace, "chat:write")
        place = access.find_place(self._workspace, arguments.needed("channel_id"))
        thread_ts = arguments.needed("thread_ts")
        if "status" not in arguments.given:
            raise errors.ApiError("invalid_arguments", problems=["missing required field: status"])
        _check_loading_messages(arguments.structure("loading_messages", error="invalid_arguments"))
        if self._workspace.message(place.id, thread_ts) is None:
            raise errors.ApiError("invalid_thread_ts")
        until = self._clock() + LIFETIME
        text = arguments.text("status") or ""
        with self._workspace.change():
            self._workspace.drop_status(place.id, thread_ts)
            if text:
                status = state.Status(channel=place.id, thread_ts=thread_ts, text=text)
                self._workspace.state.statuses.append(status)
                self._schedule.at(until, lambda: self._end(status))
        return {}

    def _end(self, status: state.Status) -> None:
        if any(each is status for each in self._workspace.state.statuses):
            with self._workspace.change():
                self._workspace.drop_status(status.channel, status.thread_ts)


def _check_loading_messages(given: Any) -> None:
    if given is None:
        return
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise errors.ApiError("invalid_arguments", problems=["must be an array [json-pointer:/loading_messages]"])
    if len(given) > MOST_LOADING_MESSAGES:
        problem = f"no more than {MOST_LOADING_MESSAGES} items allowed [json-pointer:/loading_messages]"
        raise errors.ApiError("invalid_arguments", problems=[problem])
