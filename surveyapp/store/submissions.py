"""Submissions and every version of them, verbatim.

A *submission* is one interview. Each record that a phone sent for it is a *version*, of one kind:
    original      the first record under an instance id
    edit          replaces an earlier version, which its deprecatedID names
    predecessor   arrived after the edit that replaces it
    conflict      other bytes under an instance id that we have; kept, not current
    stale_edit    an edit of a version that another edit has replaced; kept, not current
"""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    bindparam,
    case,
    func,
    insert,
    select,
    text,
    union,
    update,
)
from sqlalchemy.orm import Session

from surveyapp.problems import SUBMISSION_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.reach import EVERYTHING, Reach, within
from surveyapp.store.search import add_words, remove_words
from surveyapp.store.tables import submission_attachments, submission_versions, submissions

# Spelt out, not bound: a partial index serves only a query that states its condition.
IN_LINE: Final = text("submission_versions.kind IN ('original', 'edit', 'predecessor')")
IS_COPY: Final = text("submission_versions.kind IN ('conflict', 'stale_edit')")

v = submission_versions.c
s = submissions.c


@dataclass(frozen=True, slots=True)
class Version:
    """One record as it was sent, without its bytes. `current` tells whether it is what the submission says now."""

    id: int
    submission_id: int
    form_version_id: int
    number: int
    kind: str
    instance_id: str
    deprecated_id: str | None
    sha256: str
    current: bool


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a version."""

    name: str
    sha256: str
    size: int
    content_type: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How many rules of a form held, were broken, could not be checked, over its current versions."""

    ok: int
    violated: int
    not_checkable: int


VERSION: Final = (
    v.id,
    v.submission_id,
    v.form_version_id,
    v.number,
    v.kind,
    v.instance_id,
    v.deprecated_id,
    v.sha256,
    (v.number == s.current_number).label("current"),
)


def _versions(form_pk: int | ColumnElement[int]) -> Select[Any]:
    return select(*VERSION).join(submissions, s.id == v.submission_id).where(v.form_pk == form_pk)


# What each submission needs is made once: to put a statement together takes longer than to send it. One branch for each
# index: no database is sure to use partial indexes for an OR.
RELATED: Final = union(
    *(
        _versions(bindparam("form_pk", type_=BigInteger)).where(IN_LINE, condition)
        for condition in (
            v.instance_id == bindparam("instance_id"),
            v.instance_id == bindparam("deprecated_id", type_=Text),
            v.deprecated_id == bindparam("instance_id"),
        )
    )
)
# One change more since the checks across interviews were run; -1 is what could not be checked.
ONCE_MORE: Final = case((s.unchecked < 0, 1), else_=s.unchecked + 1)
ADD_SUBMISSION: Final = insert(submissions).returning(s.id)
ADD_VERSION: Final = insert(submission_versions).returning(v.id)


# -- finding ----------------------------------------------------------------------------------------------------------
def list_related(session: Session, form_pk: int, instance_id: str, deprecated_id: str | None) -> list[Version]:
    """In one look: the versions that have one of these instance ids, and the one that replaces `instance_id`; copies
    aside.
    """
    wanted = {"form_pk": form_pk, "instance_id": instance_id, "deprecated_id": deprecated_id}
    return [Version(*row) for row in session.connection().execute(RELATED, wanted)]


def find_version(session: Session, form_pk: int, instance_id: str) -> Version | None:
    """The version with this instance id; conflict copies aside."""
    row = session.execute(_versions(form_pk).where(v.instance_id == instance_id, IN_LINE)).one_or_none()
    return None if row is None else Version(*row)


def find_successor(session: Session, form_pk: int, instance_id: str) -> Version | None:
    """The version that replaces the one with this instance id, which may not have arrived; copies aside."""
    row = session.execute(_versions(form_pk).where(v.deprecated_id == instance_id, IN_LINE)).one_or_none()
    return None if row is None else Version(*row)


def find_copy(session: Session, form_pk: int, instance_id: str, sha256: str) -> Version | None:
    """The conflict copy with this instance id and these bytes."""
    row = session.execute(
        _versions(form_pk).where(v.instance_id == instance_id, v.sha256 == sha256, IS_COPY)
    ).one_or_none()
    return None if row is None else Version(*row)


