"""Deliberate odd answers of known kind, so that what the checks find can be compared with what was put in."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from surveyapp.answers import Node
from surveyapp.expressions.scope import Environment, Scope
from surveyapp.simulate.plan import Plan, Step, Task
from surveyapp.simulate.visit import Visit
from surveyapp.xform.definition import Question, Repeat

UNKNOWN_QUESTION: Final = "not_in_the_form"
UNKNOWN_CHOICE: Final = "no_such_choice"


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd thing that was put in: its kind, the node's path with row numbers, the question, its text now."""

    kind: str
    path: str
    question: str
    value: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A node of a filled record with the question that it answers and its path with row numbers."""

    task: Task
    node: Node
    path: str


def list_answers(step: Step, node: Node, path: str = "") -> Iterator[Answer]:
    """The relevant nodes that questions have, in document order."""
    path = path or f"/{node.name}"
    for child in step.children:
        element = child.element
        for number, found in enumerate(node.all(element.name), start=1):
            place = f"{path}/{element.name}" + (f"[{number}]" if isinstance(element, Repeat) else "")
            if not found.relevant:
                continue
            if child.task:
                yield Answer(child.task, found, place)
            else:
                yield from list_answers(child, found, place)


def make_odd(plan: Plan, root: Node, visit: Visit, environment: Environment) -> Odd | None:
    """Put one odd answer into the record, at a question on which no other depends; None where the form has no such."""
    answers = [answer for answer in list_answers(plan.root, root) if answer.task.question.path not in plan.referenced]
    kinds = [kind for kind, (fits, _) in KINDS.items() if any(fits(answer) for answer in answers)]
    kind = visit.rng.choice([*kinds, "unknown_question"])
    if kind == "unknown_question":
        root.append(Node(UNKNOWN_QUESTION, "1"))
        return Odd(kind, f"/{root.name}/{UNKNOWN_QUESTION}", UNKNOWN_QUESTION, "1")
    fits, change = KINDS[kind]
    answer = visit.rng.choice([answer for answer in answers if fits(answer)])
    before = answer.node.text
    answer.node.text = change(answer, visit) or None
    if (
        kind == "constraint_broken"
        and answer.task.constraint
        and answer.task.constraint(Scope(environment, answer.node))
    ):
        answer.node.text = before
        return None
    return Odd(kind, answer.path, answer.task.question.name, answer.node.text or "")


def _asked(answer: Answer) -> bool:
    question = answer.task.question
    return question.visible and not question.rules.calculate and question.type != "note"


def _given(answer: Answer) -> bool:
    return _asked(answer) and bool(answer.node.text)


def _is_type(*types: str) -> Callable[[Answer], bool]:
    return lambda answer: _given(answer) and answer.task.question.type in types


def _bounded(answer: Answer) -> bool:
    limits = answer.task.limits
    numeric = answer.task.question.type in ("integer", "decimal") and answer.task.constraint is not None
    return _given(answer) and numeric and bool(limits.least or limits.most)


def _required(answer: Answer) -> bool:
    return _given(answer) and answer.task.question.static_required


def _future(answer: Answer, visit: Visit) -> str:
    day = visit.appointment.started_at + datetime.timedelta(days=visit.rng.randint(400, 900))
    kind = answer.task.question.type
    return day.date().isoformat() if kind == "date" else day.isoformat(timespec="milliseconds")


def _lose_file(answer: Answer, visit: Visit) -> str:
    name = answer.node.text or ""
    visit.files.pop(name, None)
    return name


def _off_scale(answer: Answer, visit: Visit) -> str:
    del visit
    question: Question = answer.task.question
    return str(int(max(float(question.range_start or 0), float(question.range_end or 10))) + 7)


KINDS: Final[Mapping[str, tuple[Callable[[Answer], bool], Callable[[Answer, Visit], str]]]] = {
    "unknown_choice": (_is_type("select_one", "select_multiple"), lambda answer, visit: UNKNOWN_CHOICE),
    "text_in_number": (
        _is_type("integer", "decimal"),
        lambda answer, visit: visit.rng.choice(("about ten", "十来个", "3-4")),
    ),
    "out_of_range": (lambda answer: _given(answer) and answer.task.question.control == "range", _off_scale),
    "constraint_broken": (_bounded, lambda answer, visit: visit.rng.choice(("987654321", "-7654321"))),
    "missing_required": (_required, lambda answer, visit: ""),
    "future_date": (_is_type("date", "datetime"), _future),
    "missing_photo": (_is_type("file"), _lose_file),
}
