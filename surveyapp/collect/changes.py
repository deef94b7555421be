"""What differs between two records of one form, answer by answer."""

from surveyapp.answers import Node
from surveyapp.xform.bind import indexed_path


def list_changes(old: Node, new: Node) -> list[tuple[str, str, str]]:
    """(path with repeat indices, before, after) of each answer that differs between two bound records, in the order of
    `new`, then of `old`; '' where one of them has none. The meta block is left out.
    """
    before, after = map_answers(old), map_answers(new)
    paths = [*after, *(path for path in before if path not in after)]
    return [(path, before.get(path, ""), after.get(path, "")) for path in paths if differs(path, before, after)]


def differs(path: str, before: dict[str, str], after: dict[str, str]) -> bool:
    """Whether the answer at `path` is another one; none and an empty one are the same."""
    return before.get(path, "") != after.get(path, "")


def map_answers(root: Node) -> dict[str, str]:
    """The answers of a bound record by path with repeat indices, in document order."""
    found: dict[str, str] = {}
    waiting = [node for node in reversed(root.children) if node.name != "meta"]
    while waiting:
        node = waiting.pop()
        if node.children:
            waiting.extend(reversed(node.children))
        else:
            found[indexed_path(node)] = node.value
    return found
