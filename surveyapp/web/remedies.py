"""For `make translations`: the remedies that are written where something is refused, beside those of the catalogue."""

import ast
from collections.abc import Iterator
from typing import IO, Any

from babel.messages.extract import extract_python


def extract_remedies(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """What Babel itself finds in a file, and each text that a call of Problem is given as its `remedy`, all as messages
    of Babel. What is put together from values has no translation.
    """
    yield from extract_python(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
            for given in node.keywords:
                if given.arg == "remedy" and isinstance(given.value, ast.Constant) and given.value.value:
                    yield given.value.lineno, "gettext", given.value.value, []
