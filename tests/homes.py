"""The form `home` in version after version, records of it, and its answer tables before and after they are rebuilt."""

import uuid
from collections.abc import Sequence
from typing import Any

from click.testing import CliRunner
from sqlalchemy import MetaData, Table, inspect, select

from surveyapp.cli import main
from tests.people import Phone, Survey, record


def form(version: str, *rows: str, choices: Sequence[str] = ()) -> str:
    """An XLSForm in Markdown; a row is `type | name | label`."""
    lines = ["| survey |", "| | type | name | label |", *(f"| | {row} |" for row in rows)]
    if choices:
        lines += ["| choices |", "| | list_name | name | label |", *(f"| | {choice} |" for choice in choices)]
    lines += ["| settings |", "| | form_title | form_id | version |", f"| | Home | home | {version} |"]
    return "\n".join(lines)


def send(phone: Phone, version: str, answers: str, **more: Any) -> str:
    instance_id = more.pop("instance_id", None) or f"uuid:{uuid.uuid4()}"
    response = phone.send(record(answers, form="home", version=version, instance_id=instance_id, **more))
    assert response.status_code == 201, response.text
    return instance_id


def contents(survey: Survey) -> dict[str, list[dict[str, Any]]]:
    """Every row of every answer table, by column name."""
    engine = survey.database.engine
    found = {}
    names = [name for name in inspect(engine).get_table_names() if name.startswith("data_")]
    with engine.connect() as connection:
        for name in names:
            table = Table(name, MetaData(), autoload_with=engine)
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            found[name] = sorted(rows, key=lambda row: (row["_submission_id"], row.get("_position", 0)))
    return found


def rebuild(survey: Survey) -> None:
    config = survey.config
    environment = {"SURVEYAPP_DATABASE_URL": config.database_url, "SURVEYAPP_DATA_DIR": str(config.data_dir)}
    result = CliRunner().invoke(main, ["rebuild", "home"], env=environment)
    assert result.exit_code == 0, result.output


def assert_rebuilt_alike(survey: Survey) -> None:
    before = contents(survey)
    assert any(before.values())
    rebuild(survey)
    assert contents(survey) == before


def columns(sheet: list[dict[str, Any]]) -> list[str]:
    """The names of the answer columns, in order."""
    return [name for name in sheet[0] if not name.startswith("_")]
