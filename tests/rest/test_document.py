"""
The OpenAPI document, held against a real process by schemathesis.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.process import Gateway
from tests.rest.conftest import TOKEN

EXAMPLES = 25  # cases of each operation and phase; about twenty seconds


async def test_there_is_no_answer_that_is_not_described(house: Gateway, tmp_path: Path):
    """
    Whatever fits the document, and whatever does not: no 500, no status, header or body that the document has not. That
    all which fits is taken is not asked for: no schema says who is in the directory.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{house.port}/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {TOKEN}", "--max-examples", str(EXAMPLES), "--no-color"),
        *("--phases", "coverage,fuzzing", "--exclude-checks", "positive_data_acceptance", "--continue-on-failure"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()

    assert 0 == process.returncode, told.decode()
