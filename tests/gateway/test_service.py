"""
The service's door.
"""

from __future__ import annotations

import pytest

from gateway.errors import SettingsError
from gateway.service import listen


@pytest.mark.parametrize(
    ("host", "port"), [("\0", 0), ("\ud83d", 0), ("ä" * 70, 0), ("no such host", 0), ("127.0.0.1", 99_999)]
)
def test_an_address_that_there_cannot_be_is_one_line(host: str, port: int):
    """
    A host or a port that is none is a setting's error, with what to do.
    """
    with pytest.raises(SettingsError, match="choose another"):
        listen(host, port)
