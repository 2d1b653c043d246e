"""
The emulated mailbox server: IMAP4rev1 with IDLE, UIDPLUS, MOVE and SASL, for one loop (RFC 9051, 2177, 4315, 6851).

What came or went since a session was told is told when the protocol allows it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import ssl
from collections.abc import Awaitable, Callable

from adapters.email.emulator import fetch
from adapters.email.emulator.faults import Faults
from adapters.email.emulator.post import Account, Mailbox, Post
from adapters.email.emulator.syntax import LITERAL, Command, Malformed, Token, parse, quoted
from adapters.email.emulator.view import View

CAPABILITIES = b"IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN AUTH=XOAUTH2 IDLE UIDPLUS MOVE UNSELECT"
LONGEST_LINE = 64 * 1024  # bytes
FLAGS = r"\Answered \Flagged \Deleted \Seen \Draft"


class Session:
    """One connection."""

    def __init__(self, post: Post, faults: Faults, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._post, self._faults = post, faults
        self._reader, self._writer = reader, writer
        self._account: Account | None = None
        self._view: View | None = None
        self._is_over = False

    async def run(self) -> None:
        """Answer commands until either side ends it."""
        self._say(b"* OK [CAPABILITY %s] ready" % CAPABILITIES)
        while not self._is_over:
            line = await self._command()
            if not line:
                return
            if await self._is_struck():
                return
            try:
                command = parse(line)
            except Malformed as error:
                self._say(f"{line.split(b' ')[0].decode('latin-1') or '*'} BAD {error}".encode())
                continue
            await self._answer(command)
            await self._writer.drain()

    async def _is_struck(self) -> bool:
        name = self._account.address if self._account is not None else ""
        if self._faults.strikes("imap", "deaf", name):
            await self._reader.read()  # until the other side has given up
            return True
        if self._faults.strikes("imap", "bye", name):
            self._say(b"* BYE the server is going down")
            return True
        return False

    async def _command(self) -> bytes:
        """Read a command with its literals; empty where the connection has ended."""
        line = await self._line()
        whole = line
        while (size := LITERAL.search(line)) is not None:
            if not size[2]:
                self._say(b"+ go on")
                await self._writer.drain()
            whole += await self._reader.readexactly(int(size[1]))
            line = await self._line()
            whole += line
        return whole

    async def _line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return b""

    def _say(self, line: bytes) -> None:
        self._writer.write(line + b"\r\n")

    async def _answer(self, command: Command) -> None:
        handler = self._handlers().get(command.name)
        if handler is None:
            self._say(f"{command.tag} BAD {command.name} is not known here".encode())
            return
        if self._account is None and command.name not in ("CAPABILITY", "NOOP", "LOGOUT", "LOGIN", "AUTHENTICATE"):
            self._say(f"{command.tag} BAD log in first".encode())
            return
        try:
            said = await handler(command.arguments)
        except Malformed as error:
            said = f"BAD {error}"
        except (IndexError, AttributeError, ValueError):
            said = "BAD arguments are missing or not of their kind"
        if command.name not in ("FETCH", "STORE", "SEARCH"):
            self._sync()  # not during those: a sequence number must go on meaning what it meant
        self._say(f"{command.tag} {said}".encode())

    def _handlers(self) -> dict[str, Callable[[list[Token]], Awaitable[str]]]:
        return {
            "CAPABILITY": self._capability,
            "NOOP": self._noop,
            "CHECK": self._noop,
            "LOGOUT": self._logout,
            "LOGIN": self._login,
            "AUTHENTICATE": self._authenticate,
            "SELECT": self._select,
            "EXAMINE": self._examine,
            "STATUS": self._status,
            "LIST": self._list,
            "APPEND": self._append,
            "CLOSE": self._close,
            "UNSELECT": self._unselect,
            "EXPUNGE": self._expunge,
            "UID EXPUNGE": self._expunge,
            "SEARCH": lambda arguments: self._search(arguments, by_uid=False),
            "UID SEARCH": lambda arguments: self._search(arguments, by_uid=True),
            "FETCH": lambda arguments: self._fetch(arguments, by_uid=False),
            "UID FETCH": lambda arguments: self._fetch(arguments, by_uid=True),
            "STORE": lambda arguments: self._store(arguments, by_uid=False),
            "UID STORE": lambda arguments: self._store(arguments, by_uid=True),
            "UID COPY": self._copy,
            "UID MOVE": self._move,
            "IDLE": self._idle,
        }

    # Anybody may --------------------------------------------------------------------------------------------------

    async def _capability(self, arguments: list[Token]) -> str:
        self._say(b"* CAPABILITY " + CAPABILITIES)
        return "OK done"

    async def _noop(self, arguments: list[Token]) -> str:
        return "OK done"

    async def _logout(self, arguments: list[Token]) -> str:
        self._is_over = True
        self._say(b"* BYE until next time")
        return "OK done"

    async def _login(self, arguments: list[Token]) -> str:
        name, password = (_text(argument) for argument in arguments)
        account = self._post.account(name)
        return self._enter(account if account is not None and account.password == password else None)

    async def _authenticate(self, arguments: list[Token]) -> str:
        mechanism = _text(arguments[0]).upper()
        if len(arguments) > 1:
            given = arguments[1]
        else:
            self._say(b"+ ")
            await self._writer.drain()
            given = (await self._line()).strip()
        try:
            fields = base64.b64decode(given, validate=True).decode() if isinstance(given, bytes) else ""
        except (binascii.Error, UnicodeDecodeError):
            return "BAD not base64"
        account = None
        if mechanism == "PLAIN":
            _, name, password = fields.split("\0")
            known = self._post.account(name)
            account = known if known is not None and known.password == password else None
        elif mechanism == "XOAUTH2":  # developers.google.com/workspace/gmail/imap/xoauth2-protocol
            parts = dict(part.partition("=")[::2] for part in fields.split("\1") if part)
            known = self._post.account(parts.get("user", ""))
            account = known if known is not None and parts.get("auth") == f"Bearer {known.token}" else None
            if account is None:
                self._say(b"+ " + base64.b64encode(b'{"status":"401","schemes":"bearer"}'))
                await self._writer.drain()
                await self._line()
        else:
            return "NO [CANNOT] no such mechanism"
        return self._enter(account)

    def _enter(self, account: Account | None) -> str:
        if account is None or self._faults.strikes("imap", "refuse_login", account.address):
            return "NO [AUTHENTICATIONFAILED] who are you?"
        self._account = account
        return f"OK [CAPABILITY {CAPABILITIES.decode()}] logged in"

    # Mailboxes ----------------------------------------------------------------------------------------------------

    async def _select(self, arguments: list[Token]) -> str:
        return self._open(_text(arguments[0]), read_only=False)

    async def _examine(self, arguments: list[Token]) -> str:
        return self._open(_text(arguments[0]), read_only=True)

    def _open(self, given: str, *, read_only: bool) -> str:
        box, self._view = self._box(given), None
        if box is None or self._account is None:
            return "NO [NONEXISTENT] there is no such mailbox"
        self._view = View(self._post, self._account, _name(given), read_only=read_only)
        unseen = next((n for n, m in enumerate(self._view.messages, 1) if "\\Seen" not in m.flags), None)
        self._say(f"* {len(self._view.messages)} EXISTS".encode())
        self._say(b"* 0 RECENT")
        self._say(f"* FLAGS ({FLAGS})".encode())
        self._say(f"* OK [PERMANENTFLAGS ({FLAGS} \\*)] kept".encode())
        self._say(f"* OK [UIDVALIDITY {box.uidvalidity}] valid".encode())
        self._say(f"* OK [UIDNEXT {box.uidnext}] next".encode())
        if unseen is not None:
            self._say(f"* OK [UNSEEN {unseen}] first".encode())
        return f"OK [{'READ-ONLY' if read_only else 'READ-WRITE'}] selected"

    async def _status(self, arguments: list[Token]) -> str:
        box = self._box(_text(arguments[0]))
        if box is None:
            return "NO [NONEXISTENT] there is no such mailbox"
        known = {
            "MESSAGES": len(box.messages),
            "UIDNEXT": box.uidnext,
            "UIDVALIDITY": box.uidvalidity,
            "UNSEEN": sum("\\Seen" not in message.flags for message in box.messages),
            "RECENT": 0,
        }
        if not isinstance(arguments[1], list):
            return "BAD a list of items was expected"
        names = [_text(name).upper() for name in arguments[1]]
        values = " ".join(f"{name} {known[name]}" for name in names if name in known)
        self._say(b"* STATUS " + quoted(_name(_text(arguments[0]))) + f" ({values})".encode())
        return "OK done"

    async def _list(self, arguments: list[Token]) -> str:
        pattern = _text(arguments[1])
        for name in self._boxes():
            if pattern in ("*", "%") or pattern.upper() == name.upper():
                self._say(b'* LIST (\\HasNoChildren) "/" ' + quoted(name))
        return "OK done"

    async def _append(self, arguments: list[Token]) -> str:
        name, raw = _name(_text(arguments[0])), arguments[-1]
        box = self._box(name)
        if box is None or self._account is None or not isinstance(raw, bytes):
            return "NO [TRYCREATE] there is no such mailbox"
        flags = [_text(flag) for flag in arguments[1]] if isinstance(arguments[1], list) else []
        message = self._post.append(self._account, name, raw, flags)
        return f"OK [APPENDUID {box.uidvalidity} {message.uid}] added"

    async def _close(self, arguments: list[Token]) -> str:
        if self._view is not None and not self._view.read_only:
            self._view.remove([message for message in self._view.messages if "\\Deleted" in message.flags])
        return await self._unselect(arguments)

    async def _unselect(self, arguments: list[Token]) -> str:
        self._view = None
        return "OK done"

    # Mail ---------------------------------------------------------------------------------------------------------

    async def _search(self, arguments: list[Token], *, by_uid: bool) -> str:
        found = self._looked_at().found(arguments, by_uid=by_uid)
        self._say(" ".join(["* SEARCH", *map(str, found)]).encode())
        return "OK done"

    async def _fetch(self, arguments: list[Token], *, by_uid: bool) -> str:
        view, items = self._looked_at(), fetch.wanted(arguments[1])
        if self._account is not None and self._faults.strikes("imap", "no", self._account.address):
            return "NO [SERVERBUG] not now"
        if by_uid and not any(item.upper() == b"UID" for item in items):
            items = [b"UID", *items]
        for place, message in view.named(arguments[0], by_uid=by_uid):
            if any(map(fetch.sets_seen, items)) and not view.read_only and "\\Seen" not in message.flags:
                message.flags.append("\\Seen")
            line = b"* %d FETCH (%s)" % (place + 1, b" ".join(fetch.give(message, item) for item in items))
            if self._account is not None and self._faults.strikes("imap", "cut", self._account.address):
                self._writer.write(line[: len(line) // 2])
                await self._writer.drain()
                self._is_over = True
                self._writer.close()
                return "BAD cut"
            self._say(line)
            await self._writer.drain()
        return "OK done"

    async def _store(self, arguments: list[Token], *, by_uid: bool) -> str:
        view = self._looked_at()
        if view.read_only:
            return "NO it was opened to be read only"
        how = _text(arguments[1]).upper()
        flags = [_text(flag) for flag in (arguments[2] if isinstance(arguments[2], list) else arguments[2:])]
        for place, message in view.named(arguments[0], by_uid=by_uid):
            if how.startswith("+"):
                message.flags += [flag for flag in flags if flag not in message.flags]
            elif how.startswith("-"):
                message.flags = [flag for flag in message.flags if flag not in flags]
            else:
                message.flags = flags
            if "SILENT" not in how:
                told = b" ".join(fetch.give(message, item) for item in ((b"UID", b"FLAGS") if by_uid else (b"FLAGS",)))
                self._say(b"* %d FETCH (%s)" % (place + 1, told))
        self._post.changed()
        return "OK done"

    async def _copy(self, arguments: list[Token]) -> str:
        return self._transfer(arguments, keep=True)

    async def _move(self, arguments: list[Token]) -> str:
        return self._transfer(arguments, keep=False)

    def _transfer(self, arguments: list[Token], *, keep: bool) -> str:
        name, view = _name(_text(arguments[1])), self._looked_at()
        box = self._box(name)
        if box is None or self._account is None:
            return "NO [TRYCREATE] there is no such mailbox"
        moved = [message for _, message in view.named(arguments[0], by_uid=True)]
        added = [self._post.append(self._account, name, message.octets, message.flags) for message in moved]
        sets = [",".join(str(message.uid) for message in some) for some in (moved, added)]
        told = f"[COPYUID {box.uidvalidity} {sets[0]} {sets[1]}] " if moved else ""
        if keep:
            return f"OK {told}done"
        if told:
            self._say(f"* OK {told}moved".encode())
        view.remove(moved)
        return "OK done"

    async def _expunge(self, arguments: list[Token]) -> str:
        view = self._looked_at()
        if view.read_only:
            return "NO it was opened to be read only"
        some = [message for _, message in view.named(arguments[0], by_uid=True)] if arguments else view.messages
        view.remove([message for message in some if "\\Deleted" in message.flags])
        return "OK done"

    async def _idle(self, arguments: list[Token]) -> str:
        """Tell what comes, until DONE; whoever forgets is shown out after the 30 minutes that RFC 9051 §5.4 names."""
        if self._account is None:
            return "BAD log in first"
        view = self._looked_at()
        self._say(b"+ idling")
        self._sync()
        await self._writer.drain()
        changed = asyncio.Event()
        unwatch = self._post.watch_mailbox(self._account, view.name, changed.set)
        done = asyncio.create_task(self._line())
        try:
            async with asyncio.timeout(1_800):
                while not done.done():
                    waiting = asyncio.create_task(changed.wait())
                    await asyncio.wait({waiting, done}, return_when=asyncio.FIRST_COMPLETED)
                    waiting.cancel()
                    if changed.is_set() and not done.done():
                        changed.clear()
                        if self._faults.strikes("imap", "silent", self._account.address):
                            continue
                        if await self._is_struck():
                            self._is_over = True
                            break
                        self._sync()
                        await self._writer.drain()
        except TimeoutError:
            self._say(b"* BYE idle for too long")
            self._is_over = True
        finally:
            unwatch()
            if not done.done():
                done.cancel()
        if done.done() and not done.cancelled() and done.result().strip().upper() != b"DONE":
            return "BAD expected DONE"
        return "OK done"

    def _looked_at(self) -> View:
        if self._view is None:
            raise Malformed("select a mailbox first")
        return self._view

    def _sync(self) -> None:
        """Tell what came and went in the mailbox."""
        for line in self._view.changes() if self._view is not None else ():
            self._say(line.encode())

    def _boxes(self) -> dict[str, Mailbox]:
        return self._account.mailboxes if self._account is not None else {}

    def _box(self, given: str) -> Mailbox | None:
        return self._boxes().get(_name(given))


def _name(given: str) -> str:
    return "INBOX" if given.upper() == "INBOX" else given


def _text(token: Token) -> str:
    if not isinstance(token, bytes):
        raise Malformed("a word was expected, and a list came")
    return token.decode("utf-8", "replace")


async def serve(
    post: Post, faults: Faults, host: str, port: int, *, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.Server, set[asyncio.StreamWriter]]:
    """Start the server; its open connections are in the set."""
    connections: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        try:
            await Session(post, faults, reader, writer).run()
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # whoever was there has gone, or sends lines without end; or the loop ends
        finally:
            connections.discard(writer)
            with contextlib.suppress(ConnectionError):
                writer.close()

    server = await asyncio.start_server(connected, host, port, ssl=tls, limit=LONGEST_LINE)
    return server, connections
