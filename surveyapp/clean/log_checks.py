"""Whether a new value of the log keeps the constraint of its question, with the other answers as they are."""

import contextlib
from collections.abc import Sequence
from typing import Literal, Protocol

from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.log import LogRow
from surveyapp.clean.missing_codes import ANY_DAY
from surveyapp.clean.records import Row
from surveyapp.clean.trees import Needs, Plan, Tree
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import Compiled, compile_expression
from surveyapp.expressions.scope import Scope


class Standing(Protocol):
    """A submission with its clean rows."""

    @property
    def version(self) -> str:
        """The version of the form that it was made with."""

    @property
    def rows(self) -> Sequence[Row]:
        """Its rows."""


class ConstraintCheck:
    """The constraints of a form, each compiled when it is first needed."""

    def __init__(self, form: Questionnaire) -> None:
        self.form = form
        self.plans: dict[str, Plan] = {}
        self.compiled: dict[tuple[str, str], tuple[Compiled, Needs] | None] = {}

    def find_fault(
        self, row: LogRow, known: Field, standing: Standing | None
    ) -> tuple[Literal["error", "warning"], str, str] | None:
        """Weight, code and sentence where the new value of `row` breaks its constraint, or nobody can tell."""
        if standing is None:
            return None
        plan = self.plans.get(standing.version)
        if plan is None:
            plan = self.plans[standing.version] = Plan(self.form, standing.version, {})
        found = self._compile(plan, known)
        if found is None:
            return None
        compiled, needs = found
        tree = Tree(plan, standing.rows, ANY_DAY)
        tree.need(needs)
        node = tree.find_node(row.row_key, known.path)
        tree.put(row.row_key, known.path, row.new_value)
        try:
            kept = compiled.boolean(Scope(tree.environment, node))
        except ExpressionError as error:
            return "warning", "constraint-unknown", f"The rule of {known.name} could not be checked: {error}"
        if kept:
            return None
        message = f"“{row.new_value[:80]}” breaks the rule of {known.name}: {compiled.text}"
        return "error", "constraint", message

    def _compile(self, plan: Plan, known: Field) -> tuple[Compiled, Needs] | None:
        key = (plan.definition.version, known.path)
        if key not in self.compiled:
            own = plan.own_path.get(known.path, "")
            element = plan.definition.elements.get(own)
            text = element.rules.constraint if element else ""
            self.compiled[key] = None
            if text:
                with contextlib.suppress(ExpressionError):
                    compiled = compile_expression(text, repeats=plan.repeats)
                    self.compiled[key] = compiled, plan.find_needs(compiled.tree, compiled.references(own).paths)
        return self.compiled[key]
