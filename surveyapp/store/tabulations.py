"""The indicators of a form as of now. What was computed is kept in this process: a new or changed submission costs one
household, not all.

Why not in the database: reading answers is what takes the time, and values kept there would have to be written by
whoever receives or by whoever reads (docs/adr/0008-indicators-are-kept-in-memory.md). What is kept is told apart by all
that it rests on: form, versions, answer tables, settings, parameters, cleaning rules, and for each submission its
current version, its state and the decisions about it.
"""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, and_, select
from sqlalchemy.orm import Session

from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.frame import Households, SurveyFrame
from surveyapp.indicators.joining import Computed, chain_computed, chain_frames, join_computed, pick_computed
from surveyapp.indicators.mapping import merge_stated
from surveyapp.indicators.panel import Wave
from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters
from surveyapp.indicators.sample import keep_sampled, make_sample
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.store.clean_frames import CleanAnswers
from surveyapp.store.cleaning import hash_cleaning
from surveyapp.store.cleaning_source import AT_ONCE, Cleaning, get_cleaning
from surveyapp.store.database import streaming
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, find_form, list_form_versions
from surveyapp.store.frames import ListRows, list_frames
from surveyapp.store.indicator_columns import ColumnFile, FiledColumns
from surveyapp.store.indicators import get_parameters, get_sheet_settings, get_stated_settings
from surveyapp.store.quality import hash_quality
from surveyapp.store.reach import EVERYTHING as EVERYBODY
from surveyapp.store.reach import Reach, within
from surveyapp.store.reviews import get_exported_states
from surveyapp.store.selection import Selection
from surveyapp.store.tables import submission_versions, submissions

# What is kept on disk for one process: 230,000 households of the reference form. Beyond it all are computed anew.
MOST_BYTES: Final = 400_000_000
# So much of a file may hold what is no more wanted, before what is wanted moves to another.
MOST_IDLE: Final = 50_000_000
# Households that are read, computed and written at once. With a multiple of 64, numpy's powers are the same to the last
# bit whatever the number is.
PART: Final = 1_024
# The number of no submission.
NOBODY: Final = 0
# Beyond this all are read anew; each number is a parameter of the statement.
MOST_CHANGED: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Stamps:
    """For each submission, by number, a hash of what its answers rest on; told apart within one process."""

    numbers: NDArray[np.int64]
    hashes: NDArray[np.int64]

    def also_in(self, other: "_Stamps") -> NDArray[np.bool_]:
        """Which of these are in the other, unchanged."""
        if not len(other.numbers):
            return np.zeros(len(self.numbers), bool)
        places = np.minimum(np.searchsorted(other.numbers, self.numbers), len(other.numbers) - 1)
        found: NDArray[np.bool_] = (other.numbers[places] == self.numbers) & (other.hashes[places] == self.hashes)
        return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was computed, and the file in which its columns lie."""

    stamps: _Stamps
    computed: Computed
    file: ColumnFile


class _Memory:
    """What this process computed from one database; the longest unused goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()

    def find(self, key: tuple[object, ...]) -> _Kept | None:
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: tuple[object, ...], kept: _Kept) -> None:
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while self._kept and sum(one.file.size for one in self._kept.values()) > MOST_BYTES:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Work:
    """By what the households of a form are computed."""

    session: Session
    form: Form
    settings: Settings
    parameters: Parameters
    cleaning: Cleaning | None = None
    rows: ListRows | None = None

    def list_parts(self, selection: Selection) -> Iterator[Computed]:
        """The households of a selection, some at a time, with all indicators and as much of their answers as estimation
        reads.
        """
        for households, frame in _list_frames(self, selection):
            table = compute_households(frame, self.settings, self.parameters)
            yield Computed(households, keep_sampled(frame, self.settings), table)

    def compute(self, selection: Selection) -> tuple[Computed, ColumnFile]:
        """All households of a selection; the columns of their indicators lie in the file."""
        file = ColumnFile()
        return chain_computed([_put(part, file) for part in self.list_parts(selection)]), file


def _put(part: Computed, file: ColumnFile) -> Computed:
    return replace(part, table=replace(part.table, columns=file.keep(part.table.columns)))


def _list_frames(work: _Work, selection: Selection) -> Iterator[tuple[Households, SurveyFrame]]:
    rows = work.rows
    if work.cleaning is not None:
        rows = CleanAnswers(work.session, work.form, work.cleaning, selection).list_rows
    return list_frames(work.session, work.form, work.settings, selection, rows, size=PART)


_memories: WeakKeyDictionary[Engine, _Memory] = WeakKeyDictionary()


def get_tabulation(
    session: Session,
    form: Form,
    settings: Settings,
    parameters: Parameters,
    reach: Reach = EVERYBODY,
    *,
    rows: ListRows | None = None,
    files: Files | None = None,
) -> Tabulation:
    """Every indicator of the catalogue, from the current submissions of `form` within the reach.

    With `files`, where the attachments of forms lie, answers are cleaned first; without they are those that were sent.
    `rows` gives the answers where they are cleaned already; nothing of that is kept.
    """
    if rows is None:
        found = get_computed(session, form, settings, parameters, reach, files)
    else:
        found, _ = _Work(session, form, settings, parameters, rows=rows).compute(Selection(reach=reach))
    earlier = _find_earlier(session, form, settings, reach, files)
    return Tabulation(found.households, found.frame, found.table, settings, earlier, found.parts)


def get_answers(session: Session, form: Form, settings: Settings, files: Files) -> SurveyFrame:
    """The clean answers of all households in exported states, with every question that the catalogue reads: 2 kB a
    household in memory.
    """
    work = _Work(session, form, settings, NO_PARAMETERS, _find_cleaning(session, form, files))
    selection = Selection(states=get_exported_states(session, form.id))
    return chain_frames([frame for _, frame in _list_frames(work, selection)])


