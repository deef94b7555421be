"""The checks sheet of a form: what its author wants checked, row by row; all faults at once.

| column | holds |
|---|---|
| check_id | what the author calls it; empty = the kind |
| kind | an id of the catalogue, such as S07 |
| questions | names, or `${names}`, apart by spaces or commas |
| parameters | `name=value` apart by `;`, lists apart by spaces; of S07 and S15 `expression=` takes all that follows |
| by | the question that makes the groups |
| severity | error, warning (or warn), info |
| message::language | the sentence to show |
| active | yes or no; empty = yes |
"""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import compile_expression
from surveyapp.findings import FormFinding, Severity
from surveyapp.quality.catalogue import CATALOGUE, FOUND_ELSEWHERE
from surveyapp.quality.declaration import Check, ParameterValue, Setting
from surveyapp.quality.plan import UnknownNameError, resolve_names
from surveyapp.sentences import say
from surveyapp.xform.definition import FormDefinition, Question
from surveyapp.xlsform.sheets import Sheet, canonical, clean_header, nearest

T = TypeVar("T")
SHEET: Final = "checks"
# The note at a published version whose workbook has a sheet that was read.
CHECKS_READ: Final = "checks-read"
COLUMNS: Final = ("check_id", "kind", "questions", "parameters", "by", "severity", "message", "active")
SEVERITIES: Final[Mapping[str, Severity]] = {
    "error": "error",
    "warning": "warning",
    "warn": "warning",
    "info": "info",
}
TRUTHS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("yes", "true", "1", "on"), True),
    **dict.fromkeys(("no", "false", "0", "off"), False),
}
WORDS_OF: Final[Mapping[str, tuple[str, ...]]] = {"method": ("robust", "sd", "iqr"), "compare": ("no", "sum")}
DATES: Final = frozenset({"go_live"})
QUESTION_PARAMETERS: Final = frozenset({"age"})
NEEDED_QUESTIONS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("S04", "S05", "S06", "S08", "S13", "S14", "S15", "S21", "B1"), 1),
    **dict.fromkeys(("S16", "S18", "S19", "R12"), 2),
    "S17": 5,
}
NEEDS_EXPRESSION: Final = frozenset({"S07"})
_SPACES: Final = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class _Fault(Exception):  # it never leaves this file: it carries one fault of one cell to the row's reader
    column: str
    message: str
    remedy: str


@dataclass
class _Reader:
    definition: FormDefinition
    title: str
    findings: list[FormFinding] = field(default_factory=list)

    def fault(self, row: int, column: str, message: str, remedy: str) -> None:
        self.findings.append(FormFinding("checks-sheet", "error", message, remedy, self.title, row, column))


def read_checks(
    grid: Sequence[Sequence[str]], definition: FormDefinition, title: str = SHEET
) -> tuple[list[Setting], list[FormFinding]]:
    """The settings in the rows of a checks sheet, and every fault of it.

    `grid` holds the cells as text, the header in its first row that is not empty. A row with a fault gives no setting;
    the others do.
    """
    reader = _Reader(definition, title)
    start = next((place for place, row in enumerate(grid) if any(cell.strip() for cell in row)), None)
    if start is None:
        return [], []
    headers = [clean_header(cell) for cell in grid[start]]
    rows = [
        {header: cell.strip() for header, cell in zip(headers, row, strict=False) if header and cell.strip()}
        for row in grid[start + 1 :]
    ]
    sheet = Sheet(SHEET, title, [header for header in headers if header], rows, start + 2)
    _check_columns(reader, sheet, start + 1)
    settings: dict[str, Setting] = {}
    for number, row in sheet.numbered() if "kind" in sheet.columns else ():
        setting = _read_row(reader, number, row)
        if setting is not None and setting.id in settings:
            reader.fault(
                number,
                "check_id",
                say("The check_id '{id}' is there twice.", id=setting.id),
                say("Give each row an id of its own."),
            )
        elif setting is not None:
            settings[setting.id] = setting
    return list(settings.values()), reader.findings


