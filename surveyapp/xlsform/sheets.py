"""Grids of text as the sheets of a form: headers, rows by header, row numbers as the author sees them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from surveyapp.findings import FormFinding, Severity
from surveyapp.sentences import say
from surveyapp.xlsform.sources import Grid, Grids

KNOWN_SHEETS = ("survey", "choices", "settings", "external_choices", "entities", "osm")
# What a sheet must at least have as columns, to find its header row and to trust a misspelt name.
NEEDED_COLUMNS = {"survey": {"type", "name"}, "choices": {"list_name", "name"}, "settings": set[str]()}
HEADER_SEARCH_ROWS = 20

_ALIASES = {
    "caption": "label",
    "calculate": "calculation",
    "command": "type",
    "constraining_message": "constraint_message",
    "id_string": "form_id",
    "list name": "list_name",
    "readonly": "read_only",
    "relevance": "relevant",
    "requiredmsg": "required_message",
    "set_form_id": "form_id",
    "set_form_title": "form_title",
    "tag": "name",
    "title": "form_title",
    "value": "name",
}
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u200b\ufeff\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")


@dataclass
class Sheet:
    """One sheet. `rows[i]` holds the non-empty cells by header and is row `first_row + i` of the sheet."""

    name: str
    title: str
    headers: list[str]
    rows: list[dict[str, str]]
    first_row: int = 2
    columns: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = {}
        for header in self.headers:
            self.columns.setdefault(canonical(header), header)

    def numbered(self) -> Iterator[tuple[int, dict[str, str]]]:
        """The rows that are not empty, with their numbers."""
        return ((number, row) for number, row in enumerate(self.rows, self.first_row) if row)

    def get(self, row: Mapping[str, str], column: str) -> str:
        """The cell of a column by its canonical name, '' where there is none."""
        header = self.columns.get(column)
        return row.get(header, "") if header else ""

    def put(self, row: dict[str, str], column: str, value: str) -> None:
        """Set the cell of a column by its canonical name; the column is added where the sheet has none."""
        header = self.columns.get(column)
        if header is None:
            self.headers.append(column)
            header = self.columns[column] = column
        row[header] = value


def canonical(header: str) -> str:
    """The column that a header means: `Label::English (en)` is `label`, `bind::relevant` is `relevant`."""
    parts = [
        part.strip() for part in (header.split("::") if "::" in header else header.replace("jr:", "jr_").split(":"))
    ]
    if parts[0].lower() in ("bind", "control", "body") and len(parts) > 1:
        parts = parts[1:]
    name = "_".join(parts[0].split()).lower().removeprefix("jr:").removeprefix("jr_")
    return {"list_name": "list_name", "count": "repeat_count"}.get(name) or _ALIASES.get(name, name)


def collect_sheets(grids: Grids) -> tuple[dict[str, Sheet], list[FormFinding]]:
    """The sheets that make the form, by their proper names; misspelt ones found where there is no doubt."""
    sheets: dict[str, Sheet] = {}
    findings: list[FormFinding] = []
    others: dict[str, Grid] = {}
    for title, grid in grids.items():
        name = _SPACES.sub("_", title.strip().lower())
        if name in KNOWN_SHEETS and name not in sheets:
            sheets[name] = read_sheet(name, title, grid, findings)
        elif not title.startswith("_"):
            others[title] = grid
    for name in ("survey", "choices", "settings"):
        if name not in sheets:
            _find_misspelt(name, others, sheets, findings)
    if "survey" not in sheets and len(grids) == 1:
        title, grid = next(iter(grids.items()))
        if _header_row(grid, NEEDED_COLUMNS["survey"]) is not None:
            sheets["survey"] = read_sheet("survey", title, grid, findings)
    return sheets, findings


def _find_misspelt(name: str, others: dict[str, Grid], sheets: dict[str, Sheet], findings: list[FormFinding]) -> None:
    similar = [title for title in others if distance(title.strip().lower(), name) <= 2]
    if not similar:
        return
    usable = [title for title in similar if _header_row(others[title], NEEDED_COLUMNS[name]) is not None]
    if len(usable) == 1:
        title = usable[0]
        sheets[name] = read_sheet(name, title, others.pop(title), findings)
        message = say("The sheet '{title}' was taken as '{name}'.", title=title, name=name)
        findings.append(
            FormFinding("sheet-misspelt", "warning", message, say("Rename it to '{name}'.", name=name), title)
        )
    else:
        for title in similar:
            message = say(
                "There is no sheet '{name}', but one named '{title}'. Did you mean '{name}'?", name=name, title=title
            )
            severity: Severity = "error" if name == "survey" else "warning"
            findings.append(
                FormFinding("sheet-misspelt", severity, message, say("Rename it to '{name}'.", name=name), title)
            )


def _header_row(grid: Grid, needed: set[str]) -> int | None:
    """The index of the first row that has the needed columns."""
    for index, row in enumerate(grid[:HEADER_SEARCH_ROWS]):
        if any(cell.strip() for cell in row) and needed <= {canonical(clean_header(cell)) for cell in row}:
            return index
    return None


def clean_header(text: str) -> str:
    """A header without odd or double spaces and with plain colons."""
    text = _UNSEEN.sub("", text.replace("\uff1a", ":"))
    return re.sub(r" ?::? ?", lambda found: found[0].strip(), _SPACES.sub(" ", text).strip())


def read_sheet(name: str, title: str, grid: Grid, findings: list[FormFinding]) -> Sheet:
    """A grid as the sheet `name`: its header found, its rows by header; what is odd goes to `findings`."""
    start = _header_row(grid, NEEDED_COLUMNS.get(name, set()))
    if start is None:
        start = next((index for index, row in enumerate(grid) if any(cell.strip() for cell in row)), 0)
    if any(any(cell.strip() for cell in row) for row in grid[:start]):
        message = say("The header is in row {number}; the rows above it were left out.", number=start + 1)
        findings.append(FormFinding("header-moved", "info", message, "Put the header in row 1.", title, start + 1))
    cells = [clean_header(cell) for cell in grid[start]] if grid else []
    headers = _unique_headers(title, start, cells, grid, findings)
    rows = [
        {header: row[index] for index, header in headers.items() if index < len(row) and row[index].strip()}
        for row in grid[start + 1 :]
    ]
    return Sheet(name, title, list(headers.values()), rows, start + 2)


def _unique_headers(
    title: str, start: int, cells: list[str], grid: Grid, findings: list[FormFinding]
) -> dict[int, str]:
    """The header of each column; a repeated one is dropped where it adds nothing, else it is an error."""
    headers: dict[int, str] = {}
    seen: dict[str, int] = {}
    for index, header in enumerate(cells):
        if not header:
            continue
        key = header.lower()
        if key not in seen:
            seen[key] = index
            headers[index] = header
            continue
        differ = next(
            (
                row
                for row in range(start + 1, len(grid))
                if _at(grid[row], index) not in ("", _at(grid[row], seen[key]))
            ),
            None,
        )
        if differ is None:
            message = say(
                "The column '{header}' is there twice; the second adds nothing and was left out.", header=header
            )
            findings.append(
                FormFinding("column-twice", "info", message, "Delete one of them.", title, start + 1, header)
            )
        else:
            message = say("The column '{header}' is there twice with different contents.", header=header)
            findings.append(
                FormFinding(
                    "column-twice", "error", message, "Rename or delete one of them.", title, differ + 1, header
                )
            )
    return headers


def _at(row: list[str], index: int) -> str:
    return row[index].strip() if index < len(row) else ""


def distance(one: str, other: str) -> int:
    """How many letters must be changed, added or dropped to turn one word into the other (Levenshtein)."""
    if abs(len(one) - len(other)) > 3:
        return 4
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        after = [row]
        for column, wanted in enumerate(other, start=1):
            after.append(min(before[column] + 1, after[-1] + 1, before[column - 1] + (letter != wanted)))
        before = after
    return before[-1]


def nearest(word: str, known: "list[str] | set[str] | frozenset[str]") -> str:
    """The known word that was probably meant, '' where none is near."""
    limit = 1 if len(word) < 5 else 2
    scored = sorted((distance(word.lower(), candidate.lower()), candidate) for candidate in known)
    return scored[0][1] if scored and scored[0][0] <= limit else ""
