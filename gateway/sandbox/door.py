"""
The REST door of the sandbox's gateway, where an agent of your own may ask the people that you play.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any, NamedTuple

FILE = "rest.json"
CLIENT = "agent"
BESIDE = 10  # how far from the page's port the gateway's is, so that it is the same each time
TOKEN, WEBHOOK = "SANDBOX_REST_TOKEN", "SANDBOX_REST_WEBHOOK"  # where the secrets stand


class Door(NamedTuple):
    """Where it is, and the secrets of its one client."""

    host: str
    port: int
    token: str
    webhook_secret: str

    def settings(self) -> dict[str, Any]:
        """Give the `[[clients]]` entry: whoever sits here may be told on their own machine how it ended."""
        named = {"token": f"env:{TOKEN}", "webhook_secret": f"env:{WEBHOOK}"}
        return {"name": CLIENT, "to": ["role:release"], "inside": True, **named}

    def environment(self) -> dict[str, str]:
        """Give the variables in which the gateway finds the secrets."""
        return {TOKEN: self.token, WEBHOOK: self.webhook_secret}

    def endpoints(self) -> dict[str, str]:
        """Say what an agent needs to know."""
        url = f"http://{self.host}:{self.port}"
        return {"url": url, "client": CLIENT, "token": self.token, "webhook_secret": self.webhook_secret}


def make(folder: Path, host: str, page: int) -> Door:
    """
    Find out where the door is: at each start of a gateway at the same port, and with the same secrets for ever.

    Args:
        page: The port of the sandbox's page.
    """
    file = folder / FILE
    if not file.exists():
        signs = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        made = json.dumps({"token": secrets.token_urlsafe(24), "webhook_secret": signs})
        with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as out:
            out.write(made + "\n")
    return Door(host, _port(host, page + BESIDE), **json.loads(file.read_text()))


def _port(host: str, wanted: int) -> int:
    """Give this port, or any other where somebody has it."""
    for number in (wanted, 0):
        with socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the gateway will: one that ended has let go
            try:
                door.bind((host, number))
            except (OSError, OverflowError):
                continue
            found: int = door.getsockname()[1]
            return found
    raise OSError(f"{host} has no free port")
