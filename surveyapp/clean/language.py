"""Conditions and formulas of rules: the expressions of an XLSForm, with `${name}` and `.`."""

import re
from collections.abc import Mapping
from typing import Final

from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.trees import Needs, Plan, Tree
from surveyapp.expressions.dates import Date
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import Compiled, compile_expression
from surveyapp.expressions.references import References
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.values import Scalar
from surveyapp.sentences import say

reference = re.compile(r"\$\{\s*([^{}\s]*)\s*\}")
# Clean data are a function of what was answered: neither the clock nor a lot has a part in them.
FORBIDDEN: Final = frozenset({"now", "today", "random", "uuid", "randomize", "once"})


class Formula:
    """One expression of a rule, compiled for each version of the form.

    Read as ODK Collect reads it (JavaRosa). `context` is the kept path of the question that `.` means, of a repeat, or
    '' for the whole submission.

    Raises:
        ExpressionError: it cannot be read, or reads the clock or a lot; the message says what and where.
    """

    def __init__(self, text: str, context: str, form: Questionnaire, plans: Mapping[str, Plan]) -> None:
        self.text = text
        self.compiled: dict[str, Compiled] = {}
        self.references: dict[str, References] = {}
        self._needs: dict[str, Needs] = {}
        for version, plan in plans.items():
            compiled = compile_expression(_resolve(text, context, form, plan), repeats=plan.repeats)
            own = plan.own_path.get(context, context) or plan.definition.root.path
            references = compiled.references(own)
            if drawn := sorted(references.functions & FORBIDDEN):
                raise ExpressionError(
                    say("expected nothing that changes from run to run, found {name}()", name=drawn[0])
                )
            self.compiled[version], self.references[version] = compiled, references
            self._needs[version] = plan.find_needs(compiled.tree, references.paths)

    def is_true(self, tree: Tree, row_key: str, path: str) -> bool:
        """Its truth at a cell, or at a row where `path` is ''.

        Raises:
            ExpressionError: it cannot be evaluated there.
        """
        return self._at(tree).boolean(_scope(tree, row_key, path))

    def value(self, tree: Tree, row_key: str, path: str) -> Scalar:
        """Its value there.

        Raises:
            ExpressionError: it cannot be evaluated there.
        """
        return self._at(tree).scalar(_scope(tree, row_key, path))

    def _at(self, tree: Tree) -> Compiled:
        version = tree.plan.definition.version
        tree.need(self._needs[version])
        return self.compiled[version]


def _scope(tree: Tree, row_key: str, path: str) -> Scope:
    node = tree.find_node(row_key, path) if path else tree.find_place(row_key)
    return Scope(tree.environment, node)


def _resolve(text: str, context: str, form: Questionnaire, plan: Plan) -> str:
    """`text` with paths in place of `${name}`: of fields by that name the one nearest around the context."""

    def path(match: re.Match[str]) -> str:
        name = match[1]
        own = _find_own(name, context, form, plan)
        if own is None:
            near = form.suggest(name)
            hint = say("; the nearest is ${{{near}}}", near=near) if near else ""
            raise ExpressionError(
                say("expected the name of a question, repeat or group{hint}", hint=hint), found=f"${{{name}}}"
            )
        return f" {own} "

    return reference.sub(path, text)


def _find_own(name: str, context: str, form: Questionnaire, plan: Plan) -> str | None:
    added = [path for paths in plan.added.values() for path in paths]
    candidates = [path for path in (*form.fields, *form.repeats, *added) if path.rpartition("/")[2] == name]
    if not candidates:
        groups = [path for path in plan.definition.elements if path.rpartition("/")[2] == name]
        return groups[0] if groups else None
    best = max(candidates, key=lambda path: _shared(path, context))
    return plan.own_path.get(best, best)


def _shared(path: str, context: str) -> int:
    """How many leading steps two paths share."""
    count = 0
    for one, other in zip(path.split("/"), context.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count


def scalar_text(value: Scalar) -> str:
    """What an expression gave, as text that `surveyapp.values.read_value` reads; '' for not a number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "" if value != value else repr(value).removesuffix(".0")
    return value.full_text() if isinstance(value, Date) else value


def describe(error: ExpressionError, field: Field | None) -> str:
    """Why an expression has no value at a question, as one sentence."""
    where = f" at {field.name}" if field else ""
    return f"The expression cannot be evaluated{where}: {error}"
