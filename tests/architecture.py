"""
Which part may import what, as a table, and the walk that holds a tree against it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("agent_core", "adapters", "gateway")
SHARED_ADAPTERS = ("adapters.base", "adapters.errors", "adapters.registry", "adapters.shared")
IMPURE = frozenset(
    (
        *("asyncio", "concurrent", "http", "multiprocessing", "os", "queue", "random", "secrets", "select"),
        *("selectors", "shutil", "signal", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "tempfile"),
        *("threading", "time", "urllib"),
    )
)
"""Standard modules that reach for the world; the core has none of them."""
CORE_LIBRARIES = frozenset(("pydantic", "pydantic_core", "rfc8785", "jinja2"))
RUNTIME_ONLY = frozenset(("time", "random", "uuid", "secrets", "threading", "concurrent"))
RUNTIME_CALLS = frozenset(("sleep", "to_thread", "wait_for", "timeout"))
"""Functions of asyncio that only `gateway/runtime.py` may call."""
DERIVED_IDS = frozenset(("uuid5", "UUID", "NAMESPACE_OID"))
CONCRETE = ("gateway.store.sqlite", "gateway.models.scripted", "gateway.store.redis")
COMPOSERS = ("gateway.bootstrap",)
ELSEWHERE = ("gateway.sandbox", "gateway.client")
"""What runs in other processes, outside of what a simulation replaces: it plays the world, or stands in it."""
ENVIRONMENT_READERS = ("gateway.settings", "gateway.sandbox")


class Use(NamedTuple):
    """Something that a module names: a module it imports, or an attribute `module.name` that it uses."""

    module: str
    line: int
    attribute: str = ""


def violations(root: Path) -> list[str]:
    """Walk a tree; returns a line for every arrow that points the wrong way."""
    found: list[str] = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = module_name(path.relative_to(root))
            for use in uses(path, name):
                reason = judge(name, use)
                if reason:
                    found.append(f"{path.relative_to(root)}:{use.line}: {reason}")
    return found


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def uses(path: Path, name: str) -> Iterator[Use]:
    """Everything that a file imports, wherever it does, and the attributes of modules that it uses."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (Use(alias.name, node.lineno) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = ".".join(package.split(".")[: len(package.split(".")) - level + 1]) if level else ""
                source = ".".join(part for part in (base, module or "") if part)
                yield Use(source, node.lineno)
                yield from (Use(source, node.lineno, alias.name) for alias in names)
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
                yield Use(owner, node.lineno, attribute)


def judge(name: str, use: Use) -> str | None:
    """Say what is wrong with a use, or None."""
    if use.attribute and use.module not in PACKAGES and not use.module.startswith(tuple(f"{p}." for p in PACKAGES)):
        return judge_attribute(name, use)
    target = f"{use.module}.{use.attribute}" if use.attribute else use.module
    match name.partition(".")[0]:
        case "agent_core":
            return judge_core(target)
        case "adapters":
            return judge_adapter(name, target)
        case _:
            return judge_gateway(name, target)


def within(target: str, *places: str) -> bool:
    return any(target == place or target.startswith(f"{place}.") for place in places)


def judge_core(target: str) -> str | None:
    top = target.partition(".")[0]
    if top in IMPURE:
        return f"agent_core is pure, but imports {top}"
    if top in ("agent_core", *CORE_LIBRARIES) or top in sys.stdlib_module_names:
        return None
    return f"agent_core imports {top}"


def judge_adapter(name: str, target: str) -> str | None:
    if within(target, "gateway"):
        return f"an adapter imports {target}"
    parts = name.split(".")
    if not within(target, "adapters"):
        if "emulator" in parts and within(target, "agent_core"):
            return f"an emulator imports {target}"
        return None
    if len(parts) < 3 or within(name, *SHARED_ADAPTERS):
        return None if within(target, *SHARED_ADAPTERS) or target == "adapters" else f"a shared file imports {target}"
    own = ".".join(parts[:3]) if "emulator" in parts else ".".join(parts[:2])
    if within(target, own) or (within(target, *SHARED_ADAPTERS) and "emulator" not in parts) or target == "adapters":
        return None
    return f"{own} imports {target}"


def judge_gateway(name: str, target: str) -> str | None:
    if within(target, "adapters") and not within(target, *SHARED_ADAPTERS) and target != "adapters":
        return f"a channel is named outside of the registry: {target}"
    if within(target, *CONCRETE) and name not in COMPOSERS and not within(name, *CONCRETE):
        return f"a concrete part is named outside of bootstrap: {target}"
    top = target.partition(".")[0]
    if top in RUNTIME_ONLY and name != "gateway.runtime" and not within(name, *ELSEWHERE):
        return f"{top} is imported outside of runtime"
    return None


def judge_attribute(name: str, use: Use) -> str | None:
    if within(name, "agent_core") and use.module == "uuid" and use.attribute not in DERIVED_IDS:
        return f"agent_core uses uuid.{use.attribute}, which is not derived from anything"
    if use.module in ("datetime", "date") and use.attribute in ("now", "utcnow", "today") and name != "gateway.runtime":
        return f"the clock is read by {use.module}.{use.attribute}"
    if (use.module, use.attribute) in (("os", "environ"), ("os", "getenv")) and not within(name, *ENVIRONMENT_READERS):
        return "the environment is read outside of settings"
    if not within(name, "gateway") or name == "gateway.runtime" or within(name, *ELSEWHERE):
        return None
    if use.module == "asyncio" and use.attribute in RUNTIME_CALLS:
        return f"asyncio.{use.attribute} is called outside of runtime"
    return None
