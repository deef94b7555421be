"""Which choices are ticked."""

import random
from collections.abc import Sequence

from surveyapp.answers import Node
from surveyapp.expressions.scope import Scope
from surveyapp.simulate.plan import Task, is_exclusive
from surveyapp.simulate.visit import Visit
from surveyapp.simulate.words import make_household

OPENING_ODDS = 0.95
USUAL_ODDS = 0.97
EXCLUSIVE_ODDS = 0.12
MOST_TICKS = 4

_RELATIONS = {
    "head": ("head", "self", "户主"),
    "spouse": ("spouse", "wife", "husband", "partner", "配偶"),
    "child": ("child", "son", "daughter", "子女", "儿子"),
    "in-law": ("inlaw", "in_law", "child_in_law", "媳", "婿"),
    "grandchild": ("grandchild", "grand", "孙"),
    "parent": ("parent", "mother", "father", "父"),
}
_SEXES = {"m": ("m", "male", "man", "男"), "f": ("f", "female", "woman", "女")}
_HEAD_COLUMNS = ("head_name", "head", "户主")
_SIZE_COLUMNS = ("hh_size", "size", "members", "人口")


def offered(task: Task, scope: Scope) -> list[str]:
    """The names of the choices that the phone would show."""
    return [name for name, _ in _items(task, scope)] if task.nodes else list(task.choices)


def _items(task: Task, scope: Scope) -> list[tuple[str, Node]]:
    itemset = task.question.itemset
    if task.nodes is None or itemset is None:
        return []
    found = []
    for node in task.nodes(scope):
        value = node.find(itemset.value_ref.removeprefix("./"))
        if value is not None and value.value:
            found.append((value.value, node))
    return found


def make_choice(task: Task, scope: Scope, visit: Visit) -> str:
    """The name of one choice, '' where none is offered."""
    if task.outside:
        return _pick_outside(task, _items(task, scope), visit)
    names = offered(task, scope)
    if not names:
        return ""
    rng = visit.rng
    if task.opening in names and rng.random() < OPENING_ODDS:
        return task.opening
    wanted = _wanted(task, names, visit)
    if wanted:
        return wanted
    # A cascade of places is gone through evenly, other choices have their own frequencies.
    name = rng.choice(names) if task.nodes else rng.choices(names, weights=[task.weights[n] for n in names])[0]
    if task.topic == "place":
        visit.place = name
    return name


def _wanted(task: Task, names: Sequence[str], visit: Visit) -> str:
    """The choice that what is known of the household calls for, '' where it calls for none."""
    match task.topic:
        case "round":
            return names[0]
        case "relation":
            return _matching(task, names, _RELATIONS.get(visit.person().relation, ()))
        case "sex":
            return _matching(task, names, _SEXES[visit.person().sex])
        case "schooling":
            return _schooling(names, visit)
        case "unusual" if "no" in names and visit.rng.random() < USUAL_ODDS:
            return "no"
        case "usual" if "yes" in names and visit.rng.random() < USUAL_ODDS:
            return "yes"
    return ""


def _schooling(names: Sequence[str], visit: Visit) -> str:
    """No more schooling than the age allows, on a list that rises."""
    levels = [name for name in names if name == "none" or not is_exclusive(name)]
    age = visit.person().age
    reached = 1 + sum(age >= limit for limit in (3, 7, 13, 16, 19))
    if age >= 19:
        reached -= visit.rng.choices(range(4), weights=(2, 4, 5, 4))[0] if age < 70 else 3
    return levels[max(0, min(len(levels), reached) - 1)] if levels else ""


def _matching(task: Task, names: Sequence[str], words: Sequence[str]) -> str:
    for word in words:
        for name in names:
            if name.lower() == word or (not word.isascii() and word in task.labels.get(name, "")):
                return name
    return ""


def _pick_outside(task: Task, items: list[tuple[str, Node]], visit: Visit) -> str:
    """An item of a list that lies in a file, each once while there are any: a register is visited house by house."""
    if not items:
        return ""
    used = visit.used.setdefault(task.question.path, set())
    free = [item for item in items if item[0] not in used] or items
    name, node = visit.rng.choice(free)
    used.add(name)
    head, size = _cell(node, _HEAD_COLUMNS), _cell(node, _SIZE_COLUMNS)
    if head or size.isdigit():
        people = max(1, int(size) + visit.rng.choice((0, 0, 0, 0, -1, 1))) if size.isdigit() else 0
        visit.household = make_household(visit.rng, chinese=visit.chinese, head_name=head, size=people)
    return name


def _cell(node: Node, columns: Sequence[str]) -> str:
    return next((child.value for child in node.children if child.name.lower() in columns), "")


def make_choices(task: Task, scope: Scope, visit: Visit) -> str:
    """Several choices as a phone writes them, in the order of the list; `none` and its like alone."""
    names = offered(task, scope)
    if not names:
        return ""
    rng = visit.rng
    alone = [name for name in names if is_exclusive(name)]
    others = [name for name in names if not is_exclusive(name)]
    if alone and (not others or rng.random() < EXCLUSIVE_ODDS):
        return rng.choices(alone, weights=[1.0 if name in ("none", "no") else 0.1 for name in alone])[0]
    ticks = min(len(others), rng.choices(range(1, MOST_TICKS + 1), weights=(4, 4, 2, 1))[0])
    return " ".join(sorted(rng.sample(others, ticks), key=others.index))


def make_ranking(task: Task, scope: Scope, rng: random.Random) -> str:
    """Every choice, in any order."""
    names = offered(task, scope)
    return " ".join(rng.sample(names, len(names)))
