"""
What is hostile: texts, JSON of any shape, and payloads that were right once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

HOSTILE = (
    "",
    "\x00",
    "\ud83d",
    "\u202eyes\u202c a\u200bb\u2060",
    "e" + "\u0301" * 300,
    "👨\u200d👩\u200d👧\u200d👦" * 40,
    "<!channel> <@U0000RITA> <https://x.test|click> &amp;lt;!here&gt; ```",
    "slack:T1/U1",
    "../../../etc/passwd",
    "%00%s%n{0.__class__}{{}}",
    "9" * 5_000,
    "NaN",
    "<" * 3_000,
    "x" * 70_000,
)
ODD = (None, True, 0, -1, 2**63, 10**400, float("inf"), float("nan"), [], {}, [[]], {"": {}}, [None], *HOSTILE)

texts = st.sampled_from(HOSTILE) | st.text(st.characters(codec=None), max_size=20)
values: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(ODD) | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
Path = tuple[Any, ...]  # keys and indices, from the outside in


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Give every place in a payload."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*here, key)
        yield from paths(inner, (*here, key))


class Watched(dict[str, Any]):
    """An object that notes which of its keys somebody reads."""

    def __init__(self, value: dict[str, Any], here: Path, read: dict[Path, None]) -> None:
        super().__init__({key: watched(inner, read, (*here, key)) for key, inner in value.items()})
        self._here, self._read = here, read

    def __getitem__(self, key: str) -> Any:
        self._read[(*self._here, key)] = None
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._read[(*self._here, key)] = None
        return super().get(key, default)


def watched(value: Any, read: dict[Path, None], here: Path = ()) -> Any:
    """Give a value whose objects note into `read` what is read of them."""
    if isinstance(value, dict):
        return Watched(value, here, read)
    return [watched(v, read, (*here, n)) for n, v in enumerate(value)] if isinstance(value, list) else value


def read_by(reader: Callable[[Any], Any], payload: Any) -> list[Path]:
    """Give the places in a payload that a reader looks at, there or not: where a change matters."""
    read: dict[Path, None] = {}
    reader(watched(payload, read))
    return list(read)


DROP, WRAP, BAG = object(), object(), object()
HOWS = (DROP, WRAP, BAG, *ODD)
"""What may happen to a place: it goes, stands in a list twice, stands in an object of its own, or becomes odd."""


def changed(payload: Any, path: Path, how: Any) -> Any:
    """Give a payload with one place of it changed; as it is where there is no such place."""
    payload = copy.deepcopy(payload)
    *outer, last = path
    holder = payload
    try:
        for key in outer:
            holder = holder[key]
        if how is DROP:
            del holder[last]
        elif how is WRAP:
            holder[last] = [holder[last], holder[last]]
        elif how is BAG:
            holder[last] = {"x": holder[last]}
        else:
            holder[last] = copy.deepcopy(how)
    except (KeyError, IndexError, TypeError):
        return payload
    return payload
