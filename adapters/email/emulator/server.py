"""
The emulator as servers of their own.
"""

from __future__ import annotations

import asyncio
import ssl
from types import TracebackType

from adapters.email.emulator import imap, smtp
from adapters.email.emulator.faults import Faults
from adapters.email.emulator.post import Post

HOST = "127.0.0.1"


class Server:
    """
    A running mail system.

    Attributes:
        smtp_port: Where mail is handed in.
        imap_port: Where mailboxes are.
    """

    def __init__(
        self,
        post: Post,
        faults: Faults,
        handler: smtp.Handler,
        submission: asyncio.Server,
        mailboxes: asyncio.Server,
        connections: set[asyncio.StreamWriter],
    ) -> None:
        self.post, self.faults, self.handler = post, faults, handler
        self._servers, self._connections = (submission, mailboxes), connections
        self.smtp_port, self.imap_port = (int(server.sockets[0].getsockname()[1]) for server in self._servers)

    def close(self) -> None:
        """Stop, and cut whoever looks at a mailbox."""
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.transport.abort()

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def serve(
    post: Post,
    *,
    faults: Faults | None = None,
    smtp_port: int = 0,
    imap_port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Server:
    """
    Start a mail system.

    Args:
        smtp_port: 0 for any free one, like `imap_port`.
        tls: STARTTLS for submission, and TLS from the first byte for the mailboxes.
    """
    faults = faults or Faults()
    submission, handler = await smtp.serve(post, faults, HOST, smtp_port, tls=tls)
    mailboxes, connections = await imap.serve(post, faults, HOST, imap_port, tls=tls)
    return Server(post, faults, handler, submission, mailboxes, connections)
