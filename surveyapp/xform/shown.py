"""A record as people read it: its answers with their labels, in the order of the form.

`show_record` makes of a bound record sections, answers and rosters; `list_leaf_changes` what differs between two of
them. Texts are of one language of the form; `${name}` in a label is filled in with the answer that stands nearest.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from surveyapp.answers import Node
from surveyapp.xform.definition import Choice, Element, FormDefinition, Group, Question, Repeat

_REFERENCE: Final = re.compile(r"\$\{\s*([^${}]+?)\s*\}")
# Types whose answer is a choice, or several of them between spaces.
_ONE: Final = ("select_one",)
_MANY: Final = ("select_multiple", "rank")
_NOTHING: Final = "…"


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what was answered. `path` has row numbers; `text` is as the phone sent it.

    `choices` are pairs of code and label, the label '' where the form has none for the code. `file` is the name of the
    file that the answer names, `point` latitude and longitude, '' and None where there is none.
    """

    path: str
    name: str
    label: str
    type: str
    text: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    file: str = ""
    point: tuple[float, float] | None = None

    @property
    def words(self) -> str:
        """The answer in one line: labels of choices, else the text."""
        return ", ".join(label or code for code, label in self.choices) or self.text


@dataclass(frozen=True, slots=True)
class Section:
    """A group: its answers and what else it holds, in the order of the form."""

    path: str
    title: str
    parts: "tuple[Part, ...]" = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a repeat: the answer to each of the roster's questions, and rosters inside it."""

    number: int
    path: str
    answers: tuple[Answer | None, ...]
    inside: "tuple[Roster, ...]" = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """A repeat. `columns` are pairs of a question's name and label."""

    path: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]


Part: TypeAlias = Answer | Section | Roster


@dataclass(frozen=True, slots=True)
class LeafChange:
    """An answer that differs between two records; None where a record has no such question or row."""

    path: str
    label: str
    before: Answer | None
    after: Answer | None


@dataclass(frozen=True)
class Reading:
    """How a form is read: its definition, in one of its languages; `file_choices` are those in files, by file name."""

    definition: FormDefinition
    language: str = ""
    file_choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    def label(self, element: Element, node: Node) -> str:
        """The label as the enumerator read it, else the name."""
        return self.fill(self.definition.text(element.label, self.language), node) or element.name

    def fill(self, text: str, node: Node) -> str:
        """`text` with the answers nearest to `node` in place of `${name}`."""

        def find(found: re.Match[str]) -> str:
            nearest = _find_nearest(node, found[1])
            if nearest is None or not isinstance(nearest.element, Question):
                return _NOTHING
            return self.answer(nearest, "", labelled=False).words or _NOTHING

        return _REFERENCE.sub(find, text) if "${" in text else text

    def answer(self, node: Node, path: str, *, labelled: bool = True) -> Answer:
        """The answer of a node that a question is bound to, and whose path this is."""
        question: Question = node.element
        label = self.label(question, node) if labelled else question.name
        text = node.value
        codes = [text] if question.type in _ONE else text.split() if question.type in _MANY else []
        known = {choice.name: choice for choice in self._choices(question)} if text else {}
        choices = tuple((code, self._choice_label(known.get(code))) for code in codes if code)
        is_file = question.type == "file"
        return Answer(
            path,
            question.name,
            label,
            question.type,
            text,
            choices,
            text.strip() if is_file else "",
            _read_point(text) if question.type == "geopoint" else None,
        )

    def _choices(self, question: Question) -> tuple[Choice, ...]:
        return self.file_choices.get(self.definition.choice_file(question), ()) or self.definition.choices(question)

    def _choice_label(self, choice: Choice | None) -> str:
        if choice is None:
            return ""
        # A label may name the very question that it belongs to; names inside labels of choices stay as they are.
        return _REFERENCE.sub(lambda found: found[1], self.definition.text(choice.label, self.language))


def show_record(reading: Reading, root: Node) -> tuple[Part, ...]:
    """The record in the order of the form, without notes, and without calculations that gave nothing."""
    return tuple(_parts(reading, reading.definition.root, root, f"/{root.name}"))


def _parts(reading: Reading, holder: Group | Repeat, node: Node, above: str) -> Iterator[Part]:
    for element in holder.children:
        path = f"{above}/{element.name}"
        if isinstance(element, Question):
            shown = _shown(reading, element, node, path)
            if shown is not None:
                yield shown
        elif isinstance(element, Repeat):
            rows = node.all(element.name)
            if rows:
                yield _roster(reading, element, rows, path)
        else:
            inner = node.find(element.name)
            parts = () if inner is None else tuple(_parts(reading, element, inner, path))
            if inner is not None and parts:
                title = reading.definition.text(element.label, reading.language)
                yield Section(path, reading.fill(title, inner), parts)


