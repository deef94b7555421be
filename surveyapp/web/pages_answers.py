"""The answers to a form as a table: a row an interview or a row of a repeat, a column a question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for

from surveyapp.clean.records import Row
from surveyapp.store.cleaning_source import Cleaning, StoredSubmissions, get_cleaning, get_questionnaire
from surveyapp.store.forms import get_form
from surveyapp.store.listing import Filter, Listed
from surveyapp.store.selection import Selection
from surveyapp.web.answer_columns import MAIN, Column, asked_table, list_columns, list_tables
from surveyapp.web.current import database, files
from surveyapp.web.identity import allow_person
from surveyapp.web.office import asked
from surveyapp.web.pages_submissions import list_choices, list_page, narrowing, read_filter

pages_answers = Blueprint("answer_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/answers")

PER_PAGE: Final = 50
# Rows of repeats: so many interviews a page.
PER_PAGE_OF_ROWS: Final = 20
# Columns where none are chosen, and the most that may be.
FIRST_COLUMNS: Final = 12
MOST_COLUMNS: Final = 120


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: of which submission, which row of its repeat (0: none), and a text for each column."""

    listed: Listed
    ordinal: int
    cells: Sequence[str]
    dropped: bool = False


@pages_answers.get("")
def answers(project: str, form_id: str) -> str:
    """A page of the table, newest first; as received, or with `?answers=clean` as cleaning leaves them."""
    with database().reading() as session:
        access = allow_person(session, "see", project)
        form = get_form(session, access.project.id, form_id)
        questionnaire = get_questionnaire(session, files(), form)
        repeat = asked_table(questionnaire)
        cleaning = get_cleaning(session, files(), form) if asked("answers") == "clean" else None
        known = list_columns(questionnaire, repeat, cleaning.program.columns.values() if cleaning else ())
        columns = _chosen(known)
        wanted = read_filter(access)
        found, newer, older = list_page(session, form.id, access, wanted, PER_PAGE_OF_ROWS if repeat else PER_PAGE)
        numbers = tuple(one.id for one in found)
        source = StoredSubmissions(
            session,
            form,
            questionnaire,
            flags=cleaning is not None and cleaning.asks_checks,
            selection=Selection(submissions=numbers, reach=access.reach),
        )
        rows = _read_rows(source, cleaning) if numbers else {}
        said = {**narrowing(), **_choice()}
        return render_template(
            "answers.html",
            form=form,
            known=known,
            columns=columns,
            lines=[line for one in found for line in _lines(one, rows.get(one.id), repeat, columns)],
            tables=list_tables(questionnaire),
            table_shown=repeat or MAIN,
            clean=cleaning is not None,
            compares=cleaning is not None and cleaning.program.looks_at_groups,
            narrowed=narrowing(),
            narrows=wanted != Filter(),
            kept=[*((name, said[name]) for name in ("table", "answers") if name in said), *_chosen_keys(said)],
            choices=[(column.key, column.label) for column in known],
            newer=_address(project, form_id, said, newer),
            older=_address(project, form_id, said, older),
            **list_choices(session, form, access),
        )


def _choice() -> dict[str, Any]:
    """What the address says of the table itself."""
    said: dict[str, Any] = {name: asked(name) for name in ("table", "answers") if asked(name)}
    return {**said, "c": request.args.getlist("c")} if request.args.getlist("c") else said


def _chosen_keys(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("c", key) for key in said.get("c", ())]


def _address(project: str, form_id: str, said: Mapping[str, Any], where: Mapping[str, int]) -> str:
    values = {**said, **where}
    return url_for("answer_pages.answers", project=project, form_id=form_id, **values) if where else ""


def _chosen(known: Sequence[Column]) -> list[Column]:
    keys = set(request.args.getlist("c"))
    chosen = [column for column in known if column.key in keys]
    return chosen[:MOST_COLUMNS] or [column for column in known if column.shown][:FIRST_COLUMNS]


def _read_rows(source: StoredSubmissions, cleaning: Cleaning | None) -> dict[int, Sequence[Row] | None]:
    """The rows of the submissions by number, cleaned where `cleaning` says by what; None for one that it removes."""
    if cleaning is None:
        return {one.number: one.rows for one in source.list_submissions()}
    cleaner = cleaning.cleaner
    outcomes = ((one.number, cleaner.clean(one)) for one in source.list_submissions())
    return {number: None if outcome.deletion else outcome.rows for number, outcome in outcomes}


def _lines(listed: Listed, rows: Sequence[Row] | None, repeat: str, columns: Sequence[Column]) -> Iterator[Line]:
    if rows is None:
        yield Line(listed, 0, [""] * len(columns), dropped=True)
        return
    own = [row for row in rows if row.repeat == repeat]
    for ordinal, row in enumerate(own, 1):
        yield Line(listed, ordinal if repeat else 0, [column.tell(row.values.get(column.path)) for column in columns])
