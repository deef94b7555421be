"""The editor of rulesets: a draft rule by rule, what it would change, and its publication."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.clean.comparison import CellExample
from surveyapp.clean.kind_words import KIND_WORDS
from surveyapp.clean.kinds import KINDS
from surveyapp.correct.rulesets import (
    Made,
    drop_rule,
    find_rule,
    list_faults,
    list_in_order,
    move_rule,
    publish_ruleset,
    put_rule,
    read_rules,
    save_draft,
    stage_of,
)
from surveyapp.correct.trial_workbook import write_trial
from surveyapp.correct.trials import Trial, try_rules
from surveyapp.problems import RULESET_INVALID, RULESET_PUBLISHED, Problem
from surveyapp.sentences import say
from surveyapp.store.cleaning import KeptRuleset, find_published_ruleset, get_ruleset
from surveyapp.store.cleaning_source import get_questionnaire
from surveyapp.store.forms import Form, get_form
from surveyapp.web.cleaning import WORKBOOK, compare_indicators, file_name, find_labels, list_finding_effects
from surveyapp.web.current import database, files, now
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked, done, render_refused
from surveyapp.web.rule_form import (
    Filled,
    RuleWords,
    asks_condition,
    asks_questions,
    fill_from_request,
    fill_from_rule,
    make_rule,
    place_faults,
)

pages_rulesets = Blueprint("ruleset_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/cleaning/rulesets")


def _enter(session: Session, project: str, form_id: str, permission: Any = "remove") -> tuple[Access, Form]:
    access = allow_person(session, permission, project)
    return access, get_form(session, access.project.id, form_id)


def _note(session: Session, access: Access, action: str, form: Form, number: int) -> None:
    slug, detail = access.project.slug, {"number": number}
    note(session, access.who, action, at=now(), project=slug, subject=form.form_id, detail=detail)


def _change(project: str, form_id: str, number: int, change: Callable[[Session, Form, Made], Any], action: str) -> None:
    """Change a ruleset, and note it."""

    def write(session: Session) -> None:
        access, form = _enter(session, project, form_id)
        change(session, form, Made(access.who.actor, now()))
        _note(session, access, action, form, number)

    database().write(write)


# -- a ruleset --------------------------------------------------------------------------------------------------------
@pages_rulesets.post("")
def begin(project: str, form_id: str) -> Response:
    """A new draft, which begins with the rules that hold now."""

    def write(session: Session) -> int:
        access, form = _enter(session, project, form_id)
        published = find_published_ruleset(session, form.id)
        rules = published.rules if published else []
        # Where the form is another one now, its faults are shown and mended one by one.
        kept = save_draft(session, files(), form, rules, who=access.who.actor, now=now(), checked=False)
        _note(session, access, "ruleset.drafted", form, kept)
        return kept

    number = database().write(write)
    return redirect(url_for("ruleset_pages.ruleset", project=project, form_id=form_id, number=number), 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here


@pages_rulesets.get("/<int:number>")
def ruleset(project: str, form_id: str, number: int) -> str:
    """The rules in the order in which they run."""
    with database().reading() as session:
        _, form = _enter(session, project, form_id, "review")
        return render_template("cleaning_ruleset.html", **_shown(session, form, number))


def _shown(session: Session, form: Form, number: int) -> dict[str, Any]:
    kept = get_ruleset(session, form.id, number)
    words = RuleWords(get_questionnaire(session, files(), form), page_language())
    draft = kept.state == "draft"
    faults = list_faults(session, files(), form, kept.rules) if draft else []
    return {
        "form": form,
        "ruleset": kept,
        "rules": _rows(words, list_in_order(kept.rules)),
        "faults": [one for one in faults if one["id"]],
        "kinds": words.kinds() if draft else [],
        "text": json.dumps(kept.rules, ensure_ascii=False, indent=2),
    }


def _rows(words: RuleWords, rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rules in words, and whether each can be moved."""
    stages = [stage_of(rule) for rule in rules]
    return [
        {
            **_tell_rule(words, rule),
            "up": place > 0 and stages[place - 1] == stages[place],
            "down": place + 1 < len(rules) and stages[place + 1] == stages[place],
        }
        for place, rule in enumerate(rules)
    ]


