"""The indicators of a form as of now. What was computed is kept in this process: a new or changed submission costs one
household, not all.

Why not in the database: reading answers is what takes the time, and values kept there would have to be written by
whoever receives or by whoever reads (docs/adr/0008-indicators-are-kept-in-memory.md). What is kept is told apart by all
that it rests on: form, versions, answer tables, settings, parameters, cleaning rules, and for each submission its
current version, its state and the decisions about it.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Engine, and_, select
from sqlalchemy.orm import Session

from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.joining import Computed, join_computed
from surveyapp.indicators.mapping import merge_stated
from surveyapp.indicators.panel import Wave
from surveyapp.indicators.parameters import Parameters
from surveyapp.indicators.sample import make_sample
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.store.clean_frames import CleanAnswers
from surveyapp.store.cleaning import hash_cleaning
from surveyapp.store.cleaning_source import Cleaning, get_cleaning
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, find_form, list_form_versions
from surveyapp.store.frames import ListRows, get_frame
from surveyapp.store.indicators import get_parameters, get_sheet_settings, get_stated_settings
from surveyapp.store.quality import hash_quality
from surveyapp.store.reach import EVERYTHING as EVERYBODY
from surveyapp.store.reach import Reach, within
from surveyapp.store.reviews import get_exported_states
from surveyapp.store.selection import Selection
from surveyapp.store.tables import submission_versions, submissions

# For each submission what its answers rest on.
Stamps: TypeAlias = Mapping[int, object]

# Beyond this a process computes anew each time: 50,000 households of the reference form.
MOST_BYTES: Final = 200_000_000
# The number of no submission.
NOBODY: Final = 0
# Beyond this all are read anew; each number is a parameter of the statement.
MOST_CHANGED: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Kept:
    stamps: Stamps
    computed: Computed


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
            while self._kept and sum(one.computed.size for one in self._kept.values()) > MOST_BYTES:
                self._kept.popitem(last=False)


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
        found = _compute(session, form, settings, parameters, Selection(reach=reach), rows)
    earlier = _find_earlier(session, form, settings, reach, files)
    return Tabulation(found.households, found.frame, found.table, settings, earlier)


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
    cleaning = None
    if files is not None and hash_cleaning(session, form):
        cleaning = get_cleaning(session, files, form)
    memory = _memories.setdefault(session.get_bind().engine, _Memory())
    versions = tuple(version.id for version in list_form_versions(session, form))
    states = get_exported_states(session, form.id)
    hashes = (settings.hash, parameters.hash, *_hash_rules(session, form, cleaning))
    key = (form.id, form.answers_revision, versions, hashes, reach, states)
    # Before the rows: what arrives in between counts as changed the next time.
    everyone = cleaning is not None and cleaning.program.looks_at_groups
    stamps = _read_stamps(session, form, EVERYBODY if everyone else reach, states, cleaning)
    known = memory.find(key)
    changed = tuple(number for number, stamp in stamps.items() if known is None or known.stamps.get(number) != stamp)
    if known is not None and everyone and stamps == known.stamps:
        found = known.computed
    elif known is None or everyone or len(changed) > MOST_CHANGED:
        found = _read(session, form, settings, parameters, Selection(reach=reach, states=states), cleaning)
    else:
        some = Selection(submissions=changed or (NOBODY,), reach=reach, states=states)
        fresh = _read(session, form, settings, parameters, some, cleaning)
        found = _renew(known, stamps, fresh)
    memory.keep(key, _Kept(stamps, found))
    return found


def _renew(known: _Kept, stamps: Stamps, fresh: Computed) -> Computed:
    numbers = [one.submission_no for one in known.computed.households]
    kept = np.array([number in stamps and known.stamps.get(number) == stamps[number] for number in numbers], bool)
    return known.computed if kept.all() and not fresh.households else join_computed(known.computed, kept, fresh)


def _read(
    session: Session,
    form: Form,
    settings: Settings,
    parameters: Parameters,
    selection: Selection,
    cleaning: Cleaning | None,
) -> Computed:
    rows = None if cleaning is None else CleanAnswers(session, form, cleaning, selection).list_rows
    return _compute(session, form, settings, parameters, selection, rows)


def _hash_rules(session: Session, form: Form, cleaning: Cleaning | None) -> tuple[str, ...]:
    """By what all answers are cleaned."""
    if cleaning is None:
        return ()
    return (cleaning.program.ruleset.hash, hash_quality(session, form.id) if cleaning.asks_checks else "")


def _compute(
    session: Session,
    form: Form,
    settings: Settings,
    parameters: Parameters,
    selection: Selection,
    rows: ListRows | None = None,
) -> Computed:
    households, frame = get_frame(session, form, settings, selection, rows)
    return Computed(households, frame, compute_households(frame, settings, parameters))


def _read_stamps(
    session: Session, form: Form, reach: Reach, states: Sequence[str], cleaning: Cleaning | None
) -> Stamps:
    """For each submission in these states its current version, which never changes, and what it is cleaned by."""
    s, v = submissions.c, submission_versions.c
    current = submissions.join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))
    rows = session.execute(
        select(s.id, v.id, s.state, s.instance_id)
        .select_from(current)
        .where(s.form_pk == form.id, s.state.in_(states), within(reach))
    )
    if cleaning is None:
        return {number: version for number, version, *_ in rows}
    log = {name: tuple((one.log_id, one.status) for one in made) for name, made in cleaning.by_instance.items()}
    return {number: (version, state, log.get(name, ())) for number, version, state, name in rows}


def _find_earlier(session: Session, form: Form, settings: Settings, reach: Reach, files: Files | None) -> Wave | None:
    """The first wave, where the settings say that another form of the project asked it."""
    name = settings.design.earlier_form
    earlier = find_form(session, form.project_id, name) if name and name != form.form_id else None
    if earlier is None:
        return None
    stated = merge_stated(get_sheet_settings(session, earlier), get_stated_settings(session, earlier.project_id))
    own = read_settings(stated)
    design = replace(own.design, earlier_form="", households=settings.design.households)
    own = replace(own, design=design)
    found = get_computed(session, earlier, own, get_parameters(session, form), reach, files)
    return Wave(name, make_sample(found.frame, found.table, own))
