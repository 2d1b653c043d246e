"""
Roles by a channel's own groups: a person of the directory has a role while an account of theirs is in its group.

**Read in the background.** Every minute each group is read anew; deciding, and whatever comes in, look at what was read
last, and never at the network. Whom the vendor has taken out of a group decides nothing from the next reading on.

**Failing closed.** What was read counts for five minutes from when it was asked for. A group that is older, that was
never read, or that the vendor says is not there or not ours to see, has nobody in it: nobody has its role by it, which
`unread` says, so that people can be told why their answer changed nothing, and operators what to mend.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

from adapters.base import Adapter
from adapters.errors import ChannelError, Misconfigured, RateLimited, Rejected
from agent_core.addresses import Identity
from agent_core.texts import described
from gateway.health import Health
from gateway.notices import Notices
from gateway.runtime import Runtime
from gateway.store.base import DAY

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
        self._tried = asyncio.Event()
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
            pause, problems = INTERVAL, []
            for group, role in roles.items():
                problem, asked = await self._read(account, group)
                if problem:
                    pause = min(pause, max(AGAIN, asked))
                    problems.append(f"{group} ({role}): {problem}")
                    await self._tell(account, group, role, problem)
            self._note(account, "; ".join(problems))
            self._left.discard(account)
            if not self._left:
                self._tried.set()
            await self._runtime.sleep(self._runtime.jitter(pause))

    def _note(self, account: str, problems: str) -> None:
        if problems and problems != self._health.channels[account].groups:
            log.warning("who is in groups of %s cannot be read: %s", account, problems)
        self._health.groups(account, problems)

    async def _read(self, account: str, group: str) -> tuple[str, float]:
        """Read one group; returns why it could not be, and for how long the vendor wants to be left alone."""
        began = self._runtime.monotonic()
        try:
            members = await self._runtime.limit(self._adapters[account].members(group), LIMIT)
        except RateLimited as limited:
            return str(limited), limited.retry_after
        except (Misconfigured, Rejected) as refused:
            self._groups.forget(account, group)
            return str(refused), 0.0
        except TimeoutError:
            return f"no answer within {LIMIT:g} seconds", 0.0
        except ChannelError as error:
            return str(error), 0.0
        except Exception as error:  # whatever it is, nobody has a role by what was not read
            return described(error), 0.0
        self._groups.learn(account, group, members, began)
        return "", 0.0

    async def _tell(self, account: str, group: str, role: str, problem: str) -> None:
        """Tell the operator, once a day, when nobody has the role by the group any more."""
        if not self._groups.counts(account, group):
            once = f"group {account} {group} {self._runtime.now() // DAY:.0f}"
            await self._notices.tell("groups.owner", once, group=group, account=account, role=role, problem=problem)
