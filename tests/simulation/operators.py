"""
Who looks after the gateway: they say how runs go on, branch them, drop them, have dead deliveries tried again, and
erase what somebody said, link accounts and take them away.

What they do depends on nothing that they have seen, so that it also comes at the wrong moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_core import facts
from agent_core.addresses import Identity, Party
from agent_core.policy import Person
from agent_core.requests import Request
from gateway import commands, linking
from gateway.errors import GatewayError, SettingsError
from tests.simulation.file import File
from tests.simulation.process import Process
from tests.simulation.town import MEMBERS, PEOPLE, SECOND
from tests.simulation.visitor import Visitor

CHOICES = ("restart", "cancel", "fork", "fork", "attach", "go_on", "ask_again")
LATELY = 12  # threads in which they find something to do


@dataclass
class Operators(Visitor):
    """
    All of them.

    Args:
        told: Called with the account whose holder is given a one-time code.
        file: What they write people and policy in.
    """

    told: Callable[[str, str], None]
    file: File

    def begin(self) -> None:
        """They begin to look around, where they do at all."""
        self.come(self.busy * 4, self.weather.meddle, self._meddle)

    def _meddle(self) -> None:
        drawn = self.dice.random()
        if drawn < 0.3:
            self._do(self._retry)
        elif drawn < 0.4:
            self._forget(self.dice.choice(PEOPLE))
        elif drawn < 0.5:
            self._change_file()
        elif drawn < 0.7:
            self._link(*self.dice.choice(SECOND))
        elif drawn < 0.73 and (open_still := [r for r in self.watch.requests.values() if self._can_be_handed(r)]):
            self._hand_on(self.dice.choice(open_still[-LATELY:]))
        elif drawn < 0.75 and self.watch.grants.given:
            grant, _ = self.watch.grants.given[self.dice.choice(list(self.watch.grants.given))]
            self.act(grant.thread, "revoke", grant.id)
        elif self.watch.homes:
            thread = self.dice.choice(list(self.watch.homes)[-LATELY:])
            self.act(thread, self.dice.choice(CHOICES))

    def help(self) -> None:
        """Say how parked runs go on, and drop those to which nobody can speak: branches, and of who has left."""
        for (thread, run), began in self.watch.active.items():
            if thread in self.watch.branches or self._has_left(began.requester, self.watch.homes[thread]):
                self.act(thread, "cancel")
            elif (thread, run) in self.watch.parked:
                self.act(thread, self.dice.choice(("go_on", "ask_again", "cancel", "restart")))

    def _has_left(self, party: Party | None, home: str) -> bool:
        """Tell whether nobody can speak to a run: who it is for has gone, or their account there is nobody's now."""
        process = self.process()
        if process is None or party is None:
            return False
        alone = home.startswith("slack:") and home not in MEMBERS
        nobody = alone and process.directory.person(Identity(home)) is None
        return nobody or process.directory.of(party) is None

    def act(self, thread: str, choice: str, note: str = "") -> None:
        """Say how a thread goes on."""
        acted = facts.OperatorActed(thread=thread, choice=choice, by="ben", note=note)  # type: ignore[arg-type]
        asked = {"do": "act", "conversation": self.watch.homes[thread], "acted": acted.model_dump(mode="json")}
        self.note(f"operator: {choice} for {thread[:6]} of {self.watch.homes[thread]}")
        self._do(self._carry_out, asked)

    def _forget(self, person: Person) -> None:
        """Erase what somebody said, and end the runs that need it; or not, where there are any."""
        process = self.process()
        known = process.directory.of(person.id) if process is not None else None
        if known is None:
            return
        asked = {"do": "forget", "party": person.id, "identities": list(known.identities)}
        self.note(f"operator: forgets {person.name}")
        before = self.watch.forgotten.get(person.id, {*known.identities})
        self.watch.forgotten[person.id] = before & {*known.identities}  # whichever of two comes first
        self._do(self._carry_out, asked | {"end": self.dice.random() < 0.7})

    def _link(self, person: str, account: str) -> None:
        """Give somebody a code that makes an account theirs, or make it theirs, or nobody's."""
        drawn = self.dice.random()
        if drawn < 0.6:
            code = linking.new_code(f"{self.dice.getrandbits(64):016x}")
            self.note(f"operator: a code for {person}")
            self.watch.links.codes[code] = person
            self._do(self._carry_out, {"do": "offer", "person": person, "code": linking.digest(code)})
            self.told(account, code)
        else:
            asked = {"do": "link" if drawn < 0.75 else "unlink", "person": person, "identity": account}
            self.note(f"operator: {asked['do']} {account}")
            self.watch.links.wished |= {(account, person)} if asked["do"] == "link" else set()
            self._do(self._carry_out, asked)

    def _can_be_handed(self, request: Request) -> bool:
        return request.reassign is not None and request.id not in self.watch.settled

    def _hand_on(self, request: Request) -> None:
        """Hand a request on for somebody who is away, or who is not."""
        giver, to = self.dice.choice(PEOPLE).id, self.dice.choice(PEOPLE).id
        wished = {"request": request.id, "giver": giver, "to": to, "delegated": self.dice.random() < 0.5, "by": "ben"}
        self.note(f"operator: hands {request.id[:6]} on from {giver} to {to}")
        self._do(self._carry_out, {"do": "reassign", "wished": wished})

    def _change_file(self) -> None:
        """Change people and policy, and have them read; or not, so that the next gateway has them."""
        broken = self.dice.random() < 0.15
        if not broken:
            self.file.change()
        names = ", ".join(f"{person.id} {'/'.join(person.roles)}" for person in self.file.people)
        self.note(f"operator: the file has {names}{' and an error' if broken else ''}")
        if broken or self.dice.random() < 0.8:
            self._do(self._reload, broken)

    async def _reload(self, process: Process, broken: bool) -> None:
        """Have the file read; where it makes no sense, all stays as it was."""
        self.file.broken = broken
        try:
            await process.reloading.reload()
        except SettingsError:
            return
        finally:
            self.file.broken = False
        self.watch.versions.append(self.file.people)

    def _do(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Do it by the command line, which needs a gateway that runs."""
        if (process := self.running()) is not None:
            process.spawn(_unless_refused(work, process, *arguments))

    async def _carry_out(self, process: Process, asked: dict[str, Any]) -> int:
        done = await commands.carry_out(process.store, process.directory, asked, process.runtime)
        process.outbox.wake()
        return done

    async def _retry(self, process: Process) -> None:
        """Have a delivery tried again that has ended; of one that is unknown they know that it may come twice."""
        status = self.dice.choice(("dead", "unknown"))
        ended = [row for row in await process.store.deliveries(status=status) if row.due is None]
        if not ended:
            return
        delivery = self.dice.choice(ended).id
        self.note(f"operator: retries {delivery[:6]}, which is {status}")
        self.watch.again[delivery] += status == "unknown"
        if not await self._carry_out(process, {"do": "retry", "delivery": delivery}):
            self.watch.again[delivery] -= status == "unknown"


async def _unless_refused(work: Callable[..., Any], *arguments: Any) -> None:
    with contextlib.suppress(GatewayError):
        await work(*arguments)
