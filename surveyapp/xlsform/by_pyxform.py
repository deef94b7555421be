"""The conversion by pyxform, and its errors as FormFindings.

pyxform stops at its first error, and raises bare Python errors (TypeError, KeyError …) for some mistakes of form
authors. Rows at fault are therefore replaced by harmless ones and the conversion tried again, so that all faults
come out at once; the row behind a bare error is found by halving the survey sheet.
"""

import re
import time
from dataclasses import dataclass
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from surveyapp.findings import FormFinding, Severity
from surveyapp.sentences import say
from surveyapp.xlsform.faults import FormFaultsError
from surveyapp.xlsform.sheets import Sheet

MAX_ROUNDS = 25
SEARCH_SECONDS = 15.0

_ROW = re.compile(r"\[row ?: ?(\d+)\]:?\s*")
_ON_SHEET = re.compile(r"[Oo]n the '(\w+)' sheet,? ?")
_COLUMN = re.compile(r"the '([^']+)' value '?[^']*'?\s*is (?:invalid|problematic)\.?\s*")
_PATH = re.compile(r"(?<![\w.'\"])(?:/[\w.-]+){2,}")
_NAMED = re.compile(r"(?:named|name|for the|question|Question) (?:\$\{)?'?([\w.-]+)'?\}?")
_LEARN_MORE = re.compile(r"\s*Learn more: \S+")
_PLEASE = re.compile(r"\s*Please either: |\s*Please ")


@dataclass
class Converted:
    """What pyxform made: the XForm, the choices of select_one_external as CSV, its warnings."""

    xform: str
    itemsets: str
    warnings: list[FormFinding]


@dataclass
class _Failure(Exception):
    """One failed try. `row` is a row of the survey sheet or 0; `sign` is what the same failure has in common."""

    findings: list[FormFinding]
    row: int
    sign: str


def convert_sheets(sheets: dict[str, Sheet], root_name: str, *, search: bool) -> Converted:
    """The XForm of these sheets. Raises FormFaultsError with every fault that could be found.

    `search` looks for the row behind an error that names none.
    """
    findings: list[FormFinding] = []
    until = time.monotonic() + SEARCH_SECONDS
    rows = [dict(row) for row in sheets["survey"].rows]
    for _ in range(MAX_ROUNDS):
        try:
            converted = _attempt(sheets, rows, root_name)
        except _Failure as failure:
            found = failure if failure.row or not search else _located(failure, sheets, rows, root_name, until)
            findings += found.findings
            if not _neutralise(sheets["survey"], rows, found.row) or time.monotonic() > until:
                raise FormFaultsError(findings) from None
        else:
            if findings:
                raise FormFaultsError(findings)
            return converted
    raise FormFaultsError(findings)


def _attempt(sheets: dict[str, Sheet], rows: list[dict[str, str]], root_name: str) -> Converted:
    warnings: list[str] = []
    try:
        result = convert(_as_pyxform(sheets, rows), warnings=warnings, form_name=root_name, validate=False)
    except PyXFormError as error:
        found = [finding for line in _lines(error) for finding in [_finding(line, "error", "form-fault", sheets)]]
        row = next((finding.row for finding in found if finding.row and finding.sheet == sheets["survey"].title), 0)
        raise _Failure(found, row, str(error)) from error
    except (MemoryError, RecursionError) as error:
        raise FormFaultsError([_too_deep(error)]) from error
    except Exception as error:
        raise _Failure([_bare(error)], 0, type(error).__name__) from error
    told = [_finding(text, "warning", "form-warning", sheets) for text in warnings]
    return Converted(
        str(result.xform), str(result.itemsets or ""), [finding for finding in told if _worth_telling(finding)]
    )


def _as_pyxform(sheets: dict[str, Sheet], rows: list[dict[str, str]]) -> dict[str, Any]:
    """The sheets in the shape that pyxform's own readers give. Copies, because pyxform changes what it is given."""
    book: dict[str, Any] = {"sheet_names": list(sheets), "fallback_form_name": None}
    for name, sheet in sheets.items():
        book[name] = [dict(row) for row in (rows if name == "survey" else sheet.rows)]
        book[f"{name}_header"] = [dict.fromkeys(sheet.headers)]
    return book


