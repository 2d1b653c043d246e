"""
A small mail system on loopback: submission over SMTP, mailboxes over IMAP, and the headers that a receiving server
writes.

It is written from the RFCs and shares no code with the adapter beside it. The real, unmodified client libraries talk to
it with only their addresses changed; people are played through their mailboxes, as mail programs do it.

    async with await serve(Post.create({"agent@example.com": "Agent", "ana@example.com": "Ana"})) as mail:
        client = aiosmtplib.SMTP(hostname=mail.host, port=mail.smtp_port, start_tls=False)
"""

from adapters.email.emulator.faults import Fault, Faults
from adapters.email.emulator.post import Account, Message, Post
from adapters.email.emulator.server import Server, serve

__all__ = ["Account", "Fault", "Faults", "Message", "Post", "Server", "serve"]
