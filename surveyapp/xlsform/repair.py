"""What is safely mended in the sheets before pyxform sees them; every kind of repair is told as an `info` finding.

Odd spaces and control characters, typographic quotes and full-width signs in expressions (a Chinese keyboard
writes them), types in other letter cases, rows that hold no question, names that are numbers.
"""

import re
from dataclasses import dataclass, field

from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

from surveyapp.findings import FormFinding
from surveyapp.sentences import as_sentence, say
from surveyapp.xlsform.sheets import Sheet, canonical

EXPRESSION_COLUMNS = frozenset(
    ("relevant", "constraint", "calculation", "required", "read_only", "choice_filter", "repeat_count", "trigger")
)
SELECT_COMMANDS = (
    "select_one_from_file",
    "select_multiple_from_file",
    "select_one_external",
    "select_multiple",
    "select_one",
    "rank",
)
_CODE_COLUMNS = EXPRESSION_COLUMNS | {"type", "name", "list_name", "parameters", "appearance"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a-\u202e]")
_ODD_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LITERAL = re.compile(r"""("[^"]*"|'[^']*')""")
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\uff02": '"', "\uff07": "'"})
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_SIGNS = str.maketrans(
    _FULL_WIDTH
    | {ord("\u2212"): "-", ord("\u2264"): "<=", ord("\u2265"): ">=", ord("\u2260"): "!=", ord("\u3001"): ","}
)
_REFERENCE_SPACES = re.compile(r"\$\s*\{\s*([^{}]*?)\s*\}")
_TYPES_BY_LETTERS = {
    re.sub(r"[\s_-]", "", name).lower(): name
    for name in sorted(QUESTION_TYPE_DICT, reverse=True)
    if not name.startswith("select")
} | {f"{edge}{kind}": f"{edge}_{kind}" for edge in ("begin", "end") for kind in ("group", "repeat", "loop")}


@dataclass
class RepairLog:
    """Repairs gathered to one finding for each kind, sheet and column: the first row and how many cells."""

    _seen: dict[tuple[str, str, str, str], tuple[int, int]] = field(default_factory=dict)

    def note(self, code: str, message: str, sheet: Sheet, row: int, column: str = "") -> None:
        """One cell or row was mended."""
        key = (code, message, sheet.title, column)
        first, count = self._seen.get(key, (row, 0))
        self._seen[key] = (first, count + 1)

    def findings(self) -> list[FormFinding]:
        """What was mended, in the order of its first mention."""
        return [
            FormFinding(
                code,
                "info",
                say("{message} ({count} places, the first one here.)", message=as_sentence(message), count=count)
                if count > 1
                else message,
                "",
                sheet,
                row,
                column,
            )
            for (code, message, sheet, column), (row, count) in self._seen.items()
        ]


def repair_text(sheet: Sheet, log: RepairLog) -> None:
    """Every cell: no control characters, plain spaces in codes, plain quotes and signs in expressions."""
    meaning = {header: canonical(header) for header in sheet.headers}
    for number, row in sheet.numbered():
        for header in list(row):
            cell = _mend_cell(row[header], meaning[header], sheet, log, number, header)
            if cell:
                row[header] = cell
            else:
                del row[header]


def _mend_cell(cell: str, column: str, sheet: Sheet, log: RepairLog, number: int, header: str) -> str:
    text = _CONTROL.sub("", cell.replace("\r\n", "\n").replace("_x000D_", ""))
    if text != cell and _CONTROL.search(cell):
        log.note("control-characters", say("Characters that no XML can hold were removed."), sheet, number, header)
    if column in _CODE_COLUMNS or (sheet.name != "survey" and not header.lower().startswith("label")):
        plain = _ODD_SPACES.sub(" ", _INVISIBLE.sub("", text))
        if plain.strip() != text.strip():
            log.note("odd-spaces", say("Invisible characters or odd spaces were replaced."), sheet, number, header)
        text = plain
    if column in EXPRESSION_COLUMNS and sheet.name == "survey":
        plain = mend_expression(text)
        if plain != text:
            log.note(
                "odd-signs",
                say("Typographic quotes or full-width signs were replaced by plain ones."),
                sheet,
                number,
                header,
            )
        text = plain
    if "${" in text or "$ {" in text:
        text = _REFERENCE_SPACES.sub(r"${\1}", text)
    return text.strip()


def mend_expression(text: str) -> str:
    """Plain quotes everywhere; plain ASCII signs outside of quoted text."""
    parts = _LITERAL.split(text.translate(_QUOTES))
    return "".join(part if index % 2 else part.translate(_SIGNS) for index, part in enumerate(parts))


def repair_types(survey: Sheet, log: RepairLog) -> None:
    """Types as pyxform spells them, whatever the letter case, spaces or dashes."""
    for number, row in survey.numbered():
        written = survey.get(row, "type")
        if not written:
            continue
        if written == "audit" and survey.get(row, "name") not in ("", "audit"):
            survey.put(row, "name", "audit")
            log.note("audit-renamed", say("The audit row is always called 'audit'."), survey, number, "name")
        mended = mend_type(written)
        if mended != written:
            survey.put(row, "type", mended)
            if mended != " ".join(written.split()):
                log.note("type-spelling", say("Types were brought to the usual spelling."), survey, number, "type")


def mend_type(written: str) -> str:
    """`Select-One yn` as `select_one yn`, `BEGIN GROUP` as `begin_group`; what is not known stays as it is."""
    words = written.translate(_SIGNS).split()
    text = " ".join(words)
    if text in QUESTION_TYPE_DICT:
        return text
    whole: str | None = _TYPES_BY_LETTERS.get(re.sub(r"[\s_-]", "", text).lower())
    if whole:
        return whole
    for size in range(min(4, len(words) - 1), 0, -1):
        command = re.sub(r"[\s-]", "_", " ".join(words[:size])).lower()
        if command in SELECT_COMMANDS:
            return " ".join([command, *words[size:]])
    return text


def repair_rows(survey: Sheet, log: RepairLog) -> None:
    """Rows with neither type nor name nor label hold no question: comments, left-overs."""
    for number, row in survey.numbered():
        label = any(canonical(header) == "label" for header in row)
        if not survey.get(row, "type") and not survey.get(row, "name") and not label:
            row.clear()
            log.note("row-ignored", say("Rows without type, name and label were left out."), survey, number)


def free_root_name(survey: Sheet) -> tuple[str, list[FormFinding]]:
    """The name of the record's root element: `data`, or another where the form has a question of that name."""
    taken = {survey.get(row, "name").lower() for _, row in survey.numbered()}
    root = next(name for name in ("data", "record", *(f"record_{n}" for n in range(2, 10_000))) if name not in taken)
    if root == "data":
        return root, []
    number = next(number for number, row in survey.numbered() if survey.get(row, "name").lower() == "data")
    message = say(
        "A question is called 'data', as the record itself usually is; the record is called '{root}' instead.",
        root=root,
    )
    return root, [FormFinding("root-renamed", "info", message, "", survey.title, number, "name")]
