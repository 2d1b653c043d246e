"""
response_urls: a way back to where an interaction happened.

"These responses can be sent up to 5 times within 30 minutes of receiving the payload."
(https://docs.slack.dev/interactivity/handling-user-interaction#message_responses)
"""

from __future__ import annotations

import secrets
from typing import Any

from adapters.slack.emulator import blocks, errors, markup, state, timeline
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace

LIFETIME = 30 * 60.0  # seconds
MOST_USES = 5


class ResponseUrls:
    """The response_urls given out."""

    def __init__(self, workspace: Workspace, conversations: timeline.Timeline, *, clock: Clock) -> None:
        self._workspace = workspace
        self._timeline = conversations
        self._clock = clock

    def new(self, person_id: str, channel: str, *, message: state.Message | None = None) -> str:
        """The token of a new one, for an interaction in that channel, perhaps on a message."""
        known = state.ResponseUrl(
            token=secrets.token_urlsafe(18),
            person=person_id,
            channel=channel,
            message_ts=message.ts if message is not None else None,
            is_ephemeral=message is not None and message.visible_to is not None,
            thread_ts=message.thread_ts if message is not None else None,
            created=self._clock(),
        )
        with self._workspace.change():
            self._workspace.state.response_urls[known.token] = known
        return known.token

    def place_of(self, token: str) -> str | None:
        """The channel that a token leads to."""
        known = self._workspace.state.response_urls.get(token)
        return known.channel if known is not None else None

    def respond(self, token: str, given: Any) -> None:
        """
        Do what the app wants.

        Raises:
            ApiError: `used_url`, `expired_url`, `no_text`, or what is wrong with the blocks.
        """
        known = self._workspace.state.response_urls.get(token)
        if known is None or self._clock() - known.created > LIFETIME:
            raise errors.ApiError("expired_url")
        if known.uses >= MOST_USES:
            raise errors.ApiError("used_url")
        if not isinstance(given, dict):
            raise errors.ApiError("invalid_payload")
        content = _content(given)
        original = self._original(known)
        deletes = _flag(given.get("delete_original"))
        if content is None and not deletes:
            raise errors.ApiError("no_text")
        with self._workspace.change():
            known.uses += 1
            if deletes and original is not None:
                self._timeline.delete(original)
            if content is None:
                return
            if original is not None and not deletes and _replaces(given, known):
                self._timeline.edit(original, self._workspace.state.bot.user_id, mark=False, **content)
            else:
                self._publish(known, given, content)

    def say(self, person_id: str, channel: str, given: state.Json) -> None:
        """Show what an app answered to a slash command in its acknowledgement."""
        self.respond(self.new(person_id, channel), given)

    def _original(self, known: state.ResponseUrl) -> state.Message | None:
        if known.message_ts is None:
            return None
        if known.is_ephemeral:
            found = self._workspace.state.ephemerals[known.channel][known.message_ts]
            return None if found.deleted else found
        return self._workspace.message(known.channel, known.message_ts)

    def _publish(self, known: state.ResponseUrl, given: state.Json, content: state.Json) -> None:
        place = self._workspace.place(known.channel)
        if place is None:
            raise errors.ApiError("channel_not_found")
        thread_ts = given.get("thread_ts") or known.thread_ts
        if given.get("response_type") == "in_channel":
            self._timeline.post(place, self._workspace.state.bot.user_id, thread_ts=thread_ts, **content)
        else:
            self._timeline.whisper(place, known.person, thread_ts=thread_ts, **content)


def _content(given: state.Json) -> state.Json | None:
    text = str(given.get("text") or "")
    shown = blocks.for_message(given["blocks"]) if given.get("blocks") else []
    attachments = given.get("attachments") or []
    if not (text or shown or attachments):
        return None
    return {"text": markup.posted(text), "blocks": shown, "attachments": attachments}


def _replaces(given: state.Json, known: state.ResponseUrl) -> bool:
    """
    Whether the original message is overwritten.

    Left out, it is when the new message would be as visible as the original: "be sure to set `replace_original` to
    `false` or you'll overwrite the message you're wanting to respond to", says the document of an in_channel response,
    and that without a response_type the response is ephemeral; and "a message's type cannot be changed".
    """
    if given.get("replace_original") is not None:
        return _flag(given["replace_original"])
    is_ephemeral = given.get("response_type") != "in_channel"
    return is_ephemeral == known.is_ephemeral


def _flag(value: Any) -> bool:
    """Both `true` and `"true"` stand in Slack's examples."""
    return value is True or value == "true"
