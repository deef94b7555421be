"""The doctor finds what is not well, says what to do, and is content when all is well."""

import datetime
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from surveyapp.cli import main
from surveyapp.config import Config
from tests.people import PEOPLE, Phone, Survey, record, serving

WELL = {"SURVEYAPP_PUBLIC_URL": "https://survey.example.org", "SURVEYAPP_PROXIES": "1"}


def examine(environment: dict[str, str], status: int | None = None) -> dict[str, dict[str, str]]:
    result = CliRunner().invoke(main, ["doctor", "--json"], env=environment)
    assert result.exit_code in (0, 1), result.output
    checks: list[dict[str, Any]] = json.loads(result.output)
    assert result.exit_code == int(any(check["state"] == "fail" for check in checks))
    assert status is None or result.exit_code == status
    assert all(check["remedy"] for check in checks if check["state"] in ("warn", "fail"))
    return {check["name"]: check for check in checks}


@pytest.fixture
def well(here: dict[str, str], office: Survey, tmp_path: Path) -> dict[str, str]:
    """The settings of a deployment where all is well, with a submission and its photo."""
    office.publish(PEOPLE)
    with serving(office.config) as url:
        phone = Phone(f"{url}/c/{office.phone().url.rpartition('/')[2]}")
        assert phone.send(record("<name>A</name><photo>p.jpg</photo>"), {"p.jpg": b"a photo"}).ok
    office.config.data_dir.chmod(0o700)
    office.config.worker_beat.touch()
    assert CliRunner().invoke(main, ["backup", str(tmp_path / "backups")], env=here).exit_code == 0
    return {**here, **WELL}


def test_where_all_is_well_nothing_is_to_be_done(well: dict[str, str]) -> None:
    checks = examine(well, 0)
    assert {check["state"] for check in checks.values()} <= {"ok", "note"} or checks["disk"]["state"] != "ok"
    assert set(checks) == {
        *("settings", "key", "address", "proxies", "data folder", "disk", "clock of files", "backup", "migrations"),
        *("database", "clock of the database", "answer tables", "attachments", "worker", "java"),
    }
    assert "remedy" in CliRunner().invoke(main, ["doctor"], env=well).output


def test_a_key_that_others_may_read_fails(well: dict[str, str]) -> None:
    Config.from_environ(well).key_path.chmod(0o640)
    assert "chmod 600" in examine(well, 1)["key"]["remedy"]


def test_a_short_key_fails(well: dict[str, str]) -> None:
    assert examine({**well, "SURVEYAPP_SECRET_KEY": "short"}, 1)["key"]["state"] == "fail"
    assert examine({**well, "SURVEYAPP_SECRET_KEY": "l" * 64}, 0)["key"]["state"] == "ok"


def test_an_address_without_https_is_warned_of(well: dict[str, str]) -> None:
    for url, state in (("http://survey.example.org", "warn"), ("", "note"), ("http://127.0.0.1:8000", "note")):
        checks = examine({**well, "SURVEYAPP_PUBLIC_URL": url}, 0)
        assert (checks["address"]["state"], checks["proxies"]["state"]) == (state, "warn")


def test_https_without_a_trusted_proxy_is_warned_of(well: dict[str, str]) -> None:
    assert examine({**well, "SURVEYAPP_PROXIES": "0"}, 0)["proxies"]["state"] == "warn"
    assert examine({**well, "SURVEYAPP_PROXIES": "-1"}, 1)["proxies"]["state"] == "fail"


def test_an_open_data_folder_is_warned_of(well: dict[str, str]) -> None:
    Config.from_environ(well).data_dir.chmod(0o755)
    assert examine(well, 0)["data folder"]["state"] == "warn"


@pytest.mark.parametrize(("days", "state"), [(0.5, "ok"), (2, "warn"), (8, "fail"), (None, "note")])
def test_an_old_backup_is_told(well: dict[str, str], days: float | None, state: str) -> None:
    mark = Config.from_environ(well).backup_mark
    if days is None:
        mark.unlink()
    else:
        taken_at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
        mark.write_text(json.dumps({"taken_at": taken_at.isoformat()}))
    assert examine(well)["backup"]["state"] == state


def test_an_installation_that_never_had_a_backup_is_warned_of(well: dict[str, str]) -> None:
    config = Config.from_environ(well)
    config.backup_mark.unlink()
    os.utime(config.key_path, (1, 1))
    assert examine(well)["backup"]["state"] == "warn"


def test_a_new_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = Config.from_environ({"SURVEYAPP_DATA_DIR": str(tmp_path / "new")}).data_dir
    assert not folder.stat().st_mode & 0o007


def test_a_worker_that_is_gone_is_told(well: dict[str, str]) -> None:
    beat = Config.from_environ(well).worker_beat
    os.utime(beat, (1, 1))
    assert examine(well, 0)["worker"]["state"] == "note"
    beat.unlink()
    assert "No worker is running" in examine(well, 0)["worker"]["told"]


def test_work_that_nobody_does_fails(well: dict[str, str], office: Survey) -> None:
    config = Config.from_environ(well)
    with serving(config) as url:
        address = f"{url}/api/v1/projects/default/forms/people/exports"
        assert office.api().post(address, json={}, timeout=30).status_code == 202
    os.utime(config.worker_beat, (1, 1))
    assert "1 jobs wait" in examine(well, 1)["worker"]["told"]


def test_answer_tables_unlike_the_catalogue_fail(well: dict[str, str], office: Survey) -> None:
    with office.database.begin() as session:
        session.execute(office.sql("DROP TABLE data_people_child"))
        session.execute(office.sql("ALTER TABLE data_people DROP COLUMN age"))
    told = examine(well, 1)["answer tables"]["told"]
    assert "the table data_people_child is missing" in told
    assert "the column data_people.age is missing" in told


@pytest.mark.parametrize("damage", [b"another", b"cut", None])
def test_attachments_that_are_lost_or_damaged_fail(well: dict[str, str], office: Survey, damage: bytes | None) -> None:
    path = next(office.config.files_dir.glob("??/*"))
    path.unlink() if damage is None else path.write_bytes(damage)
    assert "files" in examine(well, 1)["attachments"]["remedy"]


def test_a_submission_that_is_to_come_fails(well: dict[str, str], office: Survey) -> None:
    with office.database.begin() as session:
        session.execute(office.sql("UPDATE submissions SET received_at = '2099-01-01 00:00:00+00'"))
    assert examine(well, 1)["clock of the database"]["state"] == "fail"


def test_a_database_without_tables_or_away_fails(here: dict[str, str], elsewhere: dict[str, str]) -> None:
    assert "surveyapp migrate" in examine(elsewhere, 1)["migrations"]["remedy"]
    away = {**here, "SURVEYAPP_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nowhere"}
    assert "does not answer" in examine(away, 1)["database"]["told"]
