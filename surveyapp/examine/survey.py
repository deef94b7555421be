"""Enumerators, the form and the backchecks: all interviews at once, at night and when somebody asks."""

import datetime
import secrets
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.examine.interviews import Examiner
from surveyapp.examine.plans import FormPlans
from surveyapp.quality.backchecks import Comparison, draw_backchecks, match_pairs
from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.following import follow_up
from surveyapp.quality.interview import Interview
from surveyapp.quality.run import backcheck_settings, check_backchecks, check_survey
from surveyapp.quality.survey import OpenFinding, Survey
from surveyapp.store.forms import Form, find_form
from surveyapp.store.quality import list_kept, list_open_kinds, list_submissions_with, replace_quality_findings
from surveyapp.store.quality_settings import DrawnSample, add_drawn_sample
from surveyapp.store.quality_summaries import get_standing
from surveyapp.store.submissions import list_submission_ids
from surveyapp.store.tombstones import list_tombstones

SURVEY_KINDS: Final = frozenset(check.id for check in CATALOGUE.values() if check.run_case is None)
BACKCHECK_KINDS: Final = frozenset(check.id for check in CATALOGUE.values() if check.run_backcheck is not None)
LARGEST_SEED: Final = 2**53


@dataclass(frozen=True)
class Surveyed:
    """What the checks of a form over all its interviews found; `about` gives the submission of each finding that is
    about one.
    """

    findings: tuple[QualityFinding, ...]
    about: dict[str, int]
    enumerators: frozenset[str]
    plans: FormPlans


def examine_form(examiner: Examiner, session: Session, form: Form, now: datetime.datetime) -> Surveyed:
    """Run the checks of the enumerators, the form and its backchecks on what is kept."""
    plans = examiner.plans.get(session, form)
    memory = examiner.memories.get(session, form.id, plans)
    comparison = compare_backchecks(examiner, session, form)
    opened = [OpenFinding(*one) for one in list_open_kinds(session, form.id)]
    gone = {number for number, *_ in list_tombstones(session, form.id)}
    kept = {number: summary for number, summary in memory.summaries.items() if number not in gone}
    summaries = list(kept.values())
    survey = Survey(plans.newest, summaries, now, opened, comparison.error_rates())
    found = (*check_survey(survey), *check_backchecks(comparison))
    about = {summary.instance_id: submission_id for submission_id, summary in kept.items()}
    return Surveyed(found, about, frozenset(summary.enumerator for summary in summaries), plans)


def keep_survey(session: Session, form: Form, surveyed: Surveyed, now: datetime.datetime) -> None:
    """Keep what was found: of the survey, and of each submission that was asked again."""
    before = list_submissions_with(session, form.id, BACKCHECK_KINDS)
    grouped: dict[int | None, list[QualityFinding]] = defaultdict(list, {one: [] for one in (None, *before)})
    for finding in surveyed.findings:
        grouped[surveyed.about.get(finding.instance_id)].append(finding)
    for submission_id, findings in grouped.items():
        kinds = SURVEY_KINDS if submission_id is None else BACKCHECK_KINDS
        changes = follow_up(list_kept(session, form.id, submission_id, kinds), findings)
        replace_quality_findings(
            session,
            form.id,
            submission_id,
            changes,
            enumerator=lambda finding: _enumerator_of(finding, surveyed.enumerators),
            own_messages=surveyed.plans.own,
            now=now,
        )


def _enumerator_of(finding: QualityFinding, known: frozenset[str]) -> str:
    """Whom a finding about an enumerator is about: its subject, but for a group in brackets or a word before it."""
    subject = finding.subject.removeprefix("enumerator ")
    candidates = (subject, subject.rpartition(" (")[0])
    return next((name for name in candidates if name and name in known), "")


# -- backchecks -------------------------------------------------------------------------------------------------------
def compare_backchecks(examiner: Examiner, session: Session, form: Form) -> Comparison:
    """The interviews of a form beside their backchecks, which are the submissions of the form that the settings name;
    no pairs where they name none, or where no B1 is set.
    """
    plans = examiner.plans.get(session, form)
    settings = backcheck_settings(plans.newest)
    back_form = find_form(session, form.project_id, plans.settings.back_form) if plans.settings.back_form else None
    if back_form is None or not settings:
        return Comparison(plans.newest, (), settings)
    backs = _read_all(examiner, session, back_form)
    households = {back.summary.household for back in backs if back.summary.household}
    memory = examiner.memories.get(session, form.id, plans)
    wanted = {one for one, summary in memory.summaries.items() if summary.household in households}
    pairs, _ = match_pairs(_read_all(examiner, session, form, wanted), backs)
    return Comparison(plans.newest, pairs, settings)


def _read_all(examiner: Examiner, session: Session, form: Form, wanted: set[int] | None = None) -> list[Interview]:
    plans = examiner.plans.get(session, form)
    ids = [one for one in list_submission_ids(session, form.id) if wanted is None or one in wanted]
    found = (examiner.read(session, form, plans, get_standing(session, one)) for one in ids)
    return [interview for interview in found if interview is not None and not interview.facts.rejected]


def draw_sample(
    examiner: Examiner, session: Session, form: Form, percent: int, now: datetime.datetime, seed: int | None = None
) -> DrawnSample:
    """Draw the interviews to be asked again, that share of each enumerator's; the seed is kept with them."""
    plans = examiner.plans.get(session, form)
    memory = examiner.memories.get(session, form.id, plans)
    chosen = secrets.randbelow(LARGEST_SEED) if seed is None else seed
    drawn = draw_backchecks(memory.summaries.values(), chosen, percent / 100)
    sample = DrawnSample(chosen, percent, drawn.instance_ids, now)
    add_drawn_sample(session, form.id, sample)
    return sample
