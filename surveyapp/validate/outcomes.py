"""What a calculation yields: a truth, a number, or text.

JavaRosa keeps what it computed as what it is, although the bind says text: a calculated 0 or false is false to the
rules that read it, where the text `0` would be true.
"""

from collections.abc import Mapping
from typing import Final

from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.numbers import read_xforms
from surveyapp.expressions.parser import parse
from surveyapp.expressions.references import follow
from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Negation, Number, Path
from surveyapp.xform.definition import FormDefinition, Question

BOOLEAN_FUNCTIONS: Final = frozenset(
    {"true", "false", "not", "boolean", "boolean-from-string", "selected", "is-selected", "contains", "starts-with"}
    | {"ends-with", "regex", "checklist", "weighted-checklist", "geofence", "intersects"}
)
NUMBER_FUNCTIONS: Final = frozenset(
    {"number", "int", "round", "abs", "pow", "exp", "exp10", "log", "log10", "sqrt", "sin", "cos", "tan", "asin"}
    | {"acos", "atan", "atan2", "pi", "random", "count", "count-non-empty", "count-selected", "sum", "min", "max"}
    | {"position", "string-length", "decimal-date-time", "decimal-time", "area", "enclosed-area", "distance"}
)
# A date is told by its text; see surveyapp.validate.record.
DATE_FUNCTIONS: Final = frozenset({"date", "date-time", "today", "now"})
ARITHMETIC: Final = frozenset({"+", "-", "*", "div", "mod"})
BRANCHES: Final[Mapping[str, slice]] = {
    "if": slice(1, 3),
    "coalesce": slice(0, 2),
    "once": slice(0, 1),
    "depend": slice(0, 1),
    "indexed-repeat": slice(0, 1),
}
BIND_KINDS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("int", "integer", "long", "decimal"), frozenset({"number"})),
    **dict.fromkeys(("date", "dateTime", "time"), frozenset[str]()),
    "boolean": frozenset({"boolean"}),
}
TEXT: Final = frozenset({"text"})


def list_outcomes(definition: FormDefinition) -> dict[str, str]:
    """For the path of each calculation the bind type as which JavaRosa keeps its value: boolean, decimal or ''."""
    questions = [*definition.questions, *definition.meta]
    outcomes = _Outcomes({question.path: question for question in questions})
    found = {}
    for question in questions:
        if question.rules.calculate:
            kinds = outcomes.at(question.path)
            plain = bool(kinds) and kinds <= {"boolean", "number"}
            found[question.path] = ("decimal" if "number" in kinds else "boolean") if plain else ""
    return found


class _Outcomes:
    """The kinds of value that expressions may yield: `boolean`, `number`, `text`; nothing for dates."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self.questions = questions
        self.known: dict[str, frozenset[str]] = {}

    def at(self, path: str) -> frozenset[str]:
        """What a question holds."""
        question = self.questions.get(path)
        if question is None:
            return TEXT
        if path not in self.known:
            # A calculation that reads itself is met again as text.
            self.known[path] = TEXT
            kinds = BIND_KINDS.get(question.bind_type, TEXT)
            self.known[path] = self.computed(question) if kinds is TEXT and question.rules.calculate else kinds
        return self.known[path]

    def computed(self, question: Question) -> frozenset[str]:
        """What a calculation without a type of its own yields."""
        try:
            return self.of(parse(question.rules.calculate), question.path)
        except (ExpressionError, RecursionError):
            return TEXT

    def of(self, tree: Expression, context: str) -> frozenset[str]:
        """What `tree` yields at the question `context`."""
        if isinstance(tree, Number | Negation):
            return frozenset({"number"})
        if isinstance(tree, Literal):
            # A word can be told from a number by itself.
            return TEXT if read_xforms(tree.value) == read_xforms(tree.value) else frozenset()
        if isinstance(tree, Chain):
            if "|" in tree.operators:
                return TEXT
            return frozenset({"number" if ARITHMETIC.issuperset(tree.operators) else "boolean"})
        if isinstance(tree, Path):
            return self.of_path(tree, context)
        return self.of_call(tree, context)

    def of_call(self, call: Call, context: str) -> frozenset[str]:
        """What a function yields."""
        if call.name in BRANCHES:
            return frozenset().union(*(self.of(part, context) for part in call.arguments[BRANCHES[call.name]]))
        if call.name in BOOLEAN_FUNCTIONS:
            return frozenset({"boolean"})
        if call.name in NUMBER_FUNCTIONS:
            return frozenset({"number"})
        return frozenset() if call.name in DATE_FUNCTIONS else TEXT

    def of_path(self, path: Path, context: str) -> frozenset[str]:
        """What the question holds that `path` leads to; cells of lists hold text."""
        own = path.start is None or (isinstance(path.start, Call) and path.start.name == "current")
        here: str | None = ("" if path.absolute else context) if own else None
        for step in path.steps:
            here = None if here is None else follow(here, step)
        return TEXT if here is None else self.at(here)
