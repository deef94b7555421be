"""Rules as data: their shape, the reading of their parameters, and every fault of a ruleset told at once."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from surveyapp.clean.drafts import Author, Draft
from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.language import Formula
from surveyapp.clean.records import Row, make_hash
from surveyapp.clean.trees import Plan
from surveyapp.expressions.errors import ExpressionError
from surveyapp.sentences import say
from surveyapp.values import INVALID, read_value

# What a rule acts on: cells, rows of a repeat, whole submissions, groups of submissions, a column of its own, or only
# the de-identified export.
Target: TypeAlias = Literal["cell", "row", "submission", "group", "column", "export"]
REQUIRED: Final = object()


class Example(NamedTuple):
    """What a rule is meant to do: answers by name of question in, and after. None is an empty cell."""

    given: Mapping[str, Any]
    wanted: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as its author states it.

    `questions` are names, paths or patterns (`income_*`); `scope` '' for all of them, `main` for those outside repeats,
    or the name of a repeat. `cascade` blanks what is no longer asked after the change. `examples` are kept with it.
    """

    id: str
    kind: str
    questions: tuple[str, ...] = ()
    when: str = ""
    scope: str = ""
    reason: str = ""
    active: bool = True
    cascade: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Ruleset:
    """Rules in order. A published ruleset is immutable; `version` is its number."""

    form_id: str
    version: int
    rules: tuple[Rule, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of its content."""
        content = [asdict(rule) | {"examples": [list(e) for e in rule.examples]} for rule in self.rules]
        return make_hash(self.form_id, str(self.version), json.dumps(content, sort_keys=True, default=str))


class Fault(NamedTuple):
    """Why a rule cannot be used: its place (from 1) and id, the field of the rule, what is wrong, what to do."""

    rule: int
    id: str
    field: str
    message: str
    remedy: str


class Verdict(NamedTuple):
    """What a rule makes of a cell.

    `reason` says of an empty one why; `also` are further cells of the row; `finding` says what a person must look at.
    """

    value: Any
    reason: str = ""
    also: tuple[tuple[Field, Any, str], ...] = ()
    finding: str = ""
    keep: bool = False


class Cell(NamedTuple):
    """Where rules are at work."""

    draft: Draft
    row: Row


Clean: TypeAlias = Callable[[Any, Cell], Verdict | None]
Work: TypeAlias = Callable[[Draft, Author], None]


class Parameter(NamedTuple):
    """How a parameter is read; `read` raises ValueError with what it should be."""

    read: Callable[[Any], Any]
    default: Any = REQUIRED


class Unusable(ValueError):
    """A fault of a rule: `name` is the field, `remedy` what to do."""

    def __init__(self, name: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.remedy = remedy


class Making:
    """A rule on its way to be run: the form, its parameters, and columns that rules add."""

    def __init__(self, rule: Rule, form: Questionnaire, plans: Mapping[str, Plan], added: dict[str, Field]) -> None:
        self.rule = rule
        self.form = form
        self.plans = plans
        self.added = added
        self.given: dict[str, Any] = {}

    def field(self, name: str, parameter: str) -> Field:
        """The question `name` that a parameter speaks of.

        Raises:
            Unusable: there is none, or several.
        """
        found = self.added.get(name) or self.form.find_field(name)
        if found is None:
            raise Unusable(parameter, say("“{name}” is not one question of the form.", name=name), self.hint(name))
        return found

    def hint(self, name: str) -> str:
        """What to write instead of an unknown name."""
        if len(self.form.by_name.get(name, ())) > 1:
            return say("Several questions have this name; write its whole path.")
        near = self.form.suggest(name)
        return say("Did you mean “{near}”?", near=near) if near else say("Check the name against the form.")

    def formula(self, text: str, context: str, parameter: str) -> Formula:
        """An expression.

        Raises:
            Unusable: it cannot be read.
        """
        try:
            return Formula(text, context, self.form, self.plans)
        except ExpressionError as error:
            raise Unusable(
                parameter,
                say("The expression “{text}” cannot be read: {error}", text=text, error=error),
                say("Write it as in the XLSForm."),
            ) from error

    def typed(self, known: Field, value: Any, parameter: str) -> Any:
        """A value of a rule in the type of a question; None for ''.

        Raises:
            Unusable: the question cannot hold it.
        """
        text = "" if value is None else _text(value)
        found = read_value(known.type, text)
        if found is INVALID:
            raise Unusable(
                parameter,
                say("“{text}” is no value of {name}, which is {type}.", text=text, name=known.name, type=known.type),
                say("Write a value of its type."),
            )
        if isinstance(found, str) and not known.allows(found):
            names = ", ".join(list(known.choices)[:12])
            raise Unusable(
                parameter,
                say("“{text}” is not among the choices of {name}.", text=text, name=known.name),
                say("Choose from {names}.", names=names),
            )
        return found

    def column(self, near: Field, name: str, kind: Any, label: Mapping[str, str] | None = None) -> Field:
        """A column that the rule adds beside `near`.

        Raises:
            Unusable: there is a question of that name.
        """
        parent = near.repeat or f"/{self.form.newest.root.name}"
        path = f"{parent}/{name}"
        if name in self.form.by_name or (path in self.form.fields):
            raise Unusable("name", say("“{name}” is a question of the form.", name=name), say("Choose another name."))
        made = Field(path, name, near.repeat, kind, label or {}, added=True)
        self.added[name] = made
        return made


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


# -- readers of parameters --------------------------------------------------------------------------------------------
def a_text(value: Any) -> str:
    """A text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(say("A text is needed."))
    return value


def a_flag(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise ValueError(say("True or false is needed."))
    return value


def a_number(value: Any) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise ValueError(say("A number is needed."))
    return value


def a_whole_number(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(say("A whole number is needed."))
    return value


def a_scalar(value: Any) -> Any:
    """A text, a number or a truth."""
    if not isinstance(value, str | int | float | bool):
        raise ValueError(say("A value is needed."))
    return value


def one_of(*allowed: str) -> Callable[[Any], str]:
    """One of some words."""

    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError(say("One of {allowed} is needed.", allowed=allowed))
        return str(value)

    return read


def texts(value: Any) -> tuple[str, ...]:
    """Several texts, at least one; a single text stands for itself."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, Sequence) or not found or not all(isinstance(item, str) and item for item in found):
        raise ValueError(say("A list of texts is needed."))
    return tuple(found)


def a_map(read: Callable[[Any], Any], *, unnamed: bool = False) -> Callable[[Any], dict[str, Any]]:
    """Values by text, at least one; `unnamed` lets a text be empty, as that of a form without languages."""

    def read_map(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not value or not all(isinstance(key, str) for key in value):
            raise ValueError(say("A mapping is needed."))
        if not unnamed and not all(key.strip() for key in value):
            raise ValueError(say("A line has nothing on its left side."))
        return {key: read(item) for key, item in value.items()}

    return read_map
