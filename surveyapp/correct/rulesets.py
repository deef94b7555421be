"""Rulesets of a form: drafted, tried, published."""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.clean.comparison import RulesetDifference, compare_rulesets
from surveyapp.clean.examples import ExampleFault, run_examples
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.rulesets import Program, compile_ruleset
from surveyapp.problems import RULESET_INVALID, RULESET_PUBLISHED, Problem
from surveyapp.store.cleaning import (
    KeptRuleset,
    Rules,
    add_ruleset,
    get_ruleset,
    mark_ruleset,
)
from surveyapp.store.cleaning_source import StoredSubmissions, get_cleaning, get_questionnaire
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
        raise Problem(RULESET_INVALID, f"The file is not JSON: {error}.", remedy="See docs/cleaning.md.") from error
    rules = found.get("rules") if isinstance(found, dict) else found
    if not isinstance(rules, list):
        raise Problem(RULESET_INVALID, "The file holds no list of rules.", remedy="See docs/cleaning.md.")
    return rules


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
) -> int:
    """Keep rules as a new draft, or in place of the draft `number`; its number.

    Raises:
        Problem: RULESET_INVALID with every fault; RULESET_NOT_FOUND; RULESET_PUBLISHED.
    """
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
        detail = f"{len(faults)} examples do not come out as they should."
        raise Problem(RULESET_INVALID, detail, remedy="Mend the rules, or their examples.", errors=errors)
    columns = {"state": "published", "hash": program.ruleset.hash, "published_by": who, "published_at": now}
    mark_ruleset(session, form.id, number, **columns)
    return get_ruleset(session, form.id, number)


def describe_fault(fault: ExampleFault) -> dict[str, Any]:
    """An example that fails, as an entry of `Problem.errors`."""
    message = f"{fault.question} should be “{fault.wanted}” and is “{fault.got}”."
    return {"id": fault.rule_id, "field": f"examples {fault.example}", "message": message}


@dataclass(frozen=True)
class RulesetTrial:
    """What a draft would do: examples that fail, and how its clean data differ from those of now."""

    against: int
    faults: Sequence[ExampleFault]
    difference: RulesetDifference


def try_rules(session: Session, files: Files, form: Form, rules: Rules) -> RulesetTrial:
    """Run rules over all submissions beside those that hold now, with the decisions of people. Changes nothing.

    Raises:
        Problem: RULESET_INVALID with every fault.
    """
    program = compile_draft(session, files, form, rules)
    now = get_cleaning(session, files, form)
    asks = now.asks_checks or any(rule.parameters.get("finding") for rule in program.ruleset.rules)
    source = StoredSubmissions(session, form, program.form, flags=asks)
    difference = compare_rulesets(now.cleaner, Cleaner(program, now.log), source)
    return RulesetTrial(now.program.ruleset.version, run_examples(program), difference)


def _get_draft(session: Session, form: Form, number: int) -> KeptRuleset:
    found = get_ruleset(session, form.id, number)
    if found.state != "draft":
        raise Problem(RULESET_PUBLISHED, f"Ruleset {number} is published.")
    return found
