"""Paths to closures.

An absolute path that leads into repeats around the context node is given the context's own rows ("contextualised"), up
to the first step with a predicate. A relative path is what XPath 1.0 says it is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from surveyapp.answers import Node
from surveyapp.expressions.axes import AXES, in_document_order
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.scope import Scope, children_named, lineage
from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Path, Step
from surveyapp.sentences import say

if TYPE_CHECKING:
    from surveyapp.expressions.compiler import Compiler

Nodes: TypeAlias = Callable[[Scope], list[Node]]
Walk: TypeAlias = Callable[[list[Node], Scope], list[Node]]

FORWARD_AXES: Final = frozenset({"child", "self", "attribute"})


def compile_path(compiler: "Compiler", path: Path, *, whole: bool = False) -> Nodes:
    """The nodes that `path` leads to; `whole` where the asker wants a node-set.

    Raises:
        ExpressionError: the path has a step that JavaRosa does not know, in its dialect.
    """
    if compiler.dialect.name == "javarosa":
        _refuse_steps(path)
    start, rest = _compile_start(compiler, path, whole)
    walks = [_compile_step(compiler, step) for step in rest]
    if compiler.dialect.name == "xforms":
        return _walked(start, walks) if walks else start
    return _relevant(_walked(start, walks) if walks else start)


def _refuse_steps(path: Path) -> None:
    for step in path.steps:
        if not is_javarosa_step(step):
            raise ExpressionError(
                say("expected a step that ODK Collect knows (a name, *, @name, . or ..)"),
                found=f"{step.axis}::{step.test}",
                position=step.position,
            )


def is_javarosa_step(step: Step) -> bool:
    """Whether JavaRosa, and so ODK Collect, takes the step."""
    if step.axis in ("parent", "self"):
        return step.test == "node()"
    return step.axis in ("child", "attribute") and step.test[-1] != ")"


def _relevant(inner: Nodes) -> Nodes:
    """JavaRosa drops nodes that are not relevant from every node-set."""

    def compute(scope: Scope) -> list[Node]:
        nodes = inner(scope)
        if len(nodes) == 1:
            return nodes if nodes[0].relevant else []
        return [node for node in nodes if node.relevant]

    return compute


def _walked(start: Nodes, walks: Sequence[Walk]) -> Nodes:
    def compute(scope: Scope) -> list[Node]:
        nodes = start(scope)
        for walk in walks:
            nodes = walk(nodes, scope)
        return nodes

    return compute


# -- where a path starts ----------------------------------------------------------------------------------------------
def _compile_start(compiler: "Compiler", path: Path, whole: bool) -> tuple[Nodes, Sequence[Step]]:
    """The closure for the leading steps that need no search, and the steps that are left."""
    steps = path.steps
    if path.start is not None and not _is_current(path.start):
        start = compiler.nodes(path.start)
        indexed = _compile_indexed(compiler, path)
        if indexed is not None:
            return indexed
        return _filtered(compiler, start, path.predicates), steps
    if path.absolute:
        names = _leading_names(steps)
        if not names:
            return (lambda scope: [scope.environment.document]), steps
        return _absolute(names, _levels(compiler, names, whole and len(names) == len(steps))), steps[len(names) :]
    ups = 0
    while ups < len(steps) and steps[ups].axis == "parent" and not steps[ups].predicates:
        ups += 1
    names = _leading_names(steps[ups:])
    return _relative(ups, names, from_current=path.start is not None), steps[ups + len(names) :]


def _is_current(start: Expression) -> bool:
    return isinstance(start, Call) and start.name == "current" and not start.arguments


def _leading_names(steps: Sequence[Step]) -> tuple[str, ...]:
    names = []
    for step in steps:
        if not step.plain:
            break
        names.append(step.test.rpartition(":")[2])
    return tuple(names)


def _levels(compiler: "Compiler", names: tuple[str, ...], whole: bool) -> int:
    """How many leading steps of an absolute path are fixed to the rows around the context node.

    JavaRosa fixes all that the two share, also in `sum(/data/rep/x)`. Enketo leaves the last repeat of a node-set open.
    """
    if compiler.dialect.name == "javarosa" or not whole:
        return len(names) if compiler.levels is None else min(len(names), compiler.levels)
    prefixes = ["/" + "/".join(names[: depth + 1]) for depth in range(len(names))]
    return max((depth for depth, prefix in enumerate(prefixes) if prefix in compiler.repeats), default=len(names))


def _absolute(names: tuple[str, ...], levels: int) -> Nodes:
    generic = "/" + "/".join(names)

    def compute(scope: Scope) -> list[Node]:
        nodes = scope.environment.by_path.get(generic)
        if nodes is None:
            return []
        if len(nodes) == 1:
            return nodes
        own = own_rows(scope, names, levels)
        return nodes if own is None else own

    return compute


def own_rows(scope: Scope, names: Sequence[str], most: int) -> list[Node] | None:
    """The nodes of the absolute path `names` inside the context's own rows; at most `most` leading steps are fixed.

    None where the context shares no step with the path.
    """
    line = lineage(scope.node)
    if line[0] is not scope.environment.root:
        line = lineage(scope.current)
    shared = 0
    for node, name in zip(line, names[:most], strict=False):
        if node.name != name:
            break
        shared += 1
    if shared == 0:
        return None
    nodes = [line[shared - 1]]
    for name in names[shared:]:
        nodes = children_named(nodes, name)
    return nodes


def _relative(ups: int, names: tuple[str, ...], *, from_current: bool) -> Nodes:
    """`../../a/b`, as XPath 1.0 has it."""

    def compute(scope: Scope) -> list[Node]:
        node: Node | None = scope.current if from_current else scope.node
        for _ in range(ups):
            if node is None:
                return []
            node = node.parent
        nodes = [] if node is None else [node]
        for name in names:
            nodes = children_named(nodes, name)
        return nodes

    def sibling(scope: Scope) -> list[Node]:
        parent = (scope.current if from_current else scope.node).parent
        return [] if parent is None else [child for child in parent.children if child.name == name]

    if ups == 0 and not names:
        return (lambda scope: [scope.current]) if from_current else (lambda scope: [scope.node])
    name = names[0] if len(names) == 1 else ""
    if name and ups == 0:
        return (lambda scope: scope.current.all(name)) if from_current else (lambda scope: scope.node.all(name))
    if name and ups == 1:
        return sibling
    return compute


# -- steps ------------------------------------------------------------------------------------------------------------
def _compile_step(compiler: "Compiler", step: Step) -> Walk:
    axis = AXES[step.axis]
    matches = _compile_test(compiler, step)
    predicates = [compiler.predicate(predicate) for predicate in step.predicates]
    unordered = step.axis not in FORWARD_AXES

    def walk(nodes: list[Node], scope: Scope) -> list[Node]:
        found: list[Node] = []
        for node in nodes:
            candidates = [candidate for candidate in axis(node) if matches(candidate)]
            for predicate in predicates:
                candidates = predicate(candidates, scope)
            found += candidates
        return in_document_order(found) if unordered and len(found) > 1 else found

    return walk


def _compile_test(compiler: "Compiler", step: Step) -> Callable[[Node], bool]:
    test = step.test
    if test == "node()":
        return lambda node: True
    if test == "text()":
        # Texts are no nodes of this tree: an element without children stands for its text.
        return lambda node: False
    if test in ("comment()", "processing-instruction()"):
        return lambda node: False
    prefix, _, name = test.rpartition(":")
    namespace = compiler.namespaces.get(prefix) if prefix else None
    if namespace is None:
        return (lambda node: node.name != "") if name == "*" else (lambda node: node.name == name)
    return lambda node: node.namespace == namespace and name in ("*", node.name)


def _filtered(compiler: "Compiler", start: Nodes, predicates: Sequence[Expression]) -> Nodes:
    if not predicates:
        return start
    compiled = [compiler.predicate(predicate) for predicate in predicates]

    def compute(scope: Scope) -> list[Node]:
        nodes = start(scope)
        for predicate in compiled:
            nodes = predicate(nodes, scope)
        return nodes

    return compute


# -- filters on large lists -------------------------------------------------------------------------------------------
def _compile_indexed(compiler: "Compiler", path: Path) -> tuple[Nodes, Sequence[Step]] | None:
    """`instance('x')/root/item[column = value]...` through an index; None for a path of another shape."""
    start, steps = path.start, path.steps
    if not isinstance(start, Call) or start.name != "instance" or path.predicates or len(steps) < 2:
        return None
    filtering = next((place for place, step in enumerate(steps) if step.predicates), -1)
    if filtering < 1 or not all(step.plain for step in steps[:filtering]):
        return None
    step = steps[filtering]
    wanted = _find_equality(step.predicates[0])
    if wanted is None or step.axis != "child" or step.test[-1] in "*)":
        return None
    parents = _walked(compiler.nodes(start), [_compile_step(compiler, before) for before in steps[:filtering]])
    column, sought = wanted
    keys = compiler.keys(sought)
    whole_step = _compile_step(compiler, step)
    predicates = [compiler.predicate(predicate) for predicate in step.predicates]

    def compute(scope: Scope) -> list[Node]:
        texts = keys(scope)
        if texts is None:
            return whole_step(parents(scope), scope)
        found: list[Node] = []
        for parent in parents(scope):
            index = scope.environment.instances.index(parent, step.test, column)
            candidates = [node for text in texts for node in index.get(text, ())]
            for predicate in predicates:
                candidates = predicate(candidates, scope)
            found += candidates
        return found

    return compute, steps[filtering + 1 :]


def _find_equality(predicate: Expression) -> tuple[str, Expression] | None:
    """The column and the sought value of `column = value`, alone or the first fit of an `and` chain."""
    if not isinstance(predicate, Chain):
        return None
    if set(predicate.operators) == {"and"}:
        fits = (_find_equality(operand) for operand in predicate.operands if isinstance(operand, Chain))
        return None if _uses_position(predicate) else next((fit for fit in fits if fit is not None), None)
    if predicate.operators != ("=",):
        return None
    left, right = predicate.operands
    if _is_column(left) and _is_independent(right):
        return _column_name(left), right
    if _is_column(right) and _is_independent(left):
        return _column_name(right), left
    return None


def _is_column(tree: Expression) -> bool:
    return (
        isinstance(tree, Path)
        and not tree.absolute
        and tree.start is None
        and len(tree.steps) == 1
        and tree.steps[0].plain
    )


def _column_name(tree: Expression) -> str:
    assert isinstance(tree, Path)
    return tree.steps[0].test


def _is_independent(tree: Expression) -> bool:
    """Whether the value is the same for each item: a text, an absolute path, or a path from `current()`."""
    if isinstance(tree, Literal):
        return True
    if not isinstance(tree, Path) or any(step.predicates for step in tree.steps) or tree.predicates:
        return False
    return tree.absolute or (tree.start is not None and _is_current(tree.start))


def _uses_position(tree: Expression) -> bool:
    if isinstance(tree, Call):
        return tree.name in ("position", "last") or any(map(_uses_position, tree.arguments))
    return isinstance(tree, Chain) and any(map(_uses_position, tree.operands))


# -- indexed-repeat ---------------------------------------------------------------------------------------------------
def generic_names(path: Path, scope: Scope) -> list[str]:
    """The names from the root down that `path` spells at this scope.

    Raises:
        ExpressionError: a path of other steps than names and `..`.
    """
    names = [] if path.absolute else [node.name for node in lineage(scope.current if path.start else scope.node)]
    for step in path.steps:
        if step.axis == "parent" and names:
            names.pop()
        elif step.axis == "child" and step.test[-1] not in "*)":
            names.append(step.test.rpartition(":")[2])
        elif step.axis != "self":
            raise ExpressionError(say("expected a plain path to a question or repeat"), position=step.position)
    return names


def rows_at(scope: Scope, target: Sequence[str], indices: Mapping[int, int]) -> list[Node]:
    """The nodes of `target`: the 0-based row `indices[depth]` at these depths, the context's own rows elsewhere."""
    line = lineage(scope.node)
    same, nodes = True, [scope.environment.document]
    for depth, name in enumerate(target):
        candidates = children_named(nodes, name)
        same = same and depth < len(line) and line[depth].name == name
        if depth in indices:
            wanted = indices[depth]
            nodes = candidates[wanted : wanted + 1] if wanted >= 0 else []
        elif same and line[depth] in candidates:
            nodes = [line[depth]]
        else:
            nodes = candidates
    return nodes
