"""The clean answers to a form as columns are made of them, for the catalogue of indicators.

The same answers as those of a clean export, cleaned submission by submission as they are read; nothing lies on disk.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.clean.dropping import GroupDecisions
from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.pipeline import NO_DECISIONS
from surveyapp.clean.records import Row
from surveyapp.indicators.columns import Reason
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.cleaning_source import Cleaning, StoredSubmissions
from surveyapp.store.forms import Form
from surveyapp.store.selection import Selection

# Why a clean cell is empty, as the indicators say it; any other reason leaves it blank.
REASONS: Final[Mapping[str, Reason]] = {
    "dont_know": Reason.DONT_KNOW,
    "refused": Reason.REFUSED,
    "not_applicable": Reason.NOT_APPLICABLE,
    "not_asked": Reason.NOT_ASKED,
    "invalid": Reason.INVALID,
    "version": Reason.NOT_IN_VERSION,
}
_NOT_ASKED: Final = object()


class CleanAnswers:
    """The clean rows of the submissions of a selection; `list_rows` is a `surveyapp.store.frames.ListRows`.

    Rules that look at several submissions see all in the `states` of the selection, within reach or not.
    """

    def __init__(self, session: Session, form: Form, cleaning: Cleaning, selection: Selection) -> None:
        self.tables = get_answer_tables(session, form.id, form.answers_revision)
        self.cleaner = cleaning.cleaner
        self.some = _source(session, form, cleaning, selection)
        self.decisions: GroupDecisions = NO_DECISIONS
        if cleaning.program.looks_at_groups:
            everyone = _source(session, form, cleaning, Selection(states=selection.states))
            self.decisions = self.cleaner.decide_groups(everyone)
        self._outcomes = _Shared(self._clean())

    def list_rows(
        self, repeat: str, asks: Sequence[tuple[str, str]], _selection: Selection, /
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a repeat ('' = the submissions) in order of receipt; an empty cell holds its Reason.

        Whatever is asked for at first is read in one pass, if it is read side by side.
        """
        kept = self.tables.kept_path(repeat) if repeat else ""
        wanted = [(self.tables.kept_path(path) if path else "", part) for path, part in asks]
        return self._list(kept, wanted, self._outcomes.reader())

    def _clean(self) -> Iterator[Outcome]:
        for submission in self.some.list_submissions():
            outcome = self.cleaner.clean(submission, self.decisions)
            if outcome.deletion is None:
                yield outcome

    @staticmethod
    def _list(repeat: str, wanted: Sequence[tuple[str, str]], outcomes: Iterator[Outcome]) -> Iterator[tuple[Any, ...]]:
        for outcome in outcomes:
            rows = [row for row in outcome.rows if row.repeat == repeat]
            for ordinal, row in enumerate(rows, 1):
                known = {
                    "_submission_no": outcome.id.number,
                    "_instance_id": outcome.id.instance_id,
                    "_version": outcome.version,
                    "_ordinal": ordinal,
                }
                yield tuple(_cell(row, path) if path else known.get(part) for path, part in wanted)


def _source(session: Session, form: Form, cleaning: Cleaning, selection: Selection) -> StoredSubmissions:
    return StoredSubmissions(session, form, cleaning.program.form, flags=cleaning.asks_checks, selection=selection)


def _cell(row: Row, path: str) -> Any:
    """The value, the Reason why there is none, or None where the question was not asked."""
    value = row.values.get(path, _NOT_ASKED)
    if value is _NOT_ASKED or isinstance(value, tuple):
        return None
    return REASONS.get(row.reasons.get(path, ""), Reason.BLANK) if value is None else value


class _Shared:
    """One pass over outcomes for several readers, who keep what others have read before them."""

    def __init__(self, outcomes: Iterator[Outcome]) -> None:
        self._outcomes = outcomes
        self._waiting: list[deque[Outcome]] = []
        self._begun = False

    def reader(self) -> Iterator[Outcome]:
        if self._begun:
            raise RuntimeError("who comes after the first outcome was read would miss it")
        own: deque[Outcome] = deque()
        self._waiting.append(own)
        return self._read(own)

    def _read(self, own: deque[Outcome]) -> Iterator[Outcome]:
        self._begun = True
        while True:
            if not own:
                found = next(self._outcomes, None)
                if found is None:
                    return
                for other in self._waiting:
                    other.append(found)
            yield own.popleft()
