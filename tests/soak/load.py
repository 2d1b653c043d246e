"""
The load's part: people who ask and approve, steadily, of one gateway process for as long as it lasts; and from time to
time far more at once than it can take. What it refuses comes again, as Slack's events do, and some of what it took too.

While it goes on the store is read beside it, and how much memory and room it takes is looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import gateway
from tests.bench.approval import People
from tests.bench.http import Connection
from tests.bench.ingest import messages
from tests.bench.measure import folder
from tests.bench.slack_side import Json, signed
from tests.guarantees import Violation
from tests.simulation.faults import OURS
from tests.soak.findings import KEPT, Finding, shown, told
from tests.soak.growth import Sample, problems, quarters
from tests.soak.store import Watched

RATE = 10.0  # approvals a second that people ask for, all together
FLOOD = 1_000  # messages that are under way at once when there are too many
FLOODED, BETWEEN = 5.0, 120.0  # seconds of a flood, and between two
AGAIN = 0.5  # seconds after which Slack's side sends again what was refused
REPEATED = 0.01  # how much of what was taken is sent again all the same
LOOK = 5.0  # seconds between two looks at the store
PATIENCE = 60.0  # seconds in which what was refused is taken, and an approval comes to its end
SAMPLES = 1_200  # of memory and size, in the whole time
REFUSED, UNHEARD = (429, 503), 0  # statuses; the latter stands for none: a connection that was not let in, or closed
COUNTED = ("requests", "refused", "closed unheard", "sent again all the same", "floods", "messages of floods")
COUNTED += ("approvals asked for", "approvals completed", "approvals lost", "violations")


class Door:
    """Slack's requests, each over a connection of its own. What is refused comes again until it is taken."""

    def __init__(self, port: int, watched: Watched, counts: Counter[str], dice: random.Random) -> None:
        self._port, self._watched, self._counts, self._dice = port, watched, counts, dice

    async def hand(self, payload: Json) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await self._is_taken(payload):
                await asyncio.sleep(AGAIN)
        stamp = payload["event"]["ts"] if "event" in payload else payload["actions"][0]["action_ts"]
        self._watched.acknowledged(float(stamp))
        if self._dice.random() < REPEATED:
            self._counts["sent again all the same"] += await self._is_taken(payload)

    async def _is_taken(self, payload: Json) -> bool:
        status = UNHEARD
        with contextlib.suppress(OSError):
            connection = await Connection.open(self._port)
            try:
                status = await connection.send(signed(payload, gateway.REQUEST_URL))
            finally:
                connection.close()
        self._counts["requests"] += 1
        self._counts["refused"] += status in REFUSED
        self._counts["closed unheard"] += status == UNHEARD
        if status not in (200, UNHEARD, *REFUSED):
            raise Violation("G1", f"an event is answered with {status}")
        return status == 200


class Folk(People):
    """People who notice when what they approved is done twice."""

    def __init__(self, place: Path, find: Callable[[Violation], None]) -> None:
        super().__init__(place)
        self._find = find

    def _heard(self) -> None:
        try:
            super()._heard()
        except asyncio.InvalidStateError:
            return  # whoever waited has given up
        except KeyError as what:
            self._find(Violation("G5", f"{what} starts, and nobody waits for it any more"))


