"""
What people do in the workspace: write, edit, delete, and use what the app has put before them.

Each method refuses what Slack's own client would not offer, with a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.slack.emulator import blocks, errors, markup, state, timeline
from adapters.slack.emulator.commands import Commands
from adapters.slack.emulator.files import Files
from adapters.slack.emulator.interactions import Interactions
from adapters.slack.emulator.workspace import Workspace


class People:
    """The human side."""

    def __init__(
        self,
        workspace: Workspace,
        conversations: timeline.Timeline,
        interactions: Interactions,
        commands: Commands,
        files: Files,
    ) -> None:
        self._workspace = workspace
        self._timeline = conversations
        self._files = files
        self._interactions = interactions
        self._commands = commands

    def message(
        self,
        person_id: str,
        channel: str,
        text: str,
        *,
        thread_ts: str | None = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> state.Json:
        """
        Write a message, perhaps in a thread. What begins with a slash is a command instead.

        Args:
            files: What to attach: names and contents. With a file the text may be empty.
        """
        person, place = self.at(person_id, channel)
        if isinstance(place, state.Channel) and place.is_archived:
            raise errors.Refused(f"#{place.name} is archived.")
        if not text.strip() and not files:
            raise errors.Refused("A message needs text.", status=400)
        taken = self._commands.read(person, place, text, thread_ts=thread_ts)
        if taken is not None:
            return taken
        if thread_ts is not None:
            root = self._workspace.message(place.id, thread_ts)
            if root is None or root.thread_ts is not None:
                raise errors.Refused("There is no thread under that message.")
        shown = self._typed(text)
        laid_out = [markup.rich_text(shown, blocks.new_id())] if shown.strip() else []
        with self._workspace.change():
            attached = self._files.attach(person.id, files)
            message = self._timeline.post(place, person.id, shown, blocks=laid_out, thread_ts=thread_ts, files=attached)
            self._timeline.unfurl(message)
        return {"ts": message.ts, "channel": place.id}

    def edit(self, person_id: str, channel: str, ts: str, text: str) -> None:
        """Change one's own message."""
        message = self._own(person_id, channel, ts)
        if not text.strip():
            raise errors.Refused("A message needs text.", status=400)
        shown = self._typed(text)
        self._timeline.edit(message, person_id, text=shown, blocks=[markup.rich_text(shown, blocks.new_id())])

    def delete(self, person_id: str, channel: str, ts: str) -> None:
        """Delete one's own message."""
        self._timeline.delete(self._own(person_id, channel, ts))

    def click(
        self,
        person_id: str,
        channel: str,
        ts: str,
        action_id: str,
        *,
        value: Any = None,
        values: Any = None,
        confirmed: bool = False,
    ) -> state.Json:
        """Press a button, or choose, in a message that the person sees; `confirmed` where they were asked once more."""
        person, place = self.at(person_id, channel)
        message = self._seen(person, place, ts)
        return self._interactions.click(person, message, action_id, value, values, confirmed=confirmed)

    def click_in_view(
        self, person_id: str, view_id: str, action_id: str, *, value: Any = None, confirmed: bool = False
    ) -> state.Json:
        """Press a button, or choose, in the modal before the person; `confirmed` where they were asked once more."""
        person = self._workspace.person(person_id)
        return self._interactions.click_in_view(person, view_id, action_id, value, confirmed=confirmed)

    async def submit(self, person_id: str, view_id: str, values: Any) -> state.Json:
        """Submit the modal before the person."""
        return await self._interactions.submit(self._workspace.person(person_id), view_id, values)

    def close(self, person_id: str, view_id: str, *, everything: bool = False) -> None:
        """Cancel the modal before the person."""
        self._interactions.close(self._workspace.person(person_id), view_id, everything=everything)

    def command(self, person_id: str, channel: str, command: str, text: str = "") -> state.Json:
        """Type a slash command."""
        person, place = self.at(person_id, channel)
        if not command.startswith("/"):
            raise errors.Refused("A command begins with a slash.", status=400)
        return self._commands.type(person, place, command, text)

    def file(self, person_id: str, channel: str, file_id: str) -> tuple[str, bytes]:
        """Download a file that stands at a message in a conversation: its name, and what is in it."""
        person, place = self.at(person_id, channel)
        if not any(file_id in message.files for message in self._workspace.messages(place.id)):
            raise errors.Refused(f"{person.real_name} sees no such file (any longer).", status=404)
        return self._files.read(file_id)

    def at(self, person_id: str, channel: str) -> tuple[state.Person, state.Place]:
        """
        The person and the conversation, where `dm` stands for theirs with the bot.

        Raises:
            Refused: There is none such, or the person is not in it.
        """
        person = self._workspace.person(person_id)
        place = self._workspace.im_with(person.id) if channel == "dm" else self._workspace.place(channel)
        if place is None:
            raise errors.Refused(f"There is no channel {channel} here.", status=404)
        if person.id not in self._workspace.members(place):
            raise errors.Refused(f"{person.real_name} is not in that conversation.")
        return person, place

    def _typed(self, text: str) -> str:
        known = self._workspace.state
        return markup.typed(text, people={*known.people, known.bot.user_id}, channels=set(known.channels))

    def _seen(self, person: state.Person, place: state.Place, ts: str) -> state.Message:
        message = self._workspace.message(place.id, ts)
        if message is None:
            message = self._workspace.state.ephemerals.get(place.id, {}).get(ts)
        if message is None or message.deleted or message.visible_to not in (None, person.id):
            raise errors.Refused(f"{person.real_name} sees no such message (any longer).")
        return message

    def _own(self, person_id: str, channel: str, ts: str) -> state.Message:
        person, place = self.at(person_id, channel)
        message = self._seen(person, place, ts)
        if message.user != person.id or message.tombstone:
            raise errors.Refused(f"That is not a message of {person.real_name}.")
        return message
