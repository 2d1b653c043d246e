"""
Logs: one JSON object a line on standard error, with ids to follow and without secrets.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

FIELDS = ("conversation", "thread_id", "request", "delivery")
HIDDEN = "[redacted]"
TOKENS = re.compile(r"\b(?:xox[abeoprs]|xapp|sk|rk|ghp)-[\w-]{6,}|(?i:(?<=bearer )\S+)")
SHORTEST = 6  # characters; a shorter secret would black out words


class JsonLines(logging.Formatter):
    """
    Writes a record as one line of JSON.

    Args:
        secrets: Values that are blacked out wherever they stand.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = sorted({s for s in secrets if len(s) >= SHORTEST}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.redact(record.getMessage()),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["traceback"] = self.redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)

    def redact(self, text: str) -> str:
        """Black out secrets, known ones and what looks like one."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return TOKENS.sub(HIDDEN, text)


def configure(level: str, secrets: Iterable[str]) -> None:
    """Log to standard error from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ringback").setLevel(level.upper())
    logging.captureWarnings(True)
