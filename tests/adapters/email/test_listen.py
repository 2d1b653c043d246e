"""
Every mail is read once, in order, whatever the server and the library do.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from adapters.email import listen
from adapters.email.config import Config
from adapters.email.emulator import Fault, Server
from adapters.email.listen import Listener, Mark
from adapters.email.mailbox import Mail
from adapters.email.oauth import Tokens
from adapters.errors import Misconfigured
from tests.adapters.email import peers

AGENT = "agent@example.com"


class Clock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Store:
    """What a listener has stored, and its mark; it may die at a mail."""

    def __init__(self) -> None:
        self.mail: list[Mail] = []
        self.mark: str | None = None
        self.marks: list[str] = []
        self.caught_up = 0
        self.dies_at: int | None = None
        self.keys: set[bytes] = set()

    async def take(self, mails: Sequence[Mail]) -> None:
        for mail in mails:
            if self.dies_at is not None and len(self.mail) >= self.dies_at:
                raise RuntimeError("killed")
            key = subject(mail)
            if key not in self.keys:
                self.keys.add(key)
                self.mail.append(mail)

    async def keep(self, mark: str) -> None:
        self.mark = mark
        self.marks.append(mark)

    async def marked(self) -> str | None:
        return self.mark

    def arrive(self) -> None:
        self.caught_up += 1

    @property
    def subjects(self) -> list[bytes]:
        return [subject(mail) for mail in self.mail]


def subject(mail: Mail) -> bytes:
    return next(line[9:] for line in mail.raw.split(b"\r\n") if line.startswith(b"Subject: "))


def config(mail: Server, **how: Any) -> Config:
    """The agent's mailbox in the emulator."""
    account = mail.post.state.accounts[AGENT]
    given = {
        "account": AGENT,
        "imap_host": "127.0.0.1",
        "imap_port": mail.imap_port,
        "imap_security": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.smtp_port,
        "smtp_security": "none",
        "password": account.password,
        "secret": "s" * 32,
        "authserv_id": mail.post.host,
    }
    return Config.model_validate(given | how)


def listener(settings: Config, store: Store, tokens: Tokens | None = None) -> Listener:
    return Listener(
        settings,
        Clock(),
        tokens or Tokens(settings, Clock()),
        take=store.take,
        marked=store.marked,
        mark=store.keep,
        alive=lambda: None,
        caught_up=store.arrive,
    )


