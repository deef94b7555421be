"""Stage 9: what hangs on changed answers: calculations are computed again, and what is no longer asked is found.

Only what reads a changed cell, directly or through others, is looked at. What the phone computed from answers that
nobody changed stays as it came.
"""

import graphlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from surveyapp.answers import Node
from surveyapp.clean.cell_rules import fit
from surveyapp.clean.drafts import Author, Draft
from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.language import FORBIDDEN, scalar_text
from surveyapp.clean.records import CellKey, Row
from surveyapp.clean.trees import Needs, Plan, Tree, list_groups_around
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import Compiled, compile_expression
from surveyapp.expressions.scope import Scope
from surveyapp.xform.definition import Question

CALCULATE: Final = "engine:calculate"
CASCADE: Final = "engine:not_asked"
# A form that still changes after this many rounds hangs on itself.
MOST_ROUNDS: Final = 8
Path: TypeAlias = str


class Affected(NamedTuple):
    """Calculations and relevances to be judged again, and what hangs on changes and is left alone, each in order."""

    calculates: list[Path]
    relevants: list[Path]
    kept: list[Path]


class Dependents:
    """What of one version hangs on what: calculations and relevance, in order of dependency.

    Paths are those of the version. Expressions that read the clock or a lot are left as the phone had them.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.calculates: dict[Path, Compiled] = {}
        self.relevants: dict[Path, Compiled] = {}
        self.kept: set[Path] = set()
        self.around: dict[Path, list[Path]] = {}
        self.needs: dict[Path, list[Needs]] = {}
        reads: dict[Path, set[Path]] = {}
        elements = plan.definition.elements
        for path, element in elements.items():
            rules = element.rules
            calculate = rules.calculate if isinstance(element, Question) and not rules.preload else ""
            for text, store in ((calculate, self.calculates), (rules.relevant, self.relevants)):
                compiled = _compile(text, plan)
                if compiled is None:
                    continue
                references = compiled.references(path)
                reads.setdefault(path, set()).update(references.paths)
                if references.functions & FORBIDDEN:
                    self.kept.add(path)
                else:
                    store[path] = compiled
                    self.needs.setdefault(path, []).append(plan.find_needs(compiled.tree, references.paths))
            self.around[path] = [path, *list_groups_around(path, elements)]
            reads.setdefault(path, set()).update(self.around[path][1:])
        self.order = _order(reads, elements)
        self.readers = _close(reads, elements)
        self.memory: dict[frozenset[Path], Affected] = {}

    def affected_by(self, changed: frozenset[Path]) -> "Affected":
        """What hangs on changed questions."""
        found = self.memory.get(changed)
        if found is None:
            hit = set().union(*(self.readers.get(path, ()) for path in changed))
            found = Affected(
                [path for path in self.order if path in hit and path in self.calculates],
                [path for path in self.order if path in hit and path in self.relevants],
                [path for path in self.order if path in hit and path in self.kept],
            )
            if len(self.memory) < 10_000:
                self.memory[changed] = found
        return found


def _compile(text: str, plan: Plan) -> Compiled | None:
    if not text or text.replace(" ", "") == "true()":
        return None
    try:
        return compile_expression(text, repeats=plan.repeats)
    except ExpressionError:
        return None


def _order(reads: Mapping[Path, set[Path]], elements: Iterable[Path]) -> list[Path]:
    sorter = graphlib.TopologicalSorter({path: reads.get(path, set()) - {path} for path in elements})
    try:
        return list(sorter.static_order())
    except graphlib.CycleError:
        # Publishing refuses circles; a form that came before that check keeps its document order.
        return list(elements)


def _close(reads: Mapping[Path, set[Path]], elements: Iterable[Path]) -> dict[Path, set[Path]]:
    """Everything that hangs on each path, however far."""
    direct: dict[Path, set[Path]] = {}
    for reader, paths in reads.items():
        for path in paths:
            direct.setdefault(path, set()).add(reader)
    closed: dict[Path, set[Path]] = {}
    for path in elements:
        found: set[Path] = set()
        waiting = [path]
        while waiting:
            for reader in direct.get(waiting.pop(), ()):
                if reader not in found:
                    found.add(reader)
                    waiting.append(reader)
        closed[path] = found
    return closed


class Ripple:
    """The wave that a submission's changes make. `raw` are its rows as they came, with those that `arrived` here."""

    def __init__(self, dependents: Dependents, draft: Draft, raw: list[Row], arrived: Sequence[Row]) -> None:
        self.dependents = dependents
        self.draft = draft
        self.raw = raw
        self.arrived = {row.repeat for row in arrived}
        self.raw_tree: Tree | None = None
        self.told: set[tuple[str, str]] = set()
        self.form: Questionnaire = draft.form

    def run(self) -> None:
        """Compute again until nothing changes."""
        for _ in range(MOST_ROUNDS):
            before = len(self.draft.changed), sum(self.draft.touched.values())
            changed = self._changed()
            if not changed:
                return
            affected = self.dependents.affected_by(changed)
            for path in affected.kept:
                self._leave(path)
            for path in affected.calculates:
                self._calculate(path)
            for path in affected.relevants:
                self._ask(path)
            if (len(self.draft.changed), sum(self.draft.touched.values())) == before:
                return
        self.draft.report("not-settled", self.draft.main, None, "Its calculations hang on each other in a circle.")

    def _changed(self) -> frozenset[Path]:
        own = self.dependents.plan.own_path
        cells = {own.get(key.path, key.path) for key in self.draft.changed}
        repeats = self.arrived | {change.row.repeat for change in self.draft.row_changes}
        rows = {own.get(repeat, repeat) for repeat in repeats}
        return frozenset(cells | rows)

    def _leave(self, path: Path) -> None:
        known = self.form.fields.get(self.form.kept_path(path))
        if known is not None:
            message = "It reads the clock or a lot and was left as it came, although answers that it reads changed."
            for row in self.draft.list_rows(known.repeat):
                self._tell("calculate-kept", row, known, message)

    # -- calculations -------------------------------------------------------------------------------------------------
    def _calculate(self, path: Path) -> None:
        known = self.form.fields.get(self.form.kept_path(path))
        if known is None:
            return
        compiled, around = self.dependents.calculates[path], self.dependents.around[path]
        conditional = any(place in self.dependents.relevants for place in around)
        for row in self.draft.list_rows(known.repeat):
            # The phone writes every calculation that takes part; one that it left out may only now take part.
            if known.path not in row.values and not conditional:
                continue
            tree = self.draft.tree()
            self._need(tree, around)
            node = tree.find_node(row.key, known.path)
            if not self._is_asked(tree, node, path):
                continue
            try:
                text = scalar_text(compiled.scalar(Scope(tree.environment, node)))
            except ExpressionError as error:
                self._tell("calculate-kept", row, known, f"It could not be computed again: {error}")
                continue
            verdict = fit(known, text, row.values.get(known.path))
            if verdict.keep:
                self._tell("calculate-kept", row, known, verdict.finding)
            elif verdict.value is not None or row.values.get(known.path) is not None:
                self.draft.put(row, known, verdict.value, Author(CALCULATE, derived=True), verdict.reason)

    def _is_asked(self, tree: Tree, node: Node, path: Path) -> bool:
        """Whether a calculation takes part: it and the groups around it are relevant."""
        line: Node | None = node
        for around in self.dependents.around[path]:
            rule = self.dependents.relevants.get(around)
            if line is None:
                return True
            if rule is not None and not _truth(rule, tree, line, otherwise=True):
                return False
            line = line.parent
        return True

    def _tell(self, check: str, row: Row, known: Field, message: str) -> None:
        if (check, row.key + known.path) not in self.told:
            self.told.add((check, row.key + known.path))
            self.draft.report(check, row, known, message, value=row.values.get(known.path))

    # -- relevance ----------------------------------------------------------------------------------------------------
    def _ask(self, path: Path) -> None:
        """Find answers below `path` that are not asked any more."""
        tree, rule = self.draft.tree(), self.dependents.relevants[path]
        if all(_truth(rule, tree, node, otherwise=True) for node in self._list_places(tree, path)):
            return
        cascade = self._cascades(path)
        for row, known in self._answers_below(path):
            node = self._place(tree, row, known, path)
            if _truth(rule, tree, node, otherwise=True) or not self._was_asked(rule, row, known, path):
                continue
            if cascade and CellKey(row.key, known.path) not in self.draft.locked:
                self.draft.put(row, known, None, Author(CASCADE, cascade=True, derived=True), "not_asked")
            else:
                self._tell("not-asked-any-more", row, known, "After the corrections it is not asked any more.")

    def _list_places(self, tree: Tree, path: Path) -> list[Node]:
        self._need(tree, [path])
        tree.need(Needs((path,)))
        return list(tree.by_path.get(path, ()))

    def _need(self, tree: Tree, paths: Iterable[Path]) -> None:
        for path in paths:
            for needs in self.dependents.needs.get(path, ()):
                tree.need(needs)

    def _answers_below(self, path: Path) -> list[tuple[Row, Field]]:
        inside = [
            self.form.fields[kept]
            for own in self.dependents.plan.definition.elements
            if (own == path or own.startswith(path + "/")) and (kept := self.form.kept_path(own)) in self.form.fields
        ]
        return [
            (row, known)
            for known in inside
            for row in self.draft.list_rows(known.repeat)
            if row.values.get(known.path) is not None
        ]

    def _place(self, tree: Tree, row: Row, known: Field, path: Path) -> Node:
        """The node at `path` that is, or is around, a cell."""
        depth = path.count("/")
        node = tree.find_node(row.key, known.path)
        while node.parent is not None and node.path().count("/") > depth:
            node = node.parent
        return node

    def _was_asked(self, rule: Compiled, row: Row, known: Field, path: Path) -> bool:
        if self.raw_tree is None:
            self.raw_tree = Tree(self.draft.plan, self.raw, self.draft.submission.received_at)
        self._need(self.raw_tree, [path])
        if not self.raw_tree.has_row(row.key):
            return False
        return _truth(rule, self.raw_tree, self._place(self.raw_tree, row, known, path), otherwise=False)

    def _cascades(self, path: Path) -> bool:
        """Whether a change that this hangs on was made by a rule, or a decision, that says so."""
        own = self.dependents.plan.own_path
        return any(
            author.cascade and path in self.dependents.readers.get(own.get(key.path, key.path), ())
            for key, author in self.draft.changed.items()
        )


def _truth(rule: Compiled, tree: Tree, node: Node, *, otherwise: bool) -> bool:
    try:
        return rule.boolean(Scope(tree.environment, node))
    except ExpressionError:
        return otherwise
