"""Faults of the survey sheet, all at once: columns, types, lists, names, groups, labels."""

import re
from collections import Counter
from dataclasses import dataclass, field

from pyxform import aliases
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT
from pyxform.xls2json import RE_BEGIN_CONTROL, RE_END_CONTROL, RE_OSM, RE_SELECT

from surveyapp.findings import FormFinding, Severity
from surveyapp.sentences import say
from surveyapp.xlsform.sheets import Sheet, canonical, nearest

MAX_QUESTIONS = 20_000

_NAME = re.compile(r"[^\W\d][\w.\-\u00b7]*")
_FILE = re.compile(r"\.(csv|xml|geojson)$", re.IGNORECASE)
_COMMON_TYPES = (
    "text", "integer", "decimal", "date", "time", "dateTime", "note", "calculate", "geopoint", "geotrace",
    "geoshape", "image", "audio", "video", "file", "barcode", "range", "acknowledge", "hidden", "select_one",
    "select_multiple", "select_one_from_file", "rank", "begin_group", "end_group", "begin_repeat", "end_repeat",
    "start", "end", "today", "deviceid", "username", "audit",
)  # fmt: skip
_OTHER_WORDS = {
    "number": "integer or decimal",
    "string": "text",
    "photo": "image",
    "select": "select_one or select_multiple",
}
_KNOWN_COLUMNS = frozenset(
    ("type", "name", "label", "hint", "guidance_hint", "required", "required_message", "relevant", "constraint",
     "constraint_message", "calculation", "choice_filter", "appearance", "parameters", "repeat_count",
     "default", "read_only", "trigger", "image", "audio", "video", "big-image", "media", "bind", "control",
     "instance", "autoplay", "save_to", "disabled", "note", "notes", "rows", "body", "intent", "query",
     "no_app_error_string")
)  # fmt: skip
_SHOWN = frozenset(("label", "hint", "guidance_hint", "image", "audio", "video", "big-image", "media"))
_UNSEEN = frozenset(
    ("calculate", "hidden", "start", "end", "today", "deviceid", "username", "audit", "phonenumber", "email",
     "subscriberid", "simserial", "csv-external", "xml-external", "start-geopoint", "background-audio",
     "background-geopoint")
)  # fmt: skip


@dataclass
class _Open:
    """A group or repeat that is not ended yet, with the names seen directly in it."""

    kind: str
    name: str
    row: int
    names: dict[str, int] = field(default_factory=dict)


