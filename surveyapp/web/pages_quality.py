"""The quality board of a form: what the checks found by check and by enumerator, down to each finding; settled here."""

from collections import Counter, defaultdict
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.examine.backchecks import compare_backchecks
from surveyapp.examine.interviews import mark_again
from surveyapp.examine.settle import acknowledge, reopen
from surveyapp.problems import BAD_REQUEST, Problem
from surveyapp.quality.backcheck_rates import only_of, rate_backchecks
from surveyapp.quality.following import Status
from surveyapp.quality.telling import language_of, names_of, sentence_of, title_of, with_label
from surveyapp.sentences import say
from surveyapp.store.forms import get_definition, get_form, get_form_version
from surveyapp.store.quality import (
    SEVERITY_ORDER,
    QualityFilter,
    QualityRow,
    count_by_enumerator,
    list_quality_findings,
)
from surveyapp.store.quality_summaries import count_unchecked
from surveyapp.web.current import database, now, worker
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import allow_person
from surveyapp.web.office import asked, done
from surveyapp.xform.definition import FormDefinition

pages_quality = Blueprint("quality_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/quality")

PER_PAGE: Final = 50
MOST_DIFFERENCES: Final = 200
LARGEST_ID: Final = 2**62
STATES: Final[tuple[Status, ...]] = ("open", "acknowledged", "closed")
Counts = dict[tuple[str, str, str], int]


