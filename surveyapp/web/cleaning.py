"""What the pages and the API of cleaning share."""

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.assess import effective_settings
from surveyapp.clean.fields import Questionnaire
from surveyapp.clean.log import label_of
from surveyapp.clean.records import write_text
from surveyapp.correct.log_import import Importer
from surveyapp.correct.trials import FindingsEffect, Trial
from surveyapp.export.figure_labels import figure_label
from surveyapp.export.from_store import StoredForm
from surveyapp.export.trial_indicators import compare_figures
from surveyapp.problems import Problem
from surveyapp.quality.telling import title_of
from surveyapp.store.cleaning import find_names
from surveyapp.store.cleaning_source import HOUSEHOLD, StoredSubmissions, get_questionnaire
from surveyapp.store.forms import Form
from surveyapp.store.indicators import get_parameters
from surveyapp.store.selection import Selection
from surveyapp.web.current import files, now
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import Access

# What an interview is known by: the village, then the household.
NAMING: Final = (("village", "village_name", "community"), HOUSEHOLD)
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def importer_of(access: Access) -> Importer:
    """Whoever is asking, as somebody who imports a log."""
    return Importer(access.who.actor, access.reach, access.may("remove"), now())


def list_finding_effects(effect: FindingsEffect) -> list[dict[str, Any]]:
    """What a trial means for the findings of each check."""
    return [
        {
            "check": check,
            "title": "" if (title := title_of(check.partition(":")[0], page_language())) == check else title,
            "open": effect.open[check],
            "settled": effect.settled[check],
            "before": effect.before[check],
            "after": effect.after[check],
        }
        for check in sorted(effect.open.keys() | effect.before.keys() | effect.after.keys())
    ]


def find_labels(
    session: Session, form: Form, access: Access, instance_ids: Collection[str]
) -> dict[str, tuple[int, str]]:
    """The number and the name by which people know each interview, by instance id: where the form gives no name, the
    village and the household.
    """
    found = find_names(session, form, set(instance_ids), access.reach)
    unnamed = tuple(number for number, name in found.values() if not name)
    if not unnamed:
        return found
    questionnaire = get_questionnaire(session, files(), form)
    places = [path for name in NAMING if (path := _find_main(questionnaire, name))]
    source = StoredSubmissions(session, form, questionnaire, selection=Selection(submissions=unnamed))
    for submission in source.list_submissions():
        told = [
            label_of(questionnaire.fields[path], text, questionnaire.newest.text) or text
            for path in places
            if (text := write_text(submission.main.values.get(path)))
        ]
        found[submission.instance_id] = (submission.number, " · ".join(told))
    return found


def _find_main(questionnaire: Questionnaire, names: Collection[str]) -> str:
    """The path of the question outside of repeats that has one of these names, '' where there is none."""
    fields = questionnaire.fields.values()
    return next((known.path for known in fields if known.name.lower() in names and not known.repeat), "")


def compare_indicators(session: Session, form: Form, access: Access, trial: Trial) -> list[dict[str, Any]] | None:
    """The figures of the project that a trial would change; None where the form gives none."""
    try:
        settings = effective_settings(session, form)
    except Problem:
        return None
    source = StoredForm(session, files(), form, settings, get_parameters(session, form), access.reach)
    chinese = page_language() == "zh"
    with tempfile.TemporaryDirectory() as folder:
        changes = compare_figures(source, trial.now, trial.draft, Path(folder))
    return None if changes is None else [{"change": one, "label": figure_label(one.code, chinese)} for one in changes]


def work_log_name(form: Form) -> str:
    """The name of the file of a work log."""
    return file_name(form, "log")


def file_name(form: Form, what: str) -> str:
    """The name of a workbook about a form."""
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in form.form_id)
    return f"{name}_{what}.xlsx"
