"""
Mail in: a mailbox is read over IMAP, through aioimaplib.

What was read is a mark, the mailbox's UIDVALIDITY with the last UID, and it moves only after every mail up to it is
stored. Killed between the two, the next start reads that mail again, and its keys, which are kept as long as its
conversation, make it a duplicate. Mail from before the first start is never acted on, not when somebody moves it here
later, nor where the server numbers the mailbox anew: then it is looked through by date, from a day before the newest
that was read, and what had been read is a duplicate.

IDLE is a hint. Before each, and every few minutes, the mailbox is asked what is new. Flags are neither trusted nor set:
people and other programs change them.

The library (2.0.3, GPL-3.0-only, which is why nothing else imports it) is fenced, each fence with a test:

- a connection that ends leaves what waits for it waiting: every wait here is also for the end of the connection, and
  has a limit, and after a limit the connection is given up;
- its parser calls itself for every line that comes at once and breaks at about 950: no command here has an answer of
  more than `WINDOW` lines;
- what it is told of during a command it forgets: every line is looked at before it, for the number of mails;
- it takes every "* " out of the lines that it reads: only literals are read, which it leaves alone, and numbers;
- names go out unquoted: they are quoted here;
- it does not answer what a server asks after refusing a token: here that is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import aioimaplib

from adapters.base import Clock
from adapters.email.config import Config
from adapters.email.mailbox import Mail
from adapters.email.oauth import Tokens
from adapters.errors import Misconfigured

log = logging.getLogger("ringback.email")
logging.getLogger("aioimaplib").setLevel(logging.CRITICAL)  # it writes what it was sent, passwords among it

T = TypeVar("T")

LIMIT = 60.0  # seconds for one command
RENEW = 90.0  # seconds of one IDLE, after which the mailbox is looked at whatever it said, which shows that it is there
CHALLENGE = 5.0  # seconds after which a login that was not answered is taken to be asked something
WINDOW = 200  # mail that one command asks about, and ...
AT_ONCE, BYTES = 50, 1024 * 1024  # ... that one brings, and the bytes of it, unless a single one is larger
HEAD = 256 * 1024  # bytes of the head of a mail that is too large
SKEW = 600  # seconds by which the server's clock may be behind ours
DAY = timedelta(days=1)  # by which days there may differ from ours

_VALIDITY = re.compile(rb"UIDVALIDITY (\d+)")
_NEXT = re.compile(rb"UIDNEXT (\d+)")
_EXISTS = re.compile(rb"\* \d+ EXISTS\b", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')


class Mark(NamedTuple):
    """
    How far a mailbox was read: up to `uid` of `validity`.

    `start` is when it was read first, and `newest` when the newest mail came that was read, in seconds since the epoch.
    """

    validity: int
    uid: int
    start: int
    newest: int

    def __str__(self) -> str:
        return " ".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> Mark:
        """Read one back."""
        return cls(*map(int, text.split()))


class Found(NamedTuple):
    """What is known of a mail before it is fetched; `at` is when the server got it."""

    uid: int
    size: int
    at: float


class Listener:
    """
    One mailbox.

    Args:
        take: Stores mail in its order; returns once all is stored, or surely never will be.
        marked: Gives the mark; None before the first start.
        mark: Keeps it.
        alive: Is called at each sign of life.
        caught_up: Is called once all that was missed is stored.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        tokens: Tokens,
        *,
        take: Callable[[Sequence[Mail]], Awaitable[None]],
        marked: Callable[[], Awaitable[str | None]],
        mark: Callable[[str], Awaitable[None]],
        alive: Callable[[], None],
        caught_up: Callable[[], None],
    ) -> None:
        self._config, self._clock, self._tokens = config, clock, tokens
        self._take, self._marked, self._keep = take, marked, mark
        self._alive, self._caught_up = alive, caught_up

    async def listen(self) -> None:
        """
        Read what is there and what comes, until the connection ends or we are cancelled.

        Raises:
            Misconfigured: The login or the mailbox is refused.
            ConnectionError: The connection ended, or the server does not answer.
        """
        async with Connection.opened(self._config, self._tokens) as connection:
            validity, following = await connection.select(self._config.mailbox)
            mark = await self._begin(connection, validity, following)
            while True:
                connection.news.clear()
                mark = await self._catch_up(connection, mark)
                self._alive()
                self._caught_up()
                await connection.idle(RENEW)
                self._alive()

    async def _begin(self, connection: Connection, validity: int, following: int) -> Mark:
        """Find where to go on: at the mark, or, where there is none or it means nothing any more, at what is new."""
        stored = await self._marked()
        if stored is None:
            now = int(self._clock.now())
            mark = Mark(validity, following - 1, now, now)
            await self._keep(str(mark))
            log.info("%s is read from now on; the mail before is left alone", self._config.account)
            return mark
        mark = Mark.parse(stored)
        if mark.validity == validity:
            return mark
        log.warning("the server has numbered %s anew; it is looked through by date", self._config.account)
        since = datetime.fromtimestamp(mark.newest, UTC) - DAY
        uids = await connection.search(f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}")
        newest = await self._read(connection, [uid for uid in uids if uid < following], mark.start)
        mark = mark._replace(validity=validity, uid=following - 1, newest=max(mark.newest, newest))
        await self._keep(str(mark))
        return mark

    async def _catch_up(self, connection: Connection, mark: Mark) -> Mark:
        """Read what came behind the mark, and move it, a window at a time."""
        await connection.noop()
        uids = [uid for uid in await connection.search(f"UID {mark.uid + 1}:*") if uid > mark.uid]
        for window in _windows(uids):
            newest = await self._read(connection, window, mark.start - SKEW)
            mark = mark._replace(uid=window[-1], newest=max(mark.newest, newest))
            await self._keep(str(mark))
        return mark

    async def _read(self, connection: Connection, uids: Sequence[int], since: float) -> int:
        """Store mail that came since a time, in the order of its numbers; returns when the newest of it came."""
        newest = 0
        for window in _windows(uids):
            wanted = [found for found in await connection.looked_up(window) if found.at >= since]
            large = [found for found in wanted if found.size > self._config.largest]
            for some in _together(wanted, large):
                is_whole = some[0] not in large
                part = "BODY.PEEK[]" if is_whole else f"BODY.PEEK[HEADER]<0.{HEAD}>"
                raws = await connection.fetch([found.uid for found in some], part)
                there = [found for found in some if found.uid in raws]  # others were deleted meanwhile
                await self._take([Mail(raws[found.uid], found.size, found.at, is_whole) for found in there])
                newest = max(newest, *(int(found.at) for found in some))
        return newest


