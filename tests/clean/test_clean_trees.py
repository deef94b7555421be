"""Trees of which each node is made when it is asked for, beside trees that are whole from the beginning."""

from hypothesis import given
from hypothesis import strategies as st

from surveyapp.answers import Node
from surveyapp.clean.records import Row
from surveyapp.clean.trees import Needs, Plan, Tree
from tests.clean.household import HOUSEHOLD, NOON

PLAN = Plan(HOUSEHOLD, "", {"": ["/data/added"], "/data/member": ["/data/member/more"]})
PATHS = [step.path for step in PLAN.list_steps()]
ROWS = [
    Row("", "", "", {"/data/head": "Chen", "/data/income": 70, "/data/added": 3}),
    Row("/data/member", "m1", "", {"/data/member/m_name": "Chen", "/data/member/m_age": 40, "/data/member/more": "x"}),
    Row("/data/member/job", "j1", "m1", {"/data/member/job/j_name": "cook"}),
    Row("/data/member/job", "j2", "m1", {"/data/member/job/j_name": "driver"}),
    Row("/data/member", "m2", "", {"/data/member/m_name": "Li"}),
    Row("/data/member/job", "j3", "m2", {}),
]


def texts(tree: Tree) -> dict[str, list[tuple[str, str, str | None]]]:
    """What lies at each path, in order: the type, the text, and the name of what is around."""
    return {path: [(node.type, node.value, _around(node)) for node in nodes] for path, nodes in tree.by_path.items()}


def _around(node: Node) -> str | None:
    return None if node.parent is None else node.parent.path()


@given(st.lists(st.sampled_from(PATHS)))
def test_what_is_made_bit_by_bit_is_as_in_a_whole_tree(paths: list[str]) -> None:
    whole, tree = Tree(PLAN, ROWS, NOON), Tree(PLAN, ROWS, NOON)
    whole.need(Needs((), whole=True))
    for path in paths:
        tree.need(Needs((path,)))
    found, expected = texts(tree), texts(whole)
    assert set(paths) & expected.keys() <= found.keys()
    # The text of a group is that of all inside it: an expression that reads one asks for the whole tree.
    asked = [path for path in found if not whole.by_path[path][0].children]
    assert {path: found[path] for path in asked} == {path: expected[path] for path in asked}
    tree.need(Needs((), whole=True))
    assert texts(tree) == expected
    assert [row.key for row in ROWS if tree.has_row(row.key)] == [row.key for row in ROWS]


def test_a_cell_is_found_before_and_after_it_is_written() -> None:
    tree = Tree(PLAN, ROWS, NOON)
    assert tree.find_node("j2", "/data/member/job/j_name").value == "driver"
    tree.put("j2", "/data/member/job/j_name", "teacher")
    assert [node.value for node in tree.by_path["/data/member/job/j_name"]] == ["cook", "teacher", ""]
    assert tree.find_node("nobody", "/data/head") is tree.root
