"""
A real `ringback serve` over a mail system, with an agent that deploys.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.processes import until
from tests.process import ROOT, command, free_port

CONFIG = """
[server]
data = "{folder}/store"
port = {port}
[links]
url = "http://127.0.0.1:{port}"
secret = "env:LINK_SECRET"
[[email]]
account = "agent@{domain}"
name = "Deploybot"
imap_host = "127.0.0.1"
imap_port = {imap_port}
imap_security = "none"
smtp_host = "127.0.0.1"
smtp_port = {smtp_port}
smtp_security = "none"
{login}
secret = "env:MAIL_SECRET"
authserv_id = "{authserv}"
[[models]]
name = "main"
script = "gateway.sandbox.script:script"
[[agents]]
use = ["gateway.sandbox.deploybot:deploybot"]
listen = ["email"]
start = ["people"]
model = "main"
[[people]]
id = "rita"
name = "Rita Ray"
identities = ["email:agent@{domain}/rita@{domain}"]
[[people]]
id = "ana"
name = "Ana Lima"
identities = ["email:agent@{domain}/ana@{domain}"]
roles = ["release"]
[[people]]
id = "ben"
name = "Ben Okri"
identities = ["email:agent@{domain}/ben@{domain}"]
roles = ["owner", "release"]
[[policy]]
tool = "deploy"
when = {{ environment = "production" }}
roles = ["release"]
exclude_requester = true
targets = ["people"]
links = true
"""


class Gateway:
    """The process, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it reads its mailbox."""
        line = command("serve", "--config", str(self.folder / "ringback.toml"))
        environment = os.environ | {"MAIL_SECRET": "s" * 40, "LINK_SECRET": "l" * 40, "PYTHONPATH": str(ROOT)}
        with (self.folder / "gateway.log").open("ab") as log:
            before = log.tell()
            self._process = subprocess.Popen(line, cwd=self.folder, env=environment, stderr=log)
        process, first = self._process, before == 0  # mail from before the first look at a mailbox is left alone
        said = "is read from now on" if first else "running on port"
        until(lambda: said in self.log(before) or process.poll() is not None)
        assert process.poll() is None, self.log(before)

    def kill(self) -> None:
        """Kill it, in the middle of whatever it does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def log(self, since: int = 0) -> str:
        """What it has logged."""
        return (self.folder / "gateway.log").read_bytes()[since:].decode(errors="replace")

    def most_memory(self) -> float:
        """How much memory it has held at most, in MiB."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found.group(1)) / 1024

    def changes(self) -> list[dict[str, Any]]:
        """What was deployed."""
        file = self.folder / "deployments.json"
        found: list[dict[str, Any]] = json.loads(file.read_text())["changes"] if file.exists() else []
        return found

    def deployed(self, tag: str) -> None:
        """Wait until something was deployed."""
        until(lambda: any(change["tag"] == tag for change in self.changes()))


@contextlib.contextmanager
def running(
    folder: Path, *, domain: str, smtp_port: int, imap_port: int, authserv: str, password: str, logs_in: bool
) -> Iterator[Gateway]:
    """Start a gateway, and kill it at the end."""
    (folder / "password").write_text(password)
    given = {
        "port": free_port(),
        "folder": folder,
        "domain": domain,
        "imap_port": imap_port,
        "smtp_port": smtp_port,
        "authserv": authserv,
    }
    login = f'password = "file:{folder}/password"\nsmtp_login = {str(logs_in).lower()}'
    (folder / "ringback.toml").write_text(CONFIG.format(login=login, **given))
    gateway = Gateway(folder)
    gateway.start()
    try:
        yield gateway
    except BaseException:
        sys.stderr.write(gateway.log())
        raise
    finally:
        gateway.kill()
