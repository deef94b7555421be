"""Functions on nodes and lists."""

import hashlib
from typing import Final

from surveyapp.answers import Node
from surveyapp.expressions.errors import NotCheckable
from surveyapp.expressions.functions import ANY_NUMBER, Table
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.values import DIALECTS, Value, node_text
from surveyapp.sentences import say

NODES: Final = Table()
# Park and Miller's generator with Carta's multiplier, as ODK's randomize() uses it.
MODULUS: Final = 2_147_483_647
MULTIPLIER: Final = 48_271


@NODES.add("count", kinds=["nodes"])
def count(nodes: list[Node]) -> float:
    """`count(nodes)`."""
    return float(len(nodes))


@NODES.add("count-non-empty", kinds=["nodes"])
def count_non_empty(nodes: list[Node]) -> float:
    """`count-non-empty(nodes)`."""
    return float(sum(1 for node in nodes if node_text(node) != ""))


@NODES.add("instance", kinds=["text"], scoped=True)
def instance(scope: Scope, name: str) -> list[Node]:
    """`instance(id)`: the `<instance>` element."""
    return [scope.environment.instances.get(name)]


@NODES.add("current", scoped=True)
def current(scope: Scope) -> list[Node]:
    """`current()`: the node whose rule is evaluated."""
    return [scope.current]


@NODES.add("pulldata", kinds=["text", "text", "text", "text"], scoped=True)
def pulldata(scope: Scope, file: str, column: str, key_column: str, key: str) -> str:
    """The cell in `column` of the first row of `file` whose `key_column` is `key`, '' where there is none."""
    instances = scope.environment.instances
    table = instances.get(file)
    for root in table.children[:1]:
        for row in instances.index(root, "item", key_column).get(key, ())[:1]:
            cell = row.find(column)
            return "" if cell is None else cell.value
    return ""


@NODES.add("jr:choice-name", kinds=["text", "text"], scoped=True)
def choice_name(scope: Scope, value: str, path: str) -> str:
    """`jr:choice-name(value, path)`: the label in the active language."""
    if scope.environment.choice_name is None:
        raise NotCheckable(say("the labels of choices are not known here"))
    return scope.environment.choice_name(value, path, scope)


@NODES.add("jr:itext", kinds=["text"], scoped=True)
def itext(scope: Scope, name: str) -> str:
    """`jr:itext(id)`: the text in the active language."""
    if scope.environment.translate is None:
        raise NotCheckable(say("the texts of the form are not known here"))
    return scope.environment.translate(name)


def read_seed(value: Value, scope: Scope) -> int:
    """A number is truncated; another text gives the first eight bytes of its SHA-256; '' and NaN give 0."""
    text = DIALECTS["xforms"].text(value, scope)
    number = DIALECTS["xforms"].number(value, scope)
    if number == number and abs(number) < 2**63:
        return int(number)
    if text in ("", "NaN"):
        return 0
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


@NODES.add("randomize", kinds=["nodes", "value"], least=1, scoped=True)
def randomize(scope: Scope, nodes: list[Node], seed: Value | None = None) -> list[Node]:
    """An inside-out Fisher-Yates shuffle."""
    state = scope.environment.random.getrandbits(31) if seed is None else read_seed(seed, scope)
    state = state % MODULUS if state >= 0 else -(-state % MODULUS)
    state = state + MODULUS - 1 if state <= 0 else state
    shuffled: list[Node] = []
    for place, node in enumerate(nodes):
        state = state * MULTIPLIER % MODULUS
        other = int((state - 1) / (MODULUS - 1) * (place + 1))
        shuffled.append(node)
        shuffled[place], shuffled[other] = shuffled[other], node
    return shuffled


@NODES.add("depend", kinds=["value", "value"], least=1, most=ANY_NUMBER, dialects=["javarosa"])
def depend(value: Value, *others: Value) -> Value:
    """`depend(x, ...)`: x."""
    del others
    return value


# -- names, where only XPath 1.0 engines have them --------------------------------------------------------------------
@NODES.add("name", "local-name", kinds=["nodes"], dialects=["xforms"])
def name(nodes: list[Node]) -> str:
    """`name(nodes)` and `local-name(nodes)` of the first node."""
    return nodes[0].name if nodes else ""


@NODES.add("namespace-uri", kinds=["nodes"], dialects=["xforms"])
def namespace_uri(nodes: list[Node]) -> str:
    """`namespace-uri(nodes)` of the first node."""
    return nodes[0].namespace if nodes else ""


@NODES.add("id", kinds=["text"], dialects=["xforms"], scoped=True)
def by_id(scope: Scope, names: str) -> list[Node]:
    """`id(names)`: the nodes with these ids."""
    wanted = set(names.split())
    return [node for node in scope.environment.root.walk() if node.attributes.get("id") in wanted]


@NODES.add("lang", kinds=["text"], dialects=["xforms"], scoped=True)
def in_language(scope: Scope, wanted: str) -> bool:
    """`lang(language)`: by the nearest xml:lang around the context node."""
    node: Node | None = scope.node
    while node is not None:
        for key, language in node.attributes.items():
            if key.rpartition("}")[2].rpartition(":")[2] == "lang":
                return language.lower() == wanted.lower() or language.lower().startswith(f"{wanted.lower()}-")
        node = node.parent
    return False
