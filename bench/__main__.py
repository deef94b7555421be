"""`python -m bench [NAME …]`: runs the benchmarks in turn, prints them side by side and keeps them in var/bench.json.

A benchmark is a module of this folder with `main() -> dict`: a mapping from what was measured to a number, nested as
the subject asks. Numbers of one run are compared with one another only, so each benchmark measures its own floor.
"""

import datetime
import importlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

NAMES = (
    "workbook",
    "intake",
    "volume",
    "rules",
    "indicators",
    "quality",
    "cleaning",
    "companions",
    "form_screen",
    "lists",
    "tabulated",
)
RESULTS = Path("var/bench.json")


def main() -> int:
    """Runs what the command line names, or all; 2 where a name is not known."""
    names = sys.argv[1:] or list(NAMES)
    if unknown := [name for name in names if name not in NAMES]:
        print(f"{', '.join(unknown)}: no such benchmark. There are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    console = Console()
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in names:
        console.rule(name)
        measured = importlib.import_module(f"bench.{name}").main()
        results[name] = {"measured": measured, "on": _machine()}
        console.print(_table(name, measured))
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    console.print(f"Kept in {RESULTS}.")
    return 0


def _machine() -> dict[str, Any]:
    return {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


def _table(name: str, measured: Mapping[str, Any]) -> Table:
    table = Table("what", "measured", title=name, title_justify="left")
    table.columns[1].justify = "right"
    for what, value in _rows(measured):
        table.add_row(what, f"{value:,.3g}" if isinstance(value, float) and abs(value) < 1000 else _text(value))
    return table


def _text(value: object) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _rows(measured: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for what, value in measured.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{prefix}{what} · ")
        else:
            yield f"{prefix}{what}", value


if __name__ == "__main__":
    sys.exit(main())
