"""
One run of the simulation: a seed in, a history and a verdict out.
"""

from __future__ import annotations

import gc
import logging
import random
import shutil
import sqlite3
import warnings
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

from adapters.base import Part
from gateway import owner
from gateway.models.scripted import Scripted
from gateway.store import sqlite_log
from tests.gateway.parts import Parts
from tests.guarantees import Violation
from tests.simulation.agents import CARELESS, COMMAND, COMMANDS, DEPLOYED, GUARDED, SOUND, Tools, builds, model
from tests.simulation.door import ACCOUNT, Door, Receiver
from tests.simulation.ending import Ending
from tests.simulation.faults import logged_faults
from tests.simulation.file import File
from tests.simulation.loop import PROCESS, Loop
from tests.simulation.machine import Killed, Machine
from tests.simulation.operators import Operators
from tests.simulation.people import Crowd
from tests.simulation.runtime import Clock, SimulatedRuntime
from tests.simulation.scripts import Scripts
from tests.simulation.store import SimulatedStore, folder_in_memory
from tests.simulation.town import ONE, OPS, PEOPLE, TWO
from tests.simulation.vendor import Told, Vendor
from tests.simulation.watch import Watch
from tests.simulation.weather import Weather

STEPS = 1_200  # callbacks of a run, before it is brought to its end
MOST = 60_000  # callbacks in which it comes to its end, or as many as it had before, or ...
EACH = (
    50  # ... so many for each act of people: where they say more than a gateway can take in, most is left for the end
)
LULLS = (0.0, 0.0, 0.0, 800.0, 1_500.0, 4_000.0)  # seconds in which nobody answers, before they do
HELP_INTERVAL = 300.0  # seconds between two rounds in which people answer what is open, at the end
END = 20 * 86_400.0  # seconds in which everything has come to its end
HOT = 2  # conversations that are kept in memory, so that most are read again and again
REST = 15.0  # seconds without anything to do in which a gateway is at rest


@dataclass
class Report:
    """What came of a run."""

    seed: int
    violation: Violation | None = None
    steps: int = 0
    acts: int = 0
    events: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    history: list[str] = field(default_factory=list)
    fingerprint: int = 0