@contextlib.asynccontextmanager
async def listening(settings: Config, store: Store) -> AsyncIterator[asyncio.Task[None]]:
    """Listen, once what was missed has come in."""
    before = store.caught_up
    task = asyncio.create_task(listener(settings, store).listen())
    await until(lambda: store.caught_up > before or task.done())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object]) -> None:
    """Wait for something to come true."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


def put(mail: Server, *subjects: str, body: str = "hello") -> None:
    """Have mail arrive."""
    account = mail.post.state.accounts[AGENT]
    for name in subjects:
        mail.post.append(account, "INBOX", f"Subject: {name}\r\n\r\n{body}\r\n".encode())


async def test_what_was_there_before_the_first_start_is_left_alone(mail: Server):
    """At the first start the mark is set behind what is there; only what comes then is read."""
    put(mail, "old")
    store = Store()
    async with listening(config(mail), store):
        put(mail, "new")
        await until(lambda: store.mail)
    assert store.subjects == [b"new"]
    assert store.mark is not None
    assert Mark.parse(store.mark).uid == 2


async def test_what_came_while_nobody_listened_is_read(mail: Server):
    """The next start goes on behind the mark, however much has come (G1)."""
    store = Store()
    async with listening(config(mail), store):
        pass
    put(mail, *(f"n{n}" for n in range(450)))
    async with listening(config(mail), store):
        assert store.subjects == [b"n%d" % n for n in range(450)]
    assert [Mark.parse(mark).uid for mark in store.marks] == [0, 200, 400, 450]


async def test_the_mark_moves_after_what_is_before_it_is_stored(mail: Server):
    """Killed in the middle of a window, the next start reads that window again, and each mail counts once (G2)."""
    store = Store()
    async with listening(config(mail), store):
        pass
    put(mail, *(f"n{n}" for n in range(10)))
    store.dies_at = 5
    with pytest.raises(RuntimeError, match="killed"):
        await listener(config(mail), store).listen()
    assert Mark.parse(store.mark or "").uid == 0
    store.dies_at = None
    async with listening(config(mail), store):
        assert store.subjects == [b"n%d" % n for n in range(10)]


async def test_a_mailbox_that_is_numbered_anew_presents_nothing_again(mail: Server):
    """After another UIDVALIDITY what was read is a duplicate, what came meanwhile is read, what was old stays old."""
    put(mail, "old")
    account = mail.post.state.accounts[AGENT]
    account.mailboxes["INBOX"].messages[0].at -= 86_400
    store = Store()
    async with listening(config(mail), store):
        put(mail, "read")
        await until(lambda: store.mail)
    put(mail, "missed")
    mail.post.renumber(account)
    async with listening(config(mail), store):
        put(mail, "later")
        await until(lambda: len(store.mail) == 3)
    assert store.subjects == [b"read", b"missed", b"later"]


async def test_old_mail_that_is_moved_here_is_left_alone(mail: Server):
    """A new number does not make a mail new: what the server got before the first start is never acted on."""
    store = Store()
    async with listening(config(mail), store):
        account = mail.post.state.accounts[AGENT]
        put(mail, "from the archive")
        account.mailboxes["INBOX"].messages[-1].at -= 7_200
        put(mail, "new")
        await until(lambda: b"new" in store.subjects)
    assert store.subjects == [b"new"]


async def test_a_large_mail_is_not_read_whole(mail: Server):
    """Of a mail over the limit only the head is fetched, and it is said to be so."""
    store = Store()
    async with listening(config(mail, largest=65_536), store):
        put(mail, "large", body="x" * 200_000)
        await until(lambda: store.mail)
    [large] = store.mail
    assert (large.is_whole, large.size > 200_000) == (False, True)
    assert large.raw == b"Subject: large\r\n\r\n"


@pytest.mark.parametrize("kind", ["bye", "cut", "no"])
async def test_a_connection_that_ends_is_noticed_at_once(mail: Server, kind: Any):
    """BYE, a cut in the middle of a mail, a NO: listening ends with an error, and the next one reads everything."""
    store = Store()
    async with listening(config(mail), store) as task:
        mail.faults.add(Fault(on="imap", kind=kind))
        put(mail, "one", "two")
        await until(task.done)
        assert isinstance(task.exception(), ConnectionError)
    async with listening(config(mail), store):
        await until(lambda: len(store.mail) == 2)
    assert store.subjects == [b"one", b"two"]


async def test_a_server_that_is_gone_is_noticed_in_idle(mail: Server):
    """The library waits on where a connection has ended; here the end of it ends the wait."""
    store = Store()
    async with listening(config(mail), store) as task:
        mail.close()
        await until(task.done)
        assert isinstance(task.exception(), ConnectionError)


async def test_a_server_that_answers_nothing_is_given_up(mail: Server, monkeypatch: pytest.MonkeyPatch):
    """A connection on which nothing is heard any more ends after the limit for a command."""
    monkeypatch.setattr(listen, "LIMIT", 0.2)
    store = Store()
    async with listening(config(mail), store) as task:
        mail.faults.add(Fault(on="imap", kind="deaf"))
        put(mail, "one")
        await until(task.done)
        assert isinstance(task.exception(), ConnectionError)
    async with listening(config(mail), store):
        await until(lambda: store.mail)


async def test_what_is_not_pushed_is_found_at_the_renewal(mail: Server, monkeypatch: pytest.MonkeyPatch):
    """IDLE is a hint: a server that tells nothing is asked again when it ends."""
    monkeypatch.setattr(listen, "RENEW", 0.2)
    store = Store()
    async with listening(config(mail), store):
        mail.faults.add(Fault(on="imap", kind="silent", times=None))
        put(mail, "one")
        await until(lambda: store.mail)
    assert store.subjects == [b"one"]


async def test_what_comes_while_something_else_is_asked_is_not_forgotten(mail: Server, monkeypatch: pytest.MonkeyPatch):
    """The server tells of a mail in its answer to a search, where the library does not look: it is read at once."""
    noop = listen.Connection.noop
    crossing = iter(["one", "two", "three"])

    async def then_mail_comes(self: listen.Connection) -> None:
        await noop(self)
        for name in crossing:
            put(mail, name)
            break

    monkeypatch.setattr(listen.Connection, "noop", then_mail_comes)
    store = Store()
    async with listening(config(mail), store):
        await until(lambda: len(store.mail) == 3)


async def test_what_the_library_would_corrupt_arrives_whole(mail: Server):
    """Bytes that the library takes out of lines stand in literals, which it leaves alone."""
    store = Store()
    async with listening(config(mail), store):
        put(mail, "sad :( * face", body="* 1 FETCH (UID 7)\r\na OK done\r\n+ {12}")
        await until(lambda: store.mail)
    assert store.subjects == [b"sad :( * face"]
    assert store.mail[0].raw.endswith(b"\r\n\r\n* 1 FETCH (UID 7)\r\na OK done\r\n+ {12}\r\n")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"password": "wrong"}, "let agent@example.com in"),
        ({"token": "stale"}, "let agent@example.com in"),
        ({"mailbox": "Nowhere"}, "cannot be opened"),
        ({"mailbox": 'a "b\\'}, "cannot be opened"),
    ],
)
async def test_what_an_operator_has_to_mend_is_said(mail: Server, how: Any, says: str, monkeypatch: pytest.MonkeyPatch):
    """A refused login and a mailbox that is not there are for the operator."""
    monkeypatch.setattr(listen, "CHALLENGE", 0.1)
    with pytest.raises(Misconfigured, match=says):
        await listener(config(mail, **how), Store()).listen()


async def test_a_token_logs_in(mail: Server):
    """XOAUTH2 in place of a password."""
    store = Store()
    async with listening(config(mail, token=mail.post.state.accounts[AGENT].token), store):
        put(mail, "new")
        await until(lambda: store.mail)


async def test_dovecot_is_read_too(real: peers.Peers, mail: Server):
    """Against Dovecot: what is delivered is pushed and read; killed in between, what came is read by the next."""
    account = f"listened@{peers.DOMAIN}"
    settings = config(mail, account=account, imap_port=real.dovecot.port, password=peers.PASSWORD)
    store = Store()
    async with listening(settings, store) as task:
        await asyncio.to_thread(peers.deliver, real, account, "one")
        await until(lambda: store.mail)
        real.dovecot.kill()
        await until(task.done)
        assert isinstance(task.exception(), ConnectionError)
    await asyncio.to_thread(real.dovecot.start)
    await asyncio.to_thread(peers.deliver, real, account, "two", "three")
    async with listening(settings, store):
        await until(lambda: len(store.mail) == 3)
    assert store.subjects == [b"one", b"two", b"three"]