class Connection:
    """
    A connection to a mailbox, fenced.

    Attributes:
        news: Is set when the server says how many mails there are now, whatever it was asked.
    """

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._lost, self.news = asyncio.Event(), asyncio.Event()
        self._client = aioimaplib.IMAP4(
            host, port, timeout=LIMIT, conn_lost_cb=lambda error: self._lost.set(), ssl_context=tls
        )
        protocol = self._client.protocol
        read_line = protocol._handle_line

        def noted(line: bytes, command: Any) -> Any:
            if _EXISTS.match(line):
                self.news.set()
            return read_line(line, command)

        protocol._handle_line = noted

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, config: Config, tokens: Tokens) -> AsyncIterator[Connection]:
        """
        Connect and log in.

        Raises:
            Misconfigured, ConnectionError: As for `log_in`.
        """
        connection = cls(config.imap_host, config.imap_port, _tls(config.imap_security))
        try:
            await connection.log_in(config, tokens)
            yield connection
        finally:
            connection.close()

    @classmethod
    async def looked_into(cls, config: Config, tokens: Tokens) -> int:
        """
        Count the mail in an account's mailbox.

        Raises:
            Misconfigured, ConnectionError: It cannot be opened.
        """
        async with cls.opened(config, tokens) as connection:
            await connection.select(config.mailbox)
            return len(await connection.search("ALL"))

    @classmethod
    async def fetch_one(cls, config: Config, tokens: Tokens, message_id: str) -> bytes | None:
        """
        Give a mail of an account's mailbox by its Message-ID; None where it is not there any more.

        Raises:
            Misconfigured, ConnectionError: It cannot be looked for.
        """
        async with cls.opened(config, tokens) as connection:
            await connection.select(config.mailbox)
            found = await connection.search(f"HEADER Message-ID {_quoted(message_id)}")
            sizes = await connection.looked_up(found[-1:]) if found else []
            fits = sizes and sizes[0].size <= config.largest
            return (await connection.fetch(found[-1:], "BODY.PEEK[]")).get(found[-1]) if fits else None

    async def log_in(self, config: Config, tokens: Tokens) -> None:
        """
        Log in.

        Raises:
            Misconfigured: We are not let in.
            ConnectionError: Nobody is there.
        """
        try:
            await self._answer(self._client.wait_hello_from_server())
        except OSError as error:
            raise ConnectionError(f"{config.imap_host} cannot be reached: {error}") from error
        if (token := await tokens.current()) is not None:
            entering = self._with_token(config.login, token)
        else:
            password = config.password.get_secret_value() if config.password is not None else ""
            entering = self._client.login(_quoted(config.login), password)
        answer = await self._answer(entering)
        if answer.result != "OK" and tokens.refused(token):
            raise ConnectionError(f"{config.imap_host} does not take the token any more; another one is asked for")
        if answer.result != "OK":
            raise Misconfigured(f"{config.imap_host} does not let {config.login} in; look at the password or token")
        await self._answer(self._client.protocol.capability())

    async def _with_token(self, user: str, token: str) -> Any:
        """
        Log in with a token. A refusal comes as a challenge, which the library does not answer and waits for ever after;
        the answer is an empty line (developers.google.com/workspace/gmail/imap/xoauth2-protocol).
        """
        entering = asyncio.ensure_future(self._client.xoauth2(user, token))
        await asyncio.wait({entering}, timeout=CHALLENGE)
        if not entering.done():
            self._client.protocol.send("")
        return await entering

    async def select(self, mailbox: str) -> tuple[int, int]:
        """
        Open a mailbox.

        Returns:
            Its UIDVALIDITY, and the UID that the next mail gets.

        Raises:
            Misconfigured: There is no such mailbox, or it has no numbers.
        """
        answer = await self._answer(self._client.select(_quoted(mailbox)))
        said = b"\n".join(line for line in answer.lines if isinstance(line, bytes))
        validity, following = _VALIDITY.search(said), _NEXT.search(said)
        if answer.result != "OK" or validity is None:
            raise Misconfigured(f"the mailbox {mailbox!r} cannot be opened; `mailbox` names one that is there")
        return int(validity[1]), int(following[1]) if following is not None else await self._following()

    async def _following(self) -> int:
        return max(await self.search("ALL"), default=0) + 1

    async def noop(self) -> None:
        """Have the server tell what it did not."""
        await self._answer(self._client.noop())

    async def search(self, criteria: str) -> list[int]:
        """Give the UIDs of the mail that fits, in their order."""
        answer = self._ok(await self._answer(self._client.uid_search(criteria, charset=None)))
        return sorted({int(word) for line in answer.lines for word in bytes(line).split() if word.isdigit()})

    async def looked_up(self, uids: Sequence[int]) -> list[Found]:
        """Say of mail how large it is, and since when it is there."""
        wanted = "(UID RFC822.SIZE INTERNALDATE)"
        answer = self._ok(await self._answer(self._client.uid("fetch", ",".join(map(str, uids)), wanted)))
        found = []
        for line in answer.lines:
            uid, size, date = (pattern.search(bytes(line)) for pattern in (_UID, _SIZE, _DATE))
            if uid is not None and size is not None and date is not None:
                found.append(Found(int(uid[1]), int(size[1]), _time(date[1].decode("latin-1"))))
        return sorted(found)

    async def fetch(self, uids: Sequence[int], part: str) -> dict[int, bytes]:
        """Give mail, or a part of each, byte by byte; what is not there any more is left out."""
        answer = self._ok(await self._answer(self._client.uid("fetch", ",".join(map(str, uids)), f"(UID {part})")))
        found, uid = {}, 0
        for line in answer.lines:
            if isinstance(line, bytearray):
                found[uid] = bytes(line)
            elif (named := _UID.search(bytes(line))) is not None:
                uid = int(named[1])
        return found

    async def idle(self, seconds: float) -> None:
        """Wait until something happens in the mailbox, but not longer than that."""
        if self.news.is_set():
            return  # told of while we asked for something else
        idling = await self._answer(self._client.idle_start(timeout=2 * seconds))
        with contextlib.suppress(TimeoutError):
            await self._answer(asyncio.wait_for(self.news.wait(), seconds), limit=seconds + LIMIT)
        self._client.idle_done()
        await self._answer(idling)
        while not self._client.protocol.idle_queue.empty():
            self._client.protocol.idle_queue.get_nowait()

    def close(self) -> None:
        """Cut the connection: what was not answered by now does not matter any more."""
        with contextlib.suppress(aioimaplib.Abort):
            self._client.idle_done() if self._client.has_pending_idle() else None
        transport = self._client.protocol.transport
        if transport is not None:
            transport.abort()

    async def _answer(self, command: Awaitable[T], *, limit: float = 0.0) -> T:
        """
        Wait for an answer, or for the end of the connection, or not any longer.

        Raises:
            ConnectionError: There will be none.
        """
        limit = limit or LIMIT
        asked, lost = asyncio.ensure_future(command), asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({asked, lost}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                return asked.result()
        except aioimaplib.CommandTimeout as error:
            raise ConnectionError(f"no answer within {limit:g} seconds") from error
        except (aioimaplib.Abort, aioimaplib.Error) as error:
            raise ConnectionError(f"the server does not keep to the protocol: {error}") from error
        finally:
            lost.cancel()
            asked.cancel()
        if self._lost.is_set():
            raise ConnectionError("the server closed the connection")
        raise ConnectionError(f"no answer within {limit:g} seconds")

    def _ok(self, answer: Any) -> Any:
        if answer.result != "OK":
            raise ConnectionError(f"the server answers {answer.result}")
        return answer


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _time(date: str) -> float:
    """
    Read an INTERNALDATE.

    Raises:
        ConnectionError: It is none.
    """
    try:
        day, month, rest = date.strip().split("-", 2)
        number = _MONTHS.index(month.capitalize()) + 1
        return datetime.strptime(f"{int(day):02}-{number:02}-{rest}", "%d-%m-%Y %H:%M:%S %z").timestamp()
    except ValueError:
        raise ConnectionError(f"the server says that a mail came at {date!r}") from None


def _windows(uids: Sequence[int]) -> list[Sequence[int]]:
    return [uids[at : at + WINDOW] for at in range(0, len(uids), WINDOW)]


def _together(wanted: Sequence[Found], large: Sequence[Found]) -> list[list[Found]]:
    """Say which mail is brought by one command: what is large alone, and of the rest as much as fits."""
    groups: list[list[Found]] = []
    size = BYTES
    for found in wanted:
        alone = found in large or (groups and groups[-1][0] in large)
        size += found.size
        if alone or size > BYTES or len(groups[-1]) == AT_ONCE:
            groups.append([])
            size = found.size
        groups[-1].append(found)
    return groups


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tls(security: str) -> ssl.SSLContext | None:
    return ssl.create_default_context() if security == "tls" else None
