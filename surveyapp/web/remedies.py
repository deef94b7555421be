"""For `make translations`: what is said where something is refused or found at fault, in the rooms below the pages."""

import ast
from collections.abc import Iterator
from typing import IO, Any, Final

from babel.messages.extract import extract_python

# The places of the texts among the arguments; `say` and `as_sentence` take the others, that have places for values.
TEXTS: Final = {"Problem": slice(1, 2), "FormFinding": slice(2, 4), "say": slice(1), "as_sentence": slice(1)}
NAMED: Final = {"detail", "message", "remedy"}


def extract_remedies(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """What Babel itself finds in a file, each template of a sentence, and each text that a Problem or a FormFinding is
    given as it stands, all as messages of Babel.
    """
    yield from extract_python(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEXTS:
            for given in (*node.args[TEXTS[node.func.id]], *(one.value for one in node.keywords if one.arg in NAMED)):
                yield from ((one.lineno, "gettext", one.value, []) for one in _constants(given))


def _constants(node: ast.expr) -> Iterator[ast.Constant]:
    """The texts that an argument may be: itself, or one of those it is chosen from."""
    if isinstance(node, ast.IfExp):
        yield from (*_constants(node.body), *_constants(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node