@dataclass
class SurveyCheck:
    """One pass over the survey sheet. `findings` fills as it goes."""

    survey: Sheet
    lists: frozenset[str]
    external_lists: frozenset[str] = frozenset()
    findings: list[FormFinding] = field(default_factory=list)

    def run(self) -> list[FormFinding]:
        """All faults of the sheet that need no pyxform to be seen."""
        missing = [column for column in ("type", "name") if column not in self.survey.columns]
        if missing:
            return [self._missing_column(column) for column in missing]
        rows = list(self.survey.numbered())
        if len(rows) > MAX_QUESTIONS:
            message = say(
                "The survey sheet has {count:,} rows; {max_questions:,} are the limit.",
                count=len(rows),
                max_questions=MAX_QUESTIONS,
            )
            return [FormFinding("sheet-too-long", "error", message, "Split the form.", self.survey.title)]
        self._check_columns()
        self._check_rows(rows)
        if not any(self.survey.get(row, "type") for _, row in rows):
            self._add("survey-empty", 0, "type", say("The survey sheet holds no question."), say("Add at least one."))
        return self.findings

    def _add(self, code: str, row: int, column: str, message: str, remedy: str, *, warning: bool = False) -> None:
        severity: Severity = "warning" if warning else "error"
        self.findings.append(FormFinding(code, severity, message, remedy, self.survey.title, row, column))

    def _missing_column(self, column: str) -> FormFinding:
        near = nearest(column, set(self.survey.columns))
        hint = say(" Did you mean it by '{near}'?", near=near) if near else ""
        message = say("The survey sheet has no column '{column}'.{hint}", column=column, hint=hint)
        remedy = say("Name a column of its header '{column}'.", column=column)
        return FormFinding(
            "column-missing", "error", message, remedy, self.survey.title, self.survey.first_row - 1, column
        )

    def _check_columns(self) -> None:
        for column, header in self.survey.columns.items():
            meant = "" if column in _KNOWN_COLUMNS or len(column) < 4 else nearest(column, _KNOWN_COLUMNS)
            if meant and meant not in self.survey.columns:
                message = say(
                    "The column '{header}' is not known and has no effect. Did you mean '{meant}'?",
                    header=header,
                    meant=meant,
                )
                self._add("column-unknown", self.survey.first_row - 1, header, message, say("Rename it."), warning=True)

    def _check_rows(self, rows: list[tuple[int, dict[str, str]]]) -> None:
        stack = [_Open("", "", 0)]
        repeats: Counter[str] = Counter()
        for number, row in rows:
            kind = self.survey.get(row, "type")
            if not kind:
                name = self.survey.get(row, "name")
                what = f"'{name}'" if name else say("The row")
                self._add(
                    "type-missing",
                    number,
                    "type",
                    say("{what} has no type.", what=what),
                    say("Write a type, or clear the row."),
                )
            elif RE_END_CONTROL.search(kind):
                self._end(stack, number, kind)
            else:
                self._check_element(stack, repeats, number, row, kind)
        for opened in stack[1:]:
            message = say("The {kind} '{name}' is never ended.", kind=opened.kind, name=opened.name)
            self._add(
                "group-unbalanced",
                opened.row,
                "type",
                message,
                say("Add a row 'end_{kind}' after its last question.", kind=opened.kind),
            )

    def _check_element(
        self, stack: list[_Open], repeats: "Counter[str]", number: int, row: dict[str, str], kind: str
    ) -> None:
        begins = RE_BEGIN_CONTROL.search(kind)
        if not begins:
            self._check_type(number, kind)
        name = self._check_name(stack[-1], number, row, kind)
        if begins:
            container = "repeat" if aliases.control[begins["type"]] == "repeat" else begins["type"]
            if container == "repeat" and name:
                repeats[name] += 1
                if repeats[name] == 2:
                    self._add(
                        "name-duplicate",
                        number,
                        "name",
                        say("Another repeat is called '{name}'.", name=name),
                        say("Give each repeat its own name."),
                    )
            stack.append(_Open(container, name, number))
        elif kind == "calculate" and not (self.survey.get(row, "calculation") or self.survey.get(row, "default")):
            self._add(
                "calculation-missing",
                number,
                "calculation",
                say("'{name}' has no calculation.", name=name),
                say("Write one, or make it 'hidden'."),
            )
        else:
            self._check_label(number, row, kind, name)

    def _end(self, stack: list[_Open], number: int, kind: str) -> None:
        ended = RE_END_CONTROL.search(kind)["type"]
        ended = "repeat" if aliases.control[ended] == "repeat" else ended
        if len(stack) == 1:
            self._add(
                "group-unbalanced",
                number,
                "type",
                say("'{kind}' ends nothing.", kind=kind),
                say("Delete the row, or add the row that begins it."),
            )
        elif stack[-1].kind == ended:
            stack.pop()
        else:
            top = stack[-1]
            message = say(
                "'{kind}' stands where the {opened} '{name}' of row {row} is open.",
                kind=kind,
                opened=top.kind,
                name=top.name,
                row=top.row,
            )
            self._add(
                "group-unbalanced",
                number,
                "type",
                message,
                say("End '{name}' first with 'end_{kind}'.", name=top.name, kind=top.kind),
            )
            if any(opened.kind == ended for opened in stack[1:]):
                while stack.pop().kind != ended:
                    pass

    def _check_name(self, inside: _Open, number: int, row: dict[str, str], kind: str) -> str:
        name = self.survey.get(row, "name")
        if not name:
            if kind not in ("note", "audit"):
                self._add(
                    "name-missing",
                    number,
                    "name",
                    say("The {kind} has no name.", kind=kind.split(maxsplit=1)[0]),
                    say("Give it a name."),
                )
            return ""
        if not _NAME.fullmatch(name):
            message = say("'{name}' cannot be a name.", name=name)
            remedy = say(
                "Begin with a letter or underscore; then letters, digits, underscore, dash or full stop, no spaces."
            )
            self._add("name-invalid", number, "name", message, remedy)
        elif name in inside.names:
            where = f"in the {inside.kind} '{inside.name}'" if inside.kind else "at this level"
            message = say("'{name}' is already in row {row} {where}.", name=name, row=inside.names[name], where=where)
            self._add("name-duplicate", number, "name", message, say("Give one of the two another name."))
        elif name == "meta" and not inside.kind:
            self._add(
                "name-invalid",
                number,
                "name",
                say("'meta' is kept for the record's own data."),
                say("Choose another name."),
            )
        inside.names.setdefault(name, number)
        return name

    def _check_type(self, number: int, kind: str) -> None:
        if kind in QUESTION_TYPE_DICT and kind not in ("select one", "select all that apply", "rank"):
            return
        if kind in aliases.settings_header or RE_OSM.search(kind):
            return
        found = RE_SELECT.search(kind)
        if found:
            self._check_list(number, found["select_command"], found["list_name"])
        else:
            self._unknown_type(number, kind)

    def _unknown_type(self, number: int, kind: str) -> None:
        first = kind.split(maxsplit=1)[0]
        if first in ("select_one", "select_multiple", "rank", "select_one_from_file", "select_multiple_from_file"):
            what = say("a file") if "file" in first else say("a list")
            message = (
                say("'{kind}' must name exactly one list, without spaces in its name.", kind=kind)
                if len(kind.split()) > 1
                else say("'{kind}' names no list.", kind=kind)
            )
            self._add(
                "list-missing",
                number,
                "type",
                message,
                say("Write '{first} NAME' with the name of {what} of choices.", first=first, what=what),
            )
            return
        meant = _OTHER_WORDS.get(first.lower()) or nearest(first, set(_COMMON_TYPES))
        hint = say(" Did you mean {meant}?", meant=meant) if meant else ""
        self._add(
            "type-unknown",
            number,
            "type",
            say("'{kind}' is not a type of question.{hint}", kind=kind, hint=hint),
            say("See the list of types at xlsform.org."),
        )

    def _check_list(self, number: int, command: str, list_name: str) -> None:
        if "${" in list_name:
            return
        if command in aliases.select_from_file:
            if not _FILE.search(list_name):
                message = say("'{list_name}' is not the name of a choice file.", list_name=list_name)
                self._add(
                    "list-missing",
                    number,
                    "type",
                    message,
                    say("Name a .csv, .xml or .geojson file that is attached to the form."),
                )
            return
        known = self.external_lists if command == "select_one_external" else self.lists
        if list_name in known or _FILE.search(list_name):
            return
        sheet = "external_choices" if command == "select_one_external" else "choices"
        meant = nearest(list_name, known)
        hint = say(" Did you mean '{meant}'?", meant=meant) if meant else ""
        message = say(
            "The list '{list_name}' is not on the {sheet} sheet.{hint}", list_name=list_name, sheet=sheet, hint=hint
        )
        self._add(
            "list-undefined",
            number,
            "type",
            message,
            say("Add its choices to the {sheet} sheet, or mend the name.", sheet=sheet),
        )

    def _check_label(self, number: int, row: dict[str, str], kind: str, name: str) -> None:
        if kind in _UNSEEN or "::" in kind or any(canonical(header) in _SHOWN for header in row):
            return
        control = QUESTION_TYPE_DICT.get(kind, {}).get("control") or RE_SELECT.search(kind)
        if control and not self.survey.get(row, "calculation"):
            message = say("'{name}' has no label: the enumerator would see an empty page.", name=name or kind)
            self._add("label-missing", number, "label", message, say("Write what to ask."))
