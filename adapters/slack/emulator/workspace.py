"""
The workspace: the state, how things are found in it, and how it outlives the emulator.

Every change happens inside `with workspace.change():`. On leaving the outermost one the version goes up, the file is
replaced, and the watchers are told; so a method's answer is sent only after its effect is in the file, and a killed
emulator comes back knowing all that it has answered.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from adapters.slack.emulator import errors, state

_T = TypeVar("_T", state.Person, state.Channel, state.Im)

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
)

KEPT_IN_FILE = 1000
"""Calls and finished deliveries in the file. In memory all are kept: tests want them, a restart does not."""


class Workspace:
    """
    A Slack workspace with one app installed.

    Attributes:
        base_url: Under which address the app reaches the emulator, for the URLs that stand in payloads. Whoever serves
            or mounts it says so; a Socket Mode connection shows it as well.
    """

    def __init__(self, known: state.State, *, path: pathlib.Path | None = None) -> None:
        self.state = known
        self.base_url = ""
        self._path = path
        self._depth = 0
        self._watchers: list[Callable[[], None]] = []
        self._threads: dict[tuple[str, str], list[state.Message]] = {}
        """Channel and root to its replies: otherwise each new message would look through all before it."""
        for place in known.messages.values():
            for message in place.values():
                self._index(message)

    @classmethod
    def create(
        cls,
        people: Sequence[str | state.Person] = ("rita", "ana", "ben", "olga"),
        channels: Sequence[str | state.Channel] = ("general", "deploys"),
        *,
        bot_name: str = "ringback",
        team_name: str = "Sandbox",
        scopes: Sequence[str] = SCOPES,
        commands: Sequence[str] = ("/ringback",),
        usergroups: Sequence[state.Usergroup] = (),
        path: str | os.PathLike[str] | None = None,
    ) -> Workspace:
        """
        A workspace as last saved at `path`, or a new one.

        Args:
            people: Names, or whole people. A name gives the same id each time.
            channels: Names, or whole channels. A named one has everybody and the bot as members.
            path: Where the state is kept. If the file is there, it is taken as it is and the other arguments do not
                matter; without a path everything is gone with the process.
        """
        file = pathlib.Path(path) if path is not None else None
        if file is not None and file.exists():
            return cls(state.State.model_validate_json(file.read_bytes()), path=file)
        members = [_person(entry) for entry in people]
        bot = state.Bot(
            user_id=_readable("U", bot_name),
            bot_id=_readable("B", bot_name),
            app_id=_readable("A", bot_name),
            name=bot_name,
        )
        everybody = [bot.user_id, *(member.id for member in members)]
        rooms = [
            entry
            if isinstance(entry, state.Channel)
            else state.Channel(id=_readable("C", entry), name=entry, members=everybody.copy())
            for entry in channels
        ]
        workspace = cls(
            state.State(
                team_id=_readable("T", team_name),
                team_name=team_name,
                team_domain=team_name.lower(),
                bot=bot,
                tokens=state.Tokens(
                    bot="-".join(["xoxb", "1", bot.bot_id, "emulated"]),
                    app="-".join(["xapp", "1", bot.app_id, "1", "emulated"]),
                    signing_secret="emulated-signing-secret",  # noqa: S106 - signs nothing outside the emulator
                    verification="emulated-verification-token",
                ),
                scopes=list(scopes),
                commands=list(commands),
                usergroups=list(usergroups),
                people=_by_id(members),
                channels=_by_id(rooms),
                ims=_by_id([state.Im(id="D" + member.id[1:], person=member.id) for member in members]),
            ),
            path=file,
        )
        with workspace.change():
            pass
        return workspace

    @property
    def folder(self) -> pathlib.Path | None:
        """Where what is too large for the state's file is kept: beside it, if there is one."""
        return self._path.with_suffix(".files") if self._path is not None else None

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """Around every change; see the top of this file."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self.state.version += 1
                self._save()
                for tell in list(self._watchers):
                    tell()

    def watch(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` after each change; the result ends that."""
        self._watchers.append(tell)
        return lambda: self._watchers.remove(tell)

    def stamp(self, now: float) -> int:
        """Microseconds that no ts or id has used before."""
        self.state.last_stamp = max(round(now * 1_000_000), self.state.last_stamp + 1)
        return self.state.last_stamp

    def next_ts(self, now: float) -> str:
        """The ts of a new message: seconds, a point and six digits, unique and rising in the whole workspace."""
        stamp = self.stamp(now)
        return f"{stamp // 1_000_000}.{stamp % 1_000_000:06d}"

    def next_id(self, prefix: str, now: float) -> str:
        """An id that looks like Slack's, such as `Ev0MABC123DEF`, and never comes twice."""
        return f"{prefix}0{_base36(self.stamp(now))}"

    def person(self, person_id: str) -> state.Person:
        """
        Raises:
            Refused: Nobody has that id.
        """
        found = self.state.people.get(person_id)
        if found is None:
            raise errors.Refused(f"There is no person {person_id} here.", status=404)
        return found

    def place(self, place_id: str) -> state.Place | None:
        """The channel or IM with that id."""
        return self.state.channels.get(place_id) or self.state.ims.get(place_id)

    def im_with(self, person_id: str) -> state.Im | None:
        """The IM between the bot and that person."""
        return next((im for im in self.state.ims.values() if im.person == person_id), None)

    def members(self, place: state.Place) -> list[str]:
        """Who is in it, the bot included."""
        if isinstance(place, state.Im):
            return [self.state.bot.user_id, place.person]
        return place.members

    def has_bot(self, place: state.Place) -> bool:
        """Whether the bot is in it."""
        return self.state.bot.user_id in self.members(place)

    def message(self, place_id: str, ts: str) -> state.Message | None:
        """A message that stands there and has not been deleted."""
        found = self.state.messages.get(place_id, {}).get(ts)
        return found if found is not None and not found.deleted else None

    def messages(self, place_id: str) -> list[state.Message]:
        """All that stand there, the oldest first."""
        return [message for message in self.state.messages.get(place_id, {}).values() if not message.deleted]

    def replies(self, root: state.Message) -> list[state.Message]:
        """What stands under a message, the oldest first."""
        return [message for message in self._threads.get((root.channel, root.ts), []) if not message.deleted]

    def team_of(self, user_id: str) -> str:
        """The workspace that somebody belongs to: this one, except for those who come in through Slack Connect."""
        person = self.state.people.get(user_id)
        return person.team_id if person is not None and person.team_id is not None else self.state.team_id

    def bot(self, user_id: str) -> state.Bot | None:
        """The app's bot, or that of another app."""
        if user_id == self.state.bot.user_id:
            return self.state.bot
        other = self.state.people.get(user_id)
        if other is None or other.bot_id is None:
            return None
        return state.Bot(user_id=other.id, bot_id=other.bot_id, app_id="A" + other.bot_id[1:], name=other.name)

    @property
    def is_org_install(self) -> bool:
        """Whether the app is installed in the whole organisation."""
        return self.state.enterprise is not None and self.state.enterprise.has_app

    def is_shared(self, place: state.Place) -> bool:
        """Whether somebody of another workspace is in it."""
        return any(self.team_of(member) != self.state.team_id for member in self.members(place))

    def drop_status(self, channel: str, thread_ts: str | None) -> None:
        """Take away what the app says under a thread that it is doing."""
        self.state.statuses = [
            each for each in self.state.statuses if (each.channel, each.thread_ts) != (channel, thread_ts)
        ]

    def add(self, message: state.Message) -> None:
        """Put a new message, or an ephemeral one, where it belongs."""
        if message.visible_to is not None:
            self.state.ephemerals.setdefault(message.channel, {})[message.ts] = message
        else:
            self.state.messages.setdefault(message.channel, {})[message.ts] = message
            self._index(message)

    def notify(
        self, person_id: str, text: str, now: float, *, channel: str | None = None, view_id: str | None = None
    ) -> None:
        """Show a person a notice."""
        with self.change():
            self.state.notices.append(
                state.Notice(at=now, person=person_id, channel=channel, view_id=view_id, text=text)
            )

    def _index(self, message: state.Message) -> None:
        if message.thread_ts is not None:
            self._threads.setdefault((message.channel, message.thread_ts), []).append(message)

    def _save(self) -> None:
        if self._path is None:
            return
        finished = [each.id for each in self.state.deliveries.values() if each.status in ("acked", "failed")]
        forgotten = set(finished[:-KEPT_IN_FILE])
        kept = self.state.model_copy(
            update={
                "calls": self.state.calls[-KEPT_IN_FILE:],
                "deliveries": {key: each for key, each in self.state.deliveries.items() if key not in forgotten},
            }
        )
        draft = self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex}.new")
        draft.write_text(kept.model_dump_json(), encoding="utf-8")
        draft.replace(self._path)


def _person(entry: str | state.Person) -> state.Person:
    if isinstance(entry, state.Person):
        return entry
    return state.Person(
        id=_readable("U", entry), name=entry.lower(), real_name=entry.title(), email=f"{entry.lower()}@example.com"
    )


def _readable(prefix: str, name: str) -> str:
    """An id of Slack's form that a reader of a log recognises: ana → U00000ANA."""
    return prefix + re.sub(r"[^A-Z0-9]", "", name.upper()).rjust(8, "0")


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + digits
    return digits


def _by_id(entries: Sequence[_T]) -> dict[str, _T]:
    found = {entry.id: entry for entry in entries}
    if len(found) < len(entries):
        raise ValueError(f"Two with one id among {[entry.id for entry in entries]}: give them other names or ids.")
    return found
