"""What the pages of the office share: who looks, where they are, where they may go; and what has just been done.

Everything comes from what the page's own function has asked already (`identity` leaves it in `g`), so that a page about
a failure can be written when the database is away.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from surveyapp.people.rights import Permission
from surveyapp.people.signing import needs_note, note_seen
from surveyapp.problems import NOT_ALLOWED, NOT_SIGNED_IN, Problem
from surveyapp.store.sessions import SignedIn
from surveyapp.web.cookies import csrf_token
from surveyapp.web.current import database, now
from surveyapp.web.identity import Access


class Section(NamedTuple):
    """A part of a project: its address below that of the project, who may enter, and its name."""

    path: str
    permission: Permission
    title: Callable[[], str]


# In the order in which the pages list them; a neighbour's section is one line here.
SECTIONS: Final = (
    Section("", "enter", lambda: gettext("Overview")),
    Section("/forms", "enter", lambda: gettext("Forms")),
    Section("/submissions", "see", lambda: gettext("All submissions")),
    Section("/exports", "export", lambda: gettext("All exports")),
    Section("/phones", "see", lambda: gettext("Phones")),
    Section("/people", "people", lambda: gettext("People")),
    Section("/tokens", "phones", lambda: gettext("Tokens")),
    Section("/audit", "audit", lambda: gettext("Log")),
    Section("/settings", "settings", lambda: gettext("Settings")),
)
# What `?done=` says after a change: the page that answers a POST is always asked for anew.
DONE: Final[Mapping[str, Any]] = {
    "saved": lazy_gettext("Saved."),
    "log-imported": lazy_gettext("The log is applied. It can be taken back as a whole."),
    "log-undone": lazy_gettext("The import is taken back."),
    "ruleset-published": lazy_gettext("From now on answers are cleaned by these rules."),
    "signed-out": lazy_gettext("You are signed out."),
    "password": lazy_gettext("The password is set. Whoever was signed in elsewhere is signed out."),
    "sessions": lazy_gettext("Signed out there."),
    "totp-on": lazy_gettext("From now on you sign in with a code as well."),
    "totp-off": lazy_gettext("The password alone is enough again."),
    "mailed": lazy_gettext("The link was sent by mail."),
    "invited": lazy_gettext("The person has a role in this project now."),
    "disabled": lazy_gettext("The person is shut out. What they did stays."),
    "enabled": lazy_gettext("The person may sign in again."),
    "role": lazy_gettext("The role is changed."),
    "team-added": lazy_gettext("The team is there. Now say who is in it."),
    "team-filled": lazy_gettext("The team is changed."),
    "phone-assigned": lazy_gettext("What the phone sends from now on is theirs."),
    "phone-revoked": lazy_gettext("The phone is shut out. What it sent stays."),
    "token-revoked": lazy_gettext("The token does not work any more."),
    "checking": lazy_gettext("The checks are run again; what they find appears here little by little."),
    "project-added": lazy_gettext("The project is there."),
    "form-published": lazy_gettext("Published. Phones fetch it when they look for forms the next time."),
    "form-closed": lazy_gettext("The form is closed. What was filled in before is still taken."),
    "form-open": lazy_gettext("The form is open again."),
    "export-asked": lazy_gettext("The export is being written. You may leave the page."),
    "export-cancelled": lazy_gettext("The export is cancelled."),
    "definition-saved": lazy_gettext("The options are kept, and filled in below."),
    "definition-deleted": lazy_gettext("The name and its options are deleted. Exports made with them stay."),
    "protection-confirmed": lazy_gettext("The classes are confirmed. De-identified exports use them from now on."),
    "decided": lazy_gettext("Decided."),
    "commented": lazy_gettext("Kept."),
    "reopened": lazy_gettext("The finding is open again."),
    "acknowledged": lazy_gettext("Acknowledged, until that value changes."),
    "edited": lazy_gettext("Your changes count now, as a new version."),
    "deleted": lazy_gettext("Deleted. For 30 days it can come back."),
    "restored": lazy_gettext("It is back as it stood."),
    "undone": lazy_gettext("Taken back, but for what somebody has touched since."),
}


def register_office(app: Flask) -> None:
    """Give the pages of `app` their frame, and keep that a session is in use."""
    app.context_processor(_frame)
    app.after_request(_keep_to_the_reader)


def signed_in() -> SignedIn | None:
    """Who this request found to be signed in, if it asked."""
    found: SignedIn | None = g.get("signed_in")
    return found


def entered() -> Access | None:
    """The project that this request was let into."""
    found: Access | None = g.get("access")
    return found


def person_language() -> str | None:
    """The language that the person who is signed in has chosen."""
    found = signed_in()
    return found.account.language or None if found else None


def project_timezone() -> str | None:
    """The zone of the project that the page is about."""
    access = entered()
    return access.project.timezone or None if access else None


def project_url(slug: str, path: str = "") -> str:
    """The address of a project, or of what lies below it."""
    return f"{request.script_root}/p/{slug}{path}"


def asked(name: str) -> str:
    """What a field of the form or of the address says, without spaces around it; a text that any database can hold."""
    return request.values.get(name, "").replace("\0", "").strip()


def done(address: str, code: str) -> Response:
    """After a change: to the page at `address`, which says what was done."""
    return redirect(f"{address}?done={code}", 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here


def render_refused(template: str, refused: Problem, **values: Any) -> Response:
    """The form once more, with what was wrong.

    Raises:
        Problem: the same, when it is about who is asking.
    """
    if refused.kind in (NOT_SIGNED_IN, NOT_ALLOWED):
        raise refused
    # 401 is for callers who have to say who they are, and these have.
    status = 422 if refused.kind.status == 401 and signed_in() else refused.kind.status
    return Response(render_template(template, refused=refused, **values), status)


def render_once(template: str, **values: Any) -> Response:
    """A page with a secret that is shown this once: no browser keeps it."""
    return Response(render_template(template, **values), headers={"Cache-Control": "no-store"})


def _frame() -> dict[str, Any]:
    found, access = signed_in(), entered()
    said = DONE.get(request.args.get("done", ""))
    frame: dict[str, Any] = {"said_done": said, "sign_in_url": url_for("sign_in.sign_in_form")}
    if found is None:
        return frame
    frame |= {
        "person": {"name": found.account.name, "login": found.account.login, "operator": found.account.operator},
        "account": _account(found),
        "sign_out_url": url_for("sign_in.sign_out"),
        "csrf_token": csrf_token(),
    }
    if access is not None:
        here = {"title": access.project.name, "url": project_url(access.project.slug)}
        frame |= {
            "project": {"name": here["title"], "url": here["url"], "slug": access.project.slug},
            "projects": [{**here, "here": True}, _place(gettext("All projects"), url_for("projects.list_all"))],
            "places": _places(access),
            "may": access.may,
        }
    return frame


def _places(access: Access) -> list[dict[str, Any]]:
    top = project_url(access.project.slug)
    return [
        _place(section.title(), top + section.path, alone=not section.path)
        for section in SECTIONS
        if access.may(section.permission)
    ]


def _account(found: SignedIn) -> list[dict[str, Any]]:
    places = [
        _place(gettext("My account"), url_for("account.account_page")),
        _place(gettext("Projects"), url_for("projects.list_all")),
    ]
    if found.account.operator:
        places += [
            _place(gettext("All people"), url_for("people.all_people")),
            _place(gettext("Log of the server"), url_for("audit.server_log")),
        ]
    return places


def _place(title: str, url: str, *, alone: bool = False) -> dict[str, Any]:
    """A link of the navigation; `alone` when only the page itself counts as being there."""
    path = request.script_root + request.path.rstrip("/")
    return {"title": title, "url": url, "here": path == url or (not alone and path.startswith(f"{url}/"))}


def _keep_to_the_reader(response: Response) -> Response:
    found = signed_in()
    if found is None:
        return response
    if response.mimetype == "text/html":
        # Whoever comes to this machine next shall not find the page by the back button.
        response.headers.setdefault("Cache-Control", "no-store")
    if needs_note(found, now()) and response.status_code < 500:
        database().write(lambda session: note_seen(session, found, now()))
    return response