def _check_columns(reader: _Reader, sheet: Sheet, row: int) -> None:
    if "kind" not in sheet.columns:
        reader.fault(
            row, "kind", say("The checks sheet has no column 'kind'."), say("Add it; it names a check, such as S07.")
        )
    for header in sheet.headers:
        if _column_of(header) not in COLUMNS:
            meant = nearest(_column_of(header), frozenset(COLUMNS))
            remedy = (
                say("Rename it to '{meant}'.", meant=meant) if meant else say("Columns are {columns}.", columns=COLUMNS)
            )
            reader.findings.append(
                FormFinding(
                    "checks-sheet",
                    "warning",
                    say("The column '{header}' is not read.", header=header),
                    remedy,
                    reader.title,
                    row,
                    header,
                )
            )


def _column_of(header: str) -> str:
    return {"question": "questions", "question(s)": "questions"}.get(name := canonical(header), name)


def _read_row(reader: _Reader, number: int, row: Mapping[str, str]) -> Setting | None:
    """One row as a setting; None, and its faults noted, where it has any."""
    cells: dict[str, str] = {}
    for header, cell in row.items():
        cells.setdefault(_column_of(header), cell)
    before = len(reader.findings)
    try:
        check = _read_kind(cells.get("kind", ""))
    except _Fault as fault:
        reader.fault(number, fault.column, fault.message, fault.remedy)
        return None

    def read(part: Callable[[], T], otherwise: T) -> T:
        """What `part` reads; its fault noted and `otherwise` where it cannot."""
        try:
            return part()
        except _Fault as fault:
            reader.fault(number, fault.column, fault.message, fault.remedy)
            return otherwise

    form = reader.definition
    no_questions: tuple[str, ...] = ()
    no_parameters: dict[str, ParameterValue] = {}
    questions = read(lambda: _read_questions(form, check, cells.get("questions", "")), no_questions)
    parameters = read(lambda: _read_parameters(form, check, cells.get("parameters", "")), no_parameters)
    if check.id == "S15" and len(questions) == 1 and not parameters.get("expression"):
        reader.fault(
            number, "questions", say("S15 needs two questions, or an expression."), say("Name what is divided by what.")
        )
    by = read(lambda: _read_by(form, cells.get("by", "")), "")
    severity = read(lambda: _read_word(SEVERITIES, "severity", cells), None)
    active = read(lambda: _read_word(TRUTHS, "active", cells), None)
    if len(reader.findings) > before:
        return None
    messages = {header.partition("::")[2]: cell for header, cell in row.items() if _column_of(header) == "message"}
    name = cells.get("check_id", "") or check.id
    return Setting(name, check, questions, parameters, by, severity, messages, active is not False)


def _read_kind(text: str) -> Check:
    kind = text.upper()
    if kind in CATALOGUE:
        return CATALOGUE[kind]
    if kind in FOUND_ELSEWHERE.values():
        raise _Fault(
            "kind",
            say("'{text}' needs no row: the rules of the form are always checked.", text=text),
            say("Remove the row."),
        )
    if not text:
        raise _Fault("kind", say("The row names no check."), say("Write the id of a check, such as S07."))
    meant = nearest(kind.lower(), frozenset(one.lower() for one in CATALOGUE)).upper()
    raise _Fault(
        "kind",
        say("There is no check '{text}'.", text=text),
        say("Did you mean {meant}?", meant=meant) if meant else say("See docs/quality.md for all."),
    )


def _read_questions(definition: FormDefinition, check: Check, text: str) -> tuple[str, ...]:
    names = [name.removeprefix("${").removesuffix("}") for name in _SPACES.split(text.strip()) if name]
    paths = tuple(_path_of(definition, name, "questions") for name in names)
    if paths and check.questions == "none":
        raise _Fault("questions", say("{id} is about no single question.", id=check.id), say("Leave the cell empty."))
    needed = NEEDED_QUESTIONS.get(check.id, 0)
    if len(paths) < needed:
        raise _Fault(
            "questions",
            say(
                "{id} needs at least {needed} question{number}.", id=check.id, needed=needed, number="s" * (needed > 1)
            ),
            say("Name them, apart by spaces."),
        )
    return paths


def _path_of(definition: FormDefinition, name: str, column: str) -> str:
    paths = [one.path for one in definition.questions if name in (one.name, one.path)]
    if len(paths) == 1:
        return paths[0]
    if paths:
        raise _Fault(
            column,
            say("Several questions are called '{name}'.", name=name),
            say("Write the path, such as {path}.", path=paths[0]),
        )
    meant = nearest(name, frozenset(one.name for one in definition.questions))
    raise _Fault(
        column,
        say("The form has no question '{name}'.", name=name),
        say("Did you mean '{meant}'?", meant=meant) if meant else say("Check the spelling."),
    )


