"""A record filled as an enumerator fills it: from top to bottom, then again until nothing changes.

The tree holds every question from the start, as ODK Collect has it; rows of repeats come as they are entered.
"""

import math

from surveyapp.answers import Node
from surveyapp.expressions.scope import Environment, Scope
from surveyapp.simulate.answering import make_answer
from surveyapp.simulate.plan import Plan, Step, Task
from surveyapp.simulate.visit import Visit, make_uuid
from surveyapp.xform.definition import Question, Repeat

MOST_ROUNDS = 5
MOST_ROWS = 60
# How often an answer that is not required is left out.
SKIPPED_SHARE = 0.02
SKIPPED_FILE_SHARE = 0.1


class Filling:
    """One record in the making."""

    def __init__(self, plan: Plan, visit: Visit) -> None:
        self.plan, self.visit, self.fixed = plan, visit, visit.appointment.answers
        self.by_path: dict[str, list[Node]] = {}
        self.answered: set[int] = set()
        self.changed = False
        self.root = Node(plan.root.element.name)
        self._grow(plan.root, self.root)
        self.environment = Environment(
            self.root,
            now=visit.appointment.started_at,
            instances=plan.instances,
            language=plan.definition.default_language,
            version=plan.definition.version,
            by_path=self.by_path,
        )
        self.environment.random = visit.rng
        self.environment.choice_name = self._choice_name

    def run(self) -> Node:
        """The finished record; nodes that are not relevant are marked so."""
        for _ in range(MOST_ROUNDS):
            self.changed = False
            self._visit_group(self.plan.root, self.root, relevant=True)
            if not self.changed:
                break
        return self.root

    # -- the tree ------------------------------------------------------------------------------------------------------
    def _grow(self, step: Step, node: Node) -> None:
        """Put the children of a group, or of a row, into the tree; repeats begin without rows."""
        self.by_path.setdefault(step.element.path, []).append(node)
        for child in step.children:
            element = child.element
            if isinstance(element, Repeat):
                continue
            grown = node.append(Node(element.name))
            if isinstance(element, Question):
                grown.type = element.bind_type
                grown.text = element.default or None
                self.by_path.setdefault(element.path, []).append(grown)
            else:
                self._grow(child, grown)

    def _add_row(self, step: Step, parent: Node, after: Step | None) -> Node:
        row = Node(step.element.name)
        row.parent = parent
        before = {step.element.name} | ({after.element.name} if after else set())
        places = [place for place, node in enumerate(parent.children) if node.name in before]
        parent.children.insert(places[-1] + 1 if places else 0, row)
        self._grow(step, row)
        self.changed = True
        return row

    # -- one round -----------------------------------------------------------------------------------------------------
    def _visit_group(self, step: Step, node: Node, *, relevant: bool) -> None:
        before: Step | None = None
        answers = iter(list(node.children))
        for child in step.children:
            if isinstance(child.element, Repeat):
                self._visit_repeat(child, node, before, relevant=relevant)
                before = child if node.find(child.element.name) else before
                continue
            found = next(answer for answer in answers if answer.name == child.element.name)
            shown = relevant and self._is_relevant(child, found)
            if shown != found.relevant:
                found.relevant = shown
                self.changed = True
            if child.task:
                self._visit_question(child.task, found)
            else:
                self._visit_group(child, found, relevant=shown)
            before = child

    def _is_relevant(self, step: Step, node: Node) -> bool:
        return step.relevant is None or step.relevant(Scope(self.environment, node))

    def _visit_repeat(self, step: Step, parent: Node, after: Step | None, *, relevant: bool) -> None:
        rows = parent.all(step.element.name)
        if not rows and relevant:
            # Relevance and count of a repeat are asked at a row, which may not be there yet.
            probe = Node(step.element.name)
            probe.parent = parent
            if self._is_relevant(step, probe):
                wanted = self._count(step, probe)
                rows = [self._add_row(step, parent, after if not place else step) for place in range(wanted)]
        outer = self.visit.row
        for place, row in enumerate(rows):
            shown = relevant and self._is_relevant(step, row)
            if shown != row.relevant:
                row.relevant = shown
                self.changed = True
            self.visit.row = place
            self._visit_group(step, row, relevant=shown)
        self.visit.row = outer

    def _count(self, step: Step, probe: Node) -> int:
        if step.count:
            count = step.count(Scope(self.environment, probe))
            return 0 if math.isnan(count) else max(0, min(MOST_ROWS, int(count)))
        topics = {child.task.topic for child in step.children if child.task}
        if {"age", "relation"} & topics:
            self.visit.person()
            return len(self.visit.household)
        return self.visit.rng.randint(1, 3)

    def _visit_question(self, task: Task, node: Node) -> None:
        if task.calculate:
            if node.relevant:
                self._set(node, task.calculate(Scope(self.environment, node)))
        elif node.relevant and id(node) not in self.answered:
            self.answered.add(id(node))
            self._set(node, self._answer(task, node))

    def _set(self, node: Node, text: str) -> None:
        if text != (node.text or ""):
            node.text = text or None
            self.changed = True

    def _answer(self, task: Task, node: Node) -> str:
        question = task.question
        if question.rules.preload:
            return self._preloaded(question)
        if question.name in self.fixed:
            # Where the household lives says where its position is.
            self.visit.place = self.fixed[question.name] if task.topic == "place" else self.visit.place
            return self.fixed[question.name]
        if not question.visible or question.type == "note" or question.rules.readonly.startswith("true"):
            return question.default
        scope = Scope(self.environment, node)
        skipped = SKIPPED_FILE_SHARE if question.type == "file" else SKIPPED_SHARE
        if self.visit.rng.random() < skipped and not task.required(scope):
            return ""
        return make_answer(task, scope, self.visit)

    def _preloaded(self, question: Question) -> str:
        """What ODK Collect fills in by itself: the clock, the phone, the enumerator."""
        appointment = self.visit.appointment
        match question.rules.preload, question.rules.preload_parameters:
            case "timestamp", "end":
                return appointment.ended_at.isoformat(timespec="milliseconds")
            case "timestamp", _:
                return appointment.started_at.isoformat(timespec="milliseconds")
            case "date", _:
                return appointment.started_at.date().isoformat()
            case "property", "deviceid":
                return appointment.device_id
            case "property", "username":
                return appointment.username
            case "uid", _:
                return make_uuid(self.visit.rng)
        return ""

    def _choice_name(self, value: str, path: str, scope: Scope) -> str:
        """The label of a choice, for expressions that ask for it."""
        del scope
        element = self.plan.definition.elements.get(path.strip())
        if not isinstance(element, Question):
            return ""
        choices = self.plan.definition.choices(element)
        label = next((choice.label for choice in choices if choice.name == value), {})
        return self.plan.definition.text(label)
