"""The indicators of a form: settings kept, parameters fitted, figures computed."""

import datetime
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.indicators.parameters import Parameters
from surveyapp.indicators.refit import refit
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.indicators.settings_values import SettingsError
from surveyapp.indicators.tabulation import Tabulation, tabulate
from surveyapp.problems import INDICATOR_SETTINGS, Problem
from surveyapp.store.forms import Form, find_form
from surveyapp.store.frames import get_frame
from surveyapp.store.indicators import add_parameters, add_settings, get_parameters, get_settings, list_village_sizes
from surveyapp.store.projects import Project

PROFILES: Final = "village_profile"
PROFILE_VILLAGE: Final = "village"
PROFILE_HOUSEHOLDS: Final = "vp_households"


def check_settings(content: Mapping[str, Any] | str | bytes) -> Settings:
    """Settings read from JSON.

    Raises:
        Problem: INDICATOR_SETTINGS with the name of the setting.
    """
    try:
        return read_settings(content)
    except SettingsError as error:
        raise Problem(INDICATOR_SETTINGS, f"{error}") from error


def keep_settings(
    session: Session, project: Project, content: Mapping[str, Any] | str | bytes, now: datetime.datetime
) -> tuple[int, Settings]:
    """Make `content` the settings of a project from now on; their number. What was there before is kept.

    Raises:
        Problem: INDICATOR_SETTINGS.
    """
    settings = check_settings(content)
    return add_settings(session, project, settings, now), settings


def effective_settings(session: Session, form: Form, given: Settings | None = None) -> Settings:
    """The settings for a form: `given`, or those of its project; with village sizes from the village profiles where the
    settings state none.
    """
    settings = given or get_settings(session, form.project_id)
    profiles = find_form(session, form.project_id, PROFILES)
    if settings.design.households or profiles is None:
        return settings
    sizes = list_village_sizes(session, profiles, PROFILE_VILLAGE, PROFILE_HOUSEHOLDS)
    return settings.with_village_sizes(sizes) if sizes else settings


def assess(session: Session, form: Form, given: Settings | None = None) -> Tabulation:
    """Every indicator of the catalogue, from the current submissions of `form`."""
    settings = effective_settings(session, form, given)
    return tabulate(*get_frame(session, form, settings), settings, get_parameters(session, form))


def fit(session: Session, form: Form, now: datetime.datetime) -> Parameters:
    """Fit entropy weights, pooled bounds and the asset index anew on the current submissions, and keep them.

    Raises:
        Problem: INDICATOR_SETTINGS when there are not the households for it.
    """
    settings = effective_settings(session, form)
    _, frame = get_frame(session, form, settings)
    try:
        parameters = refit(frame, settings, get_parameters(session, form), fitted_at=now.isoformat())
    except ValueError as error:
        raise Problem(
            INDICATOR_SETTINGS, f"Nothing was fitted: {error}", remedy="Fit when more interviews are there."
        ) from error
    add_parameters(session, form, parameters, now)
    return parameters
