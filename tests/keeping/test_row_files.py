"""Any value that a table can hold comes back from its file as it was."""

import datetime
import string
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.store.database import Database
from surveyapp.store.row_files import TYPES, ColumnShape, TableShape, add_rows_from, write_rows

SHAPE = TableShape(
    "any",
    (
        ColumnShape("id", "int32", nullable=False),
        *(ColumnShape(kind, kind, nullable=True) for kind in [*TYPES, "json"]),
    ),
    ("id",),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bytes": st.binary(),
    "boolean": st.booleans(),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "decimal": st.floats(allow_nan=False),
    "instant": st.datetimes(timezones=st.just(datetime.UTC)),
    "date": st.dates(),
    "time": st.times(),
    "text": TEXT,
    "json": JSON,
}
ROWS = st.lists(st.fixed_dictionaries({kind: st.none() | values for kind, values in VALUES.items()}), max_size=4)


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_rows_come_back_as_they_were(rows: list[dict[str, Any]]) -> None:
    numbered = [{"id": number, **row} for number, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        first, second = (Database(f"sqlite:///{folder}/{name}.db") for name in string.ascii_letters[:2])
        table = SHAPE.sql()
        with first.begin() as session:
            table.create(session.connection())
            for row in numbered:
                session.execute(table.insert().values(row))
            assert write_rows(session, SHAPE, Path(folder) / "rows.gz") == len(rows)
        with second.begin() as session:
            assert add_rows_from(session, SHAPE, Path(folder) / "rows.gz") == len(rows)
            assert [dict(row) for row in session.execute(table.select().order_by(table.c.id)).mappings()] == numbered
        first.close()
        second.close()
