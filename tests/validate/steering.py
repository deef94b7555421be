"""Random records of any form, steered so that most questions are asked and rules are met both ways."""

import datetime
import random
from collections.abc import Mapping

from lxml import etree

from surveyapp.answers import Node
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import DialectName
from surveyapp.expressions.scope import Scope
from surveyapp.validate.agreement import written
from surveyapp.validate.circumstances import Clock
from surveyapp.validate.record import PreparedRecord
from surveyapp.validate.rules import CompiledRules
from surveyapp.validate.trial import Trial
from surveyapp.values import INVALID, read_value
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import Group, Question, Repeat
from tests.validate.appetite import list_appetites


def _element(node: Node) -> etree._Element:
    element = etree.Element(node.name, node.attributes)
    element.text = node.text
    element.extend([_element(child) for child in node.children])
    return element


NOW = datetime.datetime(2026, 9, 1, 10, 0, tzinfo=datetime.UTC)
TRACE = "1.0 2.0 0.0 0.0;1.5 2.0 0.0 0.0;1.5 2.5 0.0 0.0;1.0 2.0 0.0 0.0"
WORDS = ("", "Amina", "bhv-0012", "x", "村", "12", "a b", "2026-05-01")


def _fits(text: str, kind: str) -> bool:
    """Whether a question of that type can hold `text`."""
    value = read_value(kind, text)  # type: ignore[arg-type]  # kind is one of the literals
    return value is not None and value is not INVALID


