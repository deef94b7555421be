"""In which order rules must be judged, and the circles in which they cannot be.

The graph is over generic paths: what an element's relevance and calculation read, and the relevance of what is around
it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from surveyapp.xform.definition import FormDefinition

Graph: TypeAlias = Mapping[str, Iterable[str]]


def ancestors(path: str) -> Iterator[str]:
    """The paths around `path`, innermost first, without the root's."""
    parent = path.rpartition("/")[0]
    while parent.count("/") > 1:
        yield parent
        parent = parent.rpartition("/")[0]


def relevance_order(relevant: Mapping[str, Iterable[str]]) -> list[str]:
    """The paths that have a relevance, each after those that it reads or lies in; `relevant` gives the paths that each
    reads.

    Members of a circle come in the order in which they were met.
    """
    graph: dict[str, list[str]] = {}
    for path, reads in relevant.items():
        wanted = [*ancestors(path)]
        for read in reads:
            wanted += [read, *ancestors(read)]
        graph[path] = [other for other in dict.fromkeys(wanted) if other in relevant and other != path]
    order: list[str] = []
    done: set[str] = set()
    for path in relevant:
        _visit(path, graph, done, order)
    return order


def _visit(path: str, graph: Mapping[str, list[str]], done: set[str], order: list[str]) -> None:
    """Depth first, with a stack of our own: a chain of a thousand questions is no depth for Python."""
    if path in done:
        return
    done.add(path)
    stack = [(path, iter(graph[path]))]
    while stack:
        current, waiting = stack[-1]
        following = next((other for other in waiting if other not in done), None)
        if following is None:
            stack.pop()
            order.append(current)
        else:
            done.add(following)
            stack.append((following, iter(graph[following])))


def list_cycles(definition: FormDefinition, relevant: Graph, calculate: Graph) -> list[list[str]]:
    """The circles of dependency, each as the paths along it.

    A rule that reads its own question is one, in any row of a repeat: JavaRosa refuses it too.
    """
    graph: dict[str, list[str]] = {}
    for path in definition.elements:
        wanted = [path.rpartition("/")[0], *relevant.get(path, ()), *calculate.get(path, ())]
        graph[path] = [read for read in dict.fromkeys(wanted) if read in definition.elements and read.count("/") > 1]
    return _cycles(graph)


def _cycles(graph: Mapping[str, list[str]]) -> list[list[str]]:
    """One circle for each path at which a walk meets itself."""
    found: list[list[str]] = []
    state: dict[str, int] = {}
    for start in graph:
        if state.get(start):
            continue
        trail, stack = [start], [iter(graph[start])]
        state[start] = 1
        while stack:
            following = next(stack[-1], None)
            if following is None:
                state[trail.pop()] = 2
                stack.pop()
            elif state.get(following) == 1:
                found.append(trail[trail.index(following) :])
            elif following in graph and not state.get(following):
                state[following] = 1
                trail.append(following)
                stack.append(iter(graph[following]))
    return found
