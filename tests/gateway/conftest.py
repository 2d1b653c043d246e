"""
What the gateway's tests share.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.door import Enter, enter_by
from tests.gateway.house import Make, maker
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime


@pytest.fixture
def runtime() -> Iterator[HandRuntime]:
    """A clock moved by hand."""
    runtime = HandRuntime()
    yield runtime
    runtime.close()


@pytest.fixture
def channel(runtime: HandRuntime) -> Loopback:
    """A channel without a wire."""
    return Loopback(runtime.now)


@pytest.fixture
def make(tmp_path: Path, runtime: HandRuntime, channel: Loopback) -> Make:
    """Makes a gateway; called again, the same one after a restart."""
    return maker(tmp_path, runtime, channel)


@pytest.fixture
def enter() -> Enter:
    """Comes to a gateway's REST door, as one of its clients."""
    return enter_by
