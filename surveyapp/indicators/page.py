"""The tables of docs/indicators.md, written from the declarations; a test holds the page to them."""

from collections.abc import Iterable, Iterator
from typing import Final

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.declaration import Indicator
from surveyapp.indicators.figures import Line
from surveyapp.indicators.summary import LINES

START: Final = "<!-- written from the declarations: start -->"
END: Final = "<!-- written from the declarations: end -->"
SETS: Final = (
    ("CORE", "the headline set"),
    ("BLOCK", "building blocks, exported too"),
    ("EXT", "extended"),
)
HEAD: Final = ("code", "unit", "label", "formula", "missing", "before/after", "source")


def write_tables() -> str:
    """All tables, as Markdown between the two markers."""
    return "\n".join([START, "", *_household_tables(), *_line_table(), END])


def _household_tables() -> Iterator[str]:
    for set_name, words in SETS:
        counted = [one for one in CATALOGUE if one.set == set_name and one.counted]
        yield f"### {set_name}: {words} ({len(counted)} of households)"
        yield ""
        yield from _rows(HEAD, (_row(one) for one in counted))
    parts = [one for one in CATALOGUE if one.part_of and not one.twin_of]
    yield f"### Parts: columns that accompany an indicator ({len(parts)})"
    yield ""
    yield from _rows((*HEAD, "part of"), ((*_row(one), f"`{one.part_of}`") for one in parts))


def _row(one: Indicator) -> tuple[str, ...]:
    twin = next((other.code for other in CATALOGUE if other.twin_of == one.code), "")
    code = f"`{one.code}`" + (f", `{twin}`" if twin else "")
    marks = " Marks: " + ", ".join(f"`{flag}`" for flag in one.flags) + "." if one.flags else ""
    unit = f"{one.unit}: {', '.join(one.levels)}" if one.levels and len(one.levels) < 8 else one.unit
    return (
        code,
        unit,
        f"{one.label_en} / {one.label_zh}",
        one.definition,
        one.missing + marks,
        one.recall,
        " ".join(one.source),
    )


def _line_table() -> Iterator[str]:
    yield f"### Villages and the project ({len(LINES)} lines)"
    yield ""
    head = ("set", "line", "figures", "units counted", "label", "formula", "levels", "source")
    yield from _rows(head, (_line(one) for one in LINES))


def _line(one: Line) -> tuple[str, ...]:
    return (
        one.set,
        f"`{one.code}`",
        ", ".join(f"`{code}` ({unit})" for code, unit in one.codes.items()),
        one.units,
        f"{one.label_en} / {one.label_zh}",
        one.definition,
        ", ".join(one.levels),
        " ".join(one.source),
    )


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""
