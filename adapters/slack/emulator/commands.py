"""
People typing slash commands, and what the app or Slackbot answers.

https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from __future__ import annotations

import asyncio
import re

from adapters.slack.emulator import errors, payloads, response_urls, state, triggers
from adapters.slack.emulator.deliveries import Answer, Deliveries
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace

TYPED = re.compile(r"(?P<command>/\S+)(?:\s+(?P<text>.*))?", re.DOTALL)
FAILED: dict[state.Outcome | None, str] = {
    "timeout": "operation_timeout",
    "connection_lost": "operation_timeout",
    "ack_lost": "operation_timeout",
}
"""Slackbot's word where it is not "dispatch_failed"; seen in Netflix/dispatch#833 and slackapi/bolt-js#579."""
UNKNOWN = (
    '{0} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as slash '
    "commands. If you are trying to send a message and not run a slash command, try preceding the "
    '"/" with an empty space.'
)
IN_THREAD = "{0} is not supported in threads. Sorry!"


class Commands:
    """Everything that reaches the app as a `slash_commands` delivery."""

    def __init__(
        self,
        workspace: Workspace,
        deliveries: Deliveries,
        known_triggers: triggers.Triggers,
        ways_back: response_urls.ResponseUrls,
        *,
        clock: Clock,
    ) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._triggers = known_triggers
        self._ways_back = ways_back
        self._clock = clock

    def read(
        self, person: state.Person, place: state.Place, message: str, *, thread_ts: str | None
    ) -> state.Json | None:
        """Take a message for the command that it is, if it is one. In a thread an app's commands do not work."""
        typed = TYPED.fullmatch(message)
        if typed is None:
            return None
        if thread_ts is not None:
            return self._tell(person, place, IN_THREAD.format(typed["command"]))
        return self.type(person, place, typed["command"], typed["text"] or "")

    def type(self, person: state.Person, place: state.Place, command: str, text: str) -> state.Json:
        """Type a slash command. One that the person's workspace does not know never reaches the app."""
        known = self._workspace.state
        if command not in known.commands or self._workspace.team_of(person.id) != known.team_id:
            return self._tell(person, place, UNKNOWN.format(command))
        trigger_id = self._triggers.new(person.id)
        with self._workspace.change():
            token = self._ways_back.new(person.id, place.id)
            payload = {
                **payloads.command(self._workspace, person, place.id, command, text),
                "response_url": f"{self._workspace.base_url}/actions/{token}",
                "trigger_id": trigger_id,
            }

            def done(answered: asyncio.Future[Answer]) -> None:
                self._show_answer(person, place, command, answered.result())

            self._deliveries.ask(payload, channel=place.id, is_command=True).add_done_callback(done)
        return {"trigger_id": trigger_id}

    def _tell(self, person: state.Person, place: state.Place, sentence: str) -> state.Json:
        """Let Slackbot tell a person something in a conversation."""
        self._workspace.notify(person.id, sentence, self._clock(), channel=place.id)
        return {"notice": sentence}

    def _show_answer(self, person: state.Person, place: state.Place, command: str, answer: Answer) -> None:
        error = FAILED.get(answer.outcome, "dispatch_failed")
        if answer.is_acked:
            said = {"text": answer.payload} if isinstance(answer.payload, str) else answer.payload
            try:
                if said:
                    self._ways_back.say(person.id, place.id, said)
                return
            except errors.ApiError:
                error = "invalid_command_response"
        self._tell(person, place, f'{command} failed with the error "{error}"')