class Simulation(Machine):
    """
    A run.

    Args:
        seed: All that it depends on, besides the code.
        steps: How many callbacks run before faults end and everything is brought to its end.
        weather: What is not left to the seed.
        commands: What people want of the agent.
        talks: How likely a talk goes on after each message.
    """

    def __init__(
        self,
        seed: int,
        *,
        steps: int = STEPS,
        weather: Mapping[str, float] | None = None,
        commands: Sequence[str] = COMMANDS,
        talks: float = 0.9,
    ) -> None:
        super().__init__()
        self.dice = random.Random(seed)
        self.report = Report(seed)
        self._steps, self._most = steps, 0
        self.weather = replace(Weather.draw(self.dice), **(weather or {}))
        self.loop = Loop(self.dice, shuffled=self.dice.random() < 0.7)
        self.clock = Clock(self.loop)
        self.folder = Path(folder_in_memory())
        self.watch = Watch(PEOPLE, GUARDED, self._shown, note=self.note)
        self.vendors = {
            account: self._vendor(account, self.dice.uniform(-3, 3), number)
            for number, account in enumerate((ONE, TWO))
        }
        self.watch.plain = tuple(account for account, vendor in self.vendors.items() if not vendor.confirms)
        self.receiver = self._vendor(ACCOUNT, 0.0, 9, Receiver)
        self.crowd = Crowd(
            vendors=self.vendors,
            dice=self.dice,
            weather=self.weather,
            note=self.note,
            answered=self.watch.form,
            busy=self.dice.choice((1.0, 10.0, 60.0)),
            slow=self.dice.choice((20.0, 20.0, 20.0, 400.0)),
            settled=self._is_settled,
            commands=commands,
            talks=talks,
        )
        self._builds = builds(Tools(self.dice, self.weather, self._moment, self.watch.done, self._is_cut))
        self._deployed: tuple[str, ...] = SOUND
        self._model = Scripted("script", model(self.dice))
        self._start = self.dice.choice((("people",), ("anyone",)))
        self.texts = self.dice.choice((None, None, 30.0, 600.0))
        self._ops = OPS if self.dice.random() < 0.5 else None
        self._faults: list[str] = []
        self._file = File(self.dice)
        self.operators = Operators(
            self.dice,
            self.weather,
            self.crowd.busy,
            self.watch,
            process=lambda: self.process,
            later=self.vendors[ONE].later,
            note=self.note,
            told=self.crowd.told,
            file=self._file,
        )
        self.scripts = Scripts(
            self.dice,
            self.weather,
            self.crowd.busy,
            self.watch,
            process=lambda: self.process,
            later=self.vendors[ONE].later,
            note=self.note,
        )
        self.door = Door(
            self.dice,
            self.weather,
            self.crowd.busy,
            self.watch,
            process=lambda: self.process,
            later=self.vendors[ONE].later,
            note=self.note,
        )
        self.crowd.begin()
        self.operators.begin()
        self.scripts.begin()
        self.door.begin()

    def _vendor(self, account: str, skew: float, number: int, kind: type[Vendor] = Vendor) -> Vendor:
        """Make an account; `skew` is by how many seconds its clock is wrong."""
        channel, _, name = account.partition(":")
        outside = copy_context()
        outside.run(PROCESS.set, 0)
        return kind(
            now=lambda: self.clock.now() + skew,
            channel=channel,
            account=name,
            edits=self.dice.random() < 0.8,
            confirms=self.dice.random() < 0.7,
            said=1_000_000 * number,
            loop=self.loop,
            dice=self.dice,
            weather=self.weather,
            outside=outside,
            claimed=lambda part: self.watch.claimed(part, self._db()),
            moment=self._moment,
            coming=self._coming,
            taken=self._taken,
            answered=self.watch.answered,
            note=self.note,
            work=self._work,
            cut=self._is_cut,
        )

    # What is written down --------------------------------------------------------------------------------------------

    def note(self, what: str) -> None:
        """Write a line of history."""
        line = f"{self.loop.time():12.4f} {self.loop.steps:6d} [{PROCESS.get()}] {what}"
        self.report.history.append(line)
        self.report.fingerprint = zlib.crc32(line.encode(), self.report.fingerprint)

    def _db(self) -> sqlite3.Connection:
        assert self.process is not None
        return self.process.store._reader

    def _shown(self, place: str, request: str) -> float | None:
        return self.vendors[place.partition("/")[0]].cards.get((place, request))

    def _is_settled(self, request: str) -> bool:
        return request in self.watch.settled

    def _coming(self, vendor: Vendor, part: Part) -> None:
        self.crowd.crosses(vendor, part)

    def _taken(self, vendor: Vendor, told: Told) -> None:
        self.watch.taken(vendor, told)
        self.crowd.sees(vendor, told)

    def _parts(self, runtime: SimulatedRuntime, store: SimulatedStore) -> Parts:
        self._deploy()
        self.watch.versions.append(self._file.people)
        return Parts(
            store,
            runtime,
            self.vendors.values(),
            [self._builds[name] for name in self._deployed],
            model=self._model,
            rules=self._file.rules,
            people=self._file.people,
            start=self._start,
            ops=self._ops,
            receivers={ACCOUNT: self.receiver},
            load=self._file.load,
        )

    def _deploy(self) -> None:
        """Whoever starts a gateway may have changed which builds of the agent it has."""
        if self.crowd.quiet:
            self._deployed = SOUND
        elif self.dice.random() < self.weather.deploy:
            self._deployed = self.dice.choice(DEPLOYED)
            if self.dice.random() < self.weather.careless:
                self._deployed, self.watch.careless = (CARELESS,), True
        self.note(f"its agent: {', '.join(self._deployed)}")

    # The run ---------------------------------------------------------------------------------------------------------

    def run(self) -> Report:
        """Run to the end, or to the first guarantee that does not hold."""
        with (
            mock.patch.object(owner, "HOT", HOT),
            mock.patch.object(sqlite_log, "commit", self._apply),
            logged_faults() as self._faults,
        ):
            try:
                self.loop.inside(self._all)
            except Violation as violation:
                self.report.violation = violation
                self.note(f"VIOLATION {violation}")
            finally:
                if self.process is not None:
                    self.process.store.kill()
                self._let_go()
        report = self.report
        report.counts = self.counts
        report.steps, report.acts, report.checks = self.loop.steps, self.crowd.acts, self.watch.checks
        report.events = sum(map(len, self.watch.logs.values()))
        report.seconds = self.loop.time()
        report.fingerprint = zlib.crc32(b"%d" % self.loop.order, report.fingerprint)
        return report

    def _let_go(self) -> None:
        logging.disable(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # what was to be awaited when it was killed never is
            self.loop.inside(self.loop.close)
            self.process = None
            gc.collect()
        logging.disable(logging.NOTSET)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _all(self) -> None:
        self._begin()
        while self.loop.steps < self._steps:
            self._step(float("inf"))
            self._weather()
        self._finish()

    def _step(self, until: float) -> bool:
        try:
            more = self.loop.step(until)
        except Killed:
            self.kill()
            return True
        if self.watch.broken is not None:
            raise self.watch.broken
        if self.loop.failures:
            failure = self.loop.failures.pop()
            raise Violation("fault", f"{failure}") from failure.get("exception")
        if self._faults:
            raise Violation("fault", self._faults[0])
        return more

    def _weather(self) -> None:
        weather, process, drawn = self.weather, self.process, self.dice.random()
        if drawn < (reach := weather.crash):
            self.kill()
        elif drawn < (reach := reach + weather.stop) and process is not None:
            self.note("asked to stop")
            self.counts["stops"] += 1
            process.stop.set()
        elif drawn < (reach := reach + weather.freeze) and process is not None:
            self._freeze(process)
        elif drawn < (reach := reach + weather.usurp):
            if process is not None and process.deciding:
                self._usurp(process)
        elif drawn < reach + weather.jump:
            before = self.clock.now()
            self.clock.jumped += self.dice.choice((-1, 1)) * self.dice.choice((1.0, 60.0, 4_000.0)) * self.dice.random()
            self.note(f"the clock jumps, by {self.clock.jumped:.1f} s in all")
            self.counts["clock jumps"] += 1
            self.watch.jumped(before, self.clock.now())

    def _finish(self) -> None:
        """Nothing goes wrong any more: everything comes to its end."""
        self.note("it calms down")
        self._most = self.loop.steps + max(self._steps, MOST, EACH * self.crowd.acts)
        self.weather.calm()
        self.crowd.quiet = self.operators.quiet = self.scripts.quiet = self.door.quiet = True
        if self.process is not None and self._deployed != SOUND:
            self.process.stop.set()
        end, helped = self.loop.time() + END, self.loop.time() + self.dice.choice(LULLS)
        while True:
            while self._step(helped + HELP_INTERVAL):
                if self.loop.steps > self._most:
                    self._give_up()
            helped = self.loop.time()
            if self._over():
                break
            if self.loop.time() > end:
                self._give_up()
            if self.process is not None and self.process.owner.running:
                if not self.process.owner._performing and self.loop.gap() > REST:
                    number = self.process.number
                    tasks = self.loop.living(number) - self.scripts.waiting[number] - 4 * self.process.visitors
                    self.watch.resting(self.process.owner, tasks)
                self.crowd.help(self._talks())
                self.operators.help()
        self._look_back()

    def _look_back(self) -> None:
        """Look at the whole of it."""
        ending = Ending(self.watch, self._db(), self.vendors | {ACCOUNT: self.receiver})
        ending.look()
        self.door.heard(self.receiver.told, ending.unheard())

    def _over(self) -> bool:
        if self.watch.active or len(self.watch.settled) < len(self.watch.requests) or self.process is None:
            return False
        if any(not b.acknowledged for vendor in self.vendors.values() for b in vendor.brought):
            return False
        db = self._db()
        (ready,) = db.execute("SELECT count(*) FROM conversations WHERE ready = 1").fetchone()
        (going,) = db.execute(
            "SELECT count(*) FROM deliveries WHERE status IN ('new', 'claimed') OR (status = 'unknown' AND due > 0)"
        ).fetchone()
        return not ready and not going

    def _give_up(self) -> None:
        self._look_back()
        raise Violation("end", "it comes to no end")

    def _talks(self) -> list[str]:
        """Name the talks that go on."""
        inputs = [run.input for run in self.watch.active.values() if isinstance(run.input, dict)]
        return [str(handed["n"]) for handed in inputs if "n" in handed] + [
            found.group(2)
            for (thread, _), run in self.watch.active.items()
            if (found := COMMAND.search(self.watch.asked(thread, run))) is not None and found.group(1) == "talk"
        ]


def simulate(seed: int, **how: Any) -> Report:
    """Run one seed."""
    return Simulation(seed, **how).run()