def _tell_rule(words: RuleWords, rule: Mapping[str, Any]) -> dict[str, Any]:
    questions = rule.get("questions", [])
    kind = KIND_WORDS.get(str(rule.get("kind")))
    return {
        "rule": rule,
        "kind": words.told(kind.label) if kind else rule.get("kind", ""),
        "questions": [words.name(one) for one in ([questions] if isinstance(questions, str) else questions)],
        "summary": words.summary(rule),
    }


@pages_rulesets.post("/<int:number>")
def change_ruleset(project: str, form_id: str, number: int) -> Response:
    """Move or remove a rule, replace them all by a text, or publish, as the button says."""
    do, rule_id = asked("do"), asked("rule")
    here = partial(url_for, project=project, form_id=form_id)
    try:
        if do == "publish":
            _change(project, form_id, number, partial(_publish, number), "ruleset.published")
            return done(here("cleaning_pages.overview"), "ruleset-published")
        _change(project, form_id, number, _choose(number, do, rule_id), "ruleset.drafted")
    except Problem as refused:
        with database().reading() as session:
            _, form = _enter(session, project, form_id)
            shown = _shown(session, form, number) | ({"text": asked("rules")} if do == "replace" else {})
            return render_refused("cleaning_ruleset.html", refused, **shown)
    return done(here("ruleset_pages.ruleset", number=number), "saved")


def _publish(number: int, session: Session, form: Form, made: Made) -> None:
    publish_ruleset(session, files(), form, number, who=made.who, now=made.at)


def _choose(number: int, do: str, rule_id: str) -> Callable[[Session, Form, Made], Any]:
    def change(session: Session, form: Form, made: Made) -> None:
        if do == "replace":
            save_draft(session, files(), form, read_rules(asked("rules")), who=made.who, now=made.at, number=number)
        elif do == "drop":
            drop_rule(session, files(), form, number, rule_id, made)
        else:
            move_rule(session, files(), form, number, rule_id, down=do == "down", made=made)

    return change


# -- one rule ---------------------------------------------------------------------------------------------------------
@pages_rulesets.get("/<int:number>/rule")
def rule_form(project: str, form_id: str, number: int) -> str:
    """The fields of a rule, `?rule=` its id; or with `?kind=` those of a new one."""
    with database().reading() as session:
        _, form = _enter(session, project, form_id)
        kept = _get_draft(session, form, number)
        former = _former(kept)
        kind = asked("kind") if asked("kind") in KINDS else "recode"
        filled = fill_from_rule(former) if former else fill_from_rule({"kind": kind, "id": _new_id(kept, kind)})
        return render_template("cleaning_rule.html", **_fields(session, form, kept, filled))


def _get_draft(session: Session, form: Form, number: int) -> KeptRuleset:
    kept = get_ruleset(session, form.id, number)
    if kept.state != "draft":
        raise Problem(RULESET_PUBLISHED, say("Ruleset {number} is published.", number=number))
    return kept


def _former(kept: KeptRuleset) -> Mapping[str, Any]:
    """The rule that the address names, where it can be shown as fields."""
    if not asked("rule"):
        return {}
    found = kept.rules[find_rule(kept.rules, asked("rule"))]
    if found.get("kind") not in KINDS:
        detail = say("The rule {asked!r} is of no known kind.", asked=asked("rule"))
        raise Problem(RULESET_INVALID, detail, remedy="Mend it in the text of all rules.")
    return found


def _new_id(kept: KeptRuleset, kind: str) -> str:
    """A name for a new rule; the same as long as none is added, so that a form sent twice adds one."""
    taken = {rule.get("id") for rule in kept.rules}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{kind}_{number}") not in taken)


