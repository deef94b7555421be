"""From the bytes of a form file to an XForm: read, mend, check, convert. Runs in the limited process."""

from dataclasses import dataclass

from surveyapp.findings import FormFinding
from surveyapp.sentences import say
from surveyapp.xlsform.archive import SourceKind, recognise
from surveyapp.xlsform.by_pyxform import Converted, convert_sheets
from surveyapp.xlsform.check_choices import check_choices
from surveyapp.xlsform.check_references import check_references
from surveyapp.xlsform.check_survey import SurveyCheck
from surveyapp.xlsform.checks_sheet import read_checks_grid
from surveyapp.xlsform.faults import FormFaultsError, fault
from surveyapp.xlsform.indicators_sheet import IndicatorRow, read_indicator_rows
from surveyapp.xlsform.repair import RepairLog, free_root_name, repair_rows, repair_text, repair_types
from surveyapp.xlsform.repair_choices import (
    drop_bad_columns,
    repair_choice_numbers,
    repair_list_case,
    settle_duplicates,
)
from surveyapp.xlsform.repair_settings import allow_duplicates, complete_settings
from surveyapp.xlsform.sheets import Sheet, collect_sheets
from surveyapp.xlsform.sources import Grids, read_grids
from surveyapp.xlsform.xform_file import check_xform


@dataclass(frozen=True)
class Made:
    """A finished conversion. `itemsets` is the CSV of select_one_external, b'' where there is none.

    `rows` gives the row of each name on the survey sheet; `indicators` are the rows of the sheet of that name,
    `checks` the cells of the sheet of that one.
    """

    kind: SourceKind
    xform: bytes
    itemsets: bytes
    findings: list[FormFinding]
    rows: dict[str, int]
    indicators: list[IndicatorRow]
    checks: tuple[tuple[str, ...], ...] = ()


def run(content: bytes, filename: str, default_version: str) -> Made:
    """Convert one file. Raises FormFaultsError with every fault that was found."""
    kind = recognise(content, filename)
    if kind == "xform":
        return Made(kind, content, b"", check_xform(content), {}, [])
    grids, findings = read_grids(content, kind)
    sheets, told = collect_sheets(grids)
    findings += told
    if "survey" not in sheets:
        raise FormFaultsError([*findings, _no_survey(grids)])
    findings += repair(sheets, filename, default_version)
    findings += check(sheets)
    indicators, told = read_indicator_rows(grids)
    findings += told
    made = _convert(sheets, findings)
    survey = sheets["survey"]
    rows = {survey.get(row, "name"): number for number, row in survey.numbered()}
    told = _unique([*findings, *made.warnings])
    return Made(kind, made.xform.encode(), made.itemsets.encode(), told, rows, indicators, read_checks_grid(grids))


def read_indicators(content: bytes, filename: str) -> list[IndicatorRow]:
    """The rows of the sheet `indicators` alone. Raises FormFaultsError where the file cannot be read."""
    kind = recognise(content, filename)
    return [] if kind == "xform" else read_indicator_rows(read_grids(content, kind)[0])[0]


def read_checks(content: bytes, filename: str) -> tuple[tuple[str, ...], ...]:
    """The cells of the sheet `checks` alone. Raises FormFaultsError where the file cannot be read."""
    kind = recognise(content, filename)
    return () if kind == "xform" else read_checks_grid(read_grids(content, kind)[0])


def _no_survey(grids: Grids) -> FormFinding:
    have = ", ".join(f"'{title[:40]}'" for title in list(grids)[:10])
    if not any(grids.values()):
        return FormFinding("file-unknown", "error", "The file holds no table.", "Upload an XLSForm or XForm XML.")
    remedy = say("Name the sheet with the questions 'survey'; its header needs the columns type and name.")
    return FormFinding("sheet-missing", "error", say("There is no sheet 'survey' (sheets: {have}).", have=have), remedy)


def repair(sheets: dict[str, Sheet], filename: str, default_version: str) -> list[FormFinding]:
    """Mend what is safe to mend, in place; what was done, and the duplicates that cannot be mended."""
    log = RepairLog()
    survey = sheets["survey"]
    for sheet in sheets.values():
        repair_text(sheet, log)
    repair_rows(survey, log)
    repair_types(survey, log)
    duplicates: list[FormFinding] = []
    findings = complete_settings(sheets, filename, default_version)
    choices = sheets.get("choices")
    if choices and {"list_name", "name"} <= set(choices.columns):
        duplicates += drop_bad_columns(choices)
        repair_choice_numbers(choices, log)
        repair_list_case(survey, choices, log)
        settings = sheets["settings"]
        if settings.get(settings.rows[0], "allow_choice_duplicates").lower() not in ("yes", "true", "true()"):
            allow, found = settle_duplicates(survey, choices)
            duplicates += found
            duplicates += [allow_duplicates(sheets)] if allow else []
    return [*log.findings(), *findings, *duplicates]


def check(sheets: dict[str, Sheet]) -> list[FormFinding]:
    """All faults that can be seen in the sheets."""
    survey = sheets["survey"]
    lists = {name: _lists(sheets.get(name)) for name in ("choices", "external_choices")}
    findings = SurveyCheck(survey, lists["choices"], lists["external_choices"]).run()
    if "choices" in sheets and sheets["choices"].rows:
        findings += check_choices(sheets["choices"], survey)
    return findings + check_references(sheets)


def _lists(sheet: Sheet | None) -> frozenset[str]:
    return frozenset(sheet.get(row, "list_name") for _, row in sheet.numbered()) - {""} if sheet else frozenset()


def _convert(sheets: dict[str, Sheet], findings: list[FormFinding]) -> Converted:
    """pyxform's conversion; where we have seen errors already, its own are added to them and it fails in any case."""
    errors = [finding for finding in findings if finding.severity == "error"]
    fatal = {"column-missing", "survey-empty", "sheet-too-long"}
    if any(finding.code in fatal for finding in errors):
        raise FormFaultsError(findings)
    root_name, renamed = free_root_name(sheets["survey"])
    findings += renamed
    try:
        made = convert_sheets(sheets, root_name, search=not errors)
    except FormFaultsError as error:
        known = {(finding.sheet, finding.row) for finding in errors}
        new = [
            finding
            for finding in error.findings
            if (finding.sheet, finding.row) not in known and (finding.row or not errors)
        ]
        raise FormFaultsError(_unique([*findings, *new])) from error
    if errors:
        raise FormFaultsError(findings)
    _check_made(made)
    return made


def _check_made(made: Converted) -> None:
    """pyxform writes some names unchecked: what it makes must at least be an XForm that can be read."""
    try:
        check_xform(made.xform.encode())
    except FormFaultsError as error:
        remedy = say("Look for odd signs in the headers of the sheets.")
        raise fault(
            "converter-failed",
            say("The converter made no sound XForm. {message}", message=error.findings[0].message),
            remedy,
        ) from error


def _unique(findings: list[FormFinding]) -> list[FormFinding]:
    return list(dict.fromkeys(findings))