def _read_by(definition: FormDefinition, text: str) -> str:
    if not text:
        return ""
    path = _path_of(definition, text.removeprefix("${").removesuffix("}"), "by")
    element = definition.elements[path]
    if definition.repeat_of[path] or not isinstance(element, Question):
        raise _Fault("by", say("'{text}' lies in a repeat.", text=text), say("Group by a question that is asked once."))
    return path


def _read_word(known: Mapping[str, T], column: str, cells: Mapping[str, str]) -> T | None:
    text = cells.get(column, "")
    if not text:
        return None
    if text.casefold() not in known:
        raise _Fault(
            column,
            say("'{text}' is no value of {column}.", text=text, column=column),
            say("Write one of {known}.", known=known),
        )
    return known[text.casefold()]


def _read_parameters(definition: FormDefinition, check: Check, text: str) -> dict[str, ParameterValue]:
    found: dict[str, ParameterValue] = {}
    for name, value in _split_parameters(text):
        if name not in check.defaults:
            meant = nearest(name, frozenset(check.defaults)) if check.defaults else ""
            known = ", ".join(check.defaults) or "none"
            raise _Fault(
                "parameters",
                say("{id} has no parameter '{name}'.", id=check.id, name=name),
                say("Did you mean '{meant}'?", meant=meant) if meant else say("Parameters are: {known}.", known=known),
            )
        found[name] = _read_value(definition, name, check.defaults[name], value)
    if check.id in NEEDS_EXPRESSION and not found.get("expression"):
        raise _Fault(
            "parameters",
            say("{id} needs an expression.", id=check.id),
            say("Write expression=… in the language of XLSForm."),
        )
    return found


def _split_parameters(text: str) -> Iterator[tuple[str, str]]:
    rest = text.strip()
    while rest:
        name, equals, value = rest.partition("=")
        if not equals or not name.strip().isidentifier():
            raise _Fault(
                "parameters", say("'{rest}' is no parameter.", rest=rest), say("Write name=value, apart by semicolons.")
            )
        if name.strip() == "expression":
            yield "expression", value.strip()
            return
        value, _, rest = value.partition(";")
        yield name.strip(), value.strip()
        rest = rest.strip()


def _read_value(definition: FormDefinition, name: str, default: ParameterValue, text: str) -> ParameterValue:
    if name == "expression":
        return _read_expression(definition, text)
    if name in QUESTION_PARAMETERS:
        return _path_of(definition, text.removeprefix("${").removesuffix("}"), "parameters")
    if isinstance(default, bool):
        return bool(_read_word(TRUTHS, "parameters", {"parameters": text}))
    if isinstance(default, tuple):
        return tuple(_SPACES.split(text)) if text else ()
    if isinstance(default, str):
        return _read_text(name, text)
    try:
        return float(text)
    except ValueError:
        raise _Fault(
            "parameters",
            say("{name} is '{text}', which is no number.", name=name, text=text),
            say("Write a number with a point."),
        ) from None


def _read_text(name: str, text: str) -> str:
    if name in WORDS_OF and text not in WORDS_OF[name]:
        raise _Fault(
            "parameters",
            say("{name} is '{text}'.", name=name, text=text),
            say("Write one of {known}.", known=WORDS_OF[name]),
        )
    if name in DATES:
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            raise _Fault(
                "parameters",
                say("{name} is '{text}', which is no date.", name=name, text=text),
                say("Write it as 2026-09-01."),
            ) from None
    return text


def _read_expression(definition: FormDefinition, text: str) -> str:
    try:
        compile_expression(resolve_names(text, definition), repeats=frozenset(one.path for one in definition.repeats))
    except UnknownNameError as error:
        name = str(error)
        meant = nearest(name, frozenset(one.name for one in definition.questions))
        remedy = say("Did you mean '${{{meant}}}'?", meant=meant) if meant else say("Check the spelling.")
        raise _Fault(
            "parameters",
            say("The expression names '${{{name}}}', which is not one question of the form.", name=name),
            remedy,
        ) from None
    except ExpressionError as error:
        raise _Fault(
            "parameters",
            say("The expression has a fault: {error}.", error=error),
            say("Mend it as you would a constraint."),
        ) from None
    return text
