"""
A mailbox as one session sees it: the mail that it was told of, whatever came or went since.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.email.emulator import fetch
from adapters.email.emulator.post import Account, Message, Post
from adapters.email.emulator.syntax import Malformed, Token, numbers


class View:
    """
    One selected mailbox.

    Attributes:
        read_only: It was opened with EXAMINE.
    """

    def __init__(self, post: Post, account: Account, name: str, *, read_only: bool) -> None:
        self._post, self._account, self.name, self.read_only = post, account, name, read_only
        self._box = account.mailboxes[name]
        self.messages = list(self._box.messages)

    def named(self, given: Token, *, by_uid: bool) -> list[tuple[int, Message]]:
        """
        Give the mail that a set names, with its places.

        Raises:
            Malformed: It is no set.
        """
        if not isinstance(given, bytes):
            raise Malformed("not a set of numbers")
        largest = (self.messages[-1].uid if by_uid else len(self.messages)) if self.messages else 0
        some = numbers(given, largest)
        return [
            (place, message)
            for place, message in enumerate(self.messages)
            if any((message.uid if by_uid else place + 1) in part for part in some)
        ]

    def found(self, keys: list[Token], *, by_uid: bool) -> list[int]:
        """Give the numbers of the mail that a SEARCH finds."""
        return [self.messages[at].uid if by_uid else at + 1 for at in fetch.search(keys, self.messages)]

    def remove(self, gone: Sequence[Message]) -> None:
        """Take mail out of the mailbox; `changes` tells of it."""
        if gone:
            uids = {message.uid for message in gone}
            self._box.messages = [message for message in self._box.messages if message.uid not in uids]
            self._post.changed()
            self._post.arrived(self._account, self.name)

    def changes(self) -> list[str]:
        """Look at what came and went, and say so as untagged answers do."""
        lines = []
        there = {id(message) for message in self._box.messages}
        for place in range(len(self.messages) - 1, -1, -1):
            if id(self.messages[place]) not in there:
                del self.messages[place]
                lines.append(f"* {place + 1} EXPUNGE")
        known = {id(message) for message in self.messages}
        came = [message for message in self._box.messages if id(message) not in known]
        if came:
            self.messages += came
            lines.append(f"* {len(self.messages)} EXISTS")
        return lines
