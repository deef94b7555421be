"""Options of exports that people keep under a name, so that the same export can be asked for again.

Whoever may export sees those of a form and keeps own ones; a name is taken once a form. Own ones can be deleted again,
and by admins any.
"""

import datetime
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.export.options import ExportOptions
from surveyapp.problems import EXPORT_DEFINITION_EXISTS, EXPORT_OPTION, NOT_ALLOWED, Problem
from surveyapp.store.export_definitions import (
    ExportDefinition,
    add_export_definition,
    find_export_definition,
    get_export_definition,
    get_named_definition,
    remove_export_definition,
)
from surveyapp.store.forms import Form

LONGEST_NAME: Final = 100
# How the server writes is its own affair.
_OF_SERVER: Final = "writer"


def save_definition(
    session: Session, form: Form, name: str, options: Mapping[str, Any], who: str, now: datetime.datetime
) -> ExportDefinition:
    """Keep the options under a name.

    Raises:
        Problem: EXPORT_OPTION for a name or an option that cannot be; EXPORT_DEFINITION_EXISTS.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        remedy = f"Use a name of 1 to {LONGEST_NAME} characters, in one line."
        raise Problem(EXPORT_OPTION, "The export definition has no name that can be kept.", remedy=remedy)
    if find_export_definition(session, form.id, name) is not None:
        raise Problem(EXPORT_DEFINITION_EXISTS, f"The form has an export definition called {name!r} already.")
    asked = {option: value for option, value in options.items() if option != _OF_SERVER}
    ExportOptions.from_json(asked)
    number = add_export_definition(session, form.id, name, asked, who, now)
    return ExportDefinition(number, form.id, name, asked, who, now)


def drop_definition(session: Session, form: Form, number: int, who: str, *, anybodys: bool) -> ExportDefinition:
    """Forget one; `anybodys` says whether those that others made may be forgotten.

    Raises:
        Problem: EXPORT_DEFINITION_NOT_FOUND, NOT_ALLOWED.
    """
    found = get_export_definition(session, form.id, number)
    if not anybodys and found.made_by != who:
        raise Problem(NOT_ALLOWED, "Somebody else made this export definition.")
    remove_export_definition(session, found.id)
    return found


def lay_under(session: Session, form: Form, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the definition called `name`, and over them those that are asked for besides; '' for none.

    Raises:
        Problem: EXPORT_DEFINITION_NOT_FOUND.
    """
    return {**(get_named_definition(session, form.id, name).options if name else {}), **options}