@pages_quality.get("")
def board(project: str, form_id: str) -> str:
    """Open findings by check, and by enumerator and check."""
    with database().reading() as session:
        access = allow_person(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        counts = count_by_enumerator(session, form.id, access.reach, QualityFilter(state="open"))
        settled = count_by_enumerator(session, form.id, access.reach, QualityFilter(state="acknowledged"))
        waiting, failed = count_unchecked(session, form.id)
    return render_template(
        "quality.html",
        form=form,
        checks=_by_check(counts, settled),
        severities=_by_severity(counts),
        crew=_by_person(counts),
        settled=sum(settled.values()),
        waiting=waiting,
        failed=failed,
    )


def _by_severity(counts: Counts) -> dict[str, int]:
    found = Counter[str]()
    for (_, severity, _), count in counts.items():
        found[severity] += count
    return {severity: found[severity] for severity in SEVERITY_ORDER}


def _by_check(counts: Counts, settled: Counts) -> list[dict[str, Any]]:
    """A row for each check and severity, the gravest and most frequent first."""
    opened, looked_at = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for counter, source in ((opened, counts), (looked_at, settled)):
        for (check, severity, _), count in source.items():
            counter[check, severity] += count
    rows = [
        {
            "check": check,
            "title": _title(check),
            "severity": severity,
            "open": opened[check, severity],
            "acknowledged": looked_at[check, severity],
        }
        for check, severity in opened | looked_at
    ]
    return sorted(rows, key=lambda row: (SEVERITY_ORDER.index(row["severity"]), -row["open"], row["check"]))


def _by_person(counts: Counts) -> list[tuple[str, dict[str, int], list[tuple[str, str, int]]]]:
    """Each enumerator with the open findings by severity, and by check the most frequent first; who has most errors
    stands first.
    """
    severities: dict[str, Counter[str]] = defaultdict(Counter)
    checks: dict[str, Counter[str]] = defaultdict(Counter)
    for (check, severity, who), count in counts.items():
        if who:
            severities[who][severity] += count
            checks[who][check] += count
    ordered = sorted(severities, key=lambda who: ([-severities[who][one] for one in SEVERITY_ORDER], who))
    return [
        (who, dict(severities[who]), [(one, _title(one), n) for one, n in checks[who].most_common()]) for who in ordered
    ]


def _title(check: str) -> str:
    """What a check is called; automatic ones on one question are named `kind:question`."""
    kind, _, name = check.partition(":")
    title = title_of(kind, page_language())
    title = title[:1].upper() + title[1:]
    return f"{title}: {name}" if name else title


@pages_quality.get("/findings")
def findings(project: str, form_id: str) -> str:
    """The findings that the address narrows down to, one after the other."""
    wanted = _filter()
    with database().reading() as session:
        access = allow_person(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        before = max(0, min(request.args.get("before", LARGEST_ID, type=int), LARGEST_ID))
        rows = list_quality_findings(session, form.id, access.reach, wanted, limit=PER_PAGE + 1, before=before)
        definition = get_definition(session, get_form_version(session, form))
    narrowed = _narrowing()
    older = None
    if len(rows) > PER_PAGE:
        last = rows[PER_PAGE - 1].id
        older = url_for("quality_pages.findings", project=project, form_id=form_id, **{**narrowed, "before": last})
    return render_template(
        "quality_findings.html",
        form=form,
        rows=[_shown(row, definition) for row in rows[:PER_PAGE]],
        narrowed=narrowed,
        state=wanted.state,
        states=STATES,
        severities=SEVERITY_ORDER,
        check_title=_title(wanted.check) if wanted.check else "",
        older=older,
    )


def _narrowing() -> dict[str, Any]:
    """What the address, or the form that came from such a page, narrows the list to."""
    return {name: said for name in ("state", "check", "enumerator", "severity") if (said := asked(name))}


def _filter() -> QualityFilter:
    state = asked("state") or "open"
    if state not in STATES:
        raise Problem(BAD_REQUEST, say("There is no state {state!r} of findings.", state=state))
    return QualityFilter(
        state=state,
        check=asked("check") or None,
        enumerator=asked("enumerator") or None,
        severity=asked("severity") or None,
    )


def _shown(row: QualityRow, definition: FormDefinition) -> dict[str, Any]:
    language = page_language()
    return {
        "row": row,
        "title": _title(row.finding.check),
        "words": sentence_of(with_label(row.finding, definition, language), language, row.own),
        "own": bool(row.own),
        "names": names_of(row.finding),
    }


@pages_quality.post("/findings")
def settle(project: str, form_id: str) -> Response:
    """Acknowledge the ticked findings with a reason, or take that back."""
    numbers = request.form.getlist("finding", type=int)
    again = asked("do") == "reopen"

    def change(session: Session) -> None:
        access = allow_person(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        if not numbers:
            raise Problem(BAD_REQUEST, "No finding is ticked.", remedy="Tick those that you have looked at.")
        who = access.who.actor
        if again:
            changed = reopen(session, form, access.reach, numbers, who=who, channel="office", now=now())
        else:
            reason = asked("reason")
            if not reason:
                raise Problem(BAD_REQUEST, "There is no reason.", remedy="Say why it may stay as it is.")
            changed = acknowledge(
                session, form, access.reach, numbers, who=who, channel="office", reason=reason, now=now()
            )
        detail = {"findings": changed, "reason": asked("reason")}
        action = "finding.reopened" if again else "finding.acknowledged"
        note(session, access.who, action, at=now(), project=project, subject=form_id, detail=detail)

    database().write(change)
    address = url_for("quality_pages.findings", project=project, form_id=form_id, **_narrowing(), done="saved")
    return redirect(address, 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here


@pages_quality.get("/backchecks")
def backchecks(project: str, form_id: str) -> str:
    """How far the answers of households that were asked again agree, by question and by who asked."""
    with database().reading() as session:
        access = allow_person(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        compared = compare_backchecks(worker().watch.examiner.plans, session, form, access.reach)
    comparison, enumerator = compared.comparison, asked("enumerator")
    chosen = only_of(comparison, enumerator) if enumerator else comparison
    told = rate_backchecks(chosen, compared.unmatched, language_of(comparison.plan.definition, page_language()))
    return render_template(
        "quality_backchecks.html",
        form=form,
        told=told,
        set_up=bool(comparison.settings),
        enumerator=enumerator,
        labels={one.path: one.label for one in told.questions},
        listed=told.differences[:MOST_DIFFERENCES],
    )


@pages_quality.post("/check")
def check_now(project: str, form_id: str) -> Response:
    """Let the worker check all interviews again, the enumerators and the form."""

    def change(session: Session) -> int:
        access = allow_person(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        mark_again(session, form.id)
        note(session, access.who, "quality.checked", at=now(), project=project, subject=form_id)
        return form.id

    worker().check_form(database().write(change))
    return done(url_for("quality_pages.board", project=project, form_id=form_id), "checking")
