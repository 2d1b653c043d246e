"""
Email as the sandbox plays it: the agent's mailbox, and everybody's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from adapters.email.emulator.faults import Faults
from adapters.email.emulator.human_api import HumanApi
from adapters.email.emulator.post import Post
from adapters.email.emulator.server import HOST, Server, serve

FILE = "email.json"
GATEWAYS = ("aioimaplib", "aiosmtplib")  # libraries of the gateway's own
DOMAIN = "example.com"
AGENT, AGENT_NAME = f"agent@{DOMAIN}", "Deploybot"
PASSWORD, SECRET = "SANDBOX_MAIL_PASSWORD", "SANDBOX_MAIL_SECRET"


class EmailSandbox:
    """
    The emulator, and what the sandbox needs to know about it.

    Attributes:
        app: To be mounted: what people do.
        identities: People's addresses, by the ids that the sandbox gave.
        approvals: None: what is to be approved comes to each person's own mailbox.
        pane: For the pane on the page: people's addresses, and the agent's.
    """

    approvals = None

    def __init__(self, post: Post, people: Mapping[str, str]) -> None:
        self._post, self._faults = post, Faults()
        self._server: Server | None = None
        self.app: ASGIApp = HumanApi(post, self._faults).app()
        self.identities: Mapping[str, str] = {name: f"email:{AGENT}/{_address(name)}" for name in people}
        self.pane: Mapping[str, Any] = {"people": {name: _address(name) for name in people}, "agent": AGENT}

    async def open(self) -> None:
        """Take mail and show mailboxes, on any free ports."""
        self._server = await serve(self._post, faults=self._faults)

    def deliver_to(self, url: str | None) -> None:
        """Mail is fetched, never posted."""

    def endpoints(self, base_url: str) -> dict[str, Any]:
        """What a client needs, and who has a mailbox."""
        accounts = self._post.state.accounts.values()
        return {
            "human": f"{base_url}/human/",
            **self._servers(),
            "people": [{"address": one.address, "name": one.name, "password": one.password} for one in accounts],
        }

    def accounts(self, base_url: str) -> list[dict[str, Any]]:
        """The agent's mailbox."""
        given = {"account": AGENT, "name": AGENT_NAME, "authserv_id": self._post.host}
        unsafe = {"imap_security": "none", "smtp_security": "none"}  # on loopback
        return [given | self._servers() | unsafe | {"password": f"env:{PASSWORD}", "secret": f"env:{SECRET}"}]

    def environment(self) -> dict[str, str]:
        """The secrets, the same at each start; they open nothing but the emulator."""
        agent = self._post.state.accounts[AGENT]
        return {PASSWORD: agent.password, SECRET: hashlib.sha256(agent.token.encode()).hexdigest()}

    def watch(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` after each change; the result ends that."""
        return self._post.watch(tell)

    def close(self) -> None:
        """End the servers and cut connections."""
        if self._server is not None:
            self._server.close()

    def _servers(self) -> dict[str, Any]:
        if self._server is None:
            raise RuntimeError("the mail servers have not been started")
        ports = {"smtp_port": self._server.smtp_port, "imap_port": self._server.imap_port}
        return {"smtp_host": HOST, "imap_host": HOST, **ports}


def build(folder: Path, people: Mapping[str, str], groups: Mapping[str, Sequence[str]]) -> EmailSandbox:
    """
    The mailboxes as they were left in the folder, or new ones.

    Args:
        people: Ids to full names.
        groups: Mail has none.

    Raises:
        ImportError: What a gateway reads mailboxes with is missing.
    """
    for library in GATEWAYS:
        if find_spec(library) is None:
            raise ImportError(library, name=library)
    mailboxes = {AGENT: AGENT_NAME} | {_address(name): whole for name, whole in people.items()}
    return EmailSandbox(Post.create(mailboxes, path=folder / FILE), people)


def _address(name: str) -> str:
    return f"{name}@{DOMAIN}"
