"""What was sent back to the field, for the phone of whoever shall mend it."""

import datetime
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from surveyapp.problems import SUBMISSION_NOT_FOUND, Problem
from surveyapp.store.devices import Device
from surveyapp.store.tables import forms, submission_versions, submissions

s = submissions.c
v = submission_versions.c


@dataclass(frozen=True, slots=True)
class Returned:
    """A submission that was sent back: its current version, and the form version that it was made with."""

    submission_id: int
    version_id: int
    form_version_id: int
    instance_id: str
    instance_name: str
    form_id: str
    title: str
    returned_at: datetime.datetime


def list_returned(session: Session, device: Device) -> list[Returned]:
    """What is of the phone's person, or was sent by this phone, oldest first; also what the office edited since."""
    sent = submission_versions.alias()
    by_phone = select(sent.c.id).where(sent.c.submission_id == s.id, sent.c.device_id == device.id)
    own: ColumnElement[bool] = by_phone.exists()
    if device.account_id is not None:
        own = or_(own, s.account_id == device.account_id)
    columns = (s.id, v.id, v.form_version_id, v.instance_id, v.instance_name, forms.c.form_id, forms.c.title)
    rows = session.execute(
        select(*columns, s.reviewed_at)
        .join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))
        .join(forms, forms.c.id == s.form_pk)
        .where(forms.c.project_id == device.project.id, s.state == "returned", s.deleted_at.is_(None), own)
        .order_by(s.reviewed_at, s.id)
    )
    return [Returned(*row) for row in rows]


def get_returned(session: Session, device: Device, version_id: int) -> Returned:
    """One of them by the number of its current version.

    Raises:
        Problem: SUBMISSION_NOT_FOUND.
    """
    found = [one for one in list_returned(session, device) if one.version_id == version_id]
    if not found:
        raise Problem(SUBMISSION_NOT_FOUND, "It is not returned to this phone, or not any more.")
    return found[0]
