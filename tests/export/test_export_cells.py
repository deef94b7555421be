"""Typed values become cells; what is not of its column's type is no guess."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.export.cells import AsSent, Kind, SharedStrings, row_encoder
from surveyapp.export.text import CELL_UNITS, Tally


def encode(kind: Kind, value: Any, *, style: int = 3) -> tuple[str, Tally]:
    tally = Tally()
    encoder = row_encoder([kind], [style], SharedStrings(tally), tally, lambda *_: None)
    row = encoder([(value,)], 6)
    return row.removeprefix('<row r="7">').removesuffix("</row>"), tally


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        ("int", 42, '<c r="A7" s="3"><v>42</v></c>'),
        ("int", -98, '<c r="A7" s="3"><v>-98</v></c>'),
        ("int", 999_999_999_999_999, '<c r="A7" s="3"><v>999999999999999</v></c>'),
        ("int", 12345678901234567, '<c r="A7" s="3" t="inlineStr"><is><t>12345678901234567</t></is></c>'),
        ("float", 0.1, '<c r="A7" s="3"><v>0.1</v></c>'),
        ("float", 3, '<c r="A7" s="3"><v>3</v></c>'),
        ("float", 1 / 3, '<c r="A7" s="3"><v>0.3333333333333333</v></c>'),
        ("float", 1e-300, '<c r="A7" s="3"><v>1e-300</v></c>'),
        ("float", float("nan"), ""),
        ("float", float("-inf"), ""),
        ("text", "=1+1", '<c r="A7" s="3" t="inlineStr"><is><t>=1+1</t></is></c>'),
        ("text", "#N/A", '<c r="A7" s="3" t="inlineStr"><is><t>#N/A</t></is></c>'),
        ("text", "_x0041_", '<c r="A7" s="3" t="inlineStr"><is><t>_x005F_x0041_</t></is></c>'),
        ("text", "a\rb", '<c r="A7" s="3" t="inlineStr"><is><t>a_x000D_b</t></is></c>'),
        ("text", "\x00", '<c r="A7" s="3" t="inlineStr"><is><t>\ufffd</t></is></c>'),
        ("text", "", ""),
        ("code", "dk", '<c r="A7" s="3" t="s"><v>0</v></c>'),
        ("date", date(1900, 3, 1), '<c r="A7" s="3"><v>61</v></c>'),
        ("date", date(2026, 2, 3), '<c r="A7" s="3"><v>46056</v></c>'),
        ("date", date(1850, 5, 5), '<c r="A7" s="3" t="inlineStr"><is><t>1850-05-05</t></is></c>'),
        ("datetime", datetime(2026, 2, 3, 12), '<c r="A7" s="3"><v>46056.5</v></c>'),
        (
            "datetime",
            datetime(1899, 12, 31, 8),
            '<c r="A7" s="3" t="inlineStr"><is><t>1899-12-31 08:00:00</t></is></c>',
        ),
        ("time", time(18), '<c r="A7" s="3"><v>0.75</v></c>'),
        ("bool", True, '<c r="A7" s="3" t="b"><v>1</v></c>'),
    ],
)
def test_value_becomes_the_cell_of_its_type(kind: Kind, value: Any, cell: str) -> None:
    assert encode(kind, value)[0] == cell


@pytest.mark.parametrize("kind", ["int", "float", "text", "code", "date", "datetime", "time", "bool"])
def test_no_answer_is_no_cell(kind: Kind) -> None:
    assert encode(kind, None)[0] == ""


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "7"),
        ("int", True),
        ("int", date(2026, 1, 1)),
        ("float", "1.5"),
        ("float", False),
        ("text", 7),
        ("text", b"bytes"),
        ("code", 7),
        ("date", "2026-01-01"),
        ("date", datetime(2026, 1, 1)),
        ("datetime", date(2026, 1, 1)),
        ("datetime", datetime(2026, 1, 1, tzinfo=UTC)),
        ("time", time(1, tzinfo=UTC)),
        ("bool", 1),
    ],
)
def test_value_of_another_type_is_refused(kind: Kind, value: Any) -> None:
    with pytest.raises(TypeError):
        encode(kind, value)


@pytest.mark.parametrize("kind", ["int", "float", "text", "code", "date", "datetime", "time", "bool"])
def test_text_as_sent_stands_in_any_column(kind: Kind) -> None:
    cell, _ = encode(kind, AsSent("=abc & d"))
    if kind == "code":
        assert 't="s"' in cell
    else:
        assert cell == '<c r="A7" s="3" t="inlineStr"><is><t>=abc &amp; d</t></is></c>'


def test_what_had_to_be_changed_is_counted() -> None:
    tally = Tally()
    encoder = row_encoder(["int", "float", "date", "text"], [0] * 4, SharedStrings(tally), tally, lambda *_: None)
    encoder([(10**17, float("inf"), date(1850, 1, 1), "\x01\x02" + "a" * 40_000)], 0)
    assert (tally.long_integers, tally.not_numbers, tally.early_dates, tally.characters, tally.cut) == (1, 1, 1, 2, 1)
    assert len(tally.warnings()) == 5


@pytest.mark.parametrize("kind", ["text", "code"])
def test_long_text_is_told_with_its_place_each_time_it_occurs(kind: Kind) -> None:
    told: list[tuple[int, int, str, Any]] = []
    tally = Tally()
    encoder = row_encoder(["int", kind], [0, 0], SharedStrings(tally), tally, lambda *found: told.append(found))
    long = "村" * (CELL_UNITS + 1)
    rows = [(1, "short"), (2, long), (3, long)]
    encoder(rows, 4)
    assert told == [(6, 1, long, rows[1]), (7, 1, long, rows[2])]
    assert tally.cut == 2


def test_shared_strings_stop_at_their_cap() -> None:
    tally = Tally()
    strings = SharedStrings(tally, most=2)
    encoder = row_encoder(["code"], [0], strings, tally, lambda *_: None)
    xml = encoder([("a",), ("b",), ("c",), ("a",)], 0)
    assert xml.count('t="s"') == 3
    assert '<c r="A3" t="inlineStr"><is><t>c</t></is></c>' in xml
    assert strings.items_xml == ["<si><t>a</t></si>", "<si><t>b</t></si>"]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_reads_back_to_the_last_bit(value: float) -> None:
    cell, _ = encode("float", value)
    assert float(cell.partition("<v>")[2].partition("</v>")[0]) == value


def test_sixteen_thousand_columns_are_encoded() -> None:
    tally = Tally()
    encoder = row_encoder(["int"] * 16_384, [0] * 16_384, SharedStrings(tally), tally, lambda *_: None)
    assert '<c r="XFD1"><v>1</v></c></row>' in encoder([(1,) * 16_384], 0)
