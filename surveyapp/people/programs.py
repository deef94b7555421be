"""Programs that use the JSON API of a project, each with what it may do and until when."""

import datetime
from collections.abc import Collection
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.people.tokens import hash_token, make_token
from surveyapp.problems import INVALID_NAME, TOKEN_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.devices import add_api_token, mark_api_token_revoked
from surveyapp.store.projects import Project

# Read answers, indicators and exports; send records; decide about submissions; delete and restore them; publish, close
# and open forms; change settings; let phones in and shut them out.
SCOPES: Final = ("read", "submit", "review", "remove", "forms", "settings", "phones")


def grant_api_token(
    session: Session,
    project: Project,
    name: str,
    now: datetime.datetime,
    *,
    scopes: Collection[str],
    expires_at: datetime.datetime | None = None,
) -> str:
    """Let a program use the JSON API of a project; its secret token, shown this once.

    Raises:
        Problem: INVALID_NAME for a name without letters or a scope that there is not.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes or not name.strip():
        detail = (
            say("There is no scope {name!r}.", name=unknown[0])
            if unknown
            else say("A token needs a name, and one scope at least.")
        )
        raise Problem(INVALID_NAME, detail, remedy=say("The scopes are: {scopes}.", scopes=SCOPES))
    token = make_token()
    words = " ".join(scope for scope in SCOPES if scope in scopes)
    add_api_token(session, project.id, name, hash_token(token), scopes=words, created_at=now, expires_at=expires_at)
    return token


def revoke_api_token(session: Session, project: Project, name: str, now: datetime.datetime) -> None:
    """Shut a program out.

    Raises:
        Problem: TOKEN_NOT_FOUND.
    """
    if not mark_api_token_revoked(session, project.id, name, now):
        raise Problem(TOKEN_NOT_FOUND, say("The project has no live token {name!r}.", name=name))
