"""The house as its source files tell it: rooms, imports, definitions. Nothing of ours is imported to find out."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "surveyapp"


@dataclass(frozen=True)
class Import:
    """One name imported: `from module import name`, or `import module` with an empty name."""

    module: str
    name: str
    line: int
    inside_function: bool
    for_types: bool

    @property
    def library(self) -> str:
        """The top-level name of the module."""
        return self.module.partition(".")[0]

    @property
    def room(self) -> str:
        """Of a module of ours, its room: web for `surveyapp.web.openrosa`, empty for the package itself."""
        parts = self.module.split(".")
        if len(parts) > 1:
            return parts[1]
        return self.name if find_module(f"{self.module}.{self.name}") else ""


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """The file's text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The file parsed."""
        return ast.parse(self.text, str(self))

    @property
    def inside(self) -> str:
        """Path inside the package: `web/openrosa.py`."""
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def room(self) -> str:
        """The module or folder directly under surveyapp/; empty for surveyapp/__init__.py."""
        first = self.inside.partition("/")[0].removesuffix(".py")
        # `python -m surveyapp` is the command line.
        return {"__init__": "", "__main__": "cli"}.get(first, first)

    @cached_property
    def imports(self) -> list[Import]:
        """Every import statement, one entry a name."""
        return list(_imports(self.tree, inside_function=False, for_types=False))

    @cached_property
    def defined(self) -> set[str]:
        """Names that the file itself makes at its top level; imported names are not among them."""
        return set(_defined(self.tree.body))


def package_sources() -> list[Source]:
    """The files of surveyapp/."""
    return [Source(path) for path in sorted(PACKAGE.rglob("*.py"))]


def all_sources() -> list[Source]:
    """Every Python file of ours."""
    folders = [PACKAGE, *(ROOT / name for name in ("tests", "bench", "migrations"))]
    paths = [*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]
    return [Source(path) for path in sorted(paths)]


def find_module(module: str) -> Source | None:
    """The file of a dotted name of ours; None where the name is not a module."""
    place = ROOT.joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.exists():
            return Source(path)
    return None


def _imports(node: ast.AST, *, inside_function: bool, for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, "", child.lineno, inside_function, for_types)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                module = "." * child.level + (child.module or "")
                yield Import(module, alias.name, child.lineno, inside_function, for_types)
        else:
            yield from _imports(
                child,
                inside_function=inside_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef),
                for_types=for_types or (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"),
            )


def _defined(statements: list[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id