def _shown(reading: Reading, question: Question, holder: Node, path: str) -> Answer | None:
    """The answer; None for what nobody was asked or shown."""
    found = holder.find(question.name)
    if question.type == "note" or found is None or (not question.visible and not found.value):
        return None
    return reading.answer(found, path)


def _roster(reading: Reading, repeat: Repeat, nodes: list[Node], path: str) -> Roster:
    """Groups inside a repeat are no more than columns of its table."""
    found = [list(_flat(reading, repeat, node, f"{path}[{number}]")) for number, node in enumerate(nodes, 1)]
    seen = {part.name: part.label for parts in found for part in parts if isinstance(part, Answer)}
    order = [name for name in _names(repeat) if name in seen]
    # A label that quotes the row's own answers cannot head a column with them: each row has others.
    plain = {q.name: reading.definition.text(q.label, reading.language) for q in _questions(repeat)}
    columns = tuple((name, _REFERENCE.sub(_NOTHING, plain[name]) or seen[name]) for name in order)
    rows = tuple(
        Row(number, f"{path}[{number}]", _cells(parts, order), tuple(p for p in parts if isinstance(p, Roster)))
        for number, parts in enumerate(found, 1)
    )
    title = reading.fill(reading.definition.text(repeat.label, reading.language), nodes[0].parent or nodes[0])
    return Roster(path, title or repeat.name, columns, rows)


def _cells(parts: list[Part], order: list[str]) -> tuple[Answer | None, ...]:
    answers = {part.name: part for part in parts if isinstance(part, Answer)}
    return tuple(answers.get(name) for name in order)


def _flat(reading: Reading, holder: Group | Repeat, node: Node, path: str) -> Iterator[Part]:
    for part in _parts(reading, holder, node, path):
        yield from _inside(part)


def _inside(part: Part) -> Iterator[Part]:
    if isinstance(part, Section):
        for inner in part.parts:
            yield from _inside(inner)
    else:
        yield part


def _questions(holder: Group | Repeat) -> Iterator[Question]:
    for element in holder.children:
        if isinstance(element, Question):
            yield element
        elif isinstance(element, Group):
            yield from _questions(element)


def _names(holder: Group | Repeat) -> list[str]:
    return [question.name for question in _questions(holder)]


def _find_nearest(node: Node, name: str) -> Node | None:
    """The node of that name in the same row, else in a row or the record around it; rows beside it have none for us."""
    around: Node | None = node
    while around is not None:
        found = _find_below(around, name)
        if found is not None:
            return found
        around = around.parent
    return None


def _find_below(top: Node, name: str) -> Node | None:
    stack = list(top.children)
    while stack:
        node = stack.pop()
        if node.name == name and isinstance(node.element, Question):
            return node
        if not isinstance(node.element, Repeat):
            stack.extend(node.children)
    return None


def _read_point(text: str) -> tuple[float, float] | None:
    parts = text.split()
    try:
        point = (float(parts[0]), float(parts[1])) if len(parts) >= 2 else None
    except ValueError:
        return None
    return point if point and all(map(math.isfinite, point)) else None


# -- what differs ------------------------------------------------------------------------------------------------------
def list_leaf_changes(
    old: tuple[Reading, Node], new: tuple[Reading, Node], numbers: Mapping[int, int] | None = None
) -> list[LeafChange]:
    """The answers that differ between two bound records of one form, in the order of the new one; its meta block, which
    differs in every version, is left out. `numbers` are those by which rows of the new one are meant, by the ids of
    their nodes, where they are not those that they have there.
    """
    before, after = _leaves(*old, {}), _leaves(*new, numbers or {})
    return [
        LeafChange(path, (after.get(path) or before[path]).label, before.get(path), after.get(path))
        for path in dict.fromkeys([*after, *before])
        if _text(before.get(path)) != _text(after.get(path))
    ]


def _text(answer: Answer | None) -> str:
    return "" if answer is None else answer.text


def _leaves(reading: Reading, root: Node, meant: Mapping[int, int]) -> dict[str, Answer]:
    # Without the root, which may have another name in each version.
    return {
        path.lstrip("/").partition("/")[2]: reading.answer(node, path)
        for path, node in find_nodes(root, meant).items()
        if isinstance(node.element, Question)
    }


def find_nodes(root: Node, meant: Mapping[int, int] | None = None) -> dict[str, Node]:
    """Every bound node by its path with row numbers; `meant` are other numbers of rows, by the ids of their nodes."""
    found: dict[str, Node] = {}
    stack = [(f"/{root.name}", root)]
    while stack:
        path, node = stack.pop()
        found[path] = node
        numbers: Counter[str] = Counter()
        inside = []
        for child in node.children:
            if child.element is None:
                continue
            numbers[child.name] += 1
            number = (meant or {}).get(id(child), numbers[child.name])
            row = f"[{number}]" if isinstance(child.element, Repeat) else ""
            inside.append((f"{path}/{child.name}{row}", child))
        stack.extend(reversed(inside))
    return found
