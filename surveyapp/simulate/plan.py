"""A form made ready for being filled: expressions compiled, topics of questions, what opens most of it."""

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from surveyapp.answers import Node
from surveyapp.expressions.scope import Instances, Scope
from surveyapp.simulate.lists import build_instances
from surveyapp.simulate.patterns import Make, compile_pattern
from surveyapp.simulate.rules import Limits, Rules, list_gates, list_paths
from surveyapp.xform.definition import Element, FormDefinition, Group, Question, Repeat

# What a question is about, by its name and labels; the first that fits counts.
TOPICS: Final = tuple(
    (topic, re.compile(pattern, re.IGNORECASE))
    for topic, pattern in (
        ("round", r"^wave\b|\bround of|survey wave|调查轮次|^round\b"),
        ("age", r"(^|_)age(_|\b)|\bage (in|of)\b|年龄|周岁"),
        ("sex", r"(^|_)(sex|gender)\b|性别"),
        ("relation", r"relation(ship)?\b.*\bhead|与户主关系|^\w*relation\b"),
        ("phone", r"phone number|telephone number|\bmobile\b|电话号码|手机号"),
        ("place", r"village|community|hamlet|迁出村|地址|address"),
        ("person", r"\bname\b|(^|_)name\b|姓名"),
        ("birth", r"\bbirth|(^|_)dob\b|出生"),
        ("year", r"\byear of\b|_year\b|年份"),
        ("schooling", r"schooling|level of education|受教育程度|文化程度"),
        ("land", r"\bmu\b|（亩）|hectare"),
        ("herd", r"cattle|\bpigs?\b|sheep|goats|（头）|（只）"),
        ("area", r"m²|平方米|square met"),
        ("people", r"household (size|members)|number of (people|persons|members)|家庭人口|hh_size"),
        ("minutes", r"minutes|分钟"),
        ("money", r"yuan|（元）|\bamount|income|\bprice|\bcost|expend"),
        ("unusual", r"missing from the list|不在名单"),
        ("usual", r"\bsame household|同一户|is that right|对吗|\bagree\b|consent|同意"),
        ("remark", r"remark|comment|\bnotes?\b|备注|说明"),
    )
)
REFERENCE: Final = re.compile(r"\$\{[^}]*\}")
# A choice that opens at least this share of the questions is what an interview is about.
OPENING_SHARE: Final = 0.2

_DONT_KNOW = re.compile(r"dk|rf|dont_know|don_?t_know|refused?|unknown|-?9[89]|-?99[89]|na|n_a")
_EXCLUSIVE = re.compile(r"none|no|dk|rf|dont_know|refused?|unknown|-?9[89]|-?99[89]")


@dataclass(slots=True)
class Step:
    """One element of the form with its rules compiled."""

    element: Element
    relevant: Callable[[Scope], bool] | None = None
    children: "list[Step]" = field(default_factory=list)
    count: Callable[[Scope], float] | None = None
    task: "Task | None" = None


