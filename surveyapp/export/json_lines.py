"""Tables as JSON lines: one object a row, in UTF-8; what has no answer is left out."""

import json
import math
from collections.abc import Iterator, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

from surveyapp.export.cells import Row
from surveyapp.export.columns import TableLayout


class JsonLines:
    """`<title>.jsonl`. Numbers are numbers; days and times are ISO texts, clock times in the zone of the export."""

    def write(self, folder: Path, table: TableLayout, rows: Iterator[Row]) -> list[Path]:
        """Write the rows as they come."""
        names = [column.name for column in table.columns]
        path = folder / f"{table.title}.jsonl"
        with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            for row in rows:
                file.write(json_object(names, row) + "\n")
        return [path]


def json_object(names: Sequence[str], row: Row) -> str:
    """The answers of a row as a JSON object."""
    told = {name: _ready(value) for name, value in zip(names, row, strict=True) if value is not None}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _ready(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat()
    # JSON has no infinity and no not-a-number.
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
