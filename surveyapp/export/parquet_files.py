"""Tables as Parquet files, written by pyarrow in groups of rows; memory does not grow with the rows."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from surveyapp.export.cells import AsSent, Kind, Row
from surveyapp.export.columns import Column, TableLayout
from surveyapp.export.extras import import_extra
from surveyapp.export.feeds import View
from surveyapp.export.rows import chunks
from surveyapp.export.text import Tally

# Enough for the dictionary of codes to pay, few enough to be held: 150 columns of them take some 10 MB.
_GROUP = 10_000


class ParquetFiles:
    """`<title>.parquet` with typed columns; codes are dictionaries, labels stand in the metadata of each field.

    A field's metadata: `label`, and for a select `labels`, the JSON of code to label.
    """

    def __init__(self, view: View, tally: Tally) -> None:
        self._view = view
        self._tally = tally
        self._arrow = import_extra("pyarrow", "parquet")
        self._parquet = import_extra("pyarrow.parquet", "parquet")

    def write(self, folder: Path, table: TableLayout, rows: Iterator[Row]) -> list[Path]:
        """Write the rows, a group at a time."""
        schema = self._arrow.schema([self._field(column) for column in table.columns], {"title": table.title})
        path = folder / f"{table.title}.parquet"
        with self._parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for group in chunks(rows, _GROUP):
                arrays = [
                    self._arrow.array(self._values(column.kind, values), field.type)
                    for column, field, values in zip(table.columns, schema, zip(*group, strict=True), strict=True)
                ]
                writer.write_table(self._arrow.Table.from_arrays(arrays, schema=schema))
        return [path]

    def _field(self, column: Column) -> Any:
        arrow = self._arrow
        types: dict[Kind, Any] = {
            "int": arrow.int64(),
            "float": arrow.float64(),
            "bool": arrow.bool_(),
            "text": arrow.string(),
            "code": arrow.dictionary(arrow.int32(), arrow.string()),
            "date": arrow.date32(),
            "time": arrow.time64("us"),
            "datetime": arrow.timestamp("ms"),
        }
        about = {"label": _clean(column.label)}
        if column.question is not None and column.question.choices and not column.choice:
            labels = {choice.name: self._view.choice_label(choice) for choice in column.question.choices}
            about["labels"] = json.dumps(labels, ensure_ascii=False)
        return arrow.field(_clean(column.name), types[column.kind], metadata=about)

    def _values(self, kind: Kind, values: Sequence[Any]) -> list[Any]:
        if kind in ("text", "code"):
            return [None if value is None else _clean(value) for value in values]
        ready = list(values)
        for place, value in enumerate(ready):
            if isinstance(value, AsSent) or (kind == "int" and value is not None and abs(value) >= 1 << 63):
                self._tally.untyped += 1
                ready[place] = None
        return ready


def _clean(text: str) -> str:
    """Text without half characters, which UTF-8 cannot hold."""
    return text.encode(errors="replace").decode()
