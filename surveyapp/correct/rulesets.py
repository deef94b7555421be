"""Rulesets of a form: drafted, tried, published."""

import datetime
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from surveyapp.clean.examples import ExampleFault, run_examples
from surveyapp.clean.kinds import KINDS
from surveyapp.clean.rulesets import Program, compile_ruleset
from surveyapp.problems import RULE_NOT_FOUND, RULESET_INVALID, RULESET_PUBLISHED, Problem
from surveyapp.sentences import say
from surveyapp.store.cleaning import (
    KeptRuleset,
    Rules,
    add_ruleset,
    get_ruleset,
    lock_log,
    mark_ruleset,
)
from surveyapp.store.cleaning_source import get_questionnaire
from surveyapp.store.files import Files
from surveyapp.store.forms import Form


def read_rules(content: bytes | str) -> list[Mapping[str, Any]]:
    """Rules from a JSON file: a list, or an object with `rules`.

    Raises:
        Problem: RULESET_INVALID.
    """
    try:
        found = json.loads(content)
    except ValueError as error:
        raise Problem(
            RULESET_INVALID, say("The file is not JSON: {error}.", error=error), remedy="See docs/cleaning.md."
        ) from error
    rules = found.get("rules") if isinstance(found, dict) else found
    if not isinstance(rules, list):
        raise Problem(RULESET_INVALID, "The file holds no list of rules.", remedy="See docs/cleaning.md.")
    return rules


class Made(NamedTuple):
    """Who changes a draft, and when."""

    who: str
    at: datetime.datetime


def compile_draft(session: Session, files: Files, form: Form, rules: Rules, number: int = 0) -> Program:
    """Rules made ready for a form.

    Raises:
        Problem: RULESET_INVALID with every fault.
    """
    return compile_ruleset(rules, get_questionnaire(session, files, form), version=number)


def save_draft(
    session: Session,
    files: Files,
    form: Form,
    rules: Rules,
    *,
    who: str,
    now: datetime.datetime,
    number: int | None = None,
    checked: bool = True,
) -> int:
    """Keep rules as a new draft, or in place of the draft `number`; its number. `checked` refuses rules with faults.

    Raises:
        Problem: RULESET_INVALID with every fault; RULESET_NOT_FOUND; RULESET_PUBLISHED.
    """
    if checked:
        compile_draft(session, files, form, rules)
    if number is None:
        return add_ruleset(session, form.id, rules, who, now)
    _get_draft(session, form, number)
    mark_ruleset(session, form.id, number, rules=list(rules), made_by=who, made_at=now)
    return number


def publish_ruleset(
    session: Session, files: Files, form: Form, number: int, *, who: str, now: datetime.datetime
) -> KeptRuleset:
    """From now on data are cleaned by this draft, which never changes again.

    Raises:
        Problem: RULESET_NOT_FOUND, RULESET_PUBLISHED; RULESET_INVALID where rules or their examples have faults.
    """
    draft = _get_draft(session, form, number)
    program = compile_draft(session, files, form, draft.rules, number)
    if faults := run_examples(program):
        errors = [describe_fault(fault) for fault in faults]
        detail = say("{count} examples do not come out as they should.", count=len(faults))
        raise Problem(RULESET_INVALID, detail, remedy="Mend the rules, or their examples.", errors=errors)
    columns = {"state": "published", "hash": program.ruleset.hash, "published_by": who, "published_at": now}
    mark_ruleset(session, form.id, number, **columns)
    return get_ruleset(session, form.id, number)


def describe_fault(fault: ExampleFault) -> dict[str, Any]:
    """An example that fails, as an entry of `Problem.errors`."""
    message = say(
        "{question} should be “{wanted}” and is “{got}”.", question=fault.question, wanted=fault.wanted, got=fault.got
    )
    return {"id": fault.rule_id, "field": f"examples {fault.example}", "message": message}


