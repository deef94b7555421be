"""The answer tables of a form, made again from the raw records."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from surveyapp.collect.envelope import is_encrypted
from surveyapp.collect.reading import read_version
from surveyapp.store.answer_tables import AnswerTables, get_answer_tables, recreate_answer_tables
from surveyapp.store.answers import RecordRows, add_rows, key_rows, spread_record
from surveyapp.store.forms import Form
from surveyapp.store.submissions import Version, list_submission_ids, list_versions


def rebuild(session: Session, form: Form, progress: Callable[[int, int], None]) -> int:
    """Drop the answer tables of `form` and fill them from the records as they were sent; how many submissions there
    are.

    `progress` is called with (submissions done, submissions in all).
    """
    tables = get_answer_tables(session, form.id, form.answers_revision)
    recreate_answer_tables(session, tables)
    submission_ids = list_submission_ids(session, form.id)
    for number, submission_id in enumerate(submission_ids, 1):
        add_rows(session, tables, submission_id, _current_rows(session, form, tables, submission_id))
        progress(number, len(submission_ids))
    return len(submission_ids)


def _current_rows(session: Session, form: Form, tables: AnswerTables, submission_id: int) -> RecordRows:
    """What the submission says now, with the keys that its rows were given from version to version."""
    rows: RecordRows | None = None
    for version in list_versions(session, form.id, submission_id):
        if version.kind in ("original", "edit"):
            former, rows = rows, read_rows(session, form, tables, version)
            key_rows(rows, submission_id, version.number, former)
    if rows is None:
        raise LookupError(f"submission {submission_id} has no original")
    return rows


def read_rows(session: Session, form: Form, tables: AnswerTables, version: Version) -> RecordRows:
    """The rows of one version, without keys."""
    root, unknown = read_version(session, form, version)
    return RecordRows.empty() if is_encrypted(root) else spread_record(tables, root, unknown)
