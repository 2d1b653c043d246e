"""
The tables of `docs/performance.md`, from the results: `python -m tests.bench.page` writes them anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.process import ROOT

PAGE = ROOT / "docs" / "performance.md"
RESULTS = Path(__file__).parent / "results.json"
PLACE = r"(<!-- {name} -->\n).*?(<!-- end -->)"


def render(page: str, results: dict[str, Any]) -> str:
    """Put each result's table between its marks."""
    for name, result in results.items():
        written = rf"\g<1>{table(result)}\g<2>"  # nothing in it is a backslash
        page = re.sub(PLACE.format(name=name), written, page, flags=re.DOTALL)
    return page


def table(result: dict[str, Any]) -> str:
    """One benchmark's rows, and where they come from."""
    rows = result["rows"]
    if "unit" in rows[0]:
        head = "| | | least … most | beside | aim |\n" + "|---" * 5 + "|\n"
        lines = list(map(figure, rows))
        runs = f"{rows[0]['runs']} interleaved runs"
    else:
        head = (
            "| | in flight | a second | least … most | p50 ms | p99 ms | CPU µs | ringback is |\n" + "|---" * 8 + "|\n"
        )
        lines = [line(row, rows) for row in rows]
        runs = f"{rows[0]['runs']} interleaved runs of {result['seconds']:g} s"
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    told = (
        f"\nMedians of {runs}, {result['at']}, commit "
        f"{result['commit']}; {result['machine']}; load average {result['load']:g}.\n{versions}.\n"
    )
    return head + "".join(lines) + told


def figure(row: dict[str, Any]) -> str:
    """One row of a thing that has a unit of its own."""
    value, least, most = (written(row[name]) for name in ("value", "least", "most"))
    beside = f"{row['ratio']:.2f} × {row['beside']}" if "ratio" in row else ""
    return f"| {row['what']} | {value} {row['unit']} | {least} … {most} | {beside} | {row.get('aim', '')} |\n"


def written(value: float) -> str:
    """A number with as many digits as mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def line(row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """One row; a floor says what ringback reaches of it in the same run: of its rate, or as a multiple of its time."""
    by, compare = ("p50_ms", "{:.1f} × its p50") if row.get("timed") else ("per_second", "{:.2f} of it")
    ours = [
        other
        for other in rows
        if (other["in_flight"], other.get("timed")) == (row["in_flight"], row.get("timed"))
        and other["what"].startswith("ringback")
    ]
    ratios = [] if row in ours else [compare.format(other[by] / row[by]) for other in ours]
    rate = f"{row['per_second']:,.0f} | {row['least']:,.0f} … {row['most']:,.0f}"
    return (
        f"| {row['what']} | {row['in_flight']} | {' | ' if row.get('timed') else rate} "
        f"| {row['p50_ms']:.2f} | {row['p99_ms']:.2f} | {row.get('cpu_us') or ''} | {', '.join(ratios)} |\n"
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(PAGE.read_text(), json.loads(RESULTS.read_text())))


if __name__ == "__main__":
    main()
