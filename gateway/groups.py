"""
Roles by a channel's own groups: a person of the directory has a role while an account of theirs is in its group.

**Read in the background.** Every minute each group is read anew, the oldest reading first, as far as the vendor's
limits go; deciding, and whatever comes in, look at what was read last, and never at the network. Whom the vendor has
taken out of a group decides nothing from the next reading on.

**Failing closed.** What was read counts for five minutes from when it was asked for. A group that is older, that was
never read, or that the vendor says is not there or not ours to see, has nobody in it: nobody has its role by it, which
`unread` says, so that people can be told why their answer changed nothing, and operators what to mend.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping

from adapters.base import Adapter
from adapters.errors import ChannelError, Misconfigured, RateLimited, Rejected
from agent_core.addresses import Identity
from agent_core.texts import described
from gateway.health import Health
from gateway.notices import Notices
from gateway.runtime import Runtime
from gateway.store.rows import DAY

log = logging.getLogger("ringback.groups")

INTERVAL = 60.0  # seconds after which a group is read again
OLDEST = 300.0  # seconds that a reading counts
AGAIN = 15.0  # seconds before a group that could not be read is tried again
LIMIT = 20.0  # seconds that one reading may take
FIRST = 5.0  # seconds that deciding waits at a start for the first reading

Named = Mapping[str, Mapping[str, str]]
"""By account, its groups, each with the role of who is in it."""


class Groups:
    """Who was in the groups when they were last read."""

    def __init__(self, named: Named, runtime: Runtime) -> None:
        self._runtime = runtime
        self._roles = {(account, group): role for account, roles in named.items() for group, role in roles.items()}
        self._read: dict[tuple[str, str], tuple[float, frozenset[Identity]]] = {}

    def roles(self, identities: Iterable[Identity]) -> frozenset[str]:
        """Give the roles that somebody with these accounts has by groups, as far as they are known now."""
        if not self._roles:
            return frozenset()
        theirs = frozenset(identities)
        return frozenset(role for key, role in self._roles.items() if theirs & self._members(key))

    def unread(self) -> frozenset[str]:
        """Give the roles that somebody may have by a group of which it is not known who is in it."""
        return frozenset(role for key, role in self._roles.items() if not self._counts(key))

    def learn(self, account: str, group: str, members: frozenset[Identity], at: float) -> None:
        """Note who is in a group; `at` is when it was asked, by the clock that does not jump."""
        self._read[account, group] = at, members

    def read_at(self, account: str, group: str) -> float:
        """Tell when a group was read last, by the clock that does not jump; one that never was is older than all."""
        return self._read.get((account, group), (-math.inf, frozenset()))[0]

    def forget(self, account: str, group: str) -> None:
        """Know nothing of a group any more."""
        self._read.pop((account, group), None)

    def counts(self, account: str, group: str) -> bool:
        """Tell whether it is known who is in a group."""
        return self._counts((account, group))

    def _counts(self, key: tuple[str, str]) -> bool:
        read = self._read.get(key)
        return read is not None and self._runtime.monotonic() - read[0] <= OLDEST

    def _members(self, key: tuple[str, str]) -> frozenset[Identity]:
        return self._read[key][1] if self._counts(key) else frozenset()


class GroupReader:
    """Reads the groups, and says where they cannot be read."""

    def __init__(
        self,
        named: Named,
        adapters: Mapping[str, Adapter],
        groups: Groups,
        health: Health,
        notices: Notices,
        runtime: Runtime,
    ) -> None:
        self._named = {account: roles for account, roles in named.items() if roles}
        self._adapters, self._groups, self._health = adapters, groups, health
        self._notices, self._runtime = notices, runtime
        self._tried, self._began = asyncio.Event(), runtime.monotonic()
        self._left = set(self._named)
        if not self._left:
            self._tried.set()

    async def tried(self) -> None:
        """Wait until every group was tried once, or a while has passed, so that it is known who can be asked."""
        try:
            await self._runtime.limit(self._tried.wait(), FIRST)
        except TimeoutError:
            log.warning("it is not known yet who is in the groups that give roles; going on without them")

    async def run(self) -> None:
        """Read all groups again and again, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for account, roles in self._named.items():
                tasks.create_task(self._keep(account, roles))
            await asyncio.Event().wait()

    async def _keep(self, account: str, roles: Mapping[str, str]) -> None:
        while True:
            pause, problems = await self._read_all(account, roles)
            for group, problem in problems.items():
                await self._tell(account, group, roles[group], problem)
            self._note(account, "; ".join(f"{group} ({roles[group]}): {why}" for group, why in problems.items()))
            self._left.discard(account)
            if not self._left:
                self._tried.set()
            await self._runtime.sleep(self._runtime.jitter(pause))

    async def _read_all(self, account: str, roles: Mapping[str, str]) -> tuple[float, dict[str, str]]:
        """
        Read an account's groups, the oldest reading first, as far as the vendor answers.

        Returns:
            Seconds until the next time, and of each group that could not be read why.
        """
        pause, problems = INTERVAL, dict[str, str]()
        for group in sorted(roles, key=lambda group: self._groups.read_at(account, group)):
            began = self._runtime.monotonic()
            try:
                members = await self._runtime.limit(self._adapters[account].members(group), LIMIT)
            except (Misconfigured, Rejected) as refused:
                self._groups.forget(account, group)
                problems[group], pause = str(refused), AGAIN
            except Exception as error:  # whatever it is: the other groups would fare no better now
                pause, why = AGAIN, _words(error)
                if isinstance(error, RateLimited):
                    pause = max(AGAIN, error.retry_after)
                    if self._runtime.monotonic() - self._began < OLDEST:
                        break  # with many groups it is no trouble that they take turns
                else:
                    problems[group] = why
                problems |= {other: why for other in roles if not self._groups.counts(account, other)}
                break
            else:
                self._groups.learn(account, group, members, began)
        return pause, problems

    def _note(self, account: str, problems: str) -> None:
        if problems and problems != self._health.channels[account].groups:
            log.warning("who is in groups of %s cannot be read: %s", account, problems)
        self._health.groups(account, problems)

    async def _tell(self, account: str, group: str, role: str, problem: str) -> None:
        """Tell the operator, once a day, when nobody has the role by the group any more."""
        if not self._groups.counts(account, group):
            once = f"group {account} {group} {self._runtime.now() // DAY:.0f}"
            await self._notices.tell("groups.owner", once, group=group, account=account, role=role, problem=problem)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {LIMIT:g} seconds"
    return str(error) if isinstance(error, ChannelError) else described(error)
