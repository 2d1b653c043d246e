"""
What one person sees in one conversation.
"""

from __future__ import annotations

from typing import Any

from adapters.slack.emulator import markup, payloads, state
from adapters.slack.emulator.modals import Modals
from adapters.slack.emulator.workspace import Workspace

MOST_NOTICES = 20


class Screen:
    """Slack's client, as far as a page or a test needs to see it."""

    def __init__(self, workspace: Workspace, modals: Modals) -> None:
        self._workspace = workspace
        self._modals = modals

    def show(self, person: state.Person, place: state.Place) -> state.Json:
        """Messages in order with their threads, ephemerals of this person, their modal, their notices."""
        whispers = self._workspace.state.ephemerals.get(place.id, {}).values()
        seen = [
            *self._workspace.messages(place.id),
            *(each for each in whispers if each.visible_to == person.id and not each.deleted),
        ]
        seen.sort(key=lambda message: tuple(map(int, message.ts.split("."))))
        replies: dict[str, list[state.Message]] = {}
        for message in seen:
            if message.thread_ts is not None:
                replies.setdefault(message.thread_ts, []).append(message)
        return {
            "version": self._workspace.state.version,
            "person": {"id": person.id, "name": person.name, "real_name": person.real_name},
            "channel": self._channel(place),
            "messages": [
                self._message(message, replies.get(message.ts, []))
                for message in seen
                if message.thread_ts is None or message.broadcast
            ],
            "statuses": [
                {"thread_ts": status.thread_ts, "text": status.text}
                for status in self._workspace.state.statuses
                if status.channel == place.id
            ],
            "modal": self._modal(person),
            "notices": [
                notice.model_dump(exclude={"person"})
                for notice in self._workspace.state.notices
                if notice.person == person.id and notice.channel in (None, place.id)
            ][-MOST_NOTICES:],
        }

    def _channel(self, place: state.Place) -> state.Json:
        members = [self._name(member) for member in self._workspace.members(place)]
        if isinstance(place, state.Im):
            return {"id": place.id, "name": self._workspace.state.bot.name, "kind": "im", "members": members}
        kind = "private" if place.is_private else "public"
        return {"id": place.id, "name": place.name, "kind": kind, "members": members}

    def _message(self, message: state.Message, replies: list[state.Message]) -> state.Json:
        return {
            "ts": message.ts,
            "thread_ts": message.thread_ts,
            "author": self._name(message.user),
            "text": message.text,
            "blocks": message.blocks,
            "attachments": message.attachments,
            "files": [self._file(each) for each in message.files],
            "mentions": _mentions(message),
            "is_edited": message.edited_mark,
            "is_ephemeral": message.visible_to is not None,
            "is_broadcast": message.broadcast,
            "is_tombstone": message.tombstone,
            "reactions": [reaction.model_dump() for reaction in message.reactions],
            "replies": [self._message(reply, []) for reply in replies],
        }

    def _file(self, file_id: str) -> state.Json:
        file = self._workspace.state.files[file_id]
        return {"id": file.id, "name": file.name, "title": file.title, "mimetype": file.mimetype, "size": file.size}

    def _modal(self, person: state.Person) -> state.Json | None:
        view = self._modals.top(person.id)
        if view is None:
            return None
        shown = payloads.view(self._workspace, view)
        depth = len(self._workspace.state.stacks[person.id])
        kept = ("title", "submit", "close", "blocks", "callback_id")
        return {
            "view_id": view.id,
            "depth": depth,
            **{name: shown[name] for name in kept},
            "values": shown["state"]["values"],
            "errors": view.errors,
        }

    def _name(self, user_id: str) -> state.Json:
        bot = self._workspace.bot(user_id)
        name = bot.name if bot is not None else self._workspace.state.people[user_id].name
        return {"id": user_id, "name": name, "is_bot": bot is not None}


def _mentions(message: state.Message) -> list[str]:
    """Whom the message notifies, by what is shown of it: blocks where there are any, else the text."""
    texts = list(_marked_up(message.blocks)) if message.blocks else [message.text]
    return list(dict.fromkeys(each for text in texts for each in markup.mentions(text)))


def _marked_up(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _marked_up(item)]
    if not isinstance(value, dict):
        return []
    match value.get("type"):
        case "mrkdwn" | "markdown":
            return [value["text"]]
        case "user":
            return [f"<@{value['user_id']}>"]
        case "broadcast":
            return [f"<!{value['range']}>"]
    return [text for item in value.values() for text in _marked_up(item)]