def _fields(
    session: Session, form: Form, kept: KeptRuleset, filled: Filled, refused: Problem | None = None
) -> dict[str, Any]:
    words = RuleWords(get_questionnaire(session, files(), form), page_language())
    kind = KINDS[filled.kind]
    by_field, elsewhere = place_faults(refused.errors if refused else (), filled)
    told = KIND_WORDS[filled.kind]
    return {
        "form": form,
        "ruleset": kept,
        "former": asked("rule"),
        "filled": filled,
        "kind": {"label": words.told(told.label), "does": words.told(told.does), "example": words.told(told.example)},
        "fields": words.fields(filled),
        "asks_questions": asks_questions(kind),
        "asks_condition": asks_condition(filled.kind),
        "needs": kind.needs,
        "offered": words.questions(kind.types, filled.questions) if asks_questions(kind) else [],
        "repeats": words.repeats(),
        "refused": refused,
        "wrong": by_field,
        "elsewhere": elsewhere,
    }


@pages_rulesets.post("/<int:number>/rule")
def save_rule(project: str, form_id: str, number: int) -> Response:
    """Keep a rule in a draft. One with faults is not kept: its fields come back, each with what is wrong."""
    former = asked("rule")
    filled: Filled | None = None

    def change(session: Session, form: Form, made: Made) -> None:
        nonlocal filled
        kept = _get_draft(session, form, number)
        before = _former(kept)
        kind = str(before["kind"]) if before else asked("kind")
        if kind not in KINDS:
            raise Problem(RULESET_INVALID, say("{kind!r} is no kind of rule.", kind=kind))
        filled = fill_from_request(kind)
        rule, faults = make_rule(filled, before)
        if faults:
            raise Problem(RULESET_INVALID, "The rule has faults.", errors=faults)
        put_rule(session, files(), form, number, rule, former=former, made=made)

    try:
        _change(project, form_id, number, change, "ruleset.drafted")
    except Problem as refused:
        if refused.kind is not RULESET_INVALID or filled is None:
            raise
        with database().reading() as session:
            _, form = _enter(session, project, form_id)
            kept = _get_draft(session, form, number)
            return Response(render_template("cleaning_rule.html", **_fields(session, form, kept, filled, refused)), 422)
    return done(url_for("ruleset_pages.ruleset", project=project, form_id=form_id, number=number), "saved")


# -- what it would change ---------------------------------------------------------------------------------------------
@pages_rulesets.get("/<int:number>/trial")
def trial(project: str, form_id: str, number: int) -> str | Response:
    """What the rules would change beside those that hold now; with `?indicators=yes` the figures of the project too."""
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        try:
            tried = try_rules(session, files(), form, get_ruleset(session, form.id, number).rules)
        except Problem as refused:
            return render_refused("cleaning_ruleset.html", refused, **_shown(session, form, number))
        figures = compare_indicators(session, form, access, tried) if asked("indicators") else None
        return render_template(
            "cleaning_trial.html",
            form=form,
            ruleset=get_ruleset(session, form.id, number),
            **_described(session, form, access, number, tried),
            asked_for_figures=bool(asked("indicators")),
            figures=figures,
        )


def _described(session: Session, form: Form, access: Access, number: int, tried: Trial) -> dict[str, Any]:
    difference = tried.difference
    examples: list[CellExample] = [
        *difference.examples,
        *(one for effect in difference.effects.values() for one in effect.examples),
    ]
    words = RuleWords(get_questionnaire(session, files(), form), page_language())
    return {
        "trial": tried,
        "words": words,
        "rules": {rule["id"]: _tell_rule(words, rule) for rule in get_ruleset(session, form.id, number).rules},
        "labels": find_labels(session, form, access, {one.instance_id for one in examples}),
        "findings": list_finding_effects(tried.findings),
    }


@pages_rulesets.get("/<int:number>/trial/file")
def trial_file(project: str, form_id: str, number: int) -> Response:
    """The same with every answer, as a workbook."""
    with tempfile.TemporaryDirectory() as folder, database().reading() as session:
        _, form = _enter(session, project, form_id)
        rules = get_ruleset(session, form.id, number).rules
        target = Path(folder) / "trial.xlsx"
        questionnaire = get_questionnaire(session, files(), form)
        run = partial(try_rules, session, files(), form, rules)
        write_trial(questionnaire, page_language(), run, target)
        name = file_name(form, f"ruleset_{number}_trial")
        headers = {"Content-Disposition": f"attachment; filename={name}"}
        return Response(target.read_bytes(), mimetype=WORKBOOK, headers=headers)
