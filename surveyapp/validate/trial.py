"""One record before the rules of one dialect.

Relevance first, in order of dependency and from the submitted values; then every check at every relevant node. A rule
that cannot be evaluated is not checkable, with its reason; it is never taken as kept or broken.
"""

import re
from collections.abc import Sequence
from typing import Final

from surveyapp.answers import Node
from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.evaluation import DialectName
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.values import DIALECTS, Scalar
from surveyapp.validate.agreement import EARTH_TOLERANCE, RELATIVE_TOLERANCE, agrees, written
from surveyapp.validate.circumstances import Clock
from surveyapp.validate.hearing import Hearing
from surveyapp.validate.record import PreparedRecord
from surveyapp.validate.rules import (
    DRAWN_FUNCTIONS,
    EARTH_FUNCTIONS,
    KEPT_FUNCTIONS,
    ChoiceRule,
    CompiledRules,
    Rule,
    Site,
)
from surveyapp.values import INVALID
from surveyapp.xform.definition import Question, Repeat

DRAWN_SHAPES: Final = {
    "uuid()": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "random()": re.compile(r"0(\.[0-9]+)?|\.[0-9]+|[0-9]\.[0-9]+E-[0-9]+"),
}


class Trial(Hearing):
    """Every check at every node.

    `uncertain` are nodes whose relevance is not known, `calculated` what was computed again.
    """

    def __init__(self, rules: CompiledRules, dialect: DialectName, record: PreparedRecord, clock: Clock) -> None:
        super().__init__(rules, dialect, record, clock)
        self.uncertain: set[int] = set()
        self.calculated: dict[int, str] = {}
        self.offers: dict[int, set[str]] = {}

    def run(self) -> "Trial":
        """Judge everything."""
        self.judge_relevance()
        for path, site in self.book.sites.items():
            if isinstance(site.element, Repeat):
                self.judge_count(site)
                continue
            for node in self.record.by_path.get(path, ()):
                if node.relevant:
                    self.judge_node(node, site, site.element)
        return self

    # -- relevance ----------------------------------------------------------------------------------------------------
    def judge_relevance(self) -> None:
        """Take out of play what is not relevant, in order of dependency."""
        for path, rule in self.book.relevance.items():
            for node in self.record.by_path.get(path, ()):
                if node.relevant:
                    self.judge_relevance_of(node, rule)

    def judge_relevance_of(self, node: Node, rule: Rule) -> None:
        """Judge the relevance of one node."""
        try:
            truths = self.truths(rule, node)
        except NotCheckable as error:
            self.doubt("not-relevant-answered", node, error.reason, rule.text)
            self.uncertain.update(id(part) for part in node.walk())
            return
        if truths == {False}:
            self.blank(node, rule)
        elif len(truths) > 1:
            self.uncertain.update(id(part) for part in node.walk())
        self.kept += 1

    def blank(self, node: Node, rule: Rule) -> None:
        """Take `node` and what is below it out of play; answers to questions there are odd."""
        for part in node.walk():
            part.relevant = False
            element = part.element
            if part.text and isinstance(element, Question) and element.control and element.type != "note":
                self.violate("not-relevant-answered", part, "is answered although it was not asked.", rule.text)

    # -- one node -----------------------------------------------------------------------------------------------------
    def judge_node(self, node: Node, site: Site, question: object) -> None:
        """Judge one relevant node."""
        assert isinstance(question, Question)
        if node.text and node.text.strip():
            if node.typed is not INVALID:
                self.judge_answer(node, site, question)
        elif site.always_required or site.required is not None:
            self.judge_required(node, site, question)
        if site.calculate is not None:
            self.judge_calculate(node, site.calculate, question)

    def judge_answer(self, node: Node, site: Site, question: Question) -> None:
        """Judge an answer that is there."""
        if site.constraint is not None:
            self.judge_constraint(node, site.constraint, question)
        if site.choices is not None:
            self.judge_choices(node, site.choices, question)
        if site.limits is not None:
            self.judge_limits(node, site.limits)

    def judge_required(self, node: Node, site: Site, question: Question) -> None:
        """Judge an answer that is not there."""
        rule = site.required
        if id(node) in self.uncertain:
            self.doubt("required-missing", node, "whether it was asked is not known", question.rules.required)
            return
        try:
            required = rule is None or self.truths(rule, node) == {True}
        except NotCheckable as error:
            self.doubt("required-missing", node, error.reason, question.rules.required)
            return
        if required:
            message = self.rules.definition.text(question.rules.required_message)
            what = "is required but has no answer." + (f" {message}" if message else "")
            self.violate("required-missing", node, what, question.rules.required)
        else:
            self.kept += 1

    def is_required(self, node: Node) -> bool:
        """Whether an answer was required at `node`; False where that is not known."""
        site = self.book.sites.get(node.element.path)
        if site is None or site.required is None:
            return site is not None and site.always_required
        try:
            return self.truths(site.required, node) == {True}
        except NotCheckable:
            return False

    def judge_constraint(self, node: Node, rule: Rule, question: Question) -> None:
        """Judge an answer by its constraint."""
        try:
            truths = self.truths(rule, node)
        except NotCheckable as error:
            self.doubt("constraint-violated", node, error.reason, rule.text)
            return
        if True in truths:
            self.kept += 1
            return
        message = self.rules.definition.text(question.rules.constraint_message)
        what = f"is {shown(node)}, which its rule does not allow" + (f": {message}" if message else ".")
        self.violate("constraint-violated", node, what, rule.text)

    def judge_limits(self, node: Node, limits: tuple[float | None, float | None, float | None]) -> None:
        """Judge an answer by the limits of its range."""
        start, end, step = limits
        value = node.typed
        if not isinstance(value, int | float) or start is None or end is None:
            return
        low, high = min(start, end), max(start, end)
        rule = f"{low:g} to {high:g}"
        if not low <= value <= high:
            self.violate("out-of-range", node, f"is {shown(node)}, outside {rule}.", rule)
        elif step and abs((steps := (value - start) / step) - round(steps)) > 1e-6:
            self.violate(
                "out-of-range", node, f"is {shown(node)}, which is no step of {abs(step):g} from {start:g}.", rule
            )
        else:
            self.kept += 1

    # -- choices ------------------------------------------------------------------------------------------------------
    def judge_choices(self, node: Node, rule: ChoiceRule, question: Question) -> None:
        """Judge an answer by its choices."""
        text = node.value
        chosen = [text.strip()] if question.type == "select_one" else text.split()
        if rule.unknown:
            self.doubt("unknown-choice", node, rule.unknown)
            return
        nodeset = rule.nodeset
        try:
            listed = self.all_names(rule)
            offered = listed if nodeset is None or nodeset.compiled is None else self.offered(node, nodeset, rule)
        except NotCheckable as error:
            self.doubt("unknown-choice", node, error.reason, "" if nodeset is None else nodeset.text)
            return
        text_of_rule = "" if nodeset is None else nodeset.text
        if strange := [name for name in chosen if listed is not None and name not in listed]:
            self.violate(
                "unknown-choice", node, f"has {quoted(strange)}, which is not among its choices.", text_of_rule
            )
        elif offered is not None and (hidden := [name for name in chosen if name not in offered]):
            what = f"has {quoted(hidden)}, which was not offered with the other answers given."
            self.violate("choice-not-offered" if listed is not None else "unknown-choice", node, what, text_of_rule)
        else:
            self.kept += 1

    def all_names(self, rule: ChoiceRule) -> frozenset[str] | None:
        """Every value of the list, None where the choices are rows of the record."""
        if rule.names is not None or not rule.list_name:
            return rule.names
        key = (rule.list_name, rule.value_ref)
        found = self.rules.names.get(key)
        if found is None:
            items = [item for root in self.rules.instances.get(rule.list_name).children for item in root.children]
            cells = (item.find(rule.value_ref) for item in items)
            found = self.rules.names[key] = frozenset(cell.value for cell in cells if cell is not None)
        return found

    def offered(self, node: Node, nodeset: Rule, rule: ChoiceRule) -> set[str]:
        """The values that were offered at `node`, at any of the moments tried."""
        if not rule.shared:
            return self.find_offered(node, nodeset, rule)
        found = self.offers.get(id(rule))
        if found is None:
            found = self.offers[id(rule)] = self.find_offered(node, nodeset, rule)
        return found

    def find_offered(self, node: Node, nodeset: Rule, rule: ChoiceRule) -> set[str]:
        """As `offered`, evaluated at this node."""
        self.ready(nodeset)
        assert nodeset.compiled is not None
        scope, values = Scope(self.environment, node), set[str]()
        for _ in self.settings(nodeset):
            try:
                items = nodeset.compiled.value(scope)
            except NotCheckable:
                raise
            except ExpressionError as error:
                raise NotCheckable(f"the phone could not evaluate the list ({error})") from error
            for item in items if isinstance(items, list) else ():
                cell = item if rule.value_ref == "." else item.find(rule.value_ref)
                if cell is not None and item.relevant:
                    values.add(cell.value)
        return values

    # -- repeats ------------------------------------------------------------------------------------------------------
    def judge_count(self, site: Site) -> None:
        """Judge how many rows a repeat has, at each place where it stands."""
        repeat, rule = site.element, site.count
        assert rule is not None
        for parent in self.record.by_path.get(repeat.path.rpartition("/")[0], ()):
            if not parent.relevant:
                continue
            rows = parent.all(repeat.name)
            place = rows[0] if rows else Node(repeat.name)
            if not rows:
                place.parent, place.element = parent, repeat
            if place.relevant and (rows or self.is_asked(place)):
                self.judge_count_at(place, len(rows), rule)

    def is_asked(self, place: Node) -> bool:
        """Whether a repeat without rows is relevant."""
        rule = self.book.relevance.get(place.element.path)
        try:
            return rule is None or self.truths(rule, place) == {True}
        except NotCheckable:
            return False

    def judge_count_at(self, place: Node, rows: int, rule: Rule) -> None:
        """Judge the number of rows at one place."""
        try:
            self.ready(rule)
            assert rule.compiled is not None
            wanted = rule.compiled.number(Scope(self.environment, place))
        except ExpressionError as error:
            self.doubt("repeat-count", place, getattr(error, "reason", str(error)), rule.text)
            return
        wanted = max(0.0, wanted) if wanted == wanted else 0.0
        if rows == int(wanted):
            self.kept += 1
        else:
            self.violate("repeat-count", place, f"has {rows} rows where the answers call for {int(wanted)}.", rule.text)

    # -- calculations -------------------------------------------------------------------------------------------------
    def judge_calculate(self, node: Node, rule: Rule, question: Question) -> None:
        """Compute a calculation again and compare."""
        if id(node) in self.uncertain:
            self.doubt("calculate-differs", node, "whether it was asked is not known", rule.text)
            return
        functions = rule.references.functions if rule.references else frozenset()
        if functions & KEPT_FUNCTIONS:
            return
        if functions & DRAWN_FUNCTIONS:
            self.judge_drawn(node, rule)
            return
        try:
            values = self.possible_values(rule, node)
        except NotCheckable as error:
            self.doubt("calculate-differs", node, error.reason, rule.text)
            return
        computed = self.calculated[id(node)] = written(values[0], question.type, self.dialect)
        zone = self.environment.zone
        tolerance = EARTH_TOLERANCE if functions & EARTH_FUNCTIONS else RELATIVE_TOLERANCE
        if any(agrees(value, node.value, question.type, zone, tolerance) for value in values):
            self.kept += 1
        elif rule.timed and not self.clearly_off(values, node):
            self.doubt("calculate-differs", node, "it depends on the moment at which the phone computed it", rule.text)
        elif self.dialect == "xforms" and "sum" in functions and not node.value and isinstance(values[0], float):
            self.doubt(
                "calculate-differs", node, "of a sum of nothing some versions of the web client make nothing", rule.text
            )
        elif "%a" in rule.text or "%b" in rule.text:
            self.doubt(
                "calculate-differs", node, "it holds the name of a day or month in the phone's language", rule.text
            )
        else:
            what = f"is {shown(node)}, but the answers give {computed or 'nothing'}."
            self.violate("calculate-differs", node, what, rule.text)

    def judge_drawn(self, node: Node, rule: Rule) -> None:
        """Judge by its shape what the phone drew by lot."""
        shape = DRAWN_SHAPES.get(rule.text.replace(" ", ""))
        if shape is None:
            self.doubt("calculate-differs", node, "the phone drew it by lot", rule.text)
        elif shape.fullmatch(node.value):
            self.kept += 1
        else:
            self.violate("calculate-differs", node, f"is {shown(node)}, which {rule.text} never gives.", rule.text)

    def possible_values(self, rule: Rule, node: Node) -> list[Scalar]:
        """What the calculation gives at each moment and in each language tried."""
        self.ready(rule)
        assert rule.compiled is not None
        scope = Scope(self.environment, node)
        try:
            return [rule.compiled.scalar(scope) for _ in self.settings(rule)]
        except NotCheckable:
            raise
        except ExpressionError as error:
            raise NotCheckable(f"the phone could not evaluate the calculation ({error})") from error

    def clearly_off(self, values: Sequence[Scalar], node: Node) -> bool:
        """Whether a time-bound value is more than a day from every possible one."""
        number = self.days(node.value)
        return number is not None and all(
            (days := self.days(value)) is not None and abs(days - number) > 1 for value in values
        )

    def days(self, value: Scalar) -> float | None:
        """A date or a number as days, None for anything else."""
        number = DIALECTS["xforms"].number(value, Scope(self.environment, self.record.root))
        return number if number == number else None


def shown(node: Node) -> str:
    """The answer as a message shows it."""
    text = node.value
    return f"“{text}”" if text and len(text) <= 80 else f"“{text[:79]}…”" if text else "empty"


def quoted(names: Sequence[str]) -> str:
    """The first few names, in quotes."""
    return ", ".join(f"“{name}”" for name in names[:5])
