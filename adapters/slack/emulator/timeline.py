"""
Messages coming, changing and going, and the events that tell the app so.

The app hears of a message if its bot is in the conversation, its own messages included
(https://docs.slack.dev/reference/events/message).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from adapters.slack.emulator import markup, payloads, state
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace


class Timeline:
    """What happens in the conversations."""

    def __init__(self, workspace: Workspace, *, clock: Clock, publish: Callable[[state.Json], None]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._publish = publish

    def post(self, place: state.Place, user: str, text: str, **content: Any) -> state.Message:
        """
        Add a message for everybody there.

        Args:
            content: Further fields of `state.Message`.
        """
        with self._workspace.change():
            message = self._new(place, user, text, content)
            self._workspace.add(message)
            if user == self._workspace.state.bot.user_id:
                self._workspace.drop_status(place.id, message.thread_ts)
            if isinstance(place, state.Im):
                place.is_open = True
            if self._workspace.has_bot(place):
                self._publish(payloads.message_event(self._workspace, message))
                if self._mentions_bot(place, message):
                    self._publish(payloads.mention_event(self._workspace, message))
        return message

    def whisper(self, place: state.Place, person_id: str, text: str, **content: Any) -> state.Message:
        """Add an ephemeral message. There is no event for it, and no history has it."""
        with self._workspace.change():
            message = self._new(place, self._workspace.state.bot.user_id, text, content)
            message.visible_to = person_id
            self._workspace.add(message)
        return message

    def edit(self, message: state.Message, by: str, *, mark: bool = True, **content: Any) -> None:
        """
        Change a message.

        Args:
            mark: Whether people see "(edited)" at it.
            content: The fields of `state.Message` that become others.
        """
        with self._workspace.change():
            now = self._clock()
            before = payloads.message(self._workspace, message, all_metadata=False)
            message.edits.append(
                state.Edit(at=now, by=by, text=message.text, blocks=message.blocks, metadata=message.metadata)
            )
            for name, value in content.items():
                setattr(message, name, value)
            message.edited = state.Edited(user=by, ts=f"{int(now)}.000000")
            message.edited_mark = message.edited_mark or mark
            self._tell_changed(message, before)

    def unfurl(self, message: state.Message) -> None:
        """
        Put previews under a message's links, where the workspace has them.

        The app hears of a change that nobody made: there is no `edited`, and the text is the same
        (https://docs.slack.dev/reference/events/message/message_changed).
        """
        links = markup.links(message.text)
        if not links or not self._workspace.state.unfurls:
            return
        with self._workspace.change():
            before = payloads.message(self._workspace, message, all_metadata=False)
            message.attachments = [
                {"id": number, "from_url": url, "original_url": url, "title": url, "title_link": url, "fallback": url}
                for number, url in enumerate(links, start=1)
            ]
            self._tell_changed(message, before)

    def delete(self, message: state.Message) -> None:
        """
        Take a message away.

        The root of a thread stays as a tombstone, and the app hears of a change instead of a deletion
        (seen in 42wim/matterbridge#600).
        """
        with self._workspace.change():
            before = payloads.message(self._workspace, message, all_metadata=False)
            if message.visible_to is None and message.thread_ts is None and self._workspace.replies(message):
                message.tombstone = True
                message.text, message.blocks, message.metadata = "This message was deleted.", [], None
                self._tell_changed(message, before)
                return
            message.deleted = True
            place = self._workspace.place(message.channel)
            if message.visible_to is None and place is not None and self._workspace.has_bot(place):
                ts = self._workspace.next_ts(self._clock())
                self._publish(payloads.deleted_event(self._workspace, before, message.channel, ts))

    def _new(self, place: state.Place, user: str, text: str, content: dict[str, Any]) -> state.Message:
        ts = self._workspace.next_ts(self._clock())
        message = state.Message(channel=place.id, ts=ts, user=user, text=text, **content)
        if user != self._workspace.state.bot.user_id:
            message.client_msg_id = str(uuid.uuid4())
        return message

    def _tell_changed(self, message: state.Message, before: state.Json) -> None:
        place = self._workspace.place(message.channel)
        if message.visible_to is None and place is not None and self._workspace.has_bot(place):
            after = payloads.message(self._workspace, message, all_metadata=False)
            ts = self._workspace.next_ts(self._clock())
            self._publish(payloads.changed_event(self._workspace, after, before, message.channel, ts))

    def _mentions_bot(self, place: state.Place, message: state.Message) -> bool:
        bot = self._workspace.state.bot.user_id
        return isinstance(place, state.Channel) and message.user != bot and bot in markup.mentions(message.text)
