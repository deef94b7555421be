"""What changed between two versions of a form, and whether the answers already given allow it.

Questions are the same where their path is the same, else where they lie in the same repeats under the same name (they
moved from one group to another and keep their column). A name that turns up in other repeats is the
same question for the reader, but its answers stand in another table.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from surveyapp.sentences import say
from surveyapp.xform.columns import find_wider_kind, list_columns, plain_key
from surveyapp.xform.definition import Choice, Element, FormDefinition, Question, Repeat, Rules, Text

ChangeKind: TypeAlias = Literal[
    "title changed",
    "language added",
    "language removed",
    "file added",
    "file removed",
    "question added",
    "question removed",
    "question moved",
    "moved into a repeat",
    "moved out of a repeat",
    "repeat added",
    "repeat removed",
    "type changed",
    "type widened",
    "type narrowed",
    "label changed",
    "hint changed",
    "rule changed",
    "range changed",
    "default changed",
    "choice list changed",
    "choice added",
    "choice removed",
    "choice relabelled",
]
Verdict: TypeAlias = Literal["ok", "widened", "refused"]

KEPT_APART: Final = say("Answers to the former version stay where they were, in other rows than the new ones.")
NAME_OR_TYPE: Final = say("Give the question a new name, or keep its former type.")
FORMER_ANSWERS: Final = say("Answers given before are kept; some may not be among what the new type allows.")
FORMER_CHOICES: Final = say("Answers given before keep this choice.")
NEW_MEANING: Final = say(
    "If it now means something else, give it a name of its own: answers given before have this one."
)
# Types that hold in one column of text, from what takes least to what takes most.
_LITERAL_OR_PATH: Final = re.compile(
    r"""'[^']*'|"[^"]*"|(?<![\w.)\]])(?:/[\w.-]+/(?:[\w.-]+/)*|(?:\.\./)+(?:[\w.-]+/)*)([\w.-]+)\s?"""
)
RULES: Final = ("relevant", "required", "constraint", "calculate", "readonly")
_BREADTH: Final[Mapping[str, int]] = {"select_one": 1, "rank": 2, "select_multiple": 2, "barcode": 3, "text": 3}


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `path` is that of the new version, of the old one for what was removed, '' for lists and the form.

    `name` is the question's, list's or language's; `old` and `new` are what stood and stands there, '' where nothing.
    `verdict` refused means that the new version cannot be published beside the old one; `remedy` says what to do.
    """

    kind: ChangeKind
    path: str
    name: str
    old: str = ""
    new: str = ""
    verdict: Verdict = "ok"
    remedy: str = ""

    def __str__(self) -> str:
        difference = f": {self.old or '(nothing)'} → {self.new or '(nothing)'}" if self.old or self.new else ""
        verdict = "" if self.verdict == "ok" else f" [{self.verdict}]"
        return f"{self.kind} {self.name}{difference}{verdict} {self.remedy}".strip()


def list_changes(old: FormDefinition, new: FormDefinition) -> list[Change]:
    """Every change that matters to those who fill in, check or analyse, in the order of the new version."""
    comparison = _Comparison(old, new)
    return [*comparison.form(), *comparison.elements(), *comparison.removed(), *comparison.lists()]


class _Comparison:
    """Paths here are those inside the record, without its root, which may have another name in each version."""

    def __init__(self, old: FormDefinition, new: FormDefinition) -> None:
        self.old, self.new = old, new
        self.before, self.after = _elements(old), _elements(new)
        self.former = self._find_former()
        self.kinds = {(_inside(column.path), column.component): column.kind for column in list_columns(old)}

    def _find_former(self) -> dict[str, str]:
        """For each element of the new version the path that it had."""
        found = {
            path: path
            for path, element in self.after.items()
            if path in self.before and isinstance(element, Question) == isinstance(self.before[path], Question)
        }
        for by_row in (True, False):
            gone = _unique(self.old, self.before, set(found.values()), by_row)
            come = _unique(self.new, self.after, set(found), by_row)
            found |= {come[key]: gone[key] for key in come.keys() & gone.keys()}
        return found

    # -- the form as a whole ------------------------------------------------------------------------------------------
    def form(self) -> Iterator[Change]:
        if self.old.title != self.new.title:
            yield Change("title changed", "", self.new.title, self.old.title, self.new.title)
        old, new = ({name for name in form.languages if name} for form in (self.old, self.new))
        yield from (Change("language added", "", name) for name in self.new.languages if name in new - old)
        yield from (Change("language removed", "", name) for name in self.old.languages if name in old - new)
        yield from (Change("file added", "", n) for n in self.new.attachments if n not in self.old.attachments)
        yield from (Change("file removed", "", n) for n in self.old.attachments if n not in self.new.attachments)

    # -- elements -----------------------------------------------------------------------------------------------------
    def elements(self) -> Iterator[Change]:
        for path, element in self.after.items():
            if path not in self.former:
                yield from _appeared(element, "question added", "repeat added")
                continue
            before = self.before[self.former[path]]
            yield from self._place(element, before)
            if isinstance(element, Question) and isinstance(before, Question):
                yield from self._type(element, before)
                yield from self._question(element, before)
            yield from _texts("label changed", element, before.label, element.label)
            yield from _rules(element, before.rules, element.rules)
            yield from self._rows(element, before)

    def removed(self) -> Iterator[Change]:
        kept = set(self.former.values())
        for path, element in self.before.items():
            if path not in kept:
                yield from _appeared(element, "question removed", "repeat removed")

    def _place(self, element: Element, before: Element) -> Iterator[Change]:
        old, new = _inside(self.old.repeat_of[before.path]), _inside(self.new.repeat_of[element.path])
        if not isinstance(element, Question):
            return
        if old == new:
            if _inside(before.path) != _inside(element.path):
                yield Change("question moved", element.path, element.name, _inside(before.path), _inside(element.path))
        elif not old or new.startswith(f"{old}/"):
            yield Change("moved into a repeat", element.path, element.name, old, new, remedy=KEPT_APART)
        else:
            yield Change("moved out of a repeat", element.path, element.name, old, new, remedy=KEPT_APART)

    def _rows(self, element: Element, before: Element) -> Iterator[Change]:
        """Repeats that are new or gone under a path that a group had or has, and the expression of their rows."""
        old, new = (found.count if isinstance(found, Repeat) else None for found in (before, element))
        if old is None and new is not None:
            yield Change("repeat added", element.path, element.name)
        elif new is None and old is not None:
            yield Change("repeat removed", element.path, element.name)
        elif old != new:
            yield Change("rule changed", element.path, element.name, f"count: {old}", f"count: {new}")

    def _type(self, question: Question, before: Question) -> Iterator[Change]:
        if question.type == before.type:
            return
        apart = _inside(self.old.repeat_of[before.path]) != _inside(self.new.repeat_of[question.path])
        kind, verdict, remedy = self._judge(question, before)
        if apart and verdict != "ok":
            kind, verdict, remedy = "type changed", "ok", KEPT_APART
        yield Change(kind, question.path, question.name, before.type, question.type, verdict, remedy)

    def _judge(self, question: Question, before: Question) -> tuple[ChangeKind, Verdict, str]:
        """By the columns that answers lie in; where both are text, by how much the types take."""
        columns = [column for column in list_columns(self.new) if column.path == question.path]
        pairs = [(self.kinds.get((_inside(before.path), column.component)), column.kind) for column in columns]
        both = [(old, new) for old, new in pairs if old]
        if any(find_wider_kind(old, new) is None for old, new in both):
            return "type narrowed", "refused", NAME_OR_TYPE
        if any(old != new for old, new in both):
            return "type widened", "widened", ""
        old_breadth, new_breadth = _BREADTH.get(before.type), _BREADTH.get(question.type)
        if not both or not old_breadth or not new_breadth or old_breadth == new_breadth:
            return "type changed", "ok", FORMER_ANSWERS if both else KEPT_APART
        if new_breadth > old_breadth:
            return "type widened", "widened", ""
        return "type narrowed", "ok", FORMER_ANSWERS

    def _question(self, question: Question, before: Question) -> Iterator[Change]:
        yield from _texts("hint changed", question, before.hint, question.hint)
        if before.default != question.default:
            yield Change("default changed", question.path, question.name, before.default, question.default)
        old, new = _range(before), _range(question)
        if old != new:
            yield Change("range changed", question.path, question.name, old, new)
        yield from self._choices(question, before)

    def _choices(self, question: Question, before: Question) -> Iterator[Change]:
        old, new = (q.itemset.list_name if q.itemset else "" for q in (before, question))
        old_filter, new_filter = (readable(q.itemset.filter) if q.itemset else "" for q in (before, question))
        if old_filter != new_filter:
            yield Change("rule changed", question.path, question.name, f"filter: {old_filter}", f"filter: {new_filter}")
        if old != new and old and new:
            yield Change("choice list changed", question.path, question.name, old, new)
        if old != new or not new:
            choices = self.old.choices(before), self.new.choices(question)
            yield from _choices(question.path, question.name, *choices)

    def lists(self) -> Iterator[Change]:
        """Lists that several questions may share are compared once."""
        for name, listed in self.new.choice_lists.items():
            before = self.old.choice_lists.get(name)
            if before is not None:
                yield from _choices("", name, before.choices, listed.choices)


def _elements(form: FormDefinition) -> dict[str, Element]:
    return {_inside(element.path): element for element in form.walk()}


def _inside(path: str) -> str:
    """`path` without the root of the record: `/data/sec/q` gives `sec/q`."""
    return path.lstrip("/").partition("/")[2]


def _unique(form: FormDefinition, elements: Mapping[str, Element], taken: set[str], by_row: bool) -> dict[str, str]:
    """The paths of questions that are not `taken` by a key that no other has: the name with its repeats, or alone."""
    left = [
        (path, element) for path, element in elements.items() if path not in taken and isinstance(element, Question)
    ]
    keys = [plain_key(form, element.path) if by_row else element.name for _, element in left]
    count = Counter(keys)
    return {key: path for key, (path, _) in zip(keys, left, strict=True) if count[key] == 1}


def _appeared(element: Element, question: ChangeKind, repeat: ChangeKind) -> Iterator[Change]:
    if isinstance(element, Question):
        yield Change(question, element.path, element.name)
    elif isinstance(element, Repeat):
        yield Change(repeat, element.path, element.name)


def _texts(kind: ChangeKind, element: Element, old: Text, new: Text) -> Iterator[Change]:
    """One change for each language that both versions have; for any where they share none."""
    shared = [language for language in new if language in old] or list(dict.fromkeys([*old, *new]))
    for language in shared:
        if old.get(language, "") != new.get(language, ""):
            yield Change(kind, element.path, element.name, old.get(language, ""), new.get(language, ""))


def _rules(element: Element, old: Rules, new: Rules) -> Iterator[Change]:
    for rule in RULES:
        before, after = readable(getattr(old, rule)), readable(getattr(new, rule))
        if before != after:
            yield Change("rule changed", element.path, element.name, f"{rule}: {before}", f"{rule}: {after}")


def readable(expression: str) -> str:
    """An expression with `${question}` for paths, as authors write it: moving a question does not change it."""
    return " ".join(
        _LITERAL_OR_PATH.sub(lambda found: f"${{{found[1]}}}" if found[1] else found[0], expression).split()
    )


def _range(question: Question) -> str:
    parts = (question.range_start, question.range_end, question.range_step)
    return " to ".join(parts[:2]) + (f" by {parts[2]}" if parts[2] else "") if any(parts) else ""


def _choices(path: str, name: str, old: Iterable[Choice], new: Iterable[Choice]) -> Iterator[Change]:
    before, after = ({choice.name: choice.label for choice in choices} for choices in (old, new))
    for choice, label in after.items():
        if choice not in before:
            yield Change("choice added", path, name, new=_shown(choice, label))
        elif any(before[choice][language] != label[language] for language in before[choice].keys() & label.keys()):
            yield Change(
                "choice relabelled",
                path,
                name,
                _shown(choice, before[choice]),
                _shown(choice, label),
                remedy=NEW_MEANING,
            )
    for choice, label in before.items():
        if choice not in after:
            yield Change("choice removed", path, name, _shown(choice, label), remedy=FORMER_CHOICES)


def _shown(choice: str, label: Text) -> str:
    return f"{choice} ({' / '.join(dict.fromkeys(text for text in label.values() if text))})"
