"""The checks of one form version, made ready: what is asked, which questions play which part, what is compared.

Made once for each form version and set of settings, and shared by all its interviews.
"""

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import Compiled, compile_expression
from surveyapp.expressions.parser import parse
from surveyapp.expressions.references import list_references
from surveyapp.quality.declaration import Setting
from surveyapp.quality.roles import Roles
from surveyapp.quality.sample import NO_SAMPLE, Sample
from surveyapp.quality.words import EXCLUSIVE, meanings_of, names_meaning
from surveyapp.xform.definition import FormDefinition, Group, Question, Repeat

# Seconds below which nobody has read a screen and answered.
SHORTEST_SELECT: Final = 1.5
SHORTEST_ENTRY: Final = 2.0
DEPENDENTS_OF_A_GATE: Final = 3
ITEMS_OF_A_GRID: Final = 5
DONT_KNOW_CODES: Final = frozenset({-98.0})
REFUSED_CODES: Final = frozenset({-99.0})
SUSPECT_CODES: Final = frozenset(
    {-99, -98, -97, -96, -88, -77, -66, 99, 98, 97, 96, 88, 77, 66, 999, 998, 997, 888, 777, 9999}
)
COMPARED_TYPES: Final = frozenset(
    {"text", "integer", "decimal", "boolean", "time", "select_one", "select_multiple", "rank", "barcode"}
)
NUMERIC_TYPES: Final = frozenset({"integer", "decimal"})
TICKED: Final = frozenset({"OK", "1", "true"})
RELATIONS: Final = ("head", "spouse", "child", "parent", "grandchild")
LEVELS: Final = ("primary", "lower", "upper", "tertiary")
_REFERENCE: Final = re.compile(r"\$\{\s*([^${}\s]+)\s*\}")


class UnknownNameError(ValueError):
    """An expression names a question that the form does not have."""


@dataclass(frozen=True)
class Plan:
    """Everything about a form version that its checks look at again and again.

    `visible` are the questions that a person answers; `dont_know`, `refused`, `other`, `no` the names of the choices
    that mean so, by path, `exclusive` those that go with no other; `relations` what the choices of the relation to the
    head mean, `levels` which school level those of schooling stand for; `gates` the questions on which at least three
    others depend; `grids` paths of questions with one list in a row, by the path of the first; `compared` the questions
    of a CodeMatrix; `measures` the place of each measure that is a single number; `many` those with one for each row;
    `grouped` the questions by which checks are grouped; `marking` the answers that make an interview a backcheck.
    """

    definition: FormDefinition
    settings: tuple[Setting, ...]
    roles: Roles
    sample: Sample
    zone: datetime.tzinfo | None
    visible: Mapping[str, Question]
    order: Mapping[str, int]
    section_of: Mapping[str, str]
    shortest: Mapping[str, float]
    dont_know: Mapping[str, frozenset[str]]
    refused: Mapping[str, frozenset[str]]
    other: Mapping[str, frozenset[str]]
    no: Mapping[str, frozenset[str]]
    yes: Mapping[str, frozenset[str]]
    exclusive: Mapping[str, frozenset[str]]
    relations: Mapping[str, frozenset[str]]
    levels: Mapping[str, str]
    gates: frozenset[str]
    grids: Mapping[str, tuple[str, ...]]
    compared: tuple[str, ...]
    measures: Mapping[str, int]
    many: frozenset[str]
    grouped: tuple[str, ...]
    marking: frozenset[str]
    compiled: Mapping[str, Compiled]
    repeats: frozenset[str]

    def question(self, path: str) -> Question | None:
        """The question at `path`, None where this version has none."""
        element = self.definition.elements.get(path)
        return element if isinstance(element, Question) else None

    def label(self, path: str, language: str = "") -> str:
        """How people know the question: its label, in a language of the form where it has that, else its name."""
        question = self.question(path)
        text = "" if question is None else self.definition.text(question.label, language)
        return " ".join(text.split()) or path.rpartition("/")[2]


def make_plan(
    definition: FormDefinition,
    settings: Sequence[Setting],
    roles: Roles,
    *,
    sample: Sample = NO_SAMPLE,
    zone: datetime.tzinfo | None = None,
) -> Plan:
    """The plan of one form version. `zone` is the form's time zone; without it local time is that of each phone.

    Raises:
        ExpressionError, UnknownNameError: an expression of `settings` cannot be compiled for this version.
    """
    active = tuple(setting for setting in settings if setting.active)
    visible = {one.path: one for one in definition.questions if one.control and one.type != "note"}
    selects = {path: one for path, one in visible.items() if one.type in ("select_one", "select_multiple")}

    def meaning(*words: str) -> dict[str, frozenset[str]]:
        return {path: names for path, one in selects.items() if (names := names_meaning(definition, one, words))}

    repeats = frozenset(repeat.path for repeat in definition.repeats)
    measures, many = _list_measures(definition, active, visible)
    return Plan(
        definition=definition,
        settings=active,
        roles=roles,
        sample=sample,
        zone=zone,
        visible=visible,
        order={one.path: place for place, one in enumerate(definition.questions)},
        section_of=_sections(definition),
        shortest={path: SHORTEST_SELECT if path in selects else SHORTEST_ENTRY for path in visible},
        dont_know=meaning("dont_know"),
        refused=meaning("refused"),
        other=meaning("other"),
        no=meaning("no"),
        yes=meaning("yes"),
        exclusive=meaning(*EXCLUSIVE),
        relations=_name_meanings(definition, roles.get("relation"), RELATIONS),
        levels=_school_levels(definition, roles),
        gates=_find_gates(definition, visible),
        grids=find_grids(definition),
        compared=tuple(path for path, one in visible.items() if one.type in COMPARED_TYPES and not _is_media(one)),
        measures=measures,
        many=many,
        grouped=tuple(dict.fromkeys(setting.by for setting in active if setting.by)),
        marking=_marking(definition, roles),
        compiled=_compile_all(definition, active, repeats),
        repeats=repeats,
    )


