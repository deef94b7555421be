"""What people decide: findings acknowledged and taken up again, settings of a form's checks."""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.problems import QUALITY_SETTINGS, Problem
from surveyapp.quality.form_settings import QualitySettingsError, hash_settings, read_quality_settings
from surveyapp.quality.roles import RoleError, find_roles
from surveyapp.sentences import say
from surveyapp.store.forms import Form, get_definition, get_form_version
from surveyapp.store.history import add_event
from surveyapp.store.quality import QualityRow, get_quality_finding, mark_acknowledged, mark_reopened
from surveyapp.store.quality_settings import add_quality_settings
from surveyapp.store.quality_summaries import mark_form_unchecked
from surveyapp.store.reach import Reach
from surveyapp.store.submissions import lock_submission


def acknowledge(
    session: Session,
    form: Form,
    reach: Reach,
    numbers: Sequence[int],
    *,
    who: str,
    channel: str,
    reason: str,
    now: datetime.datetime,
) -> list[int]:
    """Somebody looked and left it so: these findings stay silent until the value changes; the numbers of those that
    were open. It stands in the history of each submission that they are about; `channel` is office, api or command.

    Raises:
        Problem: FINDING_NOT_FOUND, also for one that is out of reach.
    """
    found = _find_all(session, form, reach, numbers)
    changed = mark_acknowledged(session, numbers, who, reason, now)
    _note(session, found, changed, "acknowledged", who=who, channel=channel, reason=reason, now=now)
    return changed


def reopen(
    session: Session,
    form: Form,
    reach: Reach,
    numbers: Sequence[int],
    *,
    who: str,
    channel: str,
    now: datetime.datetime,
) -> list[int]:
    """Take acknowledgements back; the numbers of those that were acknowledged. It stands in the history as well.

    Raises:
        Problem: FINDING_NOT_FOUND.
    """
    found = _find_all(session, form, reach, numbers)
    changed = mark_reopened(session, numbers)
    _note(session, found, changed, "finding_reopened", who=who, channel=channel, reason="", now=now)
    return changed


def _find_all(session: Session, form: Form, reach: Reach, numbers: Sequence[int]) -> dict[int, QualityRow]:
    found = {number: get_quality_finding(session, form.id, reach, number) for number in numbers}
    # In one order, so that two people who settle the same findings wait for each other and not in a circle.
    for submission_id in sorted({row.submission_id for row in found.values() if row.submission_id is not None}):
        lock_submission(session, submission_id)
    return found


def _note(
    session: Session,
    found: Mapping[int, QualityRow],
    changed: Sequence[int],
    kind: str,
    *,
    who: str,
    channel: str,
    reason: str,
    now: datetime.datetime,
) -> None:
    for number in changed:
        row = found[number]
        if row.submission_id is not None:
            detail = {"check": row.finding.check, "finding": number}
            add_event(
                session, row.submission_id, at=now, actor=who, channel=channel, kind=kind, reason=reason, detail=detail
            )


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
        raise Problem(QUALITY_SETTINGS, say("This is not JSON: {error}.", error=error)) from error
    number = add_quality_settings(session, form.id, stated, hash_settings(stated), now)
    mark_form_unchecked(session, form.id)
    return number
