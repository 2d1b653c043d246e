"""
The simulation's store keeps the store's contract: what holds over it holds over a store.
"""

from __future__ import annotations

from pathlib import Path

from gateway.runtime import Runtime
from tests.contracts.store import StoreContract
from tests.simulation.store import SimulatedStore


class TestSimulatedStore(StoreContract):
    """The embedded store on a simulated disk."""

    def open(self, folder: Path, runtime: Runtime) -> SimulatedStore:
        return SimulatedStore(folder, runtime)
