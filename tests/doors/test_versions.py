"""Versions of one form: all submissions in one export, each question in one column, tables that can be made again."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect

from surveyapp.cli import main
from surveyapp.problems import Problem
from tests.homes import assert_rebuilt_alike, columns, form, send
from tests.people import Survey, read_sheets, record

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)


V1 = form(
    "1",
    "text | name | Name",
    "integer | rooms | Rooms",
    "begin group | land | Land",
    "integer | plots | Plots",
    "text | crop | Crop",
    "end group | |",
    "select_one roof | roof | Roof",
    "select_multiple goods | goods | Goods",
    "text | gone | Gone",
    choices=["roof | tile | Tile", "roof | straw | Straw", "goods | tv | TV", "goods | bike | Bike"],
)
V2 = form(
    "2",
    "text | name | Full name",
    "date | day | Day",
    "decimal | rooms | Rooms",
    "begin group | farm | Farm",
    "integer | plots | Plots",
    "end group | |",
    "begin group | land | Land",
    "text | crop | Crop",
    "end group | |",
    "select_one roof | roof | Roof",
    "select_multiple goods | goods | Goods",
    "begin repeat | child | Child",
    "text | c_name | Child's name",
    "end repeat | |",
    choices=["roof | tile | Clay tile", "roof | tin | Tin", "goods | bike | Bike", "goods | boat | Boat"],
)
V3 = form(
    "3",
    "text | name | Full name",
    "date | day | Day",
    "text | rooms | Rooms",
    "begin group | farm | Farm",
    "begin group | deep | Deep",
    "integer | plots | Plots",
    "end group | |",
    "text | crop | Crop",
    "begin repeat | child | Child",
    "text | c_name | Child's name",
    "integer | c_age | Age",
    "end repeat | |",
    "end group | |",
    "select_one roof | roof | Roof",
    "select_multiple goods | goods | Goods",
    choices=["roof | tile | Clay tile", "roof | tin | Tin", "goods | bike | Bike", "goods | boat | Boat"],
)


@pytest.fixture
def grown(survey: Survey) -> Survey:
    """A form of three versions, with submissions made with each, after it and before the next."""
    survey.publish(V1)
    phone = survey.phone()
    first = (
        "<name>A</name><rooms>2</rooms><land><plots>1</plots><crop>rice</crop></land>"
        "<roof>straw</roof><goods>tv bike</goods><gone>old</gone>"
    )
    send(phone, "1", first, instance_id="uuid:a")
    survey.publish(V2)
    second = (
        "<name>B</name><day>2026-03-01</day><rooms>2.5</rooms><farm><plots>3</plots></farm><land><crop>tea</crop></land>"
        "<roof>tin</roof><goods>boat</goods><child><c_name>Bo</c_name></child><child><c_name>Cy</c_name></child>"
    )
    send(phone, "2", second, instance_id="uuid:b")
    survey.publish(V3)
    third = (
        "<name>C</name><day>2026-03-02</day><rooms>many</rooms><farm><deep><plots>5</plots></deep><crop>nuts</crop>"
        "<child><c_name>Di</c_name><c_age>4</c_age></child></farm><roof>tile</roof><goods>bike</goods>"
    )
    send(phone, "3", third, instance_id="uuid:c")
    late = first.replace("<name>A", "<name>D").replace("<plots>1", "<plots>7")
    send(phone, "1", late, instance_id="uuid:d")
    edit = second.replace("Cy", "Cyrus").replace("<name>B", "<name>B2")
    send(phone, "2", edit, instance_id="uuid:b2", deprecated_id="uuid:b")
    return survey


def test_one_export_holds_the_submissions_of_all_versions(grown: Survey, tmp_path: Path) -> None:
    sheets = grown.export("home", tmp_path / "out.xlsx")
    data = sheets["data"]
    assert [row["name"] for row in data] == ["A", "B2", "C", "D"]
    assert [row["_version"] for row in data] == ["1", "2", "3", "1"]
    assert [row["rooms"] for row in data] == ["2", "2.5", "many", "2"]
    assert [row["plots"] for row in data] == [1, 3, 5, 7]
    assert [row["crop"] for row in data] == ["rice", "tea", "nuts", "rice"]
    assert [row["roof"] for row in data] == ["straw", "tin", "tile", "straw"]
    assert [row["gone"] for row in data] == ["old", None, None, "old"]
    assert [row["goods__tv"] for row in data] == [1, 0, 0, 1]
    assert [row["_edits"] for row in data] == [0, 1, 0, 0]
    children = sheets["child"]
    assert [(row["c_name"], row["c_age"]) for row in children] == [("Bo", None), ("Cyrus", None), ("Di", 4)]


def test_columns_follow_the_newest_version_and_older_ones_stand_after_their_predecessor(
    grown: Survey, tmp_path: Path
) -> None:
    found = columns(grown.export("home", tmp_path / "out.xlsx")["data"])
    goods = ["goods", "goods__tv", "goods__bike", "goods__boat"]
    assert [name for name in found if "__missing" not in name] == [
        *("name", "day", "rooms", "plots", "crop", "roof"),
        *goods,
        "gone",
    ]


def test_more_submissions_never_change_the_columns(grown: Survey, tmp_path: Path) -> None:
    before = grown.export("home", tmp_path / "before.xlsx")
    phone = grown.phone("second")
    send(phone, "9", "<name>E</name><unheard>of</unheard>")
    after = grown.export("home", tmp_path / "after.xlsx")
    assert {title: list(rows[0]) for title, rows in before.items() if title in ("data", "child")} == {
        title: list(rows[0]) for title, rows in after.items() if title in ("data", "child")
    }
    last = after["data"][-1]
    assert (last["name"], last["_version"], last["_extra"]) == ("E", "9", '{"/data/unheard": "of"}')


def test_the_codebook_knows_every_label_and_choice_of_every_version(grown: Survey, tmp_path: Path) -> None:
    sheets = grown.export("home", tmp_path / "out.xlsx")
    choices = {row["code"]: row for row in sheets["choices"]}
    assert [choices[code]["label"] for code in ("tile", "straw", "tin", "tv", "boat")] == [
        *("Clay tile", "Straw", "Tin", "TV", "Boat")
    ]
    assert choices["tile"]["former labels"] == "Tile (1 to 1)"
    told = "\n".join(str(value) for row in sheets["codebook"] for value in row.values())
    assert "Full name" in told


def test_an_export_of_one_version_holds_its_submissions_only(grown: Survey, tmp_path: Path) -> None:
    data = grown.export("home", tmp_path / "out.xlsx", versions=("1",))["data"]
    assert [row["name"] for row in data] == ["A", "D"]
    assert "day" not in data[0]


def test_a_moved_question_has_one_column(grown: Survey) -> None:
    names = [column["name"] for column in inspect(grown.database.engine).get_columns("data_home")]
    assert [name for name in names if not name.startswith("_")].count("plots") == 1
    assert not [name for name in names if name.startswith(("plots_", "crop_", "rooms_"))]
    assert not inspect(grown.database.engine).has_table("data_home_child_2")


def test_tables_made_again_hold_the_same_rows(grown: Survey) -> None:
    assert_rebuilt_alike(grown)


def test_diff_tells_what_changed(grown: Survey) -> None:
    config = grown.config
    environment = {"SURVEYAPP_DATABASE_URL": config.database_url, "SURVEYAPP_DATA_DIR": str(config.data_dir)}
    told = CliRunner().invoke(main, ["diff", "home", "1", "2"], env=environment).output
    for words in (
        "question added day",
        "question removed gone",
        "type widened rooms: integer → decimal [widened]",
        "question moved plots: land/plots → farm/plots",
        "choice relabelled roof: tile (Tile) → tile (Clay tile)",
        "choice removed goods: tv (TV)",
        "choice added roof: (nothing) → tin (Tin)",
        "repeat added child",
        "label changed name: Name → Full name",
    ):
        assert words in told, told


# -- awkward changes --------------------------------------------------------------------------------------------------
WIDENED = {
    "integer": ("7", "-5", "9007199254740993"),
    "decimal": ("1.50", "-0.1", "3", "12345678.9"),
    "date": ("2026-02-03",),
    "time": ("08:05:00.000+08:00",),
    "dateTime": ("2026-02-03T04:05:06.789+08:00", "2026-02-03T23:59:59Z"),
}


@pytest.mark.parametrize("kind", WIDENED)
def test_what_was_answered_before_a_widening_is_the_same_when_made_again(survey: Survey, kind: str) -> None:
    survey.publish(form("1", f"{kind} | q | Q", "text | q_wider | Taken", "text | as_text | Taken"))
    phone = survey.phone()
    for value in WIDENED[kind]:
        send(phone, "1", f"<q>{value}</q>")
    survey.publish(form("2", "text | q | Q", "text | q_wider | Taken", "text | as_text | Taken"))
    for value in WIDENED[kind]:
        send(phone, "1", f"<q>{value}</q>")
    held = [row[0] for row in survey.rows("SELECT q FROM data_home ORDER BY _submission_id")]
    assert held[: len(held) // 2] == held[len(held) // 2 :]
    assert all(isinstance(value, str) for value in held)
    assert_rebuilt_alike(survey)


@ON_SQLITE
@pytest.mark.parametrize("name", ["as_text", "key__submission_id", "name"])
def test_a_question_of_any_name_can_be_widened(survey: Survey, name: str) -> None:
    survey.publish(form("1", f"integer | {name} | Q"))
    send(survey.phone(), "1", f"<{name}>7</{name}>")
    survey.publish(form("2", f"text | {name} | Q"))
    assert survey.rows(f"SELECT {name} FROM data_home") == [("7",)]


def test_a_question_moved_and_turned_into_a_position_loses_no_answer(survey: Survey, tmp_path: Path) -> None:
    survey.publish(form("1", "begin group | a | A", "text | place | Place", "end group | |"))
    phone = survey.phone()
    send(phone, "1", "<a><place>by the well</place></a>")
    survey.publish(form("2", "begin group | b | B", "geopoint | place | Place", "end group | |"))
    send(phone, "2", "<b><place>30.5 104.25 500 5</place></b>")
    data = survey.export("home", tmp_path / "out.xlsx")["data"]
    values = [[value for name, value in row.items() if "place" in name and value is not None] for row in data]
    assert values[0] == ["by the well"]
    assert values[1][:2] == [30.5, 104.25]
    assert_rebuilt_alike(survey)


def test_a_note_that_became_a_question_in_another_group_is_kept(survey: Survey) -> None:
    survey.publish(form("1", "begin group | a | A", "note | word | Word", "text | x | X", "end group | |"))
    survey.publish(form("2", "begin group | b | B", "text | word | Word", "text | x | X", "end group | |"))
    send(survey.phone(), "2", "<b><word>said</word><x>y</x></b>")
    assert survey.rows("SELECT word, x FROM data_home") == [("said", "y")]


def test_a_question_named_as_a_group_that_went_is_kept(survey: Survey) -> None:
    survey.publish(form("1", "begin group | land | Land", "text | x | X", "end group | |"))
    survey.publish(form("2", "begin group | b | B", "text | land | Land", "text | x | X", "end group | |"))
    send(survey.phone(), "2", "<b><land>hill</land><x>y</x></b>")
    assert survey.rows("SELECT land, x FROM data_home") == [("hill", "y")]


def test_questions_of_one_name_in_two_groups_are_not_mixed_up_by_a_move(survey: Survey, tmp_path: Path) -> None:
    def two(version: str, first: str, second: str) -> str:
        groups = [(f"begin group | {g} | {g}", f"text | other | Other {g}", "end group | |") for g in (first, second)]
        return form(version, *(row for group in groups for row in group))

    survey.publish(two("1", "a", "b"))
    phone = survey.phone()
    send(phone, "1", "<a><other>one</other></a><b><other>two</other></b>")
    survey.publish(two("2", "c", "d"))
    send(phone, "2", "<c><other>three</other></c><d><other>four</other></d>")
    data = survey.export("home", tmp_path / "out.xlsx")["data"]
    answers = [{name: value for name, value in row.items() if "other" in name and value} for row in data]
    assert [sorted(row.values()) for row in answers] == [["one", "two"], ["four", "three"]]
    assert not set(answers[0]) & set(answers[1])


def test_a_question_that_comes_back_beside_its_moved_self_is_refused(survey: Survey) -> None:
    a, b = ([f"begin group | {g} | {g}", "text | q | Q", "end group | |"] for g in "ab")
    survey.publish(form("1", *a))
    survey.publish(form("2", *b))
    with pytest.raises(Problem, match="share") as refusal:
        survey.publish(form("3", *a, *b))
    assert refusal.value.remedy == "Give one of them a new name."
    survey.publish(form("3", *a))
    send(survey.phone(), "3", "<a><q>back</q></a>")
    assert survey.rows("SELECT q FROM data_home") == [("back",)]


def test_a_group_that_became_a_repeat_keeps_both_kinds_of_answers(survey: Survey, tmp_path: Path) -> None:
    survey.publish(form("1", "begin group | kid | Kid", "integer | age | Age", "end group | |"))
    phone = survey.phone()
    send(phone, "1", "<kid><age>4</age></kid>")
    survey.publish(form("2", "begin repeat | kid | Kid", "integer | age | Age", "end repeat | |"))
    send(phone, "2", "<kid><age>5</age></kid><kid><age>6</age></kid>")
    survey.publish(form("3", "begin repeat | kid | Kid", "text | age | Age", "end repeat | |"))
    send(phone, "3", "<kid><age>seven</age></kid>")
    sheets = survey.export("home", tmp_path / "out.xlsx")
    assert [row["age"] for row in sheets["kid"]] == ["5", "6", "seven"]
    assert "4" in [str(row.get("age")) for row in sheets["data"]]
    assert_rebuilt_alike(survey)


def test_a_root_of_another_name_keeps_the_columns(survey: Survey) -> None:
    """A question called `data` gives the record another root."""
    rows = (
        "begin group | a | A",
        "text | other | O",
        "end group | |",
        "begin group | b | B",
        "text | other | O",
        "end group | |",
    )
    survey.publish(form("1", "text | x | X", *rows))
    phone = survey.phone()
    send(phone, "1", "<x>1</x><a><other>one</other></a><b><other>two</other></b>")
    survey.publish(form("2", "text | data | Data", "text | x | X", *rows))
    sent = record(
        "<x>2</x><data>d</data><a><other>three</other></a><b><other>four</other></b>", form="home", version="2"
    )
    assert (
        phone.send(
            sent.replace("<data ", "<record ", 1)
            .replace("</meta></data>", "</meta></record>")
            .replace("</orx:meta></data>", "</orx:meta></record>")
        ).status_code
        == 201
    )
    assert survey.rows("SELECT x, other, other_2, data FROM data_home ORDER BY 1") == [
        ("1", "one", "two", None),
        ("2", "three", "four", "d"),
    ]
    assert_rebuilt_alike(survey)


@ON_SQLITE
def test_the_command_line_exports_all_versions(grown: Survey, tmp_path: Path) -> None:
    config = grown.config
    environment = {"SURVEYAPP_DATABASE_URL": config.database_url, "SURVEYAPP_DATA_DIR": str(config.data_dir)}
    target = tmp_path / "folder" / "out.xlsx"
    result = CliRunner().invoke(main, ["export", "home", str(target), "--headers", "name"], env=environment)
    assert result.exit_code == 0, result.output
    assert "4 submissions" in result.output
    assert len(read_sheets(target)["data"]) == 4
