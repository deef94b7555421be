"""The parts of an expression, as a tree.

Positions are characters from 0 and take no part in comparison, so that an expression equals its reprint. A chain keeps
operators of one precedence side by side: ten thousand terms are one flat chain, not a tree of that depth.
"""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A number, as written in `text`."""

    value: float
    text: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A text between quotes."""

    value: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands with operators of one precedence between them, applied from the left."""

    operands: "tuple[Expression, ...]"
    operators: tuple[str, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Negation:
    """`-operand`; `times` says how many minus signs stand there."""

    operand: "Expression"
    times: int = 1
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: "tuple[Expression, ...]" = ()
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path.

    `test` is a name, `*`, `prefix:*`, `node()`, `text()`, `comment()` or `processing-instruction()`.
    """

    axis: str
    test: str
    predicates: "tuple[Expression, ...]" = ()
    position: int = field(default=0, compare=False)

    @property
    def plain(self) -> bool:
        """Whether it is a child by name without predicate."""
        return self.axis == "child" and not self.predicates and self.test[-1] not in "*)"


@dataclass(frozen=True, slots=True)
class Path:
    """A location path. It starts at the root (`absolute`), at the value of `start`, or at the context node."""

    steps: tuple[Step, ...]
    absolute: bool = False
    start: "Expression | None" = None
    predicates: "tuple[Expression, ...]" = ()
    position: int = field(default=0, compare=False)


Expression: TypeAlias = Number | Literal | Chain | Negation | Call | Path