def _name_meanings(definition: FormDefinition, path: str, meanings: Sequence[str]) -> dict[str, frozenset[str]]:
    """Which of `meanings` each choice of a question has; choices with none are left out."""
    question = definition.elements.get(path)
    choices = definition.choices(question) if isinstance(question, Question) else ()
    sought = frozenset(meanings)
    return {choice.name: found for choice in choices if (found := meanings_of(choice) & sought)}


def _school_levels(definition: FormDefinition, roles: Roles) -> dict[str, str]:
    """The level (primary, lower, upper, tertiary) of each choice of schooling that is one."""
    found = _name_meanings(definition, roles.get("schooling"), [f"level_{level}" for level in LEVELS])
    return {name: min(meanings).removeprefix("level_") for name, meanings in found.items()}


def _marking(definition: FormDefinition, roles: Roles) -> frozenset[str]:
    """The answers to the question of the role backcheck that say so: its choices, else what a tick is."""
    question = definition.elements.get(roles.get("backcheck"))
    if not isinstance(question, Question):
        return frozenset()
    if question.type == "select_one":
        return names_meaning(definition, question, ("yes", "backcheck"))
    return TICKED


def _is_media(question: Question) -> bool:
    return question.control == "upload"


def _sections(definition: FormDefinition) -> dict[str, str]:
    """For each question the innermost group or repeat around it."""
    root = definition.root.path
    return {
        one.path: around for one in definition.questions if (around := one.path.rpartition("/")[0]) and around != root
    }


def _list_measures(
    definition: FormDefinition, settings: Sequence[Setting], visible: Mapping[str, Question]
) -> tuple[dict[str, int], frozenset[str]]:
    numeric = [path for path, one in visible.items() if one.type in NUMERIC_TYPES]
    single = [path for path in numeric if not definition.repeat_of[path]]
    many = {path for path in numeric if definition.repeat_of[path]}
    for setting in settings:
        if setting.check.id == "S15":
            inside = definition.repeat_of.get(setting.questions[0], "") if setting.questions else ""
            if inside:
                many.add(f"ratio:{setting.id}")
            else:
                single.append(f"ratio:{setting.id}")
    times = ["minutes", "active_minutes", "missing_share", "edits", "backs", "constraint_errors"]
    sections = dict.fromkeys(f"section:{path}" for path in _sections(definition).values())
    return {name: place for place, name in enumerate([*single, *times, *sections])}, frozenset(many)


def _find_gates(definition: FormDefinition, visible: Mapping[str, Question]) -> frozenset[str]:
    """The selects that at least three visible questions depend on, by their own relevance or that of a group around."""
    dependents: Counter[str] = Counter()
    for path in visible:
        steps = path.split("/")
        around = ["/".join(steps[:count]) for count in range(2, len(steps) + 1)]
        parents: set[str] = set()
        for place in around:
            element = definition.elements.get(place)
            if element is not None and element.rules.relevant:
                parents.update(list_read_paths(element.rules.relevant, place))
        dependents.update(parents)
    return frozenset(
        path
        for path, count in dependents.items()
        if count >= DEPENDENTS_OF_A_GATE and path in visible and visible[path].type == "select_one"
    )


def list_read_paths(expression: str, path: str) -> tuple[str, ...]:
    """The questions that an expression at `path` reads; none of one that cannot be read."""
    try:
        return list_references(parse(expression), path).paths
    except (ExpressionError, RecursionError):
        return ()


def find_grids(definition: FormDefinition) -> dict[str, tuple[str, ...]]:
    """Runs of at least five select_one questions with one list in one group, by the path of the first."""
    found: dict[str, tuple[str, ...]] = {}
    holders: list[Group | Repeat] = [definition.root]
    holders += [element for element in definition.walk() if not isinstance(element, Question)]
    for holder in holders:
        run: list[str] = []
        run_list = ""
        for child in (*holder.children, None):
            name = _list_name(child) if isinstance(child, Question) else ""
            if isinstance(child, Question) and name and name == run_list:
                run.append(child.path)
                continue
            if len(run) >= ITEMS_OF_A_GRID:
                found[run[0]] = tuple(run)
            run, run_list = ([child.path] if isinstance(child, Question) and name else []), name
    return found


def _list_name(question: Question) -> str:
    if question.type != "select_one" or question.itemset is None or question.itemset.filter:
        return ""
    return question.itemset.list_name


def _compile_all(
    definition: FormDefinition, settings: Sequence[Setting], repeats: frozenset[str]
) -> dict[str, Compiled]:
    found = {}
    for setting in settings:
        text = setting.text("expression") if "expression" in setting.check.defaults else ""
        if text:
            found[setting.id] = compile_expression(resolve_names(text, definition), repeats=repeats)
    return found


def resolve_names(expression: str, definition: FormDefinition) -> str:
    """An expression of an author with the path of each `${question}` in its place.

    Raises:
        UnknownNameError: there is no such question, or there are several.
    """
    names = _paths_by_name(definition)

    def path_of(match: re.Match[str]) -> str:
        paths = names.get(match[1], ())
        if len(paths) != 1:
            raise UnknownNameError(match[1])
        return paths[0]

    return _REFERENCE.sub(path_of, expression)


def _paths_by_name(definition: FormDefinition) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in definition.walk():
        found.setdefault(element.name, []).append(element.path)
    return found
