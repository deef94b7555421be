"""What is wrong with a form's expressions, found when it is published and not in the field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, TypeAlias

from surveyapp.expressions.catalogue import is_known, takes
from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.evaluation import compile_expression
from surveyapp.expressions.parser import parse
from surveyapp.expressions.paths import is_javarosa_step
from surveyapp.expressions.references import list_references, walk
from surveyapp.expressions.regexes import compile_pattern
from surveyapp.expressions.syntax import Call, Expression, Literal, Number, Path
from surveyapp.findings import FormFinding, Severity
from surveyapp.sentences import as_sentence, say
from surveyapp.validate.rules import CompiledRules
from surveyapp.xform.definition import Element, FormDefinition, Question, Repeat

COLUMNS: Final = {
    "relevant": "relevant",
    "required": "required",
    "constraint": "constraint",
    "calculate": "calculation",
    "count": "repeat_count",
    "choices": "choice_filter",
}


@dataclass(frozen=True, slots=True)
class Written:
    """One expression where it stands in the form."""

    element: Element
    column: str
    text: str


def check_form(rules: CompiledRules, rows: Mapping[str, int] | None = None) -> list[FormFinding]:
    """Every fault of the form's expressions.

    `rows` gives the row of the survey sheet by the name of the question, where it is known. An `error` keeps the
    expression from being evaluated anywhere, a `warning` in ODK Collect or on the server.
    """
    definition = rules.definition
    found: list[FormFinding] = []
    places = rows or {}
    for written in list_expressions(definition):
        for code, severity, message, remedy in _check(written, definition):
            name = written.element.name
            text = say(
                "The {column} of “{name}”: {message}", column=written.column, name=name, message=as_sentence(message)
            )
            found.append(
                FormFinding(
                    code, severity, text, remedy, "survey", places.get(name, 0), COLUMNS.get(written.column, "")
                )
            )
    found += [_cycle(cycle, places) for cycle in rules.cycles]
    found += _unlabelled(definition)
    return found


def list_expressions(definition: FormDefinition) -> Iterator[Written]:
    """Every expression of the form, where it stands."""
    for element in (*definition.elements.values(), *definition.meta):
        rules = element.rules
        named = {
            "relevant": rules.relevant,
            "required": rules.required,
            "constraint": rules.constraint,
            "calculate": rules.calculate,
            "count": element.count if isinstance(element, Repeat) else "",
            "choices": element.itemset.nodeset if isinstance(element, Question) and element.itemset else "",
        }
        for column, text in named.items():
            if text:
                yield Written(element, column, text)


Fault: TypeAlias = tuple[str, Severity, str, str]


def _check(written: Written, definition: FormDefinition) -> Iterator[Fault]:
    try:
        tree = parse(written.text)
    except (ExpressionError, RecursionError) as error:
        yield (
            "expression-unreadable",
            "error",
            say("it cannot be read. {error}", error=error),
            say("Correct the expression."),
        )
        return
    for part in walk(tree):
        if isinstance(part, Call):
            yield from _check_call(part, definition)
        elif isinstance(part, Path):
            yield from _check_path(part)
    yield from _check_compiles(written)
    yield from _check_references(written, tree, definition)


def _check_compiles(written: Written) -> Iterator[Fault]:
    try:
        compile_expression(written.text, "xforms")
    except ExpressionError as error:
        yield (
            "expression-unreadable",
            "error",
            say("it cannot be read. {error}", error=error),
            say("Correct the expression."),
        )


def _check_call(call: Call, definition: FormDefinition) -> Iterator[Fault]:
    name, count = call.name, len(call.arguments)
    known = [dialect for dialect in ("javarosa", "xforms") if is_known(name, dialect)]
    if not known:
        yield "function-unknown", "error", say("there is no function {name}().", name=name), say("Check its spelling.")
        return
    if "javarosa" not in known:
        yield _not_in_collect(f"{name}() is not known to ODK Collect.", _instead(name))
    elif not any(takes(name, count, dialect) for dialect in known):
        yield (
            "arguments",
            "error",
            say("{name}() does not take {count} arguments.", name=name, count=count),
            say("Check the arguments."),
        )
    first = call.arguments[0] if call.arguments else None
    if name == "instance" and isinstance(first, Literal) and first.value not in definition.choice_lists:
        yield (
            "instance-unknown",
            "error",
            say("there is no list “{value}”.", value=first.value),
            say("Check the name of the list."),
        )
    if name == "regex" and count == 2 and isinstance(call.arguments[1], Literal):
        yield from _check_pattern(call.arguments[1].value)


def _instead(name: str) -> str:
    instead = {"floor": "Use int() or round().", "ceiling": "Use round().", "substring": "Use substr()."}
    return instead.get(name, "Leave it out, or collect with a browser only.")


def _not_in_collect(message: str, remedy: str) -> Fault:
    return "not-in-collect", "warning", message, remedy


def _check_pattern(pattern: str) -> Iterator[Fault]:
    try:
        compile_pattern(pattern, "javarosa")
    except NotCheckable as error:
        yield "pattern-not-checkable", "warning", str(error), say("Write a shorter pattern.")
    except ExpressionError as error:
        yield "pattern-unreadable", "warning", str(error), say("Correct the pattern.")


def _check_path(path: Path) -> Iterator[Fault]:
    for step in path.steps:
        if not is_javarosa_step(step):
            shown = "//" if step.axis == "descendant-or-self" else f"{step.axis}::{step.test}"
            yield _not_in_collect(f"ODK Collect does not know the step {shown}.", "Name each group on the way.")
        if any(isinstance(predicate, Number) for predicate in step.predicates):
            yield _not_in_collect(
                f"ODK Collect finds nothing at {step.test}[number].", "Use indexed-repeat(), or [position() = number]."
            )


def _check_references(written: Written, tree: Expression, definition: FormDefinition) -> Iterator[Fault]:
    known = {*definition.elements, *(question.path for question in definition.meta), f"{definition.root.path}/meta"}
    for path in list_references(tree, written.element.path).paths:
        if path not in known and "*" not in path and "@" not in path:
            close = get_close_matches(path.rpartition("/")[2], [other.rpartition("/")[2] for other in known], 1)
            remedy = say("Did you mean “{near}”?", near=close[0]) if close else say("Check the name of the question.")
            yield "reference-unknown", "warning", say("there is no question {path}.", path=path), remedy


def _cycle(cycle: list[str], places: Mapping[str, int]) -> FormFinding:
    names = [path.rpartition("/")[2] for path in cycle]
    around = " → ".join([*names, names[0]])
    return FormFinding(
        "cycle",
        "error",
        say("The rules of these questions depend on each other in a circle: {around}.", around=around),
        "Break the circle: a rule must not depend on its own question, nor on what lies inside its own group.",
        "survey",
        places.get(names[0], 0),
    )


def _unlabelled(definition: FormDefinition) -> list[FormFinding]:
    used = {question.itemset.list_name for question in definition.questions if question.itemset}
    return [
        FormFinding(
            "choices-without-labels",
            "warning",
            say("The choices of the list “{name}” have no labels.", name=name),
            "Give each choice a label.",
            "choices",
        )
        for name, listed in definition.choice_lists.items()
        if name in used and listed.choices and not any(choice.label for choice in listed.choices)
    ]
