"""Forms of odd names, of very many questions, and of repeats inside repeats."""

import random
from pathlib import Path

from tests.homes import assert_rebuilt_alike, form, send
from tests.people import Survey, record

# -- names ------------------------------------------------------------------------------------------------------------
LONG = "q" * 70
NAMES = [
    "select",
    "order",
    "user",
    "table",
    "Data2",
    "data2",
    "DATA2",
    "_submission_id",
    "_extra",
    "问题",
    "é",
    LONG,
    LONG + "x",
    "data",
    "x.y",
    "x-y",
    "true",
    "_",
]


def test_questions_of_any_name_are_kept_apart_and_exported(survey: Survey, tmp_path: Path) -> None:
    repeat = [
        "begin repeat | group_ | G",
        *(f"text | {name} | L" for name in NAMES if name != "data"),
        "text | _row_key | L",
        "end repeat | |",
    ]
    survey.publish(form("1", *(f"text | {name} | L" for name in NAMES), *repeat))
    answers = "".join(f"<{name}>{number}</{name}>" for number, name in enumerate(NAMES))
    inside = "".join(f"<{name}>{number}</{name}>" for number, name in enumerate(NAMES) if name != "data")
    phone = survey.phone()
    sent = record(f"{answers}<group_>{inside}<_row_key>99</_row_key></group_>", form="home", instance_id="uuid:1")
    assert phone.send(sent).status_code == 201
    assert survey.findings("home", "uuid:1") == []
    sheets = survey.export("home", tmp_path / "out.xlsx", missing="none")
    assert sorted(int(v) for n, v in sheets["data"][0].items() if str(v).isdigit() and n not in FIXED) == list(
        range(len(NAMES))
    )
    cells = sheets["group_"][0].items()
    found = [int(v) for n, v in cells if isinstance(v, str) and v.isdigit() and n != "_parent_row_key"]
    assert sorted(found) == sorted([number for number, name in enumerate(NAMES) if name != "data"] + [99])
    assert_rebuilt_alike(survey)


FIXED = ("_submission_no", "_edits", "_findings_error", "_findings_warn", "_version")


# -- wide and deep ----------------------------------------------------------------------------------------------------
WIDE = 2600


def test_a_form_of_2600_questions_and_repeats_three_deep_goes_in_and_out(survey: Survey, tmp_path: Path) -> None:
    kinds = ["text", "integer", "decimal", "date"]
    rows = [f"{kinds[number % 4]} | q{number} | Q" for number in range(WIDE)]
    rows += ["begin repeat | r1 | R", *(f"text | w{number} | W" for number in range(700))]
    rows += ["begin repeat | r2 | R", "text | b | B", "begin repeat | r3 | R", "integer | c | C", "end repeat | |"]
    survey.publish(form("1", *rows, "end repeat | |", "end repeat | |"))
    values = {"text": "x" * 23, "integer": "123456789012", "decimal": "1.25", "date": "2026-01-02"}
    answers = "".join(f"<q{number}>{values[kinds[number % 4]]}</q{number}>" for number in range(WIDE))
    wide = "".join(f"<w{number}>{'y' * 23}</w{number}>" for number in range(700))

    def nest(first: int) -> str:
        inner = "".join(f"<r3><c>{first * 100 + number}</c></r3>" for number in range(2))
        return f"<r1>{wide}<r2><b>{first}</b>{inner}</r2><r2><b>{first + 1}</b>{inner}</r2></r1>"

    phone = survey.phone()
    send(phone, "1", answers + nest(1) + nest(3), instance_id="uuid:1")
    send(phone, "1", answers + nest(5), instance_id="uuid:2", deprecated_id="uuid:1")
    send(phone, "1", answers + nest(7))
    sheets = survey.export("home", tmp_path / "out.xlsx", missing="none")
    for number in (0, 1, 2, WIDE - 4, WIDE - 1):
        shown = [row[f"q{number}"] for row in sheets["data"]]
        assert shown[0] == shown[1] is not None
    assert [
        sum(value is not None for name, value in row.items() if name.startswith("q")) for row in sheets["data"]
    ] == [WIDE] * 2
    assert [row["w699"] for row in sheets["r1"]] == ["y" * 23] * 2
    assert [row["b"] for row in sheets["r2"]] == ["5", "6", "7", "8"]
    assert [row["c"] for row in sheets["r3"]] == [500, 501, 500, 501, 700, 701, 700, 701]
    parents = {row["_row_key"] for row in sheets["r2"]}
    assert {row["_parent_row_key"] for row in sheets["r3"]} == parents
    assert_rebuilt_alike(survey)


def test_400_questions_of_short_text_fit_the_pages_of_every_database(survey: Survey) -> None:
    """PostgreSQL moves only texts over some 24 bytes out of a row of 8 kB."""
    survey.publish(form("1", *(f"text | q{number} | Q" for number in range(400))))
    phone = survey.phone()
    for length in (22, 23, 24, 25):
        send(phone, "1", "".join(f"<q{number}>{'x' * length}</q{number}>" for number in range(400)))
    assert survey.count("data_home") == 4


def test_row_keys_survive_edits_and_are_made_again(survey: Survey) -> None:
    survey.publish(
        form(
            "1",
            "begin repeat | a | A",
            "text | x | X",
            "begin repeat | b | B",
            "text | y | Y",
            "end repeat | |",
            "end repeat | |",
        )
    )
    phone = survey.phone()
    rng = random.Random(7)
    for _ in range(4):
        former = None
        for _ in range(4):
            inner = ["".join(f"<b><y>{rng.randrange(3)}</y></b>" for _ in range(rng.randrange(3))) for _ in range(3)]
            answers = "".join(f"<a><x>{rng.randrange(4)}</x>{part}</a>" for part in inner[: rng.randrange(4)])
            former = send(phone, "1", answers, deprecated_id=former)
    keys = [row[0] for row in survey.rows("SELECT _row_key FROM data_home_a")]
    assert len(keys) == len(set(keys))
    assert_rebuilt_alike(survey)
