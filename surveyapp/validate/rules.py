"""A form's rules, compiled once for each version and shared by all its records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import Compiled, DialectName, compile_expression
from surveyapp.expressions.references import References, walk
from surveyapp.expressions.scope import Instances
from surveyapp.expressions.syntax import Path
from surveyapp.expressions.tokens import tokenize
from surveyapp.validate.circumstances import list_time_questions
from surveyapp.validate.lists import LAST_SAVED, build_instances
from surveyapp.validate.order import ancestors, list_cycles, relevance_order
from surveyapp.validate.outcomes import list_outcomes
from surveyapp.xform.definition import Element, FormDefinition, Question, Repeat

TIME_FUNCTIONS: Final = frozenset({"today", "now"})
LANGUAGE_FUNCTIONS: Final = frozenset({"jr:choice-name", "jr:itext"})
# Clients compute these by formulas of their own.
EARTH_FUNCTIONS: Final = frozenset({"area", "enclosed-area", "distance"})
# What these give is drawn or kept on the phone: never computed again here.
DRAWN_FUNCTIONS: Final = frozenset({"random", "uuid", "randomize"})
KEPT_FUNCTIONS: Final = frozenset({"once"})
# What these give depends on the node at which they are asked.
PLACE_FUNCTIONS: Final = frozenset({"current", "position"})
PLAIN_AXES: Final = frozenset({"child", "self", "parent", "attribute"})
ALWAYS: Final = frozenset({"true()", "1", "'yes'", "'true'"})
NEVER: Final = frozenset({"", "false()", "0"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One expression of one bind. Where it cannot be compiled, `compiled` is None and `fault` says why."""

    text: str
    compiled: Compiled | None
    references: References | None = None
    fault: str = ""
    timed: bool = False
    worded: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """The choices of a select.

    `names` are those of the whole list, None where it lies in a file; `nodeset` gives those that are offered, `shared`
    where they are the same at every node of a record.
    """

    names: frozenset[str] | None
    nodeset: Rule | None
    value_ref: str = "name"
    list_name: str = ""
    unknown: str = ""
    shared: bool = False


@dataclass(slots=True)
class Site:
    """What is to be judged at the nodes of one path."""

    element: Element
    required: Rule | None = None
    always_required: bool = False
    constraint: Rule | None = None
    calculate: Rule | None = None
    choices: ChoiceRule | None = None
    limits: tuple[float | None, float | None, float | None] | None = None
    count: Rule | None = None


@dataclass(slots=True)
class Book:
    """The rules in one dialect: relevance in order of dependency, and what is judged at each path."""

    relevance: dict[str, Rule]
    sites: dict[str, Site]


@dataclass(slots=True)
class CompiledRules:
    """The rules of a form version. Never changes; indexes of its lists grow as they are asked for."""

    definition: FormDefinition
    instances: Instances
    books: dict[DialectName, Book]
    cycles: list[list[str]]
    types: dict[str, str]
    times: dict[str, str]
    repeats: frozenset[str]
    outcomes: Mapping[str, str]
    names: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)


def compile_rules(definition: FormDefinition, attachments: Mapping[str, bytes]) -> CompiledRules:
    """The rules of `definition`, with the choices that lie in its `attachments` (by file name)."""
    repeats = frozenset(repeat.path for repeat in definition.repeats)
    instances = build_instances(definition, attachments)
    books: dict[DialectName, Book] = {}
    for dialect in ("javarosa", "xforms"):
        books[dialect] = _Binder(definition, dialect, repeats).book()
    relevant, calculate = _reads(books["javarosa"])
    types = {question.path: question.bind_type for question in (*definition.questions, *definition.meta)}
    return CompiledRules(
        definition,
        instances,
        books,
        list_cycles(definition, relevant, calculate),
        {path: "" if kind == "string" else kind for path, kind in types.items()},
        list_time_questions(definition),
        repeats,
        list_outcomes(definition),
    )


def _reads(book: Book) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    relevant = {path: rule.references.paths for path, rule in book.relevance.items() if rule.references}
    calculate = {
        path: site.calculate.references.paths
        for path, site in book.sites.items()
        if site.calculate and site.calculate.references
    }
    return relevant, calculate


