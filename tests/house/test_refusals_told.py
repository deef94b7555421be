"""What is refused or found at fault can be said in another language: its words are no text put together on the spot."""

import ast

from tests.house.source import package_sources

# The places of the words among the arguments.
WORDS = {"Problem": slice(1, 2), "FormFinding": slice(2, 4), "say": slice(1)}
NAMED = {"detail", "message", "remedy"}
# What they refuse is read at the command line alone, which speaks English.
ENGLISH = {"cli", "keeping"}


def _put_together(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _put_together(node.body) or _put_together(node.orelse)
    return isinstance(node, ast.JoinedStr | ast.BinOp)


def test_words_of_refusals_and_faults_are_templates_with_named_values() -> None:
    wrong = []
    for source in (one for one in package_sources() if one.room not in ENGLISH):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORDS:
                given = [*node.args[WORDS[node.func.id]], *(one.value for one in node.keywords if one.arg in NAMED)]
                wrong += [f"{source}:{one.lineno}" for one in given if _put_together(one)]
    assert not wrong, 'Write say("The form has no {kind}.", kind=kind); see docs/house.md, "How a page is made".'
