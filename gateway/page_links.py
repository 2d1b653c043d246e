"""
Links by which a person answers one request on a page, once.

A link names a conversation with one person, a request shown there and the revision it was shown at, and holds a MAC
over all of it. Whoever has it may answer as that person, with low assurance and only where a rule permits it: mail is
forwarded, and links are read by programs on the way.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import NamedTuple

from agent_core.addresses import ConversationKey

PATH = "/answer/{place}/{request}/{revision:int}/{mac}"
MAC = 26  # characters of 5 bits


class PageLink(NamedTuple):
    """What a link is to answer; `mac` is different for each."""

    place: ConversationKey
    request: str
    revision: int
    mac: str


class PageLinks:
    """Writes links and knows them again. `url` is where people reach this gateway, without a slash at its end."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url.rstrip("/"), secret

    def write(self, place: ConversationKey, request: str, revision: int) -> str:
        """Write the link of a request at a place."""
        named = urlsafe_b64encode(place.encode()).decode().rstrip("=")
        return f"{self._url}/answer/{named}/{request}/{revision}/{self._mac(place, request, revision)}"

    def read(self, place: str, request: str, revision: int, mac: str) -> PageLink | None:
        """Know a link again by its parts; None where we did not write it."""
        try:
            known = ConversationKey(urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode())
        except (binascii.Error, ValueError):
            return None
        expected = self._mac(known, request, revision)
        return PageLink(known, request, revision, mac) if hmac.compare_digest(mac.encode(), expected.encode()) else None

    def _mac(self, place: ConversationKey, request: str, revision: int) -> str:
        said = "\0".join(("answer", place, request, str(revision)))
        digest = hmac.new(self._secret.encode(), said.encode(), sha256).digest()
        return b32encode(digest).decode().lower()[:MAC]
