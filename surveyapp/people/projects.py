"""Projects: what owns forms, phones and data."""

import datetime
import re
import zoneinfo
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.problems import INVALID_NAME, PROJECT_EXISTS, Problem
from surveyapp.sentences import say
from surveyapp.store.projects import Project, add_project, find_project, get_project, mark_project

DEFAULT_PROJECT: Final = "default"
slug_text = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def create_project(session: Session, slug: str, name: str, timezone: str, now: datetime.datetime) -> Project:
    """A new project.

    Raises:
        Problem: INVALID_NAME, PROJECT_EXISTS.
    """
    if not slug_text.fullmatch(slug):
        detail = say(
            "The project name {slug!r} is not lower-case letters, digits, dash and underscore, at most 40.", slug=slug
        )
        raise Problem(INVALID_NAME, detail)
    check_timezone(timezone)
    if find_project(session, slug) is not None:
        raise Problem(PROJECT_EXISTS, say("There is a project {slug!r} already.", slug=slug))
    add_project(session, slug, name or slug, timezone, now)
    return get_project(session, slug)


def change_project(session: Session, project: Project, name: str, timezone: str) -> None:
    """Call a project otherwise, and write its times in another zone ('' for the server's).

    Raises:
        Problem: INVALID_NAME.
    """
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Problem(INVALID_NAME, "A project needs a name of 1 to 100 characters.", remedy="Choose another name.")
    check_timezone(timezone)
    mark_project(session, project.id, name=name.strip(), timezone=timezone)


def check_timezone(timezone: str) -> None:
    """Refuse a zone that there is not; '' is the server's.

    Raises:
        Problem: INVALID_NAME.
    """
    if timezone and timezone not in zoneinfo.available_timezones():
        raise Problem(
            INVALID_NAME,
            say("There is no time zone {timezone!r}.", timezone=timezone),
            remedy="Take one as Asia/Shanghai.",
        )


def ensure_project(session: Session, slug: str, now: datetime.datetime) -> Project:
    """The project `slug`; the default project is made when it is first asked for.

    Raises:
        Problem: PROJECT_NOT_FOUND.
    """
    if slug == DEFAULT_PROJECT and find_project(session, slug) is None:
        return create_project(session, slug, "Default project", "", now)
    return get_project(session, slug)
