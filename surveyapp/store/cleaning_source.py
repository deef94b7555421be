"""The answers to a form as cleaning takes them, by pages; and what is needed to clean them."""

import datetime
import heapq
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from surveyapp.clean.fields import KnownVersion, Questionnaire
from surveyapp.clean.log import LogRow, by_instance
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import CellKey, Flag, Row, Submission
from surveyapp.clean.rulesets import Program, compile_ruleset
from surveyapp.quality.telling import sentence_of
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.cleaning import find_published_ruleset, list_decisions
from surveyapp.store.database import streaming
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, get_definition, list_form_attachments, list_form_versions
from surveyapp.store.people_tables import teams
from surveyapp.store.quality import read_row, select_open
from surveyapp.store.quality_tables import quality_findings
from surveyapp.store.reach import within
from surveyapp.store.reviews import get_exported_states
from surveyapp.store.selection import EVERYTHING, Selection
from surveyapp.store.snapshot import Snapshot
from surveyapp.store.tables import submission_versions, submissions
from surveyapp.validate.rules import compile_rules
from surveyapp.xform.columns import GEOPOINT_PARTS

s = submissions.c
v = submission_versions.c
q = quality_findings.c

# What is known of a submission or row, before its answers.
MAIN_KEYS: Final = (
    "_submission_no",
    "_instance_id",
    "_version",
    "_received",
    "_start",
    "_enumerator",
    "_blank",
    "_extra",
)
ROW_KEYS: Final = ("_submission_no", "_row_key", "_parent_row_key", "_ordinal", "_blank")
HOUSEHOLD: Final = ("hh_id", "hhid", "household_id")
# PostgreSQL gives 1,664 columns a query.
MOST_ASKS: Final = 1_500
AT_ONCE: Final = 1_000
_index = re.compile(r"\[(\d+)\]")

_questionnaires: WeakKeyDictionary[Files, dict[tuple[int, ...], Questionnaire]] = WeakKeyDictionary()


def get_questionnaire(session: Session, files: Files, form: Form) -> Questionnaire:
    """The form over its versions, for cleaning; kept in memory until it has another version."""
    known = _questionnaires.setdefault(files, {})
    versions = list_form_versions(session, form)
    key = (form.id, form.answers_revision, *(version.id for version in versions))
    if key not in known:
        for other in [other for other in known if other[0] == form.id]:
            del known[other]
        compiled = []
        for version in versions:
            attachments = {
                one.name: files.path(one.sha256).read_bytes()
                for one in list_form_attachments(session, version)
                if one.name.endswith((".csv", ".xml", ".geojson"))
            }
            definition = get_definition(session, version)
            rules = compile_rules(definition, attachments)
            compiled.append(KnownVersion(definition, rules.instances, rules.outcomes))
        tables = get_answer_tables(session, form.id, form.answers_revision)
        known[key] = Questionnaire(compiled, tables.kept_path)
    return known[key]


@dataclass(frozen=True)
class Cleaning:
    """By what the answers to a form are cleaned: the published ruleset, and the decisions of people."""

    program: Program
    log: Sequence[LogRow]

    @cached_property
    def by_instance(self) -> Mapping[str, list[LogRow]]:
        """The decisions on each instance, in order."""
        return by_instance(self.log)

    @property
    def asks_checks(self) -> bool:
        """Whether a rule asks what checks have found."""
        return any(rule.parameters.get("finding") for rule in self.program.ruleset.rules)

    @property
    def cleaner(self) -> Cleaner:
        """Both, ready to run."""
        return Cleaner(self.program, self.log)


def get_cleaning(session: Session, files: Files, form: Form) -> Cleaning:
    """What holds now; without a published ruleset that of no rules, number 0.

    Raises:
        Problem: RULESET_INVALID where the form does not have any more what the rules ask of it.
    """
    published = find_published_ruleset(session, form.id)
    questionnaire = get_questionnaire(session, files, form)
    if published is None:
        return Cleaning(compile_ruleset([], questionnaire), list_decisions(session, form.id))
    program = compile_ruleset(published.rules, questionnaire, version=published.number)
    return Cleaning(program, list_decisions(session, form.id))


