"""Where interviews took place."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.store.answer_tables import AnswerTables
from surveyapp.store.listing import CURRENT, Filter, narrow
from surveyapp.store.people_tables import accounts
from surveyapp.store.reach import Reach, within
from surveyapp.store.tables import submission_versions, submissions

MOST: Final = 500


def list_positions(
    session: Session, tables: AnswerTables, path: str, reach: Reach, most: int = MOST
) -> list[tuple[float, float]]:
    """Latitude and longitude of the answers to the question at `path`, outside of repeats, in the newest submissions
    within the reach.
    """
    kept = tables.kept_path(path)
    for part in tables.parts[""]:
        if (kept, "lat") in part.columns and (kept, "lon") in part.columns:
            sql: Any = part.sql
            latitude, longitude = (sql.c[part.columns[kept, component][0]] for component in ("lat", "lon"))
            number = sql.c["_submission_id"]
            rows = session.execute(
                select(latitude, longitude)
                .join(submissions, submissions.c.id == number)
                .where(latitude.is_not(None), longitude.is_not(None), within(reach))
                .order_by(number.desc())
                .limit(most)
            )
            return [(row[0], row[1]) for row in rows]
    return []


@dataclass(frozen=True, slots=True)
class Placed:
    """A submission with a position, in degrees, and what it may be coloured by. `name` is '' where the form gives none,
    `person` None where nobody had the phone.
    """

    number: int
    name: str
    state: str
    person: str | None
    latitude: float
    longitude: float


def list_placed(
    session: Session, tables: AnswerTables, path: str, reach: Reach, wanted: Filter, most: int
) -> list[Placed]:
    """The newest submissions within the reach and the filter that answer the question at `path`, outside of repeats,
    with a position.
    """
    kept = tables.kept_path(path)
    part = next((one for one in tables.parts[""] if {(kept, "lat"), (kept, "lon")} <= one.columns.keys()), None)
    if part is None:
        return []
    sql: Any = part.sql
    latitude, longitude = (sql.c[part.columns[kept, component][0]] for component in ("lat", "lon"))
    source = CURRENT.join(sql, sql.c["_submission_id"] == submissions.c.id).outerjoin(
        accounts, accounts.c.id == submissions.c.account_id
    )
    columns = (
        submissions.c.id,
        submission_versions.c.instance_name,
        submissions.c.state,
        accounts.c.login,
        latitude,
        longitude,
    )
    statement, number = narrow(session, select(*columns).select_from(source), tables.form_pk, reach, wanted)
    present = statement.where(latitude.is_not(None), longitude.is_not(None))
    rows: list[Any] = list(session.execute(present.order_by(number.desc()).limit(most)))
    return [Placed(*row) for row in rows]
