"""Rulesets, the decisions of people about answers, and the imports that brought them."""

import datetime
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.clean.log import LogRow
from surveyapp.problems import LOG_IMPORT_NOT_FOUND, RULESET_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.cleaning_tables import cleaning_decisions, log_imports, rulesets
from surveyapp.store.forms import Form
from surveyapp.store.reach import Reach, within
from surveyapp.store.tables import forms, submission_versions, submissions

r = rulesets.c
i = log_imports.c
d = cleaning_decisions.c
v = submission_versions.c

Rules = Sequence[Mapping[str, Any]]
# What a decision has in common with a LogRow.
DECIDED: Final = (
    *("instance_id", "path", "change_type", "old_value", "new_value", "row_key", "submission_no", "form_version"),
    *("missing_reason", "issue", "check_id", "binding", "source", "reason", "changed_by", "changed_at", "cascade"),
)
AT_ONCE: Final = 1_000


# -- rulesets ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class KeptRuleset:
    """A ruleset; `state` is draft or published, `rules` are as in JSON, in order."""

    id: int
    form_pk: int
    number: int
    state: str
    rules: Rules
    hash: str
    made_by: str
    made_at: datetime.datetime
    published_by: str
    published_at: datetime.datetime | None


def list_rulesets(session: Session, form_pk: int) -> list[KeptRuleset]:
    """The rulesets of a form, newest first."""
    rows = session.execute(select(rulesets).where(r.form_pk == form_pk).order_by(r.number.desc()))
    return [KeptRuleset(*row) for row in rows]


def get_ruleset(session: Session, form_pk: int, number: int) -> KeptRuleset:
    """The ruleset of that number.

    Raises:
        Problem: RULESET_NOT_FOUND.
    """
    row = session.execute(select(rulesets).where(r.form_pk == form_pk, r.number == number)).one_or_none()
    if row is None:
        raise Problem(RULESET_NOT_FOUND, say("The form has no ruleset {number}.", number=number))
    return KeptRuleset(*row)


def find_published_ruleset(session: Session, form_pk: int) -> KeptRuleset | None:
    """The newest one that is published: the one by which data are cleaned."""
    statement = select(rulesets).where(r.form_pk == form_pk, r.state == "published").order_by(r.number.desc()).limit(1)
    row = session.execute(statement).one_or_none()
    return None if row is None else KeptRuleset(*row)


def add_ruleset(session: Session, form_pk: int, rules: Rules, who: str, now: datetime.datetime) -> int:
    """A new draft; its number."""
    highest = session.execute(select(func.max(r.number)).where(r.form_pk == form_pk)).scalar()
    number: int = (highest or 0) + 1
    row = {"form_pk": form_pk, "number": number, "state": "draft", "rules": list(rules), "made_by": who, "made_at": now}
    session.execute(insert(rulesets).values(row))
    return number


def mark_ruleset(session: Session, form_pk: int, number: int, **columns: Any) -> bool:
    """Change a draft; whether there was one. What is published stays as it is."""
    statement = update(rulesets).where(r.form_pk == form_pk, r.number == number, r.state == "draft")
    return bool(session.execute(statement.values(columns).returning(r.id)).all())


# -- decisions --------------------------------------------------------------------------------------------------------
def list_decisions(session: Session, form_pk: int) -> list[LogRow]:
    """Every decision about the answers to a form, in the order in which they came; undone ones are rejected."""
    columns = [d[name] for name in DECIDED]
    rows = session.execute(select(d.rejected, *columns).where(d.form_pk == form_pk).order_by(d.id))
    return [
        LogRow(**dict(zip(DECIDED, values, strict=True)), status="rejected" if rejected else "applied")
        for rejected, *values in rows
    ]


def count_decisions(session: Session, form_pk: int) -> int:
    """How many decisions there are, undone ones included."""
    counted: int = session.execute(select(func.count()).where(d.form_pk == form_pk)).scalar_one()
    return counted


def add_decisions(session: Session, form_pk: int, rows: Iterable[LogRow], import_id: int | None = None) -> None:
    """Keep decisions."""
    values = [
        {"form_pk": form_pk, "import_id": import_id, **{name: getattr(row, name) for name in DECIDED}} for row in rows
    ]
    for start in range(0, len(values), AT_ONCE):
        session.execute(insert(cleaning_decisions), values[start : start + AT_ONCE])


def hash_cleaning(session: Session, form: Form) -> str:
    """What changes with a published ruleset and with each decision; '' where answers are not cleaned at all."""
    published, log = find_published_ruleset(session, form.id), list_decisions(session, form.id)
    if published is None and not any(row.is_standing for row in log):
        return ""
    content = f"{published.hash if published else ''}/{len(log)}/{sum(row.is_standing for row in log)}"
    return hashlib.sha256((content + "".join(row.log_id for row in log if row.is_standing)).encode()).hexdigest()