def get_compared(
    session: Session, form: Form, questionnaire: Questionnaire, *, flags: bool = False
) -> "StoredSubmissions":
    """What rules compare with one another: the submissions in the states that go into exports."""
    exported = Selection(states=get_exported_states(session, form.id))
    return StoredSubmissions(session, form, questionnaire, flags=flags, selection=exported)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a row of the store the value of a question begins, and of what it is made."""

    path: str
    first: int
    kind: str  # '' one value, 'geopoint' four, 'datetime' value and offset


@dataclass(slots=True)
class _Table:
    """The answers of the submission, or of one repeat: what to ask for, and where it then is."""

    path: str
    asks: list[tuple[str, str]]
    plain: list[tuple[int, str]] = field(default_factory=list)
    made: list[_Place] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # path by name of column

    def read(self, row: Sequence[Any], blank: str | None) -> dict[str, Any]:
        """The answers, by kept path."""
        values = {path: value for place, path in self.plain if (value := row[place]) is not None}
        for place in self.made:
            value = row[place.first]
            if value is None:
                continue
            if place.kind == "geopoint":
                values[place.path] = tuple(row[place.first : place.first + len(GEOPOINT_PARTS)])
            else:
                values[place.path] = in_offset(value, row[place.first + 1])
        for name in (blank or "").split():
            if name in self.names:
                values[self.names[name]] = None
        return values


class StoredSubmissions:
    """The current answers to a form, in the order of receipt: a `surveyapp.clean.records.Source`.

    Copies that were kept for comparison are not among them. `flags` says whether rules ask what checks have found.
    `selection` bounds them; rules that look at several interviews need all.
    """

    def __init__(
        self,
        session: Session,
        form: Form,
        questionnaire: Questionnaire,
        *,
        flags: bool = False,
        selection: Selection = EVERYTHING,
    ) -> None:
        self.session = session
        self.form = form
        self.questionnaire = questionnaire
        self.flags = flags
        self.selection = selection
        self.tables = get_answer_tables(session, form.id, form.answers_revision)
        self.snapshot = Snapshot(session, self.tables, _preloads(questionnaire))
        fields = questionnaire.fields.values()
        # The cells of the submission given last that hold a text as sent, with their paths with indices.
        self.unreadable: dict[CellKey, str] = {}
        # Of the same submission: rows of repeats by repeat, key of the row around them, and position.
        self.ordinals: dict[tuple[str, str, int], Row] = {}
        self.household = next((f.path for n in HOUSEHOLD for f in fields if f.name.lower() == n and not f.repeat), "")

    def list_submissions(self) -> Iterator[Submission]:
        """Every submission within the selection."""
        main = self._table("", MAIN_KEYS)
        repeats = [self._table(path, ROW_KEYS) for path in self._repeats()]
        readers = [_Reader(self._rows(table)) for table in repeats]
        about = _Reader(self._about())
        flags = _Reader(self._flags() if self.flags else iter(()))
        for row in self._rows(main):
            number, instance_id, version, received, start, enumerator, blank, extra = row[: len(MAIN_KEYS)]
            _, state, digest, current, team = about.of(number)[0]
            rows = [Row("", "", "", main.read(row, blank))]
            ordinals = self.ordinals = {}
            for table, reader in zip(repeats, readers, strict=True):
                inside = bool(self.questionnaire.repeats[table.path])
                for own in reader.of(number):
                    _, key, parent, ordinal, own_blank = own[: len(ROW_KEYS)]
                    made = Row(table.path, key, parent if inside else "", table.read(own, own_blank))
                    ordinals[table.path, made.parent, ordinal] = made
                    rows.append(made)
            self.unreadable = {}
            if extra:
                for path, text in json.loads(extra).items():
                    place = self.find_place(path, rows[0])
                    if place is not None:
                        place[0].values[place[1]] = text
                        self.unreadable[CellKey(place[0].key, place[1])] = path
            context = {"enumerator": enumerator or "", "team": team or ""}
            if self.household:
                context["household_id"] = str(rows[0].values.get(self.household) or "")
            context["interview_date"] = start.date().isoformat() if start else ""
            context["start"] = start.isoformat() if start else ""
            found = tuple(Flag(check, path, key, told) for _, check, path, key, told in flags.of(number))
            edits = f"version {current}" if current > 1 else ""
            yield Submission(instance_id, number, received, version, tuple(rows), digest, edits, state, found, context)

    def find_place(self, path: str, main: Row) -> tuple[Row, str] | None:
        """The row and question at a path with the indices of repeats, in the submission given last, whose record is
        `main`; None where no question is there.
        """
        known = self.questionnaire.fields.get(self.tables.kept_path(_index.sub("", path)))
        if known is None:
            return None
        around = []
        repeat = known.repeat
        while repeat:
            around.append(repeat)
            repeat = self.questionnaire.repeats[repeat]
        row = main
        indices = [int(number) for number in _index.findall(path)]
        if len(indices) != len(around):
            return None
        for place, index in zip(reversed(around), indices, strict=True):
            found = self.ordinals.get((place, row.key, index))
            if found is None:
                return None
            row = found
        return row, known.path

    def list_suspicions(self, language: str = "en") -> Iterator["Suspicion"]:
        """What checks, in the language, and rules of the form have found and nobody has settled, in receipt order."""
        own = (
            Suspicion(number, one.check, one.message, one.path, "", "", one.severity)
            for number, *_, one in self.snapshot.list_findings(self.selection)
            if one.severity != "info"
        )
        return heapq.merge(own, self._list_open(language), key=lambda one: one.number)

    def _list_open(self, language: str) -> Iterator["Suspicion"]:
        with streaming(self.session, select_open(self.form.id, self.selection.reach), AT_ONCE) as result:
            for one in map(read_row, result):
                found, words = one.finding, sentence_of(one.finding, language, one.own)
                for path in found.questions or ("",):
                    place = (self.tables.kept_path(path), found.row_key, found.binding, found.severity)
                    yield Suspicion(one.submission_id or 0, found.check, words, *place)

    def _repeats(self) -> list[str]:
        return [path for path in self.questionnaire.repeats if path in self.tables.parts]

    def _table(self, repeat: str, keys: Sequence[str]) -> _Table:
        table = _Table(repeat, [("", key) for key in keys])
        for part in self.tables.parts[repeat]:
            for (path, component), (name, kind) in part.columns.items():
                if component in ("", GEOPOINT_PARTS[0]):
                    table.names[name] = path
                if path not in self.questionnaire.fields:
                    continue
                if component == GEOPOINT_PARTS[0]:
                    table.made.append(_Place(path, len(table.asks), "geopoint"))
                    table.asks += [(path, component) for component in GEOPOINT_PARTS]
                elif component == "" and kind == "datetime":
                    table.made.append(_Place(path, len(table.asks), "datetime"))
                    table.asks += [(path, ""), (path, "tz")]
                elif component == "":
                    table.plain.append((len(table.asks), path))
                    table.asks.append((path, ""))
        return table

    def _rows(self, table: _Table) -> Iterator[Sequence[Any]]:
        for selection in self._selections():
            starts = range(0, len(table.asks), MOST_ASKS)
            parts = [
                self.snapshot.list_rows(table.path, table.asks[start : start + MOST_ASKS], selection)
                for start in starts
            ]
            yield from parts[0] if len(parts) == 1 else map(_joined, zip(*parts, strict=True))

    def _selections(self) -> Iterator[Selection]:
        """The selection in parts: each number of a submission is a parameter of the statement."""
        numbers = sorted(self.selection.submissions)
        if len(numbers) <= AT_ONCE:
            yield self.selection
        else:
            for start in range(0, len(numbers), AT_ONCE):
                yield replace(self.selection, submissions=tuple(numbers[start : start + AT_ONCE]))

    def _about(self) -> Iterator[Any]:
        """(number, state, SHA-256 of the current version, its number, team) in the order of receipt."""
        wanted = (
            select(s.id, s.state, v.sha256, s.current_number, teams.c.name)
            .join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))
            .outerjoin(teams, teams.c.id == s.team_id)
            .where(s.form_pk == self.form.id, within(self.selection.reach))
            .order_by(s.id)
        )
        for selection in self._selections():
            statement = wanted.where(s.id.in_(selection.submissions)) if selection.submissions else wanted
            with streaming(self.session, statement, AT_ONCE) as result:
                yield from result

    def _flags(self) -> Iterator[tuple[int, str, str, str, str]]:
        """(number, check, path, key of the row, state) of what checks across interviews found, by number."""
        statement = (
            select(q.submission_id, q.check_id, q.questions, q.row_key, q.state)
            .where(q.form_pk == self.form.id, q.submission_id.is_not(None), q.state != "closed")
            .order_by(q.submission_id, q.id)
        )
        with streaming(self.session, statement, AT_ONCE) as result:
            for number, check, questions, row_key, state in result:
                for path in questions or [""]:
                    yield number, check, self.tables.kept_path(path), row_key, state


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something that a person should look at in a submission, by its number: which check, what, at which cell.

    `path` has indices of repeats where `row_key` is ''; '' stands for the whole submission. Those of one `binding`
    belong together.
    """

    number: int
    check: str
    message: str
    path: str
    row_key: str
    binding: str
    severity: str


class _Reader:
    """Rows in the order of their submissions, given out one submission at a time."""

    def __init__(self, rows: Iterator[Sequence[Any]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, number: int) -> list[Sequence[Any]]:
        """The rows of that submission; those of earlier ones are passed over."""
        found: list[Sequence[Any]] = []
        while self._next is not None and self._next[0] <= number:
            if self._next[0] == number:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _joined(rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(rows))


def in_offset(moment: datetime.datetime, offset: str | None) -> datetime.datetime:
    """An instant with the offset that the phone gave, `+08:00`."""
    if not offset or offset == "+00:00":
        return moment
    sign = -1 if offset[0] == "-" else 1
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    return moment.astimezone(datetime.timezone(sign * datetime.timedelta(minutes=minutes)))


def _preloads(questionnaire: Questionnaire) -> dict[str, str]:
    found = {}
    for known in questionnaire.versions.values():
        for question in known.definition.questions:
            rules = question.rules
            if rules.preload == "timestamp" and rules.preload_parameters == "start":
                found["start"] = question.path
            elif (rules.preload, rules.preload_parameters) == ("property", "username"):
                found["username"] = question.path
    return found
