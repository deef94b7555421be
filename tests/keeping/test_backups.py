"""What is in a backup, what comes back, and what is refused."""

import contextlib
import datetime
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from click.testing import CliRunner

from surveyapp.cli import main
from surveyapp.config import Config
from surveyapp.store.database import Database, DatabaseFailure
from surveyapp.store.migrations import migrate
from surveyapp.store.row_files import NOT_KEPT, list_kept_tables, list_shapes, lock_shapes
from tests.people import PEOPLE, Phone, Survey, record, serving

WIDER = PEOPLE.replace("integer        | age ", "text           | age ").replace("| 1            |", "| 2            |")
PHOTO = b"\xff\xd8 a photo"


def command(environment: dict[str, str], *arguments: str | Path, status: int = 0) -> str:
    """Run a command in this process; what it said. `status` is how it has to end."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)
    assert result.exit_code == status, f"{result.output}\n{result.exception!r}"
    return result.output


@pytest.fixture
def phone(office: Survey) -> Iterator[Phone]:
    """A phone whose form was published twice, and that has sent a record with a photo to each version."""
    with serving(office.config) as url:
        office.publish(PEOPLE)
        phone = office.phone()
        phone.url = f"{url}/c/{phone.url.rpartition('/')[2]}"
        child = "<child><c_name>一</c_name><c_age>4</c_age></child>"
        assert phone.send(record(f"<name>A</name><age>7</age><photo>p.jpg</photo>{child}"), {"p.jpg": PHOTO}).ok
        office.publish(WIDER)
        assert phone.send(record("<name>B\n\t𝔅</name><age>seven</age>", version="2")).ok
        yield phone


def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that a backup has to bring back."""
    database = Database(url)
    with database.reading() as session:
        found = {}
        for shape in list_shapes(session, list_kept_tables(session)):
            table = shape.sql()
            rows = session.execute(sqlalchemy.select(table).order_by(*table.primary_key.columns))
            found[shape.name] = [dict(row) for row in rows.mappings()]
    database.close()
    return found


def all_tables(url: str) -> set[str]:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    return set(sqlalchemy.inspect(engine).get_table_names())


def test_every_row_and_file_comes_back_on_either_database(
    here: dict[str, str], elsewhere: dict[str, str], phone: Phone, tmp_path: Path
) -> None:
    before = contents(here["SURVEYAPP_DATABASE_URL"])
    assert set(before) == all_tables(here["SURVEYAPP_DATABASE_URL"]) - NOT_KEPT
    assert {"devices", "submission_versions", "data_people", "data_people_child"} <= set(before)
    command(here, "backup", tmp_path / "backups")
    command(elsewhere, "restore", tmp_path / "backups")
    assert contents(elsewhere["SURVEYAPP_DATABASE_URL"]) == before
    config = Config.from_environ(elsewhere)
    digest = before["submission_attachments"][0]["sha256"]
    assert (config.files_dir / digest[:2] / digest).read_bytes() == PHOTO
    assert config.key_path.read_text() == Config.from_environ(here).secret_key
    assert config.key_path.stat().st_mode & 0o077 == 0
    with serving(config) as url:
        phone.url = f"{url}/c/{phone.url.rpartition('/')[2]}"
        assert phone.send(record("<name>C</name>", version="2")).status_code == 201
        assert phone.form_list().text.count("<xform>") == 1
    office = Survey(config, url)
    office.create_project("counted-on")
    office.database.close()


def test_a_backup_lets_nobody_else_read(here: dict[str, str], phone: Phone, tmp_path: Path) -> None:  # noqa: ARG001  # something is to be there
    command(here, "backup", tmp_path / "backups")
    assert (tmp_path / "backups").stat().st_mode & 0o077 == 0
    folder = next((tmp_path / "backups").glob("2*"))
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "secret_key").stat().st_mode & 0o077 == 0


