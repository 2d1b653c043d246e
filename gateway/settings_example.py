"""
A commented settings file, made from the settings' own descriptions.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from adapters import registry
from gateway.settings import Settings

CLOSED = ("clients",)  # tables that stand commented out as a whole: what they open is closed without them


def example() -> str:
    """Write a commented file that shows every setting, made from their descriptions."""
    out = ["# ringback.toml: every setting there is. What is commented out stands at its default.", ""]
    for name, field in Settings.model_fields.items():
        if name not in ("channels", "sentences"):
            out += _table(name, field.annotation, field.description)
    for name, target in registry.CONFIGS.items():
        out += _table(name, list[registry.load(target)], None)  # type: ignore[misc]
    out += ["# Your own wording of what people read, by key.", "[sentences]", '# "button.approve" = "Approve"', ""]
    return "\n".join(out)


def _table(name: str, annotation: Any, description: str | None) -> list[str]:
    several = not isinstance(annotation, type) or not issubclass(annotation, BaseModel)
    model: type[BaseModel] = annotation.__args__[0] if several else annotation
    about = (model.__doc__ or description or "").strip().partition("\n")[0]
    out = [f"# {about}", f"[[{name}]]" if several else f"[{name}]"]
    for key, field in model.model_fields.items():
        out.append(f"# {field.description}")
        value = field.examples[0] if field.examples else field.default
        out.append(f"{'' if field.examples else '# '}{key} = {_toml(value)}")
    return [*(line if line.startswith("#") or name not in CLOSED else f"# {line}" for line in out), ""]


def _toml(value: Any) -> str:
    match value:
        case None:
            return '""'
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }" if value else "{}"
        case _:
            return f'"{value}"'
