"""The interviews of a form beside those that ask the same households again, from the tables of answers."""

import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.examine.plans import Plans
from surveyapp.quality.backchecks import Asked, Comparison, Pair, match_pairs
from surveyapp.quality.plan import Plan
from surveyapp.quality.run import backcheck_settings
from surveyapp.quality.sample import household_key
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.forms import Form, find_form
from surveyapp.store.reach import EVERYTHING, Reach
from surveyapp.store.selection import Selection
from surveyapp.store.snapshot import Snapshot
from surveyapp.values import canonical_text

READ_AT_ONCE: Final = 500
KNOWN: Final = ("_submission_no", "_instance_id", "_received", "_state", "_device", "_team")
REJECTED: Final = "rejected"


@dataclass(frozen=True, slots=True)
class Compared:
    """The pairs of a form, and how many backchecks have no interview of their household."""

    comparison: Comparison
    unmatched: int


def compare_backchecks(plans: Plans, session: Session, form: Form, reach: Reach = EVERYTHING) -> Compared:
    """The interviews within the reach beside their backchecks: the submissions of the form that the settings name, and
    those of the form itself that the role backcheck marks. No pairs where no B1 is set.

    Rejected ones are on neither side. Backchecks without an interview are counted by those who see everything.
    """
    own = plans.get(session, form)
    settings = backcheck_settings(own.newest)
    if not settings:
        return Compared(Comparison(own.newest, ()), 0)
    asked = list(_list_asked(session, form, own.newest))
    originals, marked = ([one for one, is_back in asked if is_back is side] for side in (False, True))
    back_form = find_form(session, form.project_id, own.settings.back_form) if own.settings.back_form else None
    sources = {form.id: (form, [one for one, _ in asked])}
    if back_form is not None and back_form.id != form.id:
        there = [one for one, _ in _list_asked(session, back_form, plans.get(session, back_form).newest)]
        sources[back_form.id] = (back_form, there)
        marked += there
    pairs, alone = match_pairs(originals, marked)
    if not reach.everything:
        seen = _list_reached(session, form, reach)
        pairs = [pair for pair in pairs if pair.original.number in seen]
    wanted = {one.number for pair in pairs for one in (pair.original, pair.back)}
    paths = sorted({path for setting in settings for path in setting.questions})
    answered: dict[int, Asked] = {}
    for source, listed in sources.values():
        answered |= _read_answers(session, source, [one for one in listed if one.number in wanted], paths)
    whole = [Pair(answered[pair.original.number], answered[pair.back.number]) for pair in pairs]
    return Compared(Comparison(own.newest, whole, settings), len(alone) if reach.everything else 0)


def _list_reached(session: Session, form: Form, reach: Reach) -> set[int]:
    rows = _snapshot(session, form).list_rows("", [("", "_submission_no")], Selection(reach=reach))
    return {number for (number,) in rows}


def _snapshot(session: Session, form: Form) -> Snapshot:
    return Snapshot(session, get_answer_tables(session, form.id, form.answers_revision), {})


def _list_asked(session: Session, form: Form, plan: Plan) -> Iterator[tuple[Asked, bool]]:
    """Who was asked, by whom, without answers; and whether it is a backcheck of the same form."""
    paths = [plan.roles.get(role) for role in ("household", "enumerator", "backcheck")]
    asks = [*(("", name) for name in KNOWN), *((path, "") for path in paths if path)]
    for number, instance_id, received_at, state, device, team, *told in _snapshot(session, form).list_rows("", asks):
        answers = iter(told)
        household, enumerator, mark = (_text(next(answers)) if path else "" for path in paths)
        key = household_key(household, strip_zeros=plan.sample.strip_zeros)
        who = enumerator if paths[1] else device or ""
        if state != REJECTED:
            yield Asked(number, instance_id, key, who, team or "", received_at), mark in plan.marking


def _read_answers(
    session: Session, form: Form, asked: Collection[Asked], paths: Collection[str]
) -> Iterator[tuple[int, Asked]]:
    """The same with their answers to these questions, each with the number of its submission."""
    tables = get_answer_tables(session, form.id, form.answers_revision)
    has = frozenset(path for path in paths if (tables.kept_path(path), "") in tables.places)
    known = {one.number: one for one in asked}
    numbers = iter(sorted(known))
    asks = [("", "_submission_no"), ("", "_extra"), *((path, "") for path in paths)]
    while some := tuple(itertools.islice(numbers, READ_AT_ONCE)):
        for number, extra, *values in _snapshot(session, form).list_rows("", asks, Selection(submissions=some)):
            given = {path: value for path, value in zip(paths, values, strict=True) if value is not None}
            texts = {**_unfit(extra, paths), **{path: canonical_text(value) for path, value in given.items()}}
            yield number, replace(known[number], questions=has, texts=texts, values=given)


def _unfit(extra: str | None, paths: Collection[str]) -> Mapping[str, str]:
    """Answers that are not of the type of their question, which no typed column takes."""
    kept: dict[str, str] = json.loads(extra) if extra else {}
    return {path: text for path, text in kept.items() if path in paths}


def _text(value: Any) -> str:
    return "" if value is None else canonical_text(value)