def test_a_later_backup_copies_only_new_files_and_keeps_what_earlier_ones_need(
    here: dict[str, str], phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "backups"
    at(monkeypatch, 1)
    assert "1 files (1 of them new)" in command(here, "backup", place)
    assert phone.send(record("<name>D</name><photo>q.jpg</photo>", version="2"), {"q.jpg": b"another"}).ok
    at(monkeypatch, 2)
    assert "2 files (1 of them new)" in command(here, "backup", place)
    at(monkeypatch, 3)
    assert "1 older backups were removed" in command(here, "backup", place, "--keep", "2")
    assert [folder.name for folder in sorted(place.glob("2*"))] == ["20270101T000002Z", "20270101T000003Z"]
    command(here, "restore", "--check", place)


def test_files_that_no_kept_backup_names_go_with_the_last_that_did(
    here: dict[str, str], phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, stray = tmp_path / "backups", Config.from_environ(here).files_dir / "ab" / ("ab" + "0" * 62)
    assert phone.send(record("<name>E</name><photo>r.jpg</photo>", version="2"), {"r.jpg": b"third"}).ok
    at(monkeypatch, 1)
    command(here, "backup", place)
    gone = place / "files" / "ab" / stray.name
    gone.parent.mkdir(exist_ok=True)
    gone.write_bytes(b"of a backup that went")
    at(monkeypatch, 2)
    command(here, "backup", place, "--keep", "1")
    assert not gone.exists()
    command(here, "restore", "--check", place)


def at(monkeypatch: pytest.MonkeyPatch, second: int) -> None:
    """Two backups in one second would bear one name."""
    moment = datetime.datetime(2027, 1, 1, 0, 0, second, tzinfo=datetime.UTC)
    monkeypatch.setattr("surveyapp.cli.keeping.now", lambda: moment)


def test_a_damaged_backup_is_refused_before_anything_is_restored(
    here: dict[str, str],
    elsewhere: dict[str, str],
    phone: Phone,  # noqa: ARG001  # something is to be there
    tmp_path: Path,
) -> None:
    place = tmp_path / "backups"
    command(here, "backup", place)
    folder = next(place.glob("2*"))
    photo = next((place / "files").glob("??/*"))
    parts = ("rows/submissions.jsonl.gz", "files.txt.gz", "secret_key", "manifest.json")
    for path in (*(folder / part for part in parts), photo):
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xE0]) + whole[middle + 1 :])
        assert "The backup cannot be used" in command(elsewhere, "restore", place, status=1), path
        path.write_bytes(whole)
    assert not all_tables(elsewhere["SURVEYAPP_DATABASE_URL"])
    command(elsewhere, "restore", place)


def test_nothing_that_is_there_is_overwritten(here: dict[str, str], phone: Phone, tmp_path: Path) -> None:
    command(here, "backup", tmp_path / "backups")
    assert phone.send(record("<name>F</name>", version="2")).ok
    before = contents(here["SURVEYAPP_DATABASE_URL"])
    assert "There is something already" in command(here, "restore", tmp_path / "backups", status=1)
    assert contents(here["SURVEYAPP_DATABASE_URL"]) == before


def test_a_migrated_place_without_rows_counts_as_empty(
    here: dict[str, str], elsewhere: dict[str, str], phone: Phone, tmp_path: Path
) -> None:
    command(here, "backup", tmp_path / "backups")
    command(elsewhere, "migrate")
    command(elsewhere, "restore", tmp_path / "backups")
    assert contents(elsewhere["SURVEYAPP_DATABASE_URL"]) == contents(here["SURVEYAPP_DATABASE_URL"])
    assert phone.form_list().ok


