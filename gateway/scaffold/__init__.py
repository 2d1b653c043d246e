"""
An owner's project, as `ringback init` writes it: agent, tools, context, prompt, model, settings, and a test of them.

The files are theirs from then on; nothing here looks at them again.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from gateway.errors import GatewayError

FILES = {
    "README.md": "README.md.txt",
    "agent.py": "agent.py.txt",
    "tools.py": "tools.py.txt",
    "context.py": "context.py.txt",
    "prompts/rules.md": "rules.md.txt",
    "model.py": "model.py.txt",
    "test_agent.py": "test_agent.py.txt",
    "ringback.toml": "ringback.toml.txt",
    ".env.example": "env.example.txt",
    ".gitignore": "gitignore.txt",
}
"""What is written, and where it stands here. The names end otherwise, so that no tool takes them for code of ours."""


def write(folder: Path) -> list[Path]:
    """
    Write the files into a folder, made where there is none.

    Raises:
        GatewayError: One of them is there already, or they cannot be written. Nothing is overwritten.
    """
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise GatewayError(f"{', '.join(there)} would be overwritten in {folder}; name a folder that has none of these")
    source = resources.files("gateway.scaffold") / "project"
    try:
        for name, template in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("x") as file:
                file.write((source / template).read_text())
    except OSError as error:
        raise GatewayError(f"cannot write in {folder}: {error.strerror}") from error
    return [folder / name for name in FILES]
