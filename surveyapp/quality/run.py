"""Runs the checks of a form: at the receipt of a submission, against what is there, and over all.

Everything here is pure: what is read and kept is the caller's. The order of use:

    roles = find_roles(definition, declared)
    settings = merge_settings(configure(definition, roles), read_checks(grid, definition)[0])
    plan = make_plan(definition, settings, roles, sample=sample, zone=zone)      # once for each version
    interview = read_interview(plan, root, facts)                                # once for each submission
    outcome = check_submission(plan, interview, now)                             # at its receipt
    outcome = compare_submission(plan, interview, surroundings, now)             # against what is there
    findings = check_survey(Survey(plan, summaries, now, …))                     # at night
    findings = check_backchecks(Comparison(plan, pairs, backcheck_settings(plan)))
"""

import datetime
from dataclasses import dataclass

from surveyapp.quality.backchecks import Comparison
from surveyapp.quality.case import Case, Skipped
from surveyapp.quality.declaration import Moment, QualityFinding, Setting
from surveyapp.quality.interview import Interview, Summary, remember
from surveyapp.quality.plan import Plan
from surveyapp.quality.surroundings import Surroundings
from surveyapp.quality.survey import Survey


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the checks of one submission found, and which could say nothing."""

    findings: tuple[QualityFinding, ...]
    skipped: tuple[Skipped, ...]


def check_submission(plan: Plan, interview: Interview, now: datetime.datetime) -> Outcome:
    """The checks that need nothing but the submission itself: at its receipt, and again when it has changed."""
    return _run(Case(plan, interview, now), "receipt")


def compare_submission(plan: Plan, interview: Interview, surroundings: Surroundings, now: datetime.datetime) -> Outcome:
    """The checks that compare the submission with those that are there."""
    return _run(Case(plan, interview, now, surroundings), "comparison")


def compare_again(
    plan: Plan, summary: Summary, surroundings: Surroundings, now: datetime.datetime
) -> tuple[QualityFinding, ...] | None:
    """What `compare_submission` finds in an interview whose summary alone is at hand, which costs a fraction of reading
    its record; None where its answers must be read.
    """
    case = Case(plan, remember(summary), now, surroundings)
    findings: list[QualityFinding] = []
    # S06 and S14 ask the same of the same questions.
    asked: set[object] = set()
    for setting in plan.settings:
        run, must_read = setting.check.run_case, setting.check.must_read
        if run is None or setting.check.moment != "comparison" or not _fits(plan, setting):
            continue
        if must_read is None:
            findings.extend(run(case, setting))
            continue
        question = (must_read, setting.questions, setting.by, frozenset(setting.parameters.items()))
        if question not in asked and must_read(case, setting):
            return None
        asked.add(question)
    return tuple(findings)


def _run(case: Case, moment: Moment) -> Outcome:
    findings: list[QualityFinding] = []
    for setting in case.plan.settings:
        run = setting.check.run_case
        if run is not None and setting.check.moment == moment and _fits(case.plan, setting):
            findings.extend(run(case, setting))
    return Outcome(tuple(findings), tuple(case.skipped))


def _fits(plan: Plan, setting: Setting) -> bool:
    """Whether this version of the form has every question of the setting."""
    return all(path in plan.order for path in setting.questions)


def check_survey(survey: Survey) -> tuple[QualityFinding, ...]:
    """The checks of enumerators and of the form, over all its submissions."""
    return tuple(
        finding
        for setting in survey.plan.settings
        if setting.check.run_survey is not None
        for finding in setting.check.run_survey(survey, setting)
    )


def backcheck_settings(plan: Plan) -> tuple[Setting, ...]:
    """The settings of backchecks that a form has."""
    return tuple(setting for setting in plan.settings if setting.check.run_backcheck is not None)


def check_backchecks(comparison: Comparison) -> tuple[QualityFinding, ...]:
    """The checks of backchecks."""
    return tuple(
        finding
        for setting in comparison.settings
        if setting.check.run_backcheck is not None
        for finding in setting.check.run_backcheck(comparison, setting)
    )
