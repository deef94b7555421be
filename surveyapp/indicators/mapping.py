"""What the sheet `indicators` of a workbook means: names of the form's own questions, and settings of the form.

Nothing is guessed: a name that the catalogue or the form does not know is told with sheet, row, column and remedy.
"""

import difflib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from surveyapp.findings import FormFinding
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.indicators.settings_values import SettingsError
from surveyapp.sentences import say
from surveyapp.xform.definition import FormDefinition
from surveyapp.xlsform.indicators_sheet import IndicatorRow

# The finding of a version whose workbook has the sheet.
INDICATORS_READ: Final = "indicators-read"
# Settings that hold names of questions of the form.
OF_QUESTIONS: Final = ("weight", "village", "township", "group", "household", "wave", "strata")
TRUTH: Final = {"true": True, "yes": True, "false": False, "no": False}


@dataclass
class FormSettings:
    """What a sheet states, as the JSON of `surveyapp.indicators.settings`, and what is wrong with the sheet."""

    stated: dict[str, Any] = field(default_factory=dict)
    findings: list[FormFinding] = field(default_factory=list)


def list_places(definition: FormDefinition) -> dict[str, list[str]]:
    """For each question of a form, by name, the repeats in which it lies; '' outside of any."""
    places: dict[str, list[str]] = {}
    for question in definition.questions:
        places.setdefault(question.name, []).append(definition.repeat_of[question.path])
    return places


def read_form_settings(rows: Iterable[IndicatorRow], places: Mapping[str, Sequence[str]]) -> FormSettings:
    """The sheet understood; `places` as `list_places` gives them."""
    found = FormSettings()
    taken: dict[str, int] = {}
    last: IndicatorRow | None = None
    for last in rows:
        if last.input and last.question:
            found.findings += _check_input(last, places, taken)
            found.stated.setdefault("aliases", {})[last.input] = last.question
        if last.setting and last.value:
            _take_setting(last, places, taken, found)
    if last is not None and not found.findings:
        try:
            read_settings(found.stated)
        except SettingsError as error:
            found.findings.append(FormFinding("indicator-setting", "error", str(error), sheet=last.sheet))
    return found


def _check_input(
    row: IndicatorRow, places: Mapping[str, Sequence[str]], taken: dict[str, int]
) -> Iterator[FormFinding]:
    yield from _check_once(row, "input", row.input, taken)
    question = QUESTIONS.get(row.input)
    if question is None:
        yield _fault(
            row,
            "input",
            "indicator-input",
            say("The catalogue has no input '{input}'.", input=row.input),
            _near(row.input, QUESTIONS),
        )
        return
    yield from _check_question(row, "question", row.question, places)
    member = question.place == "member"
    if row.question in places and any(bool(repeat) != member for repeat in places[row.question]):
        where = say("in the repeat of the household's members") if member else say("outside of any repeat")
        message = say(
            "'{input}' is asked {where}, and '{question}' is not.", input=row.input, where=where, question=row.question
        )
        yield _fault(row, "question", "indicator-place", message, say("Name a question there."))


def _check_question(
    row: IndicatorRow, column: str, name: str, places: Mapping[str, Sequence[str]]
) -> Iterator[FormFinding]:
    if name not in places:
        yield _fault(
            row, column, "indicator-question", say("The form has no question '{name}'.", name=name), _near(name, places)
        )
    elif len(places[name]) > 1:
        message = say("The form has {count} questions '{name}'.", count=len(places[name]), name=name)
        yield _fault(row, column, "indicator-question", message, say("Give the one that is meant a name of its own."))


def _check_once(row: IndicatorRow, column: str, name: str, taken: dict[str, int]) -> Iterator[FormFinding]:
    if name in taken:
        message = say("'{name}' is named in row {row} already.", name=name, row=taken[name])
        yield _fault(row, column, "indicator-twice", message, say("Leave one of the two."))
    taken[name] = row.row


def _take_setting(
    row: IndicatorRow, places: Mapping[str, Sequence[str]], taken: dict[str, int], found: FormSettings
) -> None:
    found.findings += _check_once(row, "setting", row.setting, taken)
    stated = _nested(row.setting, row.value)
    if "aliases" in stated:
        message, remedy = "Questions are named in the columns input and question.", "Move the row there."
        found.findings.append(_fault(row, "setting", "indicator-setting", message, remedy))
        return
    try:
        read_settings(stated, whole=False)
    except SettingsError as error:
        wrong = "value" if error.where == row.setting or error.where.startswith(f"{row.setting}[") else "setting"
        found.findings.append(_fault(row, wrong, "indicator-setting", str(error), say("See docs/indicators.md.")))
        return
    for name in _named_questions(stated):
        found.findings += _check_question(row, "value", name, places)
    found.stated = merge_stated(found.stated, stated)


def _named_questions(stated: Mapping[str, Any]) -> Iterator[str]:
    for name, value in stated.get("design", {}).items():
        if name in OF_QUESTIONS:
            yield from [value] if isinstance(value, str) else value


def merge_stated(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of two sources: what `above` says counts, setting by setting; for the rest what `below` says."""
    found = dict(below)
    for name, value in above.items():
        both = isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = merge_stated(found[name], value) if both else value
    return found


def with_older_names(
    newest: Mapping[str, Any], versions: Iterable[tuple[Mapping[str, Any], Collection[str]]]
) -> dict[str, Any]:
    """What the sheet of the newest version states, and the names that older ones give to inputs it no longer asks.

    A version that drops a question has to drop its row of the sheet; the answers given before must not lose their
    name by that. `versions` are all of the form, newest first: what the sheet states, and the questions by name. An
    input that a newer version names, or asks under the catalogue's name, is that version's; a question that a newer
    version asks and does not name has lost its name for good.
    """
    names: dict[str, str] = {}
    asked: set[str] = set()
    for stated, questions in versions:
        older = {name: said for name, said in stated.get("aliases", {}).items() if not {name, said} & asked}
        names = {**older, **names}
        asked |= set(questions)
    return {**newest, "aliases": names} if names else dict(newest)


def _nested(path: str, text: str) -> dict[str, Any]:
    """`poverty_line.amount`, `4200` as {"poverty_line": {"amount": 4200}}; a name of the author's keeps its dots."""
    default: Any = Settings().as_json()
    names: list[str] = []
    rest = path
    while rest:
        head, _, tail = rest.partition(".")
        if isinstance(default, Mapping) and head not in default and names:
            head, tail = rest, ""
        names.append(head)
        default = default.get(head) if isinstance(default, Mapping) else None
        rest = tail
    value = _read_value(text, default)
    for name in reversed(names):
        value = {name: value}
    stated: dict[str, Any] = value
    return stated


def _read_value(text: str, default: Any) -> Any:
    """A cell as the kind of thing that the default is; lists are separated by spaces or commas, or JSON."""
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        return TRUTH.get(text.lower(), text)
    if isinstance(default, list) and not text.startswith("["):
        parts = text.replace(",", " ").split()
        return parts if not default or isinstance(default[0], str) else [_as_json(part) for part in parts]
    return _as_json(text)


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _near(name: str, known: Collection[str]) -> str:
    similar = difflib.get_close_matches(name, list(known), 1)
    return (
        say("Did you mean '{meant}'?", meant=similar[0]) if similar else say("See docs/indicators.md for the inputs.")
    )


def _fault(row: IndicatorRow, column: str, code: str, message: str, remedy: str) -> FormFinding:
    return FormFinding(code, "error", message, remedy, row.sheet, row.row, column)
