"""What people decide: findings acknowledged and taken up again, settings of a form's checks."""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.problems import QUALITY_SETTINGS, Problem
from surveyapp.quality.form_settings import QualitySettingsError, hash_settings, read_quality_settings
from surveyapp.quality.roles import RoleError, find_roles
from surveyapp.store.forms import Form, get_definition, get_form_version
from surveyapp.store.quality import get_quality_finding, mark_acknowledged, mark_reopened
from surveyapp.store.quality_settings import add_quality_settings
from surveyapp.store.quality_summaries import mark_form_unchecked
from surveyapp.store.reach import Reach


def acknowledge(
    session: Session, form: Form, reach: Reach, numbers: Sequence[int], *, who: str, reason: str, now: datetime.datetime
) -> list[int]:
    """Somebody looked and left it so: these findings stay silent until the value changes; the numbers of those that
    were open.

    Raises:
        Problem: FINDING_NOT_FOUND, also for one that is out of reach.
    """
    for number in numbers:
        get_quality_finding(session, form.id, reach, number)
    return mark_acknowledged(session, numbers, who, reason, now)


def reopen(session: Session, form: Form, reach: Reach, numbers: Sequence[int]) -> list[int]:
    """Take acknowledgements back; the numbers of those that were acknowledged.

    Raises:
        Problem: FINDING_NOT_FOUND.
    """
    for number in numbers:
        get_quality_finding(session, form.id, reach, number)
    return mark_reopened(session, numbers)


def keep_quality_settings(session: Session, form: Form, content: str | bytes, now: datetime.datetime) -> int:
    """Make `content` (JSON) the settings of a form's checks from now on, and let everything be checked again; their
    number. What was there before is kept.

    Raises:
        Problem: QUALITY_SETTINGS with the name of the setting.
    """
    try:
        stated: Mapping[str, Any] = json.loads(content)
        settings = read_quality_settings(stated)
        find_roles(get_definition(session, get_form_version(session, form)), settings.roles)
    except (QualitySettingsError, RoleError) as error:
        raise Problem(QUALITY_SETTINGS, str(error)) from error
    except ValueError as error:
        raise Problem(QUALITY_SETTINGS, f"This is not JSON: {error}.") from error
    number = add_quality_settings(session, form.id, stated, hash_settings(stated), now)
    mark_form_unchecked(session, form.id)
    return number
