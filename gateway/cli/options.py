"""
Options that several commands take.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings file.")]
Data = Annotated[Path | None, typer.Option("--data", help="The data folder, instead of the one in the file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT_CONFIG = Path("ringback.toml")
