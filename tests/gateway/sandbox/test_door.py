"""
The REST door of the sandbox's gateway.
"""

from __future__ import annotations

import socket
import stat
from pathlib import Path

from gateway.sandbox import door

HOST = "127.0.0.1"


def test_it_is_where_it_was(folder: Path):
    """
    At the next start it has the same port, beside the page's, and the same secrets, which only their owner may read.
    """
    first, second = (door.make(folder, HOST, 18_700) for _ in range(2))

    assert first == second
    assert 18_710 == first.port
    assert 0o600 == stat.S_IMODE((folder / door.FILE).stat().st_mode)
    assert {first.token, first.webhook_secret} == set(first.environment().values())
    assert not {first.token, first.webhook_secret} & set(map(str, first.settings().values()))


def test_where_somebody_has_the_port_it_takes_another(folder: Path):
    """
    A busy port, or one that there is not, keeps nobody from playing.
    """
    with socket.create_server((HOST, 0)) as busy:
        page = busy.getsockname()[1] - door.BESIDE
        ports = [door.make(folder, HOST, page).port, door.make(folder, HOST, 65_530).port]

        assert page + door.BESIDE not in ports
        assert all(0 < port < 65_536 for port in ports)
