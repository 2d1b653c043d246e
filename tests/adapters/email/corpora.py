"""
The reply corpora of the test data: mails, and what their sources say is the reply.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

REPLIES = (
    "github-email_reply_parser",
    "zapier-email-reply-parser",
    "willdurand-EmailReplyParser",
    "crisp-email-reply-parser",
)


@dataclass(frozen=True)
class Expectation:
    """What one source says of one text."""

    set: str
    file: str
    text: str
    row: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.set}/{self.file}"

    @property
    def stated(self) -> bool:
        """Whether the source states the whole reply."""
        return self.row["expected_reply"] is not None

    @property
    def held_out(self) -> bool:
        """Whether it was kept aside while the rules were written: half of one set, which none of the others holds."""
        return self.set.startswith("crisp") and crc32(self.file.encode()) % 2 == 1

    def faults(self, found: str) -> list[str]:
        """Say in what a reply differs from what the source says, spaces apart."""
        seen, wanted = dense(found), self.row.get("expected_reply")
        faults = [] if wanted is None or dense(wanted) == seen else ["is not the stated reply"]
        faults += [f"lacks {part!r}" for part in self.row.get("must_contain", ()) if dense(part) not in seen]
        faults += [f"has {part!r}" for part in self.row.get("must_not_contain", ()) if dense(part) in seen]
        if self.row.get("whole_text_is_reply") and dense(self.text) != seen:
            faults.append("is not the whole text")
        return faults


def dense(text: str) -> str:
    return re.sub(r"\s+", "", text)


def replies(folder: Path) -> Iterator[Expectation]:
    """Yields every expectation of the reply sets under a folder."""
    for name in REPLIES:
        for line in (folder / name / "index.jsonl").read_text().splitlines():
            row = json.loads(line)
            text = (folder / name / row["file"]).read_bytes().decode(errors="replace")
            for old, new in (row.get("substitute") or {}).items():
                text = text.replace(old, new)
            yield Expectation(name, row["file"], text, row)


def share(expectations: list[Expectation], parse: Callable[[str], str]) -> float:
    """The part of expectations that a parser meets."""
    return sum(not each.faults(parse(each.text)) for each in expectations) / len(expectations)