def _lines(error: PyXFormError) -> list[str]:
    text = str(error)
    starts = [found.start() for found in _ROW.finditer(text)]
    if len(starts) < 2:
        return [text]
    return [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _finding(text: str, severity: Severity, code: str, sheets: dict[str, Sheet]) -> FormFinding:
    """pyxform's sentence taken apart: where, what, remedy; paths of the XForm turned back into `${question}`."""
    row_found, sheet_found, column_found = _ROW.search(text), _ON_SHEET.search(text), _COLUMN.search(text)
    name = sheet_found[1] if sheet_found else "survey" if row_found else ""
    sheet = sheets.get(name)
    row = int(row_found[1]) + sheet.first_row - 2 if row_found and sheet else 0
    message = _LEARN_MORE.sub("", _ON_SHEET.sub("", _ROW.sub("", text)))
    if column_found:
        message = _COLUMN.sub("", message).strip() or message
    what, _, remedy = _PLEASE.sub("\0", message, count=1).partition("\0")
    if not row_found and (by_name := _row_named(text, sheets["survey"])):
        row, sheet = by_name, sheets["survey"]
    return FormFinding(
        code,
        severity,
        plain(what[:1].upper() + what[1:]),
        plain(remedy[:1].upper() + remedy[1:]),
        sheet.title if sheet else "",
        row,
        column_found[1] if column_found else "",
    )


def plain(text: str) -> str:
    """A message of pyxform in an author's words: `/data/sec/q` as `${q}`, on one line."""
    text = _PATH.sub(lambda found: "${" + found[0].rpartition("/")[2] + "}", text)
    return " ".join(text.replace("PyXForm", "The converter").replace("pyxform", "the converter").split())


def _row_named(text: str, survey: Sheet) -> int:
    names = {survey.get(row, "name"): number for number, row in survey.numbered()}
    return next((names[name] for name in _NAMED.findall(text) if name in names), 0)


def _bare(error: Exception) -> FormFinding:
    reason = f"{type(error).__name__}: {str(error)[:200]}"
    message = say("The converter failed on the form without saying why ({reason}).", reason=reason)
    remedy = say("Look for a misplaced cell, column or setting there; take the row out and publish again to be sure.")
    return FormFinding("converter-failed", "error", plain(message), remedy)


def _too_deep(error: BaseException) -> FormFinding:
    if isinstance(error, MemoryError):
        return FormFinding(
            "form-too-large",
            "error",
            "The form needs too much memory to be converted.",
            "Move long choice lists to CSV files.",
        )
    return FormFinding(
        "form-too-deep",
        "error",
        "Groups or expressions are nested too deeply.",
        "Split the expression with calculate rows.",
    )


def _located(
    failure: _Failure, sheets: dict[str, Sheet], rows: list[dict[str, str]], root_name: str, until: float
) -> _Failure:
    """The same failure with its row: the last row of the shortest beginning of the sheet that still fails."""
    survey = sheets["survey"]
    low, high = 0, len(rows)
    while high - low > 1 and time.monotonic() < until:
        middle = (low + high) // 2
        if _fails(sheets, _beginning(survey, rows, middle), root_name, failure.sign):
            high = middle
        else:
            low = middle
    if high - low > 1 or (high == 1 and _fails(sheets, _beginning(survey, rows, 0), root_name, failure.sign)):
        return failure
    row = survey.first_row + high - 1
    return _Failure([_at_row(found, survey, row) for found in failure.findings], row, failure.sign)


def _at_row(finding: FormFinding, survey: Sheet, row: int) -> FormFinding:
    message = finding.message.replace("on the form", "on this row")
    return FormFinding(finding.code, finding.severity, message, finding.remedy, survey.title, row)


def _fails(sheets: dict[str, Sheet], rows: list[dict[str, str]], root_name: str, sign: str) -> bool:
    try:
        _attempt(sheets, rows, root_name)
    except _Failure as failure:
        return failure.sign == sign
    except FormFaultsError:
        return False
    return False


def _beginning(survey: Sheet, rows: list[dict[str, str]], size: int) -> list[dict[str, str]]:
    """The first `size` rows with the groups that they open closed, and a note so that no form is empty."""
    opened: list[str] = []
    for row in rows[:size]:
        kind = survey.get(row, "type").replace(" ", "_")
        if kind.startswith("begin_"):
            opened.append(kind.removeprefix("begin_").split("_")[0])
        elif kind.startswith("end_") and opened:
            opened.pop()
    kind_header, name_header = survey.columns["type"], survey.columns["name"]
    ends = [{kind_header: f"end_{kind}"} for kind in reversed(opened)]
    return [*rows[:size], *ends, {kind_header: "hidden", name_header: "_end_of_the_beginning"}]


def _neutralise(survey: Sheet, rows: list[dict[str, str]], number: int) -> bool:
    """Put a harmless question of the same name in the place of a row at fault; False where that cannot be done."""
    index = number - survey.first_row
    if not 0 <= index < len(rows) or not rows[index]:
        return False
    kind = survey.get(rows[index], "type")
    if kind.startswith(("begin", "end")) or (kind == "hidden" and len(rows[index]) <= 2):
        return False
    name = survey.get(rows[index], "name")
    rows[index] = {survey.columns["type"]: "hidden", survey.columns["name"]: name} if name else {}
    return True


def _worth_telling(finding: FormFinding) -> bool:
    """Advice that does not concern this server, or that our own checks have given already, is left out."""
    return not any(part in finding.message for part in _QUIET)


_QUIET = ("max-pixels", "Choices should have a label", "Row without name, text, or label")
