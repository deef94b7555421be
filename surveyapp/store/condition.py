"""Is the database in order: its clock, its answer tables, the files that it names."""

import datetime
from dataclasses import dataclass

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from surveyapp.store.answer_tables import read_answer_tables
from surveyapp.store.tables import exports, forms, submission_attachments, submissions


def get_clock(session: Session) -> datetime.datetime | None:
    """What the clock of the database says; None on SQLite, which has none of its own."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    found: datetime.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return found


def find_server_version(session: Session) -> tuple[int, ...]:
    """The version of the database server, or of the SQLite library."""
    return tuple(getattr(session.get_bind().dialect, "server_version_info", None) or ())


def find_last_receipt(session: Session) -> datetime.datetime | None:
    """When the last submission came."""
    found: datetime.datetime | None = session.execute(
        select(submissions.c.received_at).order_by(submissions.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    return found


def list_answer_faults(session: Session) -> list[str]:
    """Where the answer tables are not as the catalogue says."""
    inspector, faults = inspect(session.connection()), []
    present = set(inspector.get_table_names())
    for form_pk in session.execute(select(forms.c.id).order_by(forms.c.id)).scalars().all():
        for table in read_answer_tables(session, form_pk).tables:
            if table.name not in present:
                faults.append(f"the table {table.name} is missing")
                continue
            there = {column["name"] for column in inspector.get_columns(table.name)}
            missing = sorted({column.name for column in table.sql.columns} - there)
            faults += [f"the column {table.name}.{name} is missing" for name in missing]
    return faults


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a submission names; size in bytes."""

    sha256: str
    size: int


def list_newest_files(session: Session, number: int) -> list[NamedFile]:
    """The files that came last."""
    a = submission_attachments.c
    rows = session.execute(select(a.sha256, a.size).order_by(a.id.desc()).limit(number))
    return [NamedFile(*row) for row in rows]


def count_exports_by_state(session: Session) -> dict[str, int]:
    """How many exports there are in each state that any is in."""
    state = exports.c.state
    return {row[0]: row[1] for row in session.execute(select(state, func.count()).group_by(state))}
