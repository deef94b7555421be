"""The answers to a form at a glance: question by question, and on a map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, render_template, url_for

from surveyapp.store.answer_summary import MOST_ROWS, Summary, count_answers
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.cleaning_source import get_questionnaire
from surveyapp.store.forms import get_form
from surveyapp.store.listing import Filter
from surveyapp.store.positions import list_placed
from surveyapp.web.answer_columns import MAIN, Column, asked_table, list_columns, list_tables
from surveyapp.web.current import database, files
from surveyapp.web.identity import allow_person
from surveyapp.web.office import asked
from surveyapp.web.pages_submissions import list_choices, narrowing, read_filter
from surveyapp.web.scatter import draw_scatter

pages_summary = Blueprint("summary_pages", __name__, url_prefix="/p/<project>/forms/<form_id>")

# Questions a page: each is a column that the database reads.
PER_PAGE: Final = 20
MOST_CHOICES: Final = 30
MOST_POINTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Bar:
    """How often a choice was chosen; `share` of those who answered, in per cent."""

    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Told:
    """A question with what was answered; `answered` in per cent of those who were asked, None where nobody was."""

    column: Column
    summary: Summary
    answered: float | None
    bars: tuple[Bar, ...]
    more: int


@pages_summary.get("/summary")
def summary(project: str, form_id: str) -> str:
    """What was answered to each question, as received."""
    with database().reading() as session:
        access = allow_person(session, "see", project)
        form = get_form(session, access.project.id, form_id)
        questionnaire = get_questionnaire(session, files(), form)
        repeat, wanted = asked_table(questionnaire), read_filter(access)
        known = [column for column in list_columns(questionnaire, repeat) if column.shown]
        pages = max(1, -(-len(known) // PER_PAGE))
        page = min(int(asked("page")), pages) if asked("page").isdecimal() and asked("page") != "0" else 1
        columns = known[(page - 1) * PER_PAGE : page * PER_PAGE]
        tables = get_answer_tables(session, form.id, form.answers_revision)
        types = {column.path: column.type for column in columns}
        rows, found = count_answers(session, tables, repeat, types, access.reach, wanted)
        said = {**narrowing(), **({"table": repeat} if repeat else {})}
        return render_template(
            "summary.html",
            form=form,
            rows=rows,
            most=MOST_ROWS,
            told=[_tell(column, found[column.path]) for column in columns],
            first=(page - 1) * PER_PAGE + 1,
            questions=len(known),
            before=_address(project, form_id, said, page - 1) if page > 1 else "",
            after=_address(project, form_id, said, page + 1) if page < pages else "",
            tables=list_tables(questionnaire),
            table_shown=repeat or MAIN,
            narrowed=narrowing(),
            narrows=wanted != Filter(),
            said=said,
            **list_choices(session, form, access),
        )


def _address(project: str, form_id: str, said: Mapping[str, Any], page: int) -> str:
    return url_for("summary_pages.summary", project=project, form_id=form_id, **said, page=page)


def _tell(column: Column, found: Summary) -> Told:
    """Choices in the order of the form, those that it does not have after them."""
    codes = [*column.choices, *sorted(found.choices.keys() - column.choices.keys())]
    # A list as long as that of all villages is told by those most often chosen.
    if len(codes) > MOST_CHOICES:
        codes = [code for code, _ in found.choices.most_common(MOST_CHOICES)]
    label = {"True": column.tell(True), "False": column.tell(False)} if column.type == "boolean" else column.choices
    bars = tuple(
        Bar(label.get(code) or code, found.choices[code], 100 * found.choices[code] / max(found.answered, 1))
        for code in codes
    )
    answered = 100 * found.answered / found.asked if found.asked else None
    return Told(column, found, answered, bars if found.choices else (), len(found.choices.keys() - set(codes)))


@pages_summary.get("/map")
def map_page(project: str, form_id: str) -> str:
    """Where the interviews were, coloured by state or by person."""
    with database().reading() as session:
        access = allow_person(session, "see", project)
        form = get_form(session, access.project.id, form_id)
        questionnaire = get_questionnaire(session, files(), form)
        wanted = read_filter(access)
        questions = {one.key: one for one in list_columns(questionnaire, "") if one.type == "geopoint"}
        question = questions.get(asked("question")) or next(iter(questions.values()), None)
        tables = get_answer_tables(session, form.id, form.answers_revision)
        path = question.path if question else ""
        placed = list_placed(session, tables, path, access.reach, wanted, MOST_POINTS) if question else []
        by = "person" if asked("by") == "person" else "state"
        return render_template(
            "map.html",
            form=form,
            questions=[(one.key, one.label) for one in questions.values()],
            question=question,
            by=by,
            most=MOST_POINTS,
            placed=placed,
            drawing=draw_scatter([(one.latitude, one.longitude) for one in placed]),
            kinds=_list_kinds([getattr(one, by) or "" for one in placed]),
            narrowed=narrowing(),
            narrows=wanted != Filter(),
            **list_choices(session, form, access),
        )


def _list_kinds(values: list[str]) -> dict[str, tuple[int, int]]:
    """By value its colour, from 0 for the most frequent, and how often it is there; all rare ones share a colour."""
    counted: dict[str, int] = {}
    for value in values:
        counted[value] = counted.get(value, 0) + 1
    ordered = sorted(counted, key=lambda value: (-counted[value], value))
    return {value: (min(place, COLOURS - 1), counted[value]) for place, value in enumerate(ordered)}


# As many as the look of the pages has for points.
COLOURS: Final = 8