class Steering:
    """Makes records of one form. `oddity` is the share of answers that ignore the rules or break them."""

    def __init__(
        self,
        rules: CompiledRules,
        seed: int,
        *,
        oddity: float = 0.0,
        dialect: DialectName = "javarosa",
        rows: int = 3,
        fixed: Mapping[str, str] | None = None,
    ) -> None:
        self.rules = rules
        self.random = random.Random(seed)
        self.oddity = oddity
        self.dialect: DialectName = dialect
        self.rows = rows
        self.fixed = fixed or {}
        # The engine of ODK Web Forms does not know a time of day that ends in Z.
        self.offset = "Z" if dialect == "javarosa" else "+00:00"
        self.asked, self.bounds = list_appetites(rules.definition)
        sites = rules.books[dialect].sites.values()
        # A client obeys a count before it looks at its constraint: an odd one may be three thousand rows.
        self.counts = {path for site in sites if site.count and (read := site.count.references) for path in read.paths}

    def record(self, *, pruned: bool = True) -> Node:
        """A bound record; `pruned` of the nodes that are not relevant, as clients send it."""
        definition = self.rules.definition
        root = Node(definition.root.name, attributes={"id": definition.form_id, "version": definition.version})
        self._grow(root, definition.root)
        for last in (False, False, True):
            bind(definition, root)
            with PreparedRecord(definition, root, self.rules.types, self.rules.outcomes) as prepared:
                trial = Trial(self.rules, self.dialect, prepared, Clock((NOW,)))
                for _ in range(2):
                    self._fill(root, trial)
                self._calculate(root, trial)
                done = last or not self._obey_counts(trial)
                if done and pruned:
                    self._prune(root, trial)
                prepared.added.clear()
            if done:
                break
        bind(definition, root)
        return root

    @staticmethod
    def xml(record: Node) -> bytes:
        """The record as a client writes it."""
        return etree.tostring(_element(record))

    def _grow(self, node: Node, holder: Group | Repeat) -> None:
        for child in holder.children:
            rows = self.random.randint(1, self.rows) if isinstance(child, Repeat) else 1
            for _ in range(rows):
                grown = node.append(Node(child.name))
                if not isinstance(child, Question):
                    self._grow(grown, child)

    def _obey_counts(self, trial: Trial) -> bool:
        """Give each counted repeat its rows; whether any was added or taken away."""
        changed = False
        for site in trial.book.sites.values():
            repeat, rule = site.element, site.count
            if not isinstance(repeat, Repeat) or rule is None or rule.compiled is None:
                continue
            for parent in trial.record.by_path.get(repeat.path.rpartition("/")[0], ()):
                rows = parent.all(repeat.name)
                if not rows:
                    continue
                wanted = rule.compiled.number(Scope(trial.environment, rows[0]))
                more = (min(4, max(1, int(wanted))) if wanted == wanted else 1) - len(rows)
                changed = changed or more != 0
                self._change_rows(parent, repeat, rows, more)
        return changed

    def _change_rows(self, parent: Node, repeat: Repeat, rows: list[Node], more: int) -> None:
        """Add `more` rows, or take away where it is negative."""
        for row in rows[len(rows) + more :] if more < 0 else ():
            parent.children.remove(row)
        after = parent.children.index(rows[-1]) + 1 if more > 0 else 0
        for _ in range(more):
            row = parent.append(Node(repeat.name))
            parent.children.insert(after, parent.children.pop())
            self._grow(row, repeat)

    def _fill(self, root: Node, trial: Trial) -> None:
        for node in list(root.walk()):
            if isinstance(node.element, Question):
                self._refresh(node, trial)
                if node.relevant and (not node.text or node.element.rules.calculate):
                    self._answer(node, node.element, trial)

    def _refresh(self, node: Node, trial: Trial) -> None:
        """The relevance of `node` and of what is around it, as the answers so far have it."""
        line: list[Node] = []
        step: Node | None = node
        while step is not None:
            line.append(step)
            step = step.parent
        relevant = True
        for part in reversed(line):
            part.relevant = True
            rule = trial.book.relevance.get(part.element.path) if part.element is not None else None
            if relevant and rule is not None and rule.compiled is not None:
                try:
                    relevant = rule.compiled.boolean(Scope(trial.environment, part))
                except ExpressionError:
                    relevant = True
            part.relevant = relevant

    def _answer(self, node: Node, question: Question, trial: Trial) -> None:
        if question.name in self.fixed:
            node.text = self.fixed[question.name]
        elif question.rules.calculate:
            self._compute(node, question, trial)
        elif question.rules.preload:
            node.text = {"start": NOW.isoformat(), "end": NOW.isoformat(), "today": NOW.date().isoformat()}.get(
                question.rules.preload_parameters, "device-7"
            )
        elif question.control and question.type not in ("note", "file"):
            self._draw(node, question, trial)

    def _draw(self, node: Node, question: Question, trial: Trial) -> None:
        """An answer of chance: one that the constraint allows, or for `oddity` any, or one that it forbids."""
        site = trial.book.sites.get(question.path)
        rule = None if site is None or site.constraint is None else site.constraint.compiled
        strict = self.random.random() >= self.oddity or question.path in self.counts
        if not strict and (rule is None or self.random.random() < 0.3):
            node.text = self._value(node, question, trial, strict)
            return
        for _ in range(40):
            node.text = self._value(node, question, trial, strict)
            try:
                if rule is None or not node.text or rule.boolean(Scope(trial.environment, node)) == strict:
                    return
            except ExpressionError:
                return
        node.text = ""

    def _compute(self, node: Node, question: Question, trial: Trial) -> None:
        site = trial.book.sites.get(question.path)
        if site is not None and site.calculate is not None and site.calculate.compiled is not None:
            try:
                value = site.calculate.compiled.scalar(Scope(trial.environment, node))
                node.text = written(value, question.type, self.dialect)
                node.type = trial.record.type_of(question.path, node.text)
            except ExpressionError:
                node.text = ""

    def _value(self, node: Node, question: Question, trial: Trial, strict: bool) -> str:
        draw = self.random
        if not strict and draw.random() < 0.2:
            return ""
        if question.type in ("select_one", "select_multiple", "rank"):
            return self._choice(node, question, trial, strict)
        if question.control == "range":
            start, end, step = (float(text) for text in (question.range_start, question.range_end, question.range_step))
            return f"{start + step * draw.randint(0, int((end - start) / step)):g}"
        values: dict[str, list[str]] = {
            "integer": [str(draw.randint(0, most)) for most in (9, 60, 3000)] + ["2015", "-98", "0", "1"],
            "decimal": [str(draw.randint(0, 50)), str(round(draw.uniform(0, 100), 2)), "0", "0.5"],
            "date": [(NOW.date() - datetime.timedelta(days=draw.randint(-30, 2000))).isoformat()],
            "datetime": [(NOW - datetime.timedelta(hours=draw.randint(-30, 2000))).isoformat(timespec="milliseconds")],
            "time": [f"{draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}:00.000{self.offset}"],
            "geopoint": [f"{draw.randint(-80, 80)}.5 {draw.randint(-170, 170)}.25 0.0 5.0"],
            "geotrace": [TRACE],
            "geoshape": [TRACE],
            "acknowledge": ["OK"],
        }
        offered = values.get(question.type, list(WORDS[1:] if strict else WORDS))
        wanted = [text for text in self._wanted(question, strict) if _fits(text, question.type)]
        return draw.choice(wanted if wanted and draw.random() < 0.5 else offered)

    def _wanted(self, question: Question, strict: bool) -> list[str]:
        """What relevance asks for, or where rules are to be broken the bounds of the answer's own."""
        asked, bounds = self.asked.get(question.path, []), self.bounds.get(question.path, [])
        return [*asked, *bounds] if strict else [*bounds, *bounds, *asked]

    def _choice(self, node: Node, question: Question, trial: Trial, strict: bool) -> str:
        site = trial.book.sites.get(question.path)
        names = sorted(choice.name for choice in trial.rules.definition.choices(question))
        if site is not None and site.choices is not None and site.choices.nodeset is not None:
            try:
                names = sorted(trial.find_offered(node, site.choices.nodeset, site.choices))
            except ExpressionError:
                names = []
        if not names:
            return ""
        wanted = [name for name in self._wanted(question, strict) if name in names]
        if question.type == "select_one":
            return self.random.choice(wanted if wanted and self.random.random() < 0.7 else names)
        if question.type == "select_multiple" and strict and wanted and self.random.random() < 0.7:
            return " ".join(dict.fromkeys([self.random.choice(wanted), self.random.choice(names)]))
        most = len(names) if question.type == "rank" else self.random.randint(1, min(3 if strict else 6, len(names)))
        return " ".join(self.random.sample(names, most))

    def _calculate(self, root: Node, trial: Trial) -> None:
        for _ in range(4):
            for node in list(root.walk()):
                if isinstance(node.element, Question):
                    self._refresh(node, trial)
                    if node.relevant and node.element.rules.calculate:
                        self._compute(node, node.element, trial)

    def _prune(self, root: Node, trial: Trial) -> None:
        for node in list(root.walk()):
            self._refresh(node, trial)
        for node in list(root.walk()):
            node.children = [child for child in node.children if child.relevant]
