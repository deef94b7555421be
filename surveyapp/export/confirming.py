"""What an admin confirmed about a form's answers, kept, so that de-identified exports need not ask each time."""

import datetime
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.disclosure.protection import Protection
from surveyapp.export.options import ExportOptions
from surveyapp.export.pii import check_confirmation
from surveyapp.export.source import ExportSource
from surveyapp.problems import NOT_ALLOWED, Problem
from surveyapp.sentences import say
from surveyapp.store.export_definitions import add_confirmed_protection, find_confirmed_protection
from surveyapp.store.forms import Form


def confirm_protection(
    session: Session, source: ExportSource, form: Form, content: Mapping[str, Any], who: str, now: datetime.datetime
) -> Protection:
    """Keep a protection as confirmed by `who`; it counts until another is confirmed. A risk is accepted for one export,
    never for all to come.

    Raises:
        Problem: EXPORT_OPTION; PII_UNCONFIRMED where a question of the form has no class.
    """
    protection = Protection.from_json({**content, "confirmed_by": who, "accept_risk": ""})
    check_confirmation(source, ExportOptions(kind="deidentified", protection=protection))
    add_confirmed_protection(session, form.id, protection.to_json(), who, now)
    return protection


def with_protection(session: Session, form: Form, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options; those of a de-identified export that bring no protection get the one that was confirmed, if any."""
    if options.get("kind") != "deidentified" or options.get("protection") is not None:
        return dict(options)
    found = find_confirmed_protection(session, form.id)
    return {**options, **({"protection": found.content} if found is not None else {})}


def check_own_protection(options: Mapping[str, Any], *, may_confirm: bool) -> None:
    """Let nobody say how people are protected who may not confirm it, nor that a risk be accepted.

    Raises:
        Problem: NOT_ALLOWED.
    """
    if options.get("protection") is not None and not may_confirm:
        remedy = say(
            "Leave protection out, and what was confirmed for the form holds; or use a token that may change settings."
        )
        raise Problem(NOT_ALLOWED, "A token that only reads cannot say how people are protected.", remedy=remedy)