class Load:
    """A gateway under load."""

    name = "load"

    def __init__(self, seed: int, fault: str | None) -> None:
        self.findings: list[Finding] = []
        self._seed, self._fault = seed, fault
        self._dice = random.Random(seed)
        self._counts = Counter(dict.fromkeys(COUNTED, 0))
        self._watched = Watched(Path())
        self._samples: list[Sample] = []

    async def round(self, end: float) -> None:
        program = ("gateway.cli",) if self._fault is None else ("tests.soak.faulty", self._fault)
        with folder() as name:
            place = Path(name)
            people, self._watched, self._samples = Folk(place, self._find), Watched(place / "store"), []
            try:
                async with people.slack, gateway.running(place, people.slack, "http", program) as port:
                    people.door = Door(port, self._watched, self._counts, self._dice)
                    await self._go_on(people, process_in(place), end)
            finally:
                people.close()
                self._look_back(place / "log")
        for problem in problems(self._samples):
            self._find(problem)

    async def _go_on(self, people: Folk, process: int, end: float) -> None:
        beside = [asyncio.create_task(self._watch()), asyncio.create_task(self._sample(process, end))]
        try:
            await asyncio.gather(self._flood(people, end), *(self._ask(people, n, end) for n in range(gateway.PEOPLE)))
            await self._look(last=True)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)

    # The load --------------------------------------------------------------------------------------------------------

    async def _ask(self, people: Folk, number: int, end: float) -> None:
        """One person asks for one thing after the other; after one that comes to no end they ask no more."""
        while True:
            self._counts["approvals asked for"] += 1
            try:
                async with asyncio.timeout(PATIENCE):
                    await people.one(number)
            except TimeoutError:
                self._counts["approvals lost"] += 1
                return self._find(Violation("end", f"an approval comes to no end within {PATIENCE:.0f} s"))
            except Exception as error:
                self._counts["approvals lost"] += 1
                return self._find(error)
            people.clicks.clear()
            self._counts["approvals completed"] += 1
            pause = self._dice.uniform(0, 2 * gateway.PEOPLE / RATE)
            if time.monotonic() + pause >= end:
                return None
            await asyncio.sleep(pause)

    async def _flood(self, people: Folk, end: float) -> None:
        """From time to time far too much comes at once."""
        stream = messages(people.slack)
        between = max(0.0, min(BETWEEN, (end - time.monotonic()) / 3))
        while True:
            await asyncio.sleep(between)
            over = time.monotonic() + max(1.0, min(FLOODED, end - time.monotonic()))

            async def pour(over: float = over) -> None:
                while time.monotonic() < over:
                    await people.door.hand(next(stream))
                    self._counts["messages of floods"] += 1

            for ended in await asyncio.gather(*(pour() for _ in range(FLOOD)), return_exceptions=True):
                if isinstance(ended, Exception):
                    self._find(ended)
            self._counts["floods"] += 1
            if time.monotonic() + between >= end:
                return

    # What is looked at -----------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            await self._look()

    async def _look(self, *, last: bool = False) -> None:
        try:
            await self._watched.look(last=last)
        except Exception as error:
            self._find(error)

    async def _sample(self, process: int, end: float) -> None:
        every = max(0.2, (end - time.monotonic()) / SAMPLES)
        while True:
            counts = self._watched.counts
            self._samples.append(Sample(time.monotonic(), resident(process), counts["events"], self._watched.size))
            await asyncio.sleep(every)

    def _look_back(self, log: Path) -> None:
        """What the gateway itself logged as a fault; its log is kept where anything was found."""
        self._counts.update(self._watched.counts)
        self._watched = Watched(Path())
        with contextlib.suppress(FileNotFoundError), log.open() as lines:
            for line in lines:
                if any(fault in line for fault in OURS):
                    self._find(Violation("fault", line.strip()))
        if self.findings and log.exists():
            KEPT.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, KEPT / self._log)

    def _find(self, error: BaseException) -> None:
        """Keep the first of each kind; what one finds, sixty-four may."""
        what = told(error)
        self._counts["violations"] += 1
        if all(found.what.partition(":")[0] != what.partition(":")[0] for found in self.findings):
            self.findings.append(Finding(self.name, what, self.again(), shown(KEPT / self._log)))

    @property
    def _log(self) -> str:
        return f"load-{self._seed}.log"

    def again(self) -> str:
        fault = f" --fault {self._fault}" if self._fault is not None else ""
        return f"python -m tests.soak --only {self.name} --seed {self._seed}{fault}"

    def line(self) -> str:
        counts = self._counts
        memory = f", {self._samples[-1].memory >> 20} MiB" if self._samples else ""
        return f"{counts['requests']:,} requests, {counts['approvals completed']:,} approvals{memory}"

    def figures(self) -> dict[str, Any]:
        seen = self._counts.copy()
        seen.update(self._watched.counts)
        return {**seen, "quarters": [quarter._asdict() for quarter in quarters(self._samples)]}


def process_in(place: Path) -> int:
    """The process that runs in a folder."""
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdecimal() and (process / "cwd").readlink() == place:
                return int(process.name)
    raise ProcessLookupError(f"no process runs in {place}")


def resident(process: int) -> int:
    """The memory of a process, in bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
