"""The answers to a form at a glance: question by question, and on a map."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from surveyapp.clean.fields import Questionnaire
from surveyapp.clean.missing_codes import usual_codes
from surveyapp.clean.parameter_words import MISSING_WORDS
from surveyapp.store.answer_summary import MOST_ROWS, Summary, count_answers, count_clean_answers, list_newest
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.cleaning_source import StoredSubmissions, get_cleaning, get_questionnaire
from surveyapp.store.forms import Form, get_form
from surveyapp.store.listing import Filter
from surveyapp.store.positions import list_placed
from surveyapp.store.reach import Reach
from surveyapp.store.selection import Selection
from surveyapp.web.answer_columns import MAIN, Column, asked_table, list_columns, list_tables
from surveyapp.web.current import database, files
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import allow_person
from surveyapp.web.office import asked
from surveyapp.web.pages_submissions import list_choices, narrowing, read_filter
from surveyapp.web.scatter import draw_scatter

pages_summary = Blueprint("summary_pages", __name__, url_prefix="/p/<project>/forms/<form_id>")

# Questions a page: each is a column that the database reads.
PER_PAGE: Final = 20
MOST_CHOICES: Final = 30
MOST_POINTS: Final = 2_000
# Cleaning goes through a submission at a time.
MOST_CLEANED: Final = 500

Shown: TypeAlias = tuple[str, list[Column]]
Counted: TypeAlias = tuple[int, dict[str, Summary]]


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
    missing: tuple[tuple[str, int], ...]


@pages_summary.get("/summary")
def summary(project: str, form_id: str) -> str:
    """What was answered to each question; as received, or with `?answers=clean` as cleaning leaves it."""
    with database().reading() as session:
        access = allow_person(session, "see", project)
        form = get_form(session, access.project.id, form_id)
        questionnaire = get_questionnaire(session, files(), form)
        repeat, wanted = asked_table(questionnaire), read_filter(access)
        known = [column for column in list_columns(questionnaire, repeat) if column.shown]
        pages = max(1, -(-len(known) // PER_PAGE))
        page = min(int(asked("page")), pages) if asked("page").isdecimal() and asked("page") != "0" else 1
        columns = known[(page - 1) * PER_PAGE : page * PER_PAGE]
        clean = asked("answers") == "clean"
        count = _count_clean if clean else _count_received
        rows, found = count(session, form, questionnaire, (repeat, columns), access.reach, wanted)
        own = {"table": repeat, "answers": "clean" if clean else ""}
        said = {**narrowing(), **{name: text for name, text in own.items() if text}}
        return render_template(
            "summary.html",
            form=form,
            rows=rows,
            most=MOST_CLEANED if clean else MOST_ROWS,
            clean=clean,
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


def _count_received(
    session: Session, form: Form, questionnaire: Questionnaire, shown: Shown, reach: Reach, wanted: Filter
) -> Counted:
    repeat, columns = shown
    tables = get_answer_tables(session, form.id, form.answers_revision)
    types = {column.path: column.type for column in columns}
    codes = {path: usual_codes(questionnaire.fields[path]) for path in types}
    return count_answers(session, tables, repeat, types, reach, wanted, codes=codes)


def _count_clean(
    session: Session, form: Form, questionnaire: Questionnaire, shown: Shown, reach: Reach, wanted: Filter
) -> Counted:
    repeat, columns = shown
    types = {column.path: column.type for column in columns}
    cleaning = get_cleaning(session, files(), form)
    numbers = tuple(list_newest(session, form.id, reach, wanted, MOST_CLEANED))
    if not numbers:
        return 0, {path: Summary() for path in types}
    selection = Selection(submissions=numbers, reach=reach)
    source = StoredSubmissions(session, form, questionnaire, flags=cleaning.asks_checks, selection=selection)
    return count_clean_answers(source, cleaning.cleaner, repeat, types)


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
    more = len(found.choices.keys() - set(codes))
    return Told(column, found, answered, bars if found.choices else (), more, tuple(_tell_missing(found)))


def _tell_missing(found: Summary) -> Iterator[tuple[str, int]]:
    for reason, count in found.missing.most_common():
        words = MISSING_WORDS.get(reason)
        yield words.zh if words and page_language() == "zh" else words.en if words else reason, count


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
