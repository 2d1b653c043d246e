"""
A real `ringback sandbox` in a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from tests import slack_calls
from tests.process import ROOT, command, free_port

T = TypeVar("T")

PATIENCE = 20.0  # seconds for what must come soon
ARTIFACTS = ROOT / ".artifacts"


class Sandbox:
    """A running sandbox, and what a test may look at beside its page."""

    def __init__(self, port: int, data: Path) -> None:
        self.port = port
        self.data = data
        self.url = f"http://127.0.0.1:{port}"

    def changes(self) -> list[dict[str, Any]]:
        """What the tools have changed in the deployments file, in order."""
        file = self.data / "deployments.json"
        found: list[dict[str, Any]] = json.loads(file.read_text())["changes"] if file.exists() else []
        return found

    def interactions(self) -> list[dict[str, Any]]:
        """The payloads of what people pressed and chose in messages."""
        sent = (delivery["payload"] for delivery in self.get("/slack/human/state")["deliveries"])
        return [payload for payload in sent if payload["type"] == "block_actions"]

    def over_http(self) -> bool:
        """Whether Slack posts to the gateway."""
        return bool(self.get("/about")["over_http"])

    def call(self, method: str, arguments: dict[str, Any]) -> Any:
        """Call Slack's Web API as the app."""
        token = json.loads((self.data / "endpoints.json").read_text())["slack"]["bot_token"]
        return self.post(f"/slack/api/{method}", arguments, authorization=f"Bearer {token}")

    def upload(self, url: str, content: bytes) -> None:
        """Send a file's bytes to where Slack wants them."""
        with urllib.request.urlopen(urllib.request.Request(url, content)) as answer:
            answer.read()

    def get(self, path: str) -> Any:
        """Ask the sandbox's server."""
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        """Send JSON to the sandbox's server."""
        known = {"content-type": "application/json"} | headers
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), known)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def until(holds: Callable[[], T], patience: float = PATIENCE) -> T:
    """Wait for what another process does, and give it."""
    end = time.monotonic() + patience
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {patience} s"
        time.sleep(0.01)
    return found


@contextlib.contextmanager
def running(name: str, *options: str) -> Iterator[Sandbox]:
    """
    Start a sandbox on fresh data and stop it with Ctrl-C; its gateway's log is kept under its name in `.artifacts`.
    """
    # Not pytest's folder: the path of the gateway's socket has to stay short.
    with tempfile.TemporaryDirectory(prefix="ringback-") as folder:
        sandbox = Sandbox(free_port(), Path(folder))
        line = command("sandbox", "--port", str(sandbox.port), "--data", folder, *options)
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        try:
            until(lambda: process.poll() is not None or (sandbox.data / "endpoints.json").exists())
            assert process.poll() is None, "the sandbox did not start"
            yield sandbox
        finally:
            process.send_signal(signal.SIGINT)
            try:
                code = process.wait(10)
            finally:
                process.kill()
            log = sandbox.data / "gateway.log"
            if log.exists():
                ARTIFACTS.mkdir(exist_ok=True)
                shutil.copy(log, ARTIFACTS / f"{name}-gateway.log")
        assert code == 0
        slack_calls.check_file(sandbox.data / "slack.json")