class _Binder:
    """Compiles the rules of one form in one dialect."""

    def __init__(self, definition: FormDefinition, dialect: DialectName, repeats: frozenset[str]) -> None:
        self.definition = definition
        self.dialect: DialectName = dialect
        self.repeats = repeats
        self.compiled: dict[tuple[str, int | None], Compiled | ExpressionError] = {}
        self.levels = _shared_levels(definition) if dialect == "javarosa" else {}

    def book(self) -> Book:
        elements: list[Element] = [*self.definition.elements.values(), *self.definition.meta]
        relevance = {
            element.path: rule
            for element in elements
            if element.rules.relevant.replace(" ", "") != "true()"
            and (rule := self.rule(element.rules.relevant, element.path, "relevant"))
        }
        order = relevance_order({path: _paths(rule) for path, rule in relevance.items()})
        sites = {element.path: site for element in elements if (site := self.site(element))}
        return Book({path: relevance[path] for path in order}, sites)

    def rule(self, text: str, path: str, kind: str = "") -> Rule | None:
        """The rule `text` at `path`, None where there is none."""
        if not text:
            return None
        compiled = self.compile(text, self.levels.get((kind, _spelling(text))))
        if isinstance(compiled, ExpressionError):
            return Rule(text, None, fault=f"the rule cannot be read ({compiled})")
        references = compiled.references(path)
        functions = references.functions
        return Rule(
            text,
            compiled,
            references,
            fault=self.fault(references.instances),
            timed=bool(functions & TIME_FUNCTIONS),
            worded=bool(functions & LANGUAGE_FUNCTIONS),
        )

    def compile(self, text: str, levels: int | None) -> Compiled | ExpressionError:
        """Compiled once for each text: a form repeats its rules."""
        found = self.compiled.get((text, levels))
        if found is None:
            try:
                found = compile_expression(text, self.dialect, repeats=self.repeats, levels=levels)
            except ExpressionError as error:
                found = error
            self.compiled[text, levels] = found
        return found

    def fault(self, instances: Iterable[str]) -> str:
        lists = (self.definition.choice_lists.get(name) for name in instances)
        last_saved = any(listed is not None and listed.source.startswith(LAST_SAVED) for listed in lists)
        return "it reads the last saved record, which only the phone has" if last_saved else ""

    def site(self, element: Element) -> Site | None:
        """What is judged at `element`, None where nothing is."""
        if isinstance(element, Repeat):
            return Site(element, count=self.rule(element.count, element.path)) if element.count else None
        if not isinstance(element, Question):
            return None
        rules, site = element.rules, Site(element)
        if element.control and element.type != "note" and rules.readonly.replace(" ", "") != "true()":
            required = rules.required.strip()
            site.always_required = required.replace(" ", "") in ALWAYS
            if not site.always_required and required.replace(" ", "") not in NEVER:
                site.required = self.rule(required, element.path, "required")
            site.constraint = self.rule(rules.constraint, element.path)
        if not rules.preload:
            site.calculate = self.rule(rules.calculate, element.path, "calculate")
        if element.control in ("select1", "select", "rank", "odk:rank"):
            site.choices = self.choices(element)
        if element.control == "range":
            site.limits = (_number(element.range_start), _number(element.range_end), _number(element.range_step))
        return site

    def choices(self, question: Question) -> ChoiceRule | None:
        if "search(" in question.appearance:
            return ChoiceRule(None, None, unknown="its choices come from a search() on the phone")
        itemset = question.itemset
        if itemset is None:
            names = frozenset(choice.name for choice in question.static_choices)
            return ChoiceRule(names, None) if names else None
        listed = self.definition.choice_lists.get(itemset.list_name)
        names_listed = None
        if listed is not None and not listed.source:
            names_listed = frozenset(
                choice.name if itemset.value_ref == "name" else choice.columns.get(itemset.value_ref, choice.name)
                for choice in listed.choices
            )
        nodeset = self.rule(itemset.nodeset, question.path) if itemset.filter or names_listed is None else None
        shared = nodeset is not None and self.is_shared(nodeset)
        return ChoiceRule(names_listed, nodeset, itemset.value_ref, itemset.list_name, shared=shared)

    def is_shared(self, nodeset: Rule) -> bool:
        """Whether the choices are the same in each row of a repeat: the filter reads nothing that lies in one."""
        references = nodeset.references
        if nodeset.compiled is None or references is None or references.functions & PLACE_FUNCTIONS:
            return False
        paths = [part for part in walk(nodeset.compiled.tree) if isinstance(part, Path)]
        if any(step.axis not in PLAIN_AXES for path in paths for step in path.steps):
            return False
        return not any(around in self.repeats for path in references.paths for around in (path, *ancestors(path)))


def _shared_levels(definition: FormDefinition) -> dict[tuple[str, str], int]:
    """For each rule text that stands at several paths: how many leading steps these have in common.

    JavaRosa keeps one copy of equal expressions and evaluates it in the context that all its users share, so that
    `sum(/data/rep/x)` means all rows as soon as a question outside the repeat asks the same.
    """
    users: dict[tuple[str, str], list[list[str]]] = {}
    for element in (*definition.elements.values(), *definition.meta):
        rules = element.rules
        for kind, text in (("relevant", rules.relevant), ("required", rules.required), ("calculate", rules.calculate)):
            if text:
                users.setdefault((kind, _spelling(text)), []).append(element.path.strip("/").split("/"))
    return {key: _count_common(paths) for key, paths in users.items() if len(paths) > 1}


def _count_common(paths: list[list[str]]) -> int:
    """How many leading names all `paths` share."""
    shared = 0
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        shared += 1
    return shared


def _spelling(text: str) -> str:
    """`text` without what does not count: two spellings of one expression are equal."""
    try:
        return " ".join(token.text for token in tokenize(text))
    except ExpressionError:
        return text


def _paths(rule: Rule) -> tuple[str, ...]:
    return rule.references.paths if rule.references else ()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
