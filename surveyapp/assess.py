"""The indicators of a form: settings kept, parameters fitted, figures computed."""

import datetime
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.indicators.mapping import merge_stated
from surveyapp.indicators.parameters import Parameters
from surveyapp.indicators.refit import refit
from surveyapp.indicators.settings import Settings, read_settings, read_stated
from surveyapp.indicators.settings_values import SettingsError
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.problems import INDICATOR_SETTINGS, Problem
from surveyapp.sentences import say
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, find_form
from surveyapp.store.indicators import (
    add_parameters,
    add_settings,
    get_parameters,
    get_sheet_settings,
    get_stated_settings,
    list_village_facts,
)
from surveyapp.store.projects import Project
from surveyapp.store.reach import EVERYTHING, Reach
from surveyapp.store.tabulations import get_answers, get_tabulation

PROFILES: Final = "village_profile"
PROFILE_VILLAGE: Final = "village"
PROFILE_HOUSEHOLDS: Final = "vp_households"
PROFILE_KIND: Final = "vp_kind"


def check_settings(content: Mapping[str, Any] | str | bytes) -> Mapping[str, Any]:
    """What settings state, read from JSON and found good.

    Raises:
        Problem: INDICATOR_SETTINGS with the name of the setting.
    """
    try:
        stated = read_stated(content)
        read_settings(stated)
    except SettingsError as error:
        raise Problem(INDICATOR_SETTINGS, str(error)) from error
    return stated


def keep_settings(
    session: Session, project: Project, content: Mapping[str, Any] | str | bytes, now: datetime.datetime
) -> tuple[int, Settings]:
    """Make `content` the settings of a project from now on; their number. What was there before is kept.

    Raises:
        Problem: INDICATOR_SETTINGS.
    """
    stated = check_settings(content)
    settings = read_settings(stated)
    return add_settings(session, project, stated, settings, now), settings


def effective_settings(session: Session, form: Form, given: Mapping[str, Any] | None = None) -> Settings:
    """The settings for a form: what `given` or else its project states, for the rest what the sheet `indicators` of its
    newest version states, for the rest the defaults; with sizes and kinds of villages from the village profiles where
    none are stated.

    Raises:
        Problem: INDICATOR_SETTINGS when sheet and project do not go together.
    """
    above = get_stated_settings(session, form.project_id) if given is None else given
    try:
        settings = read_settings(merge_stated(get_sheet_settings(session, form), above))
    except SettingsError as error:
        raise Problem(
            INDICATOR_SETTINGS, say("{error} The sheet 'indicators' of the form is counted in.", error=error)
        ) from error
    profiles = find_form(session, form.project_id, PROFILES)
    if profiles is None:
        return settings
    if not settings.design.households:
        sizes = list_village_facts(session, profiles, PROFILE_VILLAGE, PROFILE_HOUSEHOLDS)
        settings = settings.with_village_sizes({place: int(size) for place, size in sizes.items() if size > 0})
    if not settings.design.kinds:
        settings = settings.with_village_kinds(list_village_facts(session, profiles, PROFILE_VILLAGE, PROFILE_KIND))
    return settings


def assess(
    session: Session,
    files: Files,
    form: Form,
    given: Mapping[str, Any] | None = None,
    reach: Reach = EVERYTHING,
    *,
    raw: bool = False,
) -> Tabulation:
    """Every indicator of the catalogue, from the current submissions of `form` within the reach.

    Answers are those of the clean data; with `raw` those that were sent.
    """
    settings = effective_settings(session, form, given)
    stored = get_parameters(session, form)
    return get_tabulation(session, form, settings, stored, reach, files=None if raw else files)


def fit(session: Session, files: Files, form: Form, now: datetime.datetime) -> Parameters:
    """Fit entropy weights, pooled bounds and the asset index anew on the clean answers of now, and keep them.

    Raises:
        Problem: INDICATOR_SETTINGS when there are not the households for it.
    """
    settings = effective_settings(session, form)
    stored = get_parameters(session, form)
    frame = get_answers(session, form, settings, files)
    try:
        parameters = refit(frame, settings, stored, fitted_at=now.isoformat())
    except ValueError as error:
        raise Problem(
            INDICATOR_SETTINGS,
            say("Nothing was fitted: {error}", error=error),
            remedy="Fit when more interviews are there.",
        ) from error
    add_parameters(session, form, parameters, now)
    return parameters