def get_version(session: Session, form_pk: int, instance_id: str) -> Version:
    """The version with this instance id.

    Raises:
        Problem: SUBMISSION_NOT_FOUND.
    """
    version = find_version(session, form_pk, instance_id) or _find_any_copy(session, form_pk, instance_id)
    if version is None:
        raise Problem(SUBMISSION_NOT_FOUND, say("The form has no submission {instance_id!r}.", instance_id=instance_id))
    return version


def _find_any_copy(session: Session, form_pk: int, instance_id: str) -> Version | None:
    """The first copy that was kept under an id that no version has: of a stale edit."""
    statement = _versions(form_pk).where(v.instance_id == instance_id, IS_COPY).order_by(v.id).limit(1)
    row = session.execute(statement).one_or_none()
    return None if row is None else Version(*row)


def get_numbered_version(session: Session, form_pk: int, submission_id: int, number: int) -> Version:
    """A version of a submission by its number, copies included.

    Raises:
        Problem: SUBMISSION_NOT_FOUND.
    """
    statement = _versions(form_pk).where(v.submission_id == submission_id, v.number == number)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise Problem(SUBMISSION_NOT_FOUND, say("The submission has no version {number}.", number=number))
    return Version(*row)


def get_current_version(session: Session, form_pk: int, submission_id: int) -> Version:
    """What a submission says now."""
    row = session.execute(
        _versions(form_pk).where(v.submission_id == submission_id, v.number == s.current_number)
    ).one()
    return Version(*row)


def list_versions(session: Session, form_pk: int, submission_id: int) -> list[Version]:
    """All versions of a submission, oldest first, copies included."""
    rows = session.execute(_versions(form_pk).where(v.submission_id == submission_id).order_by(v.number))
    return [Version(*row) for row in rows]


def lock_submission(session: Session, submission_id: int) -> None:
    """Let no other transaction change this submission until ours ends."""
    session.execute(select(s.id).where(s.id == submission_id).with_for_update())


def get_content(session: Session, version_id: int) -> tuple[bytes, str]:
    """The bytes of a record and their content type."""
    row = session.execute(select(v.content, v.content_type).where(v.id == version_id)).one()
    return bytes(row.content), row.content_type


