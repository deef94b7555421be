"""The submissions of a form: a list that can be filtered and bookmarked, page by page."""

import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.store.forms import Form, get_form, list_form_versions, list_forms
from surveyapp.store.listing import Filter, Listed, count_submissions, count_up_to, list_submissions
from surveyapp.store.teams import list_teams
from surveyapp.web.current import config, database
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked

pages_submissions = Blueprint("submission_pages", __name__, url_prefix="/p/<project>")

PER_PAGE: Final = 50
# Beyond this the list says "more than"; to count a million would take longer than to show the page.
COUNTED: Final = 1_000
LARGEST_ID: Final = 2**62
STATES: Final = ("received", "in_review", "approved", "has_issues", "rejected", "returned", "corrected")
SEVERITIES: Final = ("error", "warning", "info")
# What of the address narrows the list; the rest of it moves about in it.
NARROWING: Final = ("state", "team", "version", "since", "until", "severity", "check", "text")


@pages_submissions.get("/submissions")
def all_submissions(project: str) -> str | Response:
    """The forms, each with the number of its submissions; straight to the list where there is one form."""
    with database().reading() as session:
        access = allow_person(session, "see", project)
        forms = list_forms(session, access.project.id)
        counted = [(form, count_submissions(session, form.id, access.reach, Filter())) for form in forms]
    if len(forms) == 1:
        address = url_for("submission_pages.submissions", project=project, form_id=forms[0].form_id)
        return redirect(address, 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here
    return render_template("submissions_of_forms.html", counted=counted)


@pages_submissions.get("/forms/<form_id>/submissions")
def submissions(project: str, form_id: str) -> str:
    """A page of the list, newest first."""
    with database().reading() as session:
        access = allow_person(session, "see", project)
        form = get_form(session, access.project.id, form_id)
        wanted = read_filter(access)
        rows, newer, older = list_page(session, form.id, access, wanted)
        return render_template(
            "submissions.html",
            form=form,
            rows=rows,
            counted=count_up_to(session, form.id, access.reach, wanted, COUNTED),
            most=COUNTED,
            narrowed=narrowing(),
            narrows=wanted != Filter(),
            newer=_address(project, form_id, newer),
            older=_address(project, form_id, older),
            **list_choices(session, form, access),
        )


def list_choices(session: Session, form: Form, access: Access) -> dict[str, Any]:
    """What the filter of a form's submissions can be set to."""
    return {
        "teams": [
            (str(team.id), team.name) for team in list_teams(session, access.project.id) if _sees(access, team.id)
        ],
        "versions": [(one.version, one.version) for one in list_form_versions(session, form)][::-1],
        "states": STATES,
    }


def _sees(access: Access, team_id: int) -> bool:
    return access.reach.everything or team_id in access.reach.team_ids


def list_page(
    session: Session, form_pk: int, access: Access, wanted: Filter, per_page: int = PER_PAGE
) -> tuple[list[Listed], dict[str, int], dict[str, int]]:
    """The rows, and what leads to the newer and to the older ones: nothing where there are none."""
    before, after = _number("before"), _number("after")
    where = {"after": after} if after is not None else {"before": before}
    found = list_submissions(session, form_pk, access.reach, wanted, limit=per_page + 1, **where)
    more = len(found) > per_page
    # Asked for what is newer, the one too many is the newest.
    rows = (found[1:] if after is not None else found[:per_page]) if more else found
    has_newer = more if after is not None else before is not None
    has_older = after is not None or more
    newer = {"after": rows[0].id} if rows and has_newer else {}
    older = {"before": rows[-1].id} if rows and has_older else {}
    return rows, newer, older


def _address(project: str, form_id: str, where: dict[str, int]) -> str:
    if not where:
        return ""
    values: dict[str, Any] = {**narrowing(), **where}
    return url_for("submission_pages.submissions", project=project, form_id=form_id, **values)


def _number(name: str) -> int | None:
    text = asked(name)
    return int(text) if text.isascii() and text.isdecimal() and int(text[:20]) < LARGEST_ID and len(text) < 20 else None


# -- the filter -------------------------------------------------------------------------------------------------------
def narrowing() -> dict[str, str]:
    """What the address says that narrows the list."""
    return {name: asked(name) for name in NARROWING if request.args.get(name)}


def read_filter(access: Access) -> Filter:
    """The filter that the address states; what cannot be read does not narrow."""
    zone = ZoneInfo(access.project.timezone or config().timezone.key)
    until = _day("until", zone)
    state, severity = asked("state"), asked("severity")
    return Filter(
        state=state if state in STATES else None,
        team_id=_number("team"),
        version=asked("version") or None,
        since=_day("since", zone),
        until=until + datetime.timedelta(days=1) if until else None,
        severity=severity if severity in SEVERITIES else None,
        check=asked("check") or None,
        text=asked("text"),
    )


def _day(name: str, zone: ZoneInfo) -> datetime.datetime | None:
    """The beginning of a day in the project's zone."""
    try:
        day = datetime.date.fromisoformat(asked(name))
    except ValueError:
        return None
    # So near the ends of the calendar no other zone has a date.
    if not 1900 <= day.year <= 2200:
        return None
    return datetime.datetime.combine(day, datetime.time(), zone)


def list_neighbours(session: Session, form_pk: int, access: Access, submission_id: int) -> dict[str, Any]:
    """The numbers of the submissions beside one in the list as it is filtered, None at its ends."""
    wanted = read_filter(access)
    older = list_submissions(session, form_pk, access.reach, wanted, limit=1, before=submission_id)
    newer = list_submissions(session, form_pk, access.reach, wanted, limit=1, after=submission_id)
    return {"older": older[0].id if older else None, "newer": newer[0].id if newer else None}
