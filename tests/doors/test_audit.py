"""The log of changes: each leaves a line, lines hang together, and none can be changed or taken out unseen."""

import threading

import pytest
import sqlalchemy
from sqlalchemy import exc

from surveyapp.audit import Verification, Who, note, verify_audit
from surveyapp.store.audit import FIRST, list_audit_lines
from surveyapp.store.database import Database
from tests.people import PEOPLE, Survey, now


@pytest.fixture
def database(database_url: str):  # type: ignore[no-untyped-def]  # a fixture that yields
    found = Database(database_url)
    yield found
    found.close()


def write(database: Database, number: int) -> None:
    with database.begin() as session:
        who = Who("person:someone", "192.0.2.7")
        note(
            session,
            who,
            "test.done",
            at=now(),
            project="p",
            subject=f"照 {number}",
            detail={"number": number, "é": None},
        )


def verified(database: Database, noted: str | None = None) -> Verification:
    with database.reading() as session:
        return verify_audit(session, noted)


def test_lines_hang_together_and_a_noted_head_stays_in_the_chain(database: Database) -> None:
    assert verified(database) == Verification(0, FIRST, None, True)
    for number in range(3):
        write(database, number)
    noted = verified(database)
    write(database, 3)
    assert (noted.lines, noted.broken_at) == (3, None)
    assert verified(database, noted.head) == Verification(4, verified(database).head, None, True)
    assert not verified(database, "f" * 64).has_head


@pytest.mark.parametrize("change", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"])
def test_the_database_refuses_to_change_a_line(database: Database, change: str) -> None:
    write(database, 1)
    with pytest.raises(exc.DBAPIError, match="append-only"), database.begin() as session:
        session.execute(sqlalchemy.text(change))
    assert verified(database).lines == 1


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        ("UPDATE audit_log SET subject = 'x' WHERE id = 2", 2),
        ("UPDATE audit_log SET detail = '{}' WHERE id = 2", 2),
        ("DELETE FROM audit_log WHERE id = 2", 3),
        ("DELETE FROM audit_log WHERE id = 1", 2),
    ],
)
def test_whoever_gets_around_the_database_is_found_out(database: Database, change: str, broken_at: int) -> None:
    for number in range(4):
        write(database, number)
    without_guard = (
        "ALTER TABLE audit_log DISABLE TRIGGER USER"
        if database.dialect == "postgresql"
        else "DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete"
    )
    with database.begin() as session:
        for statement in [*without_guard.split(";"), change]:
            session.execute(sqlalchemy.text(statement))
    assert verified(database).broken_at == broken_at


def test_lines_that_are_written_at_once_are_one_chain(database: Database) -> None:
    threads = [threading.Thread(target=write, args=(database, number)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (verified(database).lines, verified(database).broken_at) == (16, None)


def test_publishing_by_a_program_leaves_a_line_and_publishing_the_same_again_none(survey: Survey) -> None:
    program = survey.api()
    url = f"{survey.url}/api/v1/projects/default/forms"
    for _ in range(2):
        assert program.post(url, files={"file": ("form.md", PEOPLE)}, timeout=60).ok
    program.patch(f"{url}/people", json={"state": "closed"}, timeout=60)
    with survey.database.reading() as session:
        lines = [(line.actor, line.action, line.project, line.subject) for line in list_audit_lines(session, limit=9)]
    assert lines == [
        ("program:test", "form.closed", "default", "people"),
        ("program:test", "form.published", "default", "people"),
    ]
