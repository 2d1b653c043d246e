"""
The methods `chat.*` and `reactions.add`.
"""

from __future__ import annotations

from adapters.slack.emulator import access, blocks, errors, markup, payloads, state, timeline
from adapters.slack.emulator.arguments import Arguments
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace

TRUNCATION = 40_000  # characters of text; https://docs.slack.dev/reference/methods/chat.postMessage#truncating
UPDATE_LIMIT = 4_000  # characters of text; https://docs.slack.dev/reference/methods/chat.update#errors
MARKDOWN_TEXT_LIMIT = 12_000
MOST_ATTACHMENTS = 100


class Chat:
    """What an app does with messages."""

    def __init__(self, workspace: Workspace, conversations: timeline.Timeline, *, clock: Clock) -> None:
        self._workspace = workspace
        self._timeline = conversations
        self._clock = clock

    def post_message(self, arguments: Arguments) -> state.Json:
        """chat.postMessage: too much text is cut off, with a warning."""
        access.need_scope(self._workspace, "chat:write")
        place = access.find_place(self._workspace, arguments.needed("channel"), loosely=True)
        access.need_voice(self._workspace, place)
        content = self._content(arguments)
        warning = {}
        if len(content["text"]) > TRUNCATION:
            content["text"] = content["text"][:TRUNCATION]
            warning = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
        root = self._root(place, arguments)
        message = self._timeline.post(
            place,
            self._workspace.state.bot.user_id,
            **content,
            metadata=_metadata(arguments),
            thread_ts=root.ts if root is not None else None,
            broadcast=root is not None and arguments.flag("reply_broadcast"),
        )
        shown = payloads.message(self._workspace, message)
        return {"channel": place.id, "ts": message.ts, "message": shown, **warning}

    def post_ephemeral(self, arguments: Arguments) -> state.Json:
        """chat.postEphemeral."""
        access.need_scope(self._workspace, "chat:write")
        place = access.find_place(self._workspace, arguments.needed("channel"), loosely=True)
        access.need_voice(self._workspace, place)
        person = arguments.needed("user")
        if person not in self._workspace.members(place):
            raise errors.ApiError("user_not_in_channel")
        content = self._content(arguments)
        content["text"] = content["text"][:TRUNCATION]
        root = self._root(place, arguments)
        message = self._timeline.whisper(place, person, **content, thread_ts=root.ts if root is not None else None)
        return {"message_ts": message.ts}

    def update(self, arguments: Arguments) -> state.Json:
        """
        chat.update.

        What is left out stays, with one exception: "If the text argument is provided and blocks are not provided, the
        blocks will be removed". "If blocks are used … the edited flag will not be displayed on the message"
        (https://docs.slack.dev/reference/methods/chat.update).
        """
        access.need_scope(self._workspace, "chat:write")
        message = self._own_message(arguments, error="cant_update_message")
        place = self._workspace.place(message.channel)
        if isinstance(place, state.Channel) and place.is_archived:
            raise errors.ApiError("is_inactive")
        window = self._workspace.state.edit_window
        if window is not None and self._clock() - float(message.ts) > window:
            raise errors.ApiError("edit_window_closed")
        changes = self._changes(arguments)
        bot = self._workspace.state.bot.user_id
        self._timeline.edit(message, bot, mark=not changes.get("blocks"), **changes)
        shown = payloads.message(self._workspace, message)
        return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}

    def delete(self, arguments: Arguments) -> state.Json:
        """chat.delete."""
        access.need_scope(self._workspace, "chat:write")
        message = self._own_message(arguments, error="cant_delete_message")
        self._timeline.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    def permalink(self, arguments: Arguments) -> state.Json:
        """chat.getPermalink."""
        place = access.find_place(self._workspace, arguments.needed("channel"))
        message = self._workspace.message(place.id, arguments.needed("message_ts"))
        if message is None:
            raise errors.ApiError("message_not_found")
        link = (
            f"https://{self._workspace.state.team_domain}.slack.com/archives/{place.id}/p{message.ts.replace('.', '')}"
        )
        if message.thread_ts is not None:
            link += f"?thread_ts={message.thread_ts}&cid={place.id}"
        return {"channel": place.id, "permalink": link}

    def react(self, arguments: Arguments) -> state.Json:
        """reactions.add."""
        access.need_scope(self._workspace, "reactions:write")
        name = arguments.text("name")
        if name is None or not name.strip(":"):
            raise errors.ApiError("invalid_name")
        place = access.find_place(self._workspace, arguments.needed("channel"))
        message = self._workspace.message(place.id, arguments.needed("timestamp"))
        if message is None:
            raise errors.ApiError("message_not_found")
        bot = self._workspace.state.bot.user_id
        known = {reaction.name: reaction for reaction in message.reactions}
        if name in known and bot in known[name].users:
            raise errors.ApiError("already_reacted")
        with self._workspace.change():
            if name in known:
                known[name].users.append(bot)
            else:
                message.reactions.append(state.Reaction(name=name, users=[bot]))
        return {}

    def _content(self, arguments: Arguments) -> state.Json:
        if arguments.text("markdown_text") is not None:
            return _markdown(arguments)
        given = arguments.structure("blocks", error="invalid_blocks_format")
        shown = blocks.for_message(given) if given else []
        attachments = _attachments(arguments) or []
        text = markup.posted(arguments.text("text") or "")
        if not (text.strip() or shown or attachments):
            raise errors.ApiError("no_text")
        return {"text": text, "blocks": shown, "attachments": attachments}

    def _changes(self, arguments: Arguments) -> state.Json:
        if arguments.text("markdown_text") is not None:
            return _markdown(arguments)
        changes: state.Json = {}
        text = arguments.text("text")
        given = arguments.structure("blocks", error="invalid_blocks_format")
        attachments = _attachments(arguments)
        if text is None and given is None and attachments is None:
            raise errors.ApiError("no_text")
        if text is not None:
            if len(text) > UPDATE_LIMIT:
                raise errors.ApiError("msg_too_long")
            changes = {"text": markup.posted(text), "blocks": []}
        if given is not None:
            changes["blocks"] = blocks.for_message(given)
        if attachments is not None:
            changes["attachments"] = attachments
        metadata = arguments.structure("metadata", error="invalid_metadata_format")
        if metadata is not None:
            changes["metadata"] = _metadata(arguments)
        return changes

    def _root(self, place: state.Place, arguments: Arguments) -> state.Message | None:
        """
        The message to reply under.

        "Avoid using a reply's ts value; use its parent instead", says the document and not what happens otherwise; here
        that is refused, like a ts that does not exist.
        """
        thread_ts = arguments.text("thread_ts")
        if thread_ts is None:
            return None
        root = self._workspace.message(place.id, thread_ts)
        if root is None or root.thread_ts is not None:
            raise errors.ApiError("thread_not_found")
        return root

    def _own_message(self, arguments: Arguments, *, error: str) -> state.Message:
        place = access.find_place(self._workspace, arguments.needed("channel"))
        message = self._workspace.message(place.id, arguments.needed("ts"))
        if message is None or message.tombstone:
            raise errors.ApiError("message_not_found")
        if message.user != self._workspace.state.bot.user_id:
            raise errors.ApiError(error)
        return message


def _markdown(arguments: Arguments) -> state.Json:
    text = arguments.needed("markdown_text")
    if arguments.text("text") is not None or arguments.given.get("blocks"):
        raise errors.ApiError("markdown_text_conflict")
    if len(text) > MARKDOWN_TEXT_LIMIT:
        raise errors.ApiError("msg_too_long")
    return {"text": markup.posted(text), "blocks": [{"type": "markdown", "text": text}]}


def _attachments(arguments: Arguments) -> list[state.Json] | None:
    given = arguments.structure("attachments", error="invalid_attachments")
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise errors.ApiError("invalid_attachments")
    if len(given) > MOST_ATTACHMENTS:
        raise errors.ApiError("too_many_attachments")
    return given


def _metadata(arguments: Arguments) -> state.Json | None:
    """An empty object removes it: https://docs.slack.dev/reference/methods/chat.update."""
    given = arguments.structure("metadata", error="invalid_metadata_format")
    if not given:
        return None
    shaped = isinstance(given, dict) and set(given) == {"event_type", "event_payload"}
    if not shaped or not isinstance(given["event_type"], str) or not isinstance(given["event_payload"], dict):
        raise errors.ApiError("invalid_metadata_format")
    return dict(given)
