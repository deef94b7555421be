"""What an export needs, given by the store: one form, as one session sees it."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version as package_version
from itertools import islice
from typing import IO, Any, Final, TypeAlias

from sqlalchemy.orm import Session

from surveyapp.clean.edits import Revision
from surveyapp.export.missing import DEFAULT_CODES
from surveyapp.export.quality_sheets import QualityFound
from surveyapp.export.query import Chosen
from surveyapp.export.source import (
    Ask,
    Asked,
    Cleanable,
    CutOff,
    EditOf,
    FormFile,
    FoundIn,
    KeptMedia,
    LeftOut,
    PublishedVersion,
    SaidOf,
)
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters
from surveyapp.indicators.settings import MissingCodes, Settings
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.quality.interview import Summary
from surveyapp.quality.summaries import summary_from_plain
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.cleaning import hash_cleaning
from surveyapp.store.cleaning_source import StoredSubmissions, get_cleaning, get_questionnaire
from surveyapp.store.comments import list_comments
from surveyapp.store.corrections import count_corrections
from surveyapp.store.files import Files
from surveyapp.store.forms import (
    Form,
    FormVersion,
    get_definition,
    get_source,
    list_form_attachments,
    list_form_versions,
)
from surveyapp.store.frames import ListRows
from surveyapp.store.quality import QualityFilter, QualityRow, hash_quality, list_all_findings
from surveyapp.store.quality_summaries import count_summaries, list_summaries
from surveyapp.store.reach import EVERYTHING, Reach
from surveyapp.store.reviews import get_exported_states
from surveyapp.store.selection import Selection
from surveyapp.store.snapshot import Snapshot
from surveyapp.store.submissions import count_rules
from surveyapp.store.tabulations import get_tabulation
from surveyapp.xform.definition import Choice, FormDefinition

PRELOADS = {("timestamp", "start"): "start", ("timestamp", "end"): "end", ("property", "username"): "username"}

# The edits of a submission, by its number, oldest first; reading them is the affair of whoever receives records.
ReadEdits: TypeAlias = Callable[[int], Sequence[Revision]]
_NUMBER: Final = Ask("", "_submission_no")
# No states at all would bound nothing.
NO_STATE: Final = ("",)
# The comments of so many submissions are asked for at once.
COMMENTED: Final = 500
# Of the measures of an interview, those that the sheets tell.
TIMES: Final = {"minutes": 0, "active_minutes": 1}


class StoredForm:
    """An ExportSource over the database; good for as long as its session is open.

    Without `settings` there are no indicators, without `read_edits` no edits are told. Nothing is given that is not
    within the `reach`.
    """

    def __init__(
        self,
        session: Session,
        files: Files,
        form: Form,
        settings: Settings | None = None,
        parameters: Parameters = NO_PARAMETERS,
        reach: Reach = EVERYTHING,
        *,
        read_edits: ReadEdits | None = None,
    ) -> None:
        self.session = session
        self.files = files
        self.form = form
        self.settings = settings
        self.parameters = parameters
        self.reach = reach
        self.read_edits = read_edits
        self.chosen: Chosen | None = None
        tables = get_answer_tables(session, form.id, form.answers_revision)
        self.tables = tables
        self.snapshot = Snapshot(session, tables, _preloads([version.definition for version in self.versions]))

    @property
    def title(self) -> str:
        """The form's title."""
        return self.form.title

    @property
    def form_id(self) -> str:
        """The form's id."""
        return self.form.form_id

    @cached_property
    def versions(self) -> Sequence[PublishedVersion]:
        """All published versions, oldest first."""
        return [
            PublishedVersion(get_definition(self.session, version), version.published_at, self._file_choices(version))
            for version in list_form_versions(self.session, self.form)
        ]

    @cached_property
    def states(self) -> tuple[str, ...]:
        """The states whose submissions the form's policy lets into exports."""
        return get_exported_states(self.session, self.form.id)

    @property
    def cut_off(self) -> CutOff:
        """Up to where the snapshot goes."""
        last = self.snapshot.find_last(self.reach)
        return CutOff(0, self.versions[-1].published_at) if last is None else CutOff(*last)

    @property
    def counts(self) -> Mapping[str, int]:
        """Further counts for the README."""
        rules = count_rules(self.session, self.form.id, self.reach)
        return {
            "copies kept for comparison, not in this file": self.snapshot.count_copies(self.reach),
            "rules of the form that held": rules.ok,
            "rules that were broken": rules.violated,
            "rules that could not be checked": rules.not_checkable,
        }

    @property
    def codes(self) -> MissingCodes:
        """Those of the settings, else the usual ones."""
        return DEFAULT_CODES if self.settings is None else self.settings.missing

    @cached_property
    def indicators(self) -> Tabulation | None:
        """The catalogue's indicators, where any version can give at least one."""
        return self.tabulate(None)

    @cached_property
    def cleaning(self) -> Cleanable | None:
        """The published ruleset and the decisions of people."""
        if not self._cleaning_hash:
            return None
        found = get_cleaning(self.session, self.files, self.form)
        # What the policy keeps out goes first: it must not be the copy that stays of two.
        some = Selection(states=self.states)
        source = StoredSubmissions(self.session, self.form, found.program.form, flags=found.asks_checks, selection=some)
        return Cleanable(found.cleaner, source, lambda: source.unreadable)

    @cached_property
    def _cleaning_hash(self) -> str:
        return hash_cleaning(self.session, self.form)

    def tabulate(self, rows: ListRows | None) -> Tabulation | None:
        """The indicators of the answers that `rows` gives; None stands for those that were received."""
        if self.settings is None:
            return None
        asked = [{question.name for question in version.definition.questions} for version in self.versions]
        counted = {one.code for one in CATALOGUE if one.counted}
        if all(counted <= CATALOGUE.not_computable(names, self.settings).keys() for names in asked):
            return None
        return get_tabulation(
            self.session, self.form, self.settings, self.parameters, self.reach, rows=rows, files=self.files
        )

    @property
    def fingerprint(self) -> str:
        """A hash of what the store holds of the form, of its settings and of the software."""
        parts: list[Any] = [self.snapshot.fingerprint(self.reach), self.reach.to_json(), self.states]
        parts += [self.form.answers_revision, self.form.title]
        parts += [version.md5 for version in list_form_versions(self.session, self.form)]
        parts += [self._cleaning_hash, hash_quality(self.session, self.form.id)]
        parts += [self.settings.hash if self.settings else "", self.parameters.hash, package_version("surveyapp")]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def kept_path(self, path: str) -> str:
        """The path under which the answers to `path` are kept."""
        return self.tables.kept_path(path)

    @property
    def asked(self) -> Asked:
        """The form, and the submissions that the policy lets into exports."""
        questionnaire = get_questionnaire(self.session, self.files, self.form)
        some = Selection(states=self.states or NO_STATE)
        return Asked(questionnaire, StoredSubmissions(self.session, self.form, questionnaire, selection=some))

    def narrow(self, chosen: Chosen) -> "StoredForm":
        """The submissions for which a query holds."""
        narrowed = copy(self)
        narrowed.chosen = chosen
        return narrowed

    def count(self, repeat_path: str, selection: Selection) -> int:
        """How many rows there are."""
        if self.chosen is not None:
            return sum(1 for _ in self._rows(repeat_path, (_NUMBER,), selection))
        return self.snapshot.count_rows(repeat_path, self._reached(selection))

    def main_rows(self, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        """One tuple a submission."""
        return self._rows("", asks, selection)

    def repeat_rows(self, repeat_path: str, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        """One tuple a row of the repeat."""
        return self._rows(repeat_path, asks, selection)

    def _rows(self, repeat_path: str, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        if self.chosen is None:
            return self.snapshot.list_rows(repeat_path, asks, self._reached(selection))
        rows = self.snapshot.list_rows(repeat_path, (*asks, _NUMBER), self._reached(selection))
        return (row[:-1] for row in rows if row[-1] in self.chosen)

    def _is_chosen(self, number: int) -> bool:
        return self.chosen is None or number in self.chosen

    def left_out(self, selection: Selection) -> Iterator[LeftOut]:
        """What came and the form's policy keeps out, or somebody deleted; no query is put to those."""
        if self.chosen is not None:
            return
        rows = self.snapshot.list_left_out(replace(selection, reach=self.reach), self.states)
        for number, instance_id, received_at, state, by, at, reason, deleter, deleted_at, why in rows:
            if deleted_at is None:
                yield LeftOut(number, instance_id, received_at, state, False, reason or "", by or "", at)
            else:
                yield LeftOut(number, instance_id, received_at, state, True, why, deleter, deleted_at)

    def findings(self, selection: Selection) -> Iterator[FoundIn]:
        """Every finding."""
        for submission_no, instance_id, is_copy, finding in self.snapshot.list_findings(self._reached(selection)):
            if self._is_chosen(submission_no):
                yield FoundIn(submission_no, instance_id, finding, is_copy)

    def quality(self, selection: Selection) -> QualityFound | None:
        """What the checks across interviews found, of the submissions of the selection; what is about enumerators and
        the form is there where all submissions are.
        """
        if not count_summaries(self.session, self.form.id):
            return None

        def chosen() -> set[int]:
            return {number for (number,) in self.main_rows([Ask("", "_submission_no")], selection)}

        def findings() -> Iterator[QualityRow]:
            numbers = chosen()
            for row in list_all_findings(self.session, self.form.id, self.reach, QualityFilter()):
                if row.submission_id is None or row.submission_id in numbers:
                    yield row

        def summaries() -> Iterator[Summary]:
            # Of an enumerator all interviews count, also those that no sheet of answers holds: rejected ones.
            everyone = replace(selection, reach=self.reach)
            numbers = {number for (number,) in self.snapshot.list_rows("", [("", "_submission_no")], everyone)}
            corrected = count_corrections(self.session, self.form.id)
            for kept in list_summaries(self.session, numbers):
                summary = summary_from_plain(kept.content, TIMES, (), b"")
                yield replace(summary, corrections=corrected.get(kept.submission_id, 0))

        return QualityFound(findings, summaries)

    def comments(self, selection: Selection) -> Iterator[SaidOf]:
        """Every comment on a submission."""
        asks = [Ask("", "_submission_no"), Ask("", "_instance_id")]
        rows = self.main_rows(asks, selection)
        while some := dict(islice(rows, COMMENTED)):
            said = list_comments(self.session, list(some))
            for one in sorted(said, key=lambda one: (one.submission_id, one.id)):
                yield SaidOf(one.submission_id, some[one.submission_id], one)

    def edits(self, selection: Selection) -> Iterator[EditOf]:
        """What every record of a submission changed in the one before it."""
        if self.read_edits is None:
            return
        for number, instance_id in self.snapshot.list_replaced(self._reached(selection)):
            for revision in self.read_edits(number) if self._is_chosen(number) else ():
                yield EditOf(number, instance_id, revision)

    def missing_files(self, selection: Selection) -> Iterator[tuple[int, str]]:
        """Files that an answer names and that have not arrived."""
        for submission_no, *_, finding in self.snapshot.list_findings(
            self._reached(selection), check="attachment-missing"
        ):
            if self._is_chosen(submission_no):
                yield submission_no, finding.value

    def media(self, selection: Selection) -> Iterator[KeptMedia]:
        """Every file that came with the submissions."""
        for found in self.snapshot.list_attachments(self._reached(selection)):
            if self._is_chosen(found[0]):
                yield KeptMedia(*found)

    def open_media(self, sha256: str) -> IO[bytes]:
        """The content of a file."""
        return self.files.path(sha256).open("rb")

    def forms(self) -> Iterator[FormFile]:
        """The files that were published."""
        for version in list_form_versions(self.session, self.form):
            yield FormFile(version.version, version.source_name, get_source(self.session, version))

    def _reached(self, selection: Selection) -> Selection:
        wanted = tuple(state for state in self.states if not selection.states or state in selection.states)
        return replace(selection, reach=self.reach, states=wanted or NO_STATE)

    def _file_choices(self, version: FormVersion) -> dict[str, tuple[Choice, ...]]:
        definition = get_definition(self.session, version)
        wanted = {definition.choice_file(question) for question in definition.questions} - {""}
        kept = {attachment.name: attachment.sha256 for attachment in list_form_attachments(self.session, version)}
        return {name: read_choices(name, self.files.path(kept[name]).read_bytes()) for name in wanted if name in kept}


def read_choices(name: str, content: bytes) -> tuple[Choice, ...]:
    """The choices in a CSV or GeoJSON attachment; none where it cannot be read."""
    try:
        if name.endswith(".geojson"):
            features = json.loads(content)["features"]
            rows = [{"name": str(feature.get("id", "")), **feature.get("properties", {})} for feature in features]
        else:
            rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    except (ValueError, KeyError, TypeError, csv.Error):
        return ()
    return tuple(Choice(str(row.get("name", "")), {"": str(row.get("label") or "")}) for row in rows)


def _preloads(definitions: Sequence[FormDefinition]) -> dict[str, str]:
    """Where phones write start, end and user name: the newest version that says so counts."""
    return {
        PRELOADS[key]: question.path
        for definition in definitions
        for question in definition.questions
        if (key := (question.rules.preload, question.rules.preload_parameters)) in PRELOADS
    }