def get_computed(
    session: Session,
    form: Form,
    settings: Settings,
    parameters: Parameters,
    reach: Reach = EVERYBODY,
    files: Files | None = None,
) -> Computed:
    """The households of a form with answers and indicators; only what is new or changed is read and computed.

    Where a cleaning rule looks at several submissions, one that changes may change another: then all are.
    """
    cleaning = _find_cleaning(session, form, files)
    memory = _memories.setdefault(session.get_bind().engine, _Memory())
    versions = tuple(version.id for version in list_form_versions(session, form))
    states = get_exported_states(session, form.id)
    hashes = (settings.hash, parameters.hash, *_hash_rules(session, form, cleaning))
    key = (form.id, form.answers_revision, versions, hashes, reach, states)
    # Before the rows: what arrives in between counts as changed the next time.
    everyone = cleaning is not None and cleaning.program.looks_at_groups
    stamps = _read_stamps(session, form, EVERYBODY if everyone else reach, states, cleaning)
    known = memory.find(key)
    work = _Work(session, form, settings, parameters, cleaning)
    changed = stamps.numbers if known is None else stamps.numbers[~stamps.also_in(known.stamps)]
    if known is not None and not len(changed) and len(stamps.numbers) == len(known.stamps.numbers):
        found, file = known.computed, known.file
    elif known is None or everyone or len(changed) > MOST_CHANGED:
        found, file = work.compute(Selection(reach=reach, states=states))
    else:
        some = Selection(submissions=tuple(changed.tolist()) or (NOBODY,), reach=reach, states=states)
        found, file = _renew(known, stamps, chain_computed(list(work.list_parts(some))))
    memory.keep(key, _Kept(stamps, found, file))
    return found


def _renew(known: _Kept, stamps: _Stamps, fresh: Computed) -> tuple[Computed, ColumnFile]:
    """What is known with what is new or changed; only the parts in which something is so are written anew."""
    same = known.stamps.numbers[known.stamps.also_in(stamps)]
    arrived = np.array([one.submission_no for one in fresh.households], np.int64)
    former = known.computed.parts
    wanted = sum(part.table.columns.size for part in former if isinstance(part.table.columns, FiledColumns))
    file = known.file if known.file.size < 2 * wanted + MOST_IDLE else ColumnFile()
    ends = [int(_numbers(part)[-1]) if part.households else NOBODY for part in former[:-1]]
    belongs = np.searchsorted(np.array(ends, np.int64), arrived)
    parts: list[Computed] = []
    for place, part in enumerate(former):
        kept, here = np.isin(_numbers(part), same), np.flatnonzero(belongs == place)
        if not kept.all() or len(here):
            joined = join_computed(part, kept, pick_computed(fresh, here))
            parts += [_put(one, file) for one in _split(joined)]
        else:
            parts.append(part if file is known.file else _put(part, file))
    return chain_computed([part for part in parts if part.households] or parts[:1]), file


def _numbers(part: Computed) -> NDArray[np.int64]:
    return np.array([one.submission_no for one in part.households], np.int64)


def _split(part: Computed) -> list[Computed]:
    """A part that has grown, as several."""
    n = part.frame.n
    if n <= 2 * PART:
        return [part]
    return [pick_computed(part, np.arange(start, min(start + PART, n))) for start in range(0, n, PART)]


def _find_cleaning(session: Session, form: Form, files: Files | None) -> Cleaning | None:
    return get_cleaning(session, files, form) if files is not None and hash_cleaning(session, form) else None


def _hash_rules(session: Session, form: Form, cleaning: Cleaning | None) -> tuple[str, ...]:
    """By what all answers are cleaned."""
    if cleaning is None:
        return ()
    return (cleaning.program.ruleset.hash, hash_quality(session, form.id) if cleaning.asks_checks else "")


def _read_stamps(
    session: Session, form: Form, reach: Reach, states: Sequence[str], cleaning: Cleaning | None
) -> _Stamps:
    """For each submission in these states its current version, which never changes, and what it is cleaned by."""
    s, v = submissions.c, submission_versions.c
    current = submissions.join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))
    statement = (
        select(s.id, v.id, s.state, s.instance_id)
        .select_from(current)
        .where(s.form_pk == form.id, s.state.in_(states), within(reach))
        .order_by(s.id)
    )
    log = {} if cleaning is None else cleaning.by_instance
    numbers, hashes = array("q"), array("q")
    with streaming(session, statement, AT_ONCE) as result:
        for number, version, state, name in result:
            numbers.append(number)
            if cleaning is None:
                hashes.append(version)
            else:
                hashes.append(hash((version, state, tuple((one.log_id, one.status) for one in log.get(name, ())))))
    return _Stamps(np.array(numbers, np.int64), np.array(hashes, np.int64))


def _find_earlier(session: Session, form: Form, settings: Settings, reach: Reach, files: Files | None) -> Wave | None:
    """The first wave, where the settings say that another form of the project asked it."""
    name = settings.design.earlier_form
    earlier = find_form(session, form.project_id, name) if name and name != form.form_id else None
    if earlier is None:
        return None
    stated = merge_stated(get_sheet_settings(session, earlier), get_stated_settings(session, earlier.project_id))
    own = read_settings(stated)
    design = replace(own.design, earlier_form="", households=settings.design.households, kinds=settings.design.kinds)
    own = replace(own, design=design)
    found = get_computed(session, earlier, own, get_parameters(session, form), reach, files)
    return Wave(name, make_sample(found.frame, found.table, own))