@dataclass(slots=True)
class Task:
    """How one question is answered. `nodes` gives the items of a filtered or outside list, else `choices` serve."""

    question: Question
    topic: str
    chinese: bool
    calculate: Callable[[Scope], str] | None
    required: Callable[[Scope], bool]
    constraint: Callable[[Scope], bool] | None
    limits: Limits
    pattern: Make | None
    choices: tuple[str, ...]
    labels: Mapping[str, str]
    nodes: Callable[[Scope], list[Node]] | None
    outside: bool
    opening: str
    weights: dict[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """A form ready to be filled many times."""

    definition: FormDefinition
    root: Step
    meta: tuple[Task, ...]
    instances: Instances
    chinese: bool
    referenced: frozenset[str]


def make_plan(definition: FormDefinition, attachments: Mapping[str, bytes]) -> Plan:
    """Compile every expression of the form and look at what its questions are about."""
    planner = _Planner(definition)
    return Plan(
        definition,
        planner.step(definition.root),
        tuple(planner.task(question) for question in definition.meta),
        build_instances(definition, attachments),
        planner.chinese,
        _referenced(definition),
    )


class _Planner:
    def __init__(self, definition: FormDefinition) -> None:
        self.definition = definition
        self.rules = Rules(frozenset(repeat.path for repeat in definition.repeats))
        self.chinese = any(has_chinese(" ".join(question.label.values())) for question in definition.questions)
        self.openings = _openings(definition)

    def step(self, element: Element) -> Step:
        relevant = element.rules.relevant
        step = Step(element, self.rules.boolean(relevant, fallback=True) if relevant else None)
        if isinstance(element, Question):
            step.task = self.task(element)
        else:
            step.children = [self.step(child) for child in element.children]
        if isinstance(element, Repeat) and element.count:
            step.count = self.rules.number(element.count)
        return step

    def task(self, question: Question) -> Task:
        rules = question.rules
        text = REFERENCE.sub("", " ".join([question.name, *question.label.values()]))
        choices = self.definition.choices(question)
        itemset = question.itemset
        filtered = itemset is not None and (itemset.filter or not choices)
        limits = self.rules.limits(rules.constraint)
        return Task(
            question,
            next((topic for topic, pattern in TOPICS if pattern.search(text)), ""),
            has_chinese(text) or (self.chinese and not question.label),
            self.rules.stored(rules.calculate, question.bind_type) if rules.calculate else None,
            self.rules.boolean(rules.required, fallback=False),
            self.rules.boolean(rules.constraint, fallback=True) if rules.constraint else None,
            limits,
            compile_pattern(limits.patterns[0]) if limits.patterns else None,
            tuple(choice.name for choice in choices),
            {choice.name: " ".join(choice.label.values()) for choice in choices},
            self.rules.nodes(itemset.nodeset) if itemset and filtered else None,
            bool(self.definition.choice_file(question)),
            self.openings.get(question.path, ""),
            {choice.name: choice_weight(question.path, choice.name) for choice in choices},
        )


def has_chinese(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def choice_weight(path: str, name: str) -> float:
    """How often a choice is given beside others: steady for a question, rarely "don't know"."""
    if _DONT_KNOW.fullmatch(name.lower()):
        return 0.03
    return 0.25 + zlib.crc32(f"{path}/{name}".encode()) / 2**32


def is_exclusive(name: str) -> bool:
    """Whether a choice such as `none` cannot be ticked beside others."""
    return bool(_EXCLUSIVE.fullmatch(name.lower()))


def _openings(definition: FormDefinition) -> dict[str, str]:
    """For questions on which much of the form waits, the answer that opens it."""
    weights = {element.path: float(_size(element)) for element in definition.walk()}
    gates = {e.path: list_gates(e.rules.relevant, e.path) for e in definition.walk() if e.rules.relevant}
    # What waits for an answer adds to the weight of the question that gives it, along chains of questions.
    opened: dict[tuple[str, str], float] = {}
    for _ in range(6):
        opened = defaultdict(float)
        for path, needs in gates.items():
            for gate in needs:
                opened[gate.path, gate.value] += weights[path]
        for (path, _value), weight in opened.items():
            if path in weights:
                weights[path] = max(weights[path], 1 + weight)
    enough = OPENING_SHARE * len(definition.questions)
    best = sorted((weight, path, value) for (path, value), weight in opened.items() if weight >= enough)
    return {path: value for _, path, value in best}


def _referenced(definition: FormDefinition) -> frozenset[str]:
    """The paths of questions that some expression of the form reads."""
    return frozenset(
        path for element in definition.walk() for text in _texts(element) for path in list_paths(text, element.path)
    )


def _texts(element: Element) -> list[str]:
    rules = element.rules
    texts = [rules.relevant, rules.required, rules.constraint, rules.calculate]
    if isinstance(element, Question) and element.itemset:
        texts.append(element.itemset.nodeset)
    return [*texts, element.count] if isinstance(element, Repeat) else texts


def _size(element: Element) -> int:
    return sum(_size(child) for child in element.children) if isinstance(element, Group | Repeat) else 1
