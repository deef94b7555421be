"""The front door: evaluate an expression, or compile it once and evaluate it often."""

import datetime
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from xml.parsers import expat

from surveyapp.answers import Node
from surveyapp.expressions.compiler import Compiler, Compute
from surveyapp.expressions.dates import Date
from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.parser import parse
from surveyapp.expressions.references import References, list_references
from surveyapp.expressions.scope import Environment, Instances, Scope, list_repeats, paths_of
from surveyapp.expressions.syntax import Expression
from surveyapp.expressions.values import Scalar, Value
from surveyapp.sentences import say

DialectName: TypeAlias = Literal["javarosa", "xforms"]

NESTED_TOO_DEEPLY: Final = "expected fewer levels of nesting"


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression ready to be evaluated at many nodes."""

    text: str
    tree: Expression
    compute: Compute
    compiler: Compiler

    def value(self, scope: Scope) -> Value:
        """Its value, of whatever kind.

        Raises:
            ExpressionError: it cannot be evaluated.
            NotCheckable: its value cannot be known here.
        """
        try:
            return self.compute(scope)
        except RecursionError:
            raise NotCheckable(say("it is nested too deeply")) from None

    def boolean(self, scope: Scope) -> bool:
        """Its value as a condition."""
        value = self.value(scope)
        return value if isinstance(value, bool) else self.compiler.dialect.boolean(value, scope)

    def number(self, scope: Scope) -> float:
        """Its value as a number, NaN where it is none."""
        return self.compiler.dialect.number(self.value(scope), scope)

    def scalar(self, scope: Scope) -> Scalar:
        """Its value; of a node-set the value of its node."""
        value = self.value(scope)
        return self.compiler.dialect.single(value, scope) if isinstance(value, list) else value

    def references(self, context: str) -> References:
        """What it refers to at the node of the generic path `context`."""
        return list_references(self.tree, context)


def compile_expression(
    expression: str,
    dialect: DialectName = "javarosa",
    *,
    repeats: frozenset[str] = frozenset(),
    namespaces: Mapping[str, str] | None = None,
    levels: int | None = None,
) -> Compiled:
    """`expression` for one dialect.

    `repeats` are the generic paths of the form's repeats; `levels` limits how many leading steps of absolute paths are
    fixed to the context's own rows (see `surveyapp.expressions.paths`).

    Raises:
        ExpressionError: says where it stops being an expression.
    """
    try:
        tree = parse(expression)
        compiler = Compiler(dialect, repeats, namespaces, levels)
        return Compiled(expression, tree, compiler.value(tree), compiler)
    except RecursionError:
        raise ExpressionError(NESTED_TOO_DEEPLY) from None


def evaluate(
    expression: str,
    *,
    document: str | Node | None = None,
    context: str | None = None,
    dialect: DialectName = "javarosa",
    now: datetime.datetime | None = None,
    timezone: str = "UTC",
    language: str | None = None,
    namespaces: Mapping[str, str] | None = None,
    instances: Mapping[str, str | Node] | None = None,
) -> str | float | bool | list[Node]:
    """The value of an XForms expression.

    Args:
        expression: the expression.
        document: XML text, or a tree; nodes of a tree may carry the type of their bind.
        context: a path to the context node in it; without it the root.
        dialect: `javarosa` (ODK Collect) or `xforms` (ODK Web Forms, Enketo).
        now: the aware instant that `now()` gives; without it the clock's.
        timezone: the IANA zone in which dates are local.
        language: the active language of the form.
        namespaces: prefixes of names in the expression.
        instances: secondary instances by id, as XML text or trees; the root of each, or its `<instance>` element.

    Raises:
        ExpressionError: says position, what was found and what was expected.
        NotCheckable: a kind of it, where the expression may be sound but its value cannot be known here.
    """
    root = read_tree(document) if isinstance(document, str) else document or Node("data")
    zone = _zone(timezone)
    by_path = paths_of(root)
    compiled = compile_expression(expression, dialect, repeats=list_repeats(by_path), namespaces=namespaces)
    environment = Environment(
        root,
        now=(now or datetime.datetime.now(datetime.UTC)).astimezone(zone),
        instances=Instances({name: _instance(tree) for name, tree in (instances or {}).items()}),
        language=language or "",
        by_path=by_path,
    )
    node = _find_context(root, context, environment, dialect) if context else root
    value = compiled.value(Scope(environment, node))
    return value.full_text() if isinstance(value, Date) else value


def _zone(name: str) -> datetime.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ExpressionError(say("expected the name of a time zone such as Europe/Paris"), found=repr(name)) from None


def _find_context(root: Node, context: str, environment: Environment, dialect: DialectName) -> Node:
    # Positions are how a context tells rows apart, so the path to it is always read as XPath 1.0.
    del dialect
    found = compile_expression(context, "xforms").value(Scope(environment, root))
    if not isinstance(found, list) or not found:
        raise ExpressionError(say("expected a path to a node as context"), found=repr(context))
    return found[0]


def _instance(tree: str | Node) -> Node:
    node = read_tree(tree) if isinstance(tree, str) else tree
    if node.name == "instance":
        return node
    instance = Node("instance")
    instance.append(node)
    return instance


def read_tree(text: str) -> Node:
    """XML text as a tree of nodes.

    Raises:
        ExpressionError: it is not XML, or it has a DOCTYPE.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(text.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        raise ExpressionError(say("expected an XML document"), found=str(error)) from error
    return builder.top.children[0]


class _Builder:
    """Hangs each element below the one that is open."""

    def __init__(self) -> None:
        self.top = Node("")
        self.open = [self.top]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        named = {f"{{{key.replace(' ', '}')}" if " " in key else key: value for key, value in attributes.items()}
        node = Node(local, "", namespace=namespace, attributes=named)
        parent = self.open[-1]
        parent.children.append(node)
        if parent is not self.top:
            node.parent = parent
            parent.text = None
        self.open.append(node)

    def end(self, _: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        node = self.open[-1]
        if node.text is not None:
            node.text += text

    def doctype(self, *_: object) -> None:
        raise ExpressionError(say("expected an XML document without DOCTYPE"))
