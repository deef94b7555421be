"""Enumerators, the form and the backchecks: all interviews at once, at night and when somebody asks."""

import datetime
import secrets
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.examine.backchecks import compare_backchecks
from surveyapp.examine.interviews import Examiner
from surveyapp.examine.plans import FormPlans
from surveyapp.quality.backchecks import draw_backchecks
from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.following import follow_up, leave_equal
from surveyapp.quality.run import check_backchecks, check_survey
from surveyapp.quality.survey import OpenFinding, Survey
from surveyapp.store.corrections import count_corrections
from surveyapp.store.forms import Form
from surveyapp.store.quality import list_kept, list_open_kinds, list_submissions_with, replace_quality_findings
from surveyapp.store.quality_settings import DrawnSample, add_drawn_sample
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
    comparison = compare_backchecks(examiner.plans, session, form).comparison
    opened = [OpenFinding(*one) for one in list_open_kinds(session, form.id)]
    gone = {number for number, *_ in list_tombstones(session, form.id)}
    kept = {number: summary for number, summary in memory.summaries.items() if number not in gone}
    corrected = count_corrections(session, form.id)
    summaries = [
        replace(summary, corrections=corrected.get(number, 0))
        for number, summary in kept.items()
        if not summary.backcheck
    ]
    survey = Survey(plans.newest, summaries, now, opened, comparison.error_rates())
    about = {summary.instance_id: submission_id for submission_id, summary in kept.items()}
    everything = (*check_survey(survey), *check_backchecks(comparison))
    # What has just come may have its backcheck already, and not its own checks: the next run tells it.
    found = tuple(one for one in everything if not one.instance_id or one.instance_id in about)
    return Surveyed(found, about, frozenset(summary.enumerator for summary in summaries), plans)


def keep_survey(session: Session, form: Form, surveyed: Surveyed, now: datetime.datetime) -> None:
    """Keep what was found: of the survey, and of each submission that was asked again."""

    def whose(finding: QualityFinding) -> str:
        return _enumerator_of(finding, surveyed.enumerators)

    before = list_submissions_with(session, form.id, BACKCHECK_KINDS)
    grouped: dict[int | None, list[QualityFinding]] = defaultdict(list, {one: [] for one in (None, *before)})
    for finding in surveyed.findings:
        grouped[surveyed.about.get(finding.instance_id)].append(finding)
    for submission_id, findings in grouped.items():
        kinds = SURVEY_KINDS if submission_id is None else BACKCHECK_KINDS
        old = list_kept(session, form.id, submission_id, kinds)
        changes = leave_equal(follow_up(old, findings), old, whose, surveyed.plans.own)
        replace_quality_findings(
            session,
            form.id,
            submission_id,
            changes,
            enumerator=whose,
            own_messages=surveyed.plans.own,
            now=now,
        )


def _enumerator_of(finding: QualityFinding, known: frozenset[str]) -> str:
    """Whom a finding about an enumerator is about: its subject, but for a group in brackets or a word before it."""
    subject = finding.subject.removeprefix("enumerator ")
    candidates = (subject, subject.rpartition(" (")[0])
    return next((name for name in candidates if name and name in known), "")


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