def list_submission_ids(session: Session, form_pk: int) -> list[int]:
    """The ids of all submissions of a form, in order of receipt, but for those that were purged."""
    statement = select(s.id).where(s.form_pk == form_pk, s.purged_at.is_(None)).order_by(s.id)
    return list(session.execute(statement).scalars())


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a version came: all that the judge wants to know besides its answers."""

    version: Version
    received_at: datetime.datetime
    user_agent: str
    device_identifier: str
    device_id: int | None


def list_judged_by_others(session: Session, form_pk: int, engine: int | None) -> list[int]:
    """The ids of the current versions of a form that another version of the rule engine judged; all, where `engine`
    is None.
    """
    statement = (
        select(v.id)
        .join(submissions, (s.id == v.submission_id) & (s.current_number == v.number))
        .where(v.form_pk == form_pk)
        .order_by(v.id)
    )
    if engine is not None:
        statement = statement.where(v.judged_by != engine)
    return list(session.execute(statement).scalars())


def get_arrival(session: Session, form_pk: int, version_id: int) -> Arrival:
    """How the version with this row id came, which a row of ours names."""
    row = session.execute(
        _versions(form_pk)
        .add_columns(v.received_at, v.user_agent, v.device_identifier, v.device_id)
        .where(v.id == version_id)
    ).one()
    *version, received_at, user_agent, device_identifier, device_id = row
    return Arrival(Version(*version), received_at, user_agent, device_identifier, device_id)


# -- adding -----------------------------------------------------------------------------------------------------------
def add_submission(
    session: Session,
    form_pk: int,
    instance_id: str,
    received_at: datetime.datetime,
    account_id: int | None = None,
    team_id: int | None = None,
) -> int:
    """A new submission, whose first version gets number 1; its id."""
    values = {
        "form_pk": form_pk,
        "instance_id": instance_id,
        "current_number": 1,
        "received_at": received_at,
        "account_id": account_id,
        "team_id": team_id,
    }
    added: int = session.connection().execute(ADD_SUBMISSION, values).scalar_one()
    return added


def add_version(session: Session, submission_id: int, number: int, **columns: Any) -> int:
    """A record as it was sent; its id. `columns` are those of the table submission_versions. By what an original or an
    edit is called, the submission is found from now on.
    """
    values = {"submission_id": submission_id, "number": number, **columns}
    added: int = session.connection().execute(ADD_VERSION, values).scalar_one()
    if columns["kind"] in ("original", "edit"):
        if number > 1:
            remove_words(session, submission_id)
        add_words(session, columns["form_pk"], submission_id, columns["instance_name"], columns["instance_id"])
    return added


def count_versions(session: Session, submission_id: int) -> int:
    """The highest version number of a submission."""
    highest: int = session.execute(select(func.max(v.number)).where(v.submission_id == submission_id)).scalar_one()
    return highest


def mark_current(session: Session, submission_id: int, number: int) -> None:
    """Let version `number` be what the submission says; its checks are to be run again."""
    session.execute(update(submissions).where(s.id == submission_id).values(current_number=number, unchecked=ONCE_MORE))


def mark_corrected(session: Session, submission_id: int) -> None:
    """Another version is what the submission says: whoever had taken it up, or decided, looks again. Where nobody had,
    it waits as before.
    """
    session.execute(
        update(submissions)
        .where(s.id == submission_id, s.state.not_in(("received", "corrected")))
        .values(state="corrected", reviewed_by="", reviewed_at=None, approved_once_by="")
    )


def mark_judged(session: Session, version_id: int, engine: int, counts: RuleCounts) -> None:
    """What the rules of the form say of a version, by this version of the rule engine."""
    session.execute(
        update(submission_versions)
        .where(v.id == version_id)
        .values(
            judged_by=engine,
            rules_ok=counts.ok,
            rules_violated=counts.violated,
            rules_not_checkable=counts.not_checkable,
        )
    )


def mark_mended(session: Session, version_id: int, rules: int) -> None:
    """So many rules that were broken hold now, since what was missing has come."""
    session.execute(
        update(submission_versions)
        .where(v.id == version_id)
        .values(rules_ok=v.rules_ok + rules, rules_violated=v.rules_violated - rules)
    )


# -- counts ----------------------------------------------------------------------------------------------------------
def count_rules(session: Session, form_pk: int, reach: Reach = EVERYTHING) -> RuleCounts:
    """The rules that were tried, over the current versions of a form."""
    sums = [func.coalesce(func.sum(column), 0) for column in (v.rules_ok, v.rules_violated, v.rules_not_checkable)]
    row = session.execute(
        select(*sums)
        .join(submissions, (s.id == v.submission_id) & (s.current_number == v.number))
        .where(v.form_pk == form_pk, within(reach))
    ).one()
    return RuleCounts(*(int(count) for count in row))


def count_by_kind(session: Session, form_pk: int) -> dict[str, int]:
    """How many versions there are of each kind."""
    rows = session.execute(select(v.kind, func.count()).where(v.form_pk == form_pk).group_by(v.kind))
    return {row.kind: row[1] for row in rows}


# -- attachments ------------------------------------------------------------------------------------------------------
def list_attachments(session: Session, version_id: int) -> list[Attachment]:
    """The files of a version by name; kept copies of the same name after the first."""
    a = submission_attachments.c
    rows = session.execute(
        select(a.name, a.sha256, a.size, a.content_type, a.conflict)
        .where(a.submission_version_id == version_id)
        .order_by(a.name, a.conflict, a.id)
    )
    return [Attachment(*row) for row in rows]


def add_attachment(session: Session, version_id: int, attachment: Attachment, received_at: datetime.datetime) -> None:
    """A file of a version; its bytes are on disk."""
    session.execute(
        insert(submission_attachments).values(
            submission_version_id=version_id,
            name=attachment.name,
            sha256=attachment.sha256,
            size=attachment.size,
            content_type=attachment.content_type,
            conflict=attachment.conflict,
            received_at=received_at,
        )
    )
