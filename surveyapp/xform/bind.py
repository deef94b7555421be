"""A record meets its form: each node learns which question it answers, and its typed value."""

from surveyapp.answers import Node
from surveyapp.values import read_value
from surveyapp.xform.definition import FormDefinition, Question, Repeat


def bind(definition: FormDefinition, root: Node) -> list[Node]:
    """Set `element` and `typed` on every node of the record `root`; return the nodes that the form does not know.

    Of an unknown subtree only its top is returned. The meta block is known whatever it holds.
    """
    known = definition.children_by_name
    unknown: list[Node] = []
    root.element = definition.root
    stack = [root]
    while stack:
        parent = stack.pop()
        by_name = known[parent.element.path]
        for node in parent.children:
            element = by_name.get(node.name)
            if element is None:
                if parent is not root or node.name != "meta":
                    unknown.append(node)
            elif isinstance(element, Question):
                node.element = element
                node.typed = read_value(element.type, node.text)
                unknown.extend(node.children)
            else:
                node.element = element
                stack.append(node)
    return unknown


def indexed_path(node: Node) -> str:
    """The path of a bound node with the 1-based index of each repeat row on the way: `/data/member[2]/m_age`."""
    steps: list[str] = []
    step: Node | None = node
    while step is not None:
        parent = step.parent
        if parent is not None and isinstance(step.element, Repeat):
            steps.append(f"{step.name}[{parent.all(step.name).index(step) + 1}]")
        else:
            steps.append(step.name)
        step = parent
    return "/" + "/".join(reversed(steps))
