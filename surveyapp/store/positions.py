"""Where interviews took place."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.store.answer_tables import AnswerTables
from surveyapp.store.reach import Reach, within
from surveyapp.store.tables import submissions

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