def test_a_backup_of_newer_software_is_refused(
    here: dict[str, str],
    elsewhere: dict[str, str],
    phone: Phone,  # noqa: ARG001  # something is to be there
    tmp_path: Path,
) -> None:
    command(here, "backup", tmp_path / "backups")
    folder = next((tmp_path / "backups").glob("2*"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["revision"] = "9999"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "newer than this one" in command(elsewhere, "restore", tmp_path / "backups", status=1)


def test_a_backup_of_an_older_revision_is_brought_to_the_newest(elsewhere: dict[str, str], tmp_path: Path) -> None:
    old = {"SURVEYAPP_DATABASE_URL": f"sqlite:///{tmp_path / 'old.db'}", "SURVEYAPP_DATA_DIR": str(tmp_path / "old")}
    database = Database(old["SURVEYAPP_DATABASE_URL"])
    migrate(database, "0001")
    with database.begin() as session:
        columns, values = "slug, name, created_at", "'coast', 'Coast', '2026-01-01 00:00:00'"
        session.execute(sqlalchemy.text(f"INSERT INTO projects ({columns}) VALUES ({values})"))
    database.close()
    command(old, "backup", tmp_path / "backups")
    command(elsewhere, "restore", tmp_path / "backups")
    assert contents(elsewhere["SURVEYAPP_DATABASE_URL"])["projects"][0]["slug"] == "coast"
    assert "newest revision" in command(elsewhere, "doctor")


def test_a_lost_attachment_is_told_and_all_else_is_kept(
    here: dict[str, str],
    elsewhere: dict[str, str],
    phone: Phone,  # noqa: ARG001  # something is to be there
    tmp_path: Path,
) -> None:
    config = Config.from_environ(here)
    for path in config.files_dir.glob("??/*"):
        path.unlink()
    said = command(here, "backup", tmp_path / "backups", status=3)
    assert "is named in the database and is not there" in said
    assert "is named in the database" in command(elsewhere, "restore", tmp_path / "backups")
    assert contents(elsewhere["SURVEYAPP_DATABASE_URL"]) == contents(here["SURVEYAPP_DATABASE_URL"])


def test_a_damaged_attachment_does_not_pass_for_a_whole_one(
    here: dict[str, str],
    phone: Phone,  # noqa: ARG001  # something is to be there
    tmp_path: Path,
) -> None:
    path = next(Config.from_environ(here).files_dir.glob("??/*"))
    path.write_bytes(path.read_bytes().replace(b"photo", b"foto!"))
    assert "is damaged" in command(here, "backup", tmp_path / "backups", status=3)
    assert not list((tmp_path / "backups" / "files").glob("??/*"))


def test_a_backup_that_was_cut_off_is_no_backup(
    here: dict[str, str],
    elsewhere: dict[str, str],
    phone: Phone,  # noqa: ARG001  # something is to be there
    tmp_path: Path,
) -> None:
    place = tmp_path / "backups"
    command(here, "backup", place)
    folder = next(place.glob("2*"))
    unfinished = place / f".{folder.name}.unfinished"
    folder.rename(unfinished)
    assert "no finished backup" in command(elsewhere, "restore", place, status=1)
    command(here, "backup", place)
    assert not unfinished.exists()
    command(elsewhere, "restore", place)


def test_columns_that_change_meanwhile_are_read_as_they_were(office: Survey, phone: Phone) -> None:
    with office.database.reading() as session:
        names = list_kept_tables(session)
    with office.database.reading() as session:
        lock_shapes(session, names)
        shape = next(shape for shape in list_shapes(session, names) if shape.name == "data_people")
        with contextlib.suppress(DatabaseFailure), office.database.begin() as writing:
            if office.database.dialect == "postgresql":
                writing.execute(office.sql("SET LOCAL lock_timeout = '200ms'"))
            writing.execute(office.sql("ALTER TABLE data_people DROP COLUMN age"))
        assert list(session.execute(sqlalchemy.select(shape.sql().c.age)).scalars()) == ["7", "seven"]
    assert phone.form_list().ok


def test_a_form_that_is_published_meanwhile_waits_or_is_seen(office: Survey, phone: Phone) -> None:
    with office.database.reading() as session:
        names = list_kept_tables(session)
    office.publish(PEOPLE.replace("people", "persons"))
    with office.database.reading() as session:
        lock_shapes(session, names)
        assert list_kept_tables(session) != names
    assert phone.form_list().ok


def test_a_backup_of_nothing_is_refused(elsewhere: dict[str, str], tmp_path: Path) -> None:
    assert "surveyapp migrate" in command(elsewhere, "backup", tmp_path / "backups", status=1)
    shutil.rmtree(tmp_path / "backups", ignore_errors=True)