# -- one rule of a draft ----------------------------------------------------------------------------------------------
def put_rule(
    session: Session, files: Files, form: Form, number: int, rule: Mapping[str, Any], *, former: str, made: Made
) -> None:
    """Put a rule in the place of the one with the id `former`, or at the end where that is ''.

    Raises:
        Problem: RULESET_INVALID with the faults of this rule, and those that it makes in others; RULESET_NOT_FOUND,
            RULESET_PUBLISHED; RULE_NOT_FOUND.
    """

    def change(rules: list[Mapping[str, Any]]) -> int:
        if not former:
            rules.append(rule)
            return len(rules)
        place = find_rule(rules, former)
        rules[place] = rule
        return place + 1

    _change_draft(session, files, form, number, change, made)


def drop_rule(session: Session, files: Files, form: Form, number: int, rule_id: str, made: Made) -> None:
    """Take a rule out of a draft.

    Raises:
        Problem: as `put_rule`.
    """

    def change(rules: list[Mapping[str, Any]]) -> int:
        del rules[find_rule(rules, rule_id)]
        return 0

    _change_draft(session, files, form, number, change, made)


def move_rule(session: Session, files: Files, form: Form, number: int, rule_id: str, *, down: bool, made: Made) -> None:
    """Let a rule run after the next one of its stage, or before the one above; the first and the last stay.

    Raises:
        Problem: as `put_rule`.
    """

    def change(rules: list[Mapping[str, Any]]) -> int:
        place = find_rule(rules, rule_id)
        beside = [other for other in range(len(rules)) if stage_of(rules[other]) == stage_of(rules[place])]
        target = beside.index(place) + (1 if down else -1)
        if 0 <= target < len(beside):
            rules[place], rules[beside[target]] = rules[beside[target]], rules[place]
        return 0

    _change_draft(session, files, form, number, change, made)


def list_in_order(rules: Rules) -> list[Mapping[str, Any]]:
    """Rules as they run: by stage, inside a stage as they are listed."""
    return sorted(rules, key=stage_of)


def stage_of(rule: Mapping[str, Any]) -> int:
    """When a rule runs, 0 for one of no known kind."""
    kind = KINDS.get(str(rule.get("kind")))
    return kind.stage if kind else 0


def find_rule(rules: Rules, rule_id: str) -> int:
    """The place of a rule, from 0.

    Raises:
        Problem: RULE_NOT_FOUND.
    """
    for place, rule in enumerate(rules):
        if rule.get("id") == rule_id:
            return place
    raise Problem(
        RULE_NOT_FOUND, say("The ruleset has no rule {rule_id!r}; somebody else may have changed it.", rule_id=rule_id)
    )


def _change_draft(
    session: Session,
    files: Files,
    form: Form,
    number: int,
    change: Callable[[list[Mapping[str, Any]]], int],
    made: Made,
) -> None:
    """Keep a draft with a change, which gives the place (from 1) of the rule that it is about, 0 for none.

    Faults that other rules had before, because the form is another one now, are no reason to refuse: rules are put
    right one after the other.
    """
    lock_log(session, form.id)
    former = _get_draft(session, form, number).rules
    rules = list(former)
    place = change(rules)
    known = {_without_place(fault) for fault in list_faults(session, files, form, former)}
    faults = [
        fault
        for fault in list_faults(session, files, form, rules)
        if fault["rule"] == place or _without_place(fault) not in known
    ]
    if faults:
        raise Problem(
            RULESET_INVALID,
            say("The rule has {count} fault{plural}.", count=len(faults), plural="s" if len(faults) > 1 else ""),
            errors=faults,
        )
    mark_ruleset(session, form.id, number, rules=rules, made_by=made.who, made_at=made.at)


def list_faults(session: Session, files: Files, form: Form, rules: Rules) -> list[dict[str, Any]]:
    """Every fault of rules: rule (from 1), id, field, message, remedy."""
    try:
        compile_draft(session, files, form, rules)
    except Problem as refused:
        if refused.kind is not RULESET_INVALID:
            raise
        return [dict(error) for error in refused.errors]
    return []


def _without_place(fault: Mapping[str, Any]) -> tuple[str, str, str]:
    return fault["id"], fault["field"], fault["message"]


def _get_draft(session: Session, form: Form, number: int) -> KeptRuleset:
    found = get_ruleset(session, form.id, number)
    if found.state != "draft":
        raise Problem(RULESET_PUBLISHED, say("Ruleset {number} is published.", number=number))
    return found
