"""
Everything the emulator knows, as values: what is written to the state file and what `/human/state` shows.
"""

from __future__ import annotations

from typing import Any, Literal

import pydantic

Json = dict[str, Any]


class Person(pydantic.BaseModel):
    """
    A member of the workspace, a guest, or somebody of another one who comes in through Slack Connect.

    Attributes:
        bot_id: Of another app's bot, which writes as people do here.
        is_restricted: A guest, of several channels or of one.
        is_ultra_restricted: A guest of one channel.
        team_id: The workspace, where it is another one.
    """

    id: str
    name: str
    real_name: str
    email: str
    timezone: str = "Europe/Berlin"
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    team_id: str | None = None
    bot_id: str | None = None


class Enterprise(pydantic.BaseModel):
    """
    The organisation that a workspace belongs to.

    Attributes:
        has_app: Whether the app is installed in the whole organisation, not in the workspace alone.
    """

    id: str
    name: str
    has_app: bool = False


class Bot(pydantic.BaseModel):
    """The app's bot user."""

    user_id: str
    bot_id: str
    app_id: str
    name: str


class Tokens(pydantic.BaseModel):
    """What the app proves itself with; made up, and worth nothing outside the emulator."""

    bot: str
    app: str
    signing_secret: str
    verification: str


class Channel(pydantic.BaseModel):
    """A public or private channel."""

    id: str
    name: str
    members: list[str]
    is_private: bool = False
    is_archived: bool = False


class Usergroup(pydantic.BaseModel):
    """
    People who are mentioned together: https://docs.slack.dev/reference/objects/usergroup-object.

    Attributes:
        users: Their ids, in the order in which they were put there.
    """

    id: str
    handle: str
    users: list[str]
    is_disabled: bool = False


class Im(pydantic.BaseModel):
    """The one-to-one conversation between a person and the bot."""

    id: str
    person: str
    is_open: bool = False


Place = Channel | Im


class Edited(pydantic.BaseModel):
    """Who last changed a message, and when."""

    user: str
    ts: str


class Edit(pydantic.BaseModel):
    """How a message read before a change."""

    at: float
    by: str
    text: str
    blocks: list[Json]
    metadata: Json | None


class Status(pydantic.BaseModel):
    """What the app says under a thread that it is doing."""

    channel: str
    thread_ts: str
    text: str


class Reaction(pydantic.BaseModel):
    """An emoji under a message."""

    name: str
    users: list[str]


class File(pydantic.BaseModel):
    """A file: announced, uploaded, and complete once the app or a person has shared it or kept it."""

    id: str
    name: str
    title: str
    mimetype: str
    filetype: str
    user: str
    size: int
    created: int
    ticket: str | None = None
    """The end of its upload_url."""
    is_uploaded: bool = False
    is_complete: bool = False


class Message(pydantic.BaseModel):
    """A message in a channel or IM, or an ephemeral one that a single person sees."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = []
    attachments: list[Json] = []
    files: list[str] = []
    thread_ts: str | None = None
    broadcast: bool = False
    visible_to: str | None = None
    metadata: Json | None = None
    client_msg_id: str | None = None
    edited: Edited | None = None
    edited_mark: bool = False
    edits: list[Edit] = []
    reactions: list[Reaction] = []
    deleted: bool = False
    tombstone: bool = False
    selections: dict[str, dict[str, dict[str, Json]]] = {}
    """Person, block and action to what that person has chosen in the message and not sent yet."""


class View(pydantic.BaseModel):
    """A modal view somebody has, or had, open."""

    id: str
    person: str
    definition: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: dict[str, dict[str, Json]] = {}
    errors: dict[str, str] = {}
    is_open: bool = True


class ResponseUrl(pydantic.BaseModel):
    """A `response_url`, by its token."""

    token: str
    person: str
    channel: str
    message_ts: str | None
    is_ephemeral: bool
    thread_ts: str | None
    created: float
    uses: int = 0


Outcome = Literal[
    "open",
    "acked",
    "timeout",
    "connection_lost",
    "ack_lost",
    "http_error",
    "connection_failed",
    "ssl_error",
    "too_many_redirects",
]


class Attempt(pydantic.BaseModel):
    """One envelope sent on one connection, or one request to the Request URL: that is connection 0."""

    envelope_id: str
    connection: int
    at: float
    retry_attempt: int
    retry_reason: str
    outcome: Outcome = "open"
    acked_at: float | None = None
    answer: Json | str | None = None


class Delivery(pydantic.BaseModel):
    """An event or interaction, with every envelope that carried it."""

    id: str
    type: Literal["events_api", "interactive", "slash_commands"]
    payload: Json
    channel: str | None
    created: float
    status: Literal["waiting", "sent", "acked", "failed"] = "waiting"
    retry: int = 0
    retry_reason: str = "timeout"
    due: float = 0.0
    is_delayed: bool = False
    attempts: list[Attempt] = []


class Call(pydantic.BaseModel):
    """A call of the Web API or of a response_url, and what became of it."""

    at: float
    method: str
    arguments: Json
    token: Literal["bot", "app", "unknown", "none"]
    accepted: bool
    error: str | None = None
    status: int | None = None
    """The HTTP status, or None when the connection was cut without an answer."""
    fault: str | None = None


class Notice(pydantic.BaseModel):
    """What Slack's client tells a person beside the messages."""

    at: float
    person: str
    channel: str | None
    view_id: str | None
    text: str


class State(pydantic.BaseModel):
    """The workspace and all that happened in it."""

    version: int = 0
    team_id: str
    team_name: str
    team_domain: str
    bot: Bot
    tokens: Tokens
    scopes: list[str]
    enterprise: Enterprise | None = None
    unfurls: bool = False
    """Whether links that people write get a preview."""
    commands: list[str] = ["/ringback"]
    event_limit: int = 30_000
    """Events an hour: https://docs.slack.dev/reference/events/app_rate_limited."""
    edit_window: float | None = None
    file_limit: int = 1_000_000_000
    """Bytes a file may have: 1 GB, https://slack.com/help/articles/201330736."""
    people: dict[str, Person]
    usergroups: list[Usergroup] = []
    channels: dict[str, Channel]
    ims: dict[str, Im]
    messages: dict[str, dict[str, Message]] = {}
    ephemerals: dict[str, dict[str, Message]] = {}
    files: dict[str, File] = {}
    statuses: list[Status] = []
    views: dict[str, View] = {}
    stacks: dict[str, list[str]] = {}
    """Person to the views that lie on each other on their screen, the visible one last."""
    response_urls: dict[str, ResponseUrl] = {}
    deliveries: dict[str, Delivery] = {}
    calls: list[Call] = []
    notices: list[Notice] = []
    last_stamp: int = 0
    """Microseconds of the newest ts or id, so that none is used twice, even after a restart."""