# -- imports ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class LogImport:
    """A cleaning log that was imported; `decisions` is how many it brought."""

    id: int
    form_pk: int
    file_name: str
    file_hash: str
    token: str
    decisions: int
    imported_by: str
    imported_at: datetime.datetime
    undone_by: str
    undone_at: datetime.datetime | None


def list_imports(session: Session, form_pk: int) -> list[LogImport]:
    """The imports of a form, newest first."""
    rows = session.execute(select(log_imports).where(i.form_pk == form_pk).order_by(i.id.desc()))
    return [LogImport(*row) for row in rows]


def get_import(session: Session, form_pk: int, import_id: int) -> LogImport:
    """The import of that number.

    Raises:
        Problem: LOG_IMPORT_NOT_FOUND.
    """
    row = session.execute(select(log_imports).where(i.form_pk == form_pk, i.id == import_id)).one_or_none()
    if row is None:
        raise Problem(LOG_IMPORT_NOT_FOUND, say("The form has no import {import_id}.", import_id=import_id))
    return LogImport(*row)


def list_instances_of_import(session: Session, import_id: int) -> list[str]:
    """The instances that the decisions of an import are about."""
    return list(session.execute(select(d.instance_id).where(d.import_id == import_id).distinct()).scalars())


def list_removed_by_import(session: Session, import_id: int) -> list[str]:
    """The instances that an import took out."""
    statement = select(d.instance_id).where(d.import_id == import_id, d.change_type == "remove_survey")
    return list(session.execute(statement).scalars())


def lock_log(session: Session, form_pk: int) -> None:
    """Nobody else imports into the log of this form until the transaction ends."""
    session.execute(select(forms.c.id).where(forms.c.id == form_pk).with_for_update())


def add_import(session: Session, form_pk: int, now: datetime.datetime, **columns: Any) -> int:
    """Note an import; its number. `columns` are file_name, file_hash, token, decisions and imported_by."""
    statement = insert(log_imports).values(form_pk=form_pk, imported_at=now, **columns).returning(i.id)
    added: int = session.execute(statement).scalar_one()
    return added


def mark_import_undone(session: Session, import_id: int, who: str, now: datetime.datetime) -> bool:
    """Reject all that an import brought; False where that was done before."""
    statement = update(log_imports).where(i.id == import_id, i.undone_at.is_(None))
    if not session.execute(statement.values(undone_by=who, undone_at=now).returning(i.id)).all():
        return False
    session.execute(update(cleaning_decisions).where(d.import_id == import_id).values(rejected=True))
    return True


# -- what decisions are about ------------------------------------------------------------------------------------------
def find_numbers(session: Session, form: Form, instance_ids: Collection[str], reach: Reach) -> dict[str, int]:
    """The submissions of a form with these instance ids, by those, as far as the reach goes."""
    found: dict[str, int] = {}
    wanted = sorted(instance_ids)
    for start in range(0, len(wanted), AT_ONCE):
        part = submissions.c.instance_id.in_(wanted[start : start + AT_ONCE])
        rows = session.execute(
            select(submissions.c.instance_id, submissions.c.id).where(
                submissions.c.form_pk == form.id, part, within(reach)
            )
        )
        found.update((instance_id, number) for instance_id, number in rows)
    return found


def find_names(session: Session, form: Form, instance_ids: Collection[str], reach: Reach) -> dict[str, tuple[int, str]]:
    """The numbers and instance names of submissions, by instance id, as far as the reach goes."""
    found: dict[str, tuple[int, str]] = {}
    wanted = sorted(instance_ids)
    current = (v.submission_id == submissions.c.id, v.number == submissions.c.current_number)
    for start in range(0, len(wanted), AT_ONCE):
        part = submissions.c.instance_id.in_(wanted[start : start + AT_ONCE])
        statement = select(submissions.c.instance_id, submissions.c.id, v.instance_name).join(
            submission_versions, and_(*current)
        )
        rows = session.execute(statement.where(submissions.c.form_pk == form.id, part, within(reach)))
        found.update((instance_id, (number, name or "")) for instance_id, number, name in rows)
    return found


def find_other_forms(session: Session, form: Form, instance_ids: Collection[str]) -> dict[str, str]:
    """The form ids of submissions to other forms of the project, by instance id."""
    found: dict[str, str] = {}
    wanted = sorted(instance_ids)
    for start in range(0, len(wanted), AT_ONCE):
        statement = (
            select(submissions.c.instance_id, forms.c.form_id)
            .join(forms, forms.c.id == submissions.c.form_pk)
            .where(forms.c.project_id == form.project_id, forms.c.id != form.id)
            .where(submissions.c.instance_id.in_(wanted[start : start + AT_ONCE]))
        )
        found.update((instance_id, form_id) for instance_id, form_id in session.execute(statement))
    return found
