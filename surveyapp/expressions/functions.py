"""What an entry of the table of functions looks like.

Bodies stand beside their kin (`text_functions`, `number_functions`, ...), each module with a `Table` of its own; what
needs its arguments unevaluated is in `surveyapp.expressions.special`, and `surveyapp.expressions.catalogue` puts them
together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, TypeVar

Kind: TypeAlias = Literal["text", "number", "boolean", "nodes", "value", "whole"]
BodyT = TypeVar("BodyT", bound=Callable[..., Any])

ANY_NUMBER: Final = 10_000
BOTH: Final = ("javarosa", "xforms")


@dataclass(frozen=True, slots=True)
class Function:
    """`kinds` are what the arguments are converted to; the last one holds for all that follow.

    `scoped` bodies take the Scope first.
    """

    name: str
    kinds: tuple[Kind, ...]
    least: int
    most: int
    body: Callable[..., Any]
    scoped: bool
    dialects: tuple[str, ...]


class Table(list[Function]):
    """Functions in the order in which they are declared."""

    def add(
        self,
        *names: str,
        kinds: Sequence[Kind] = (),
        least: int | None = None,
        most: int | None = None,
        dialects: Sequence[str] = BOTH,
        scoped: bool = False,
    ) -> Callable[[BodyT], BodyT]:
        """Enter the decorated body under `names`.

        It takes as many arguments as `kinds` has, unless `least` and `most` say more.
        """

        def enter(body: BodyT) -> BodyT:
            low = len(kinds) if least is None else least
            high = max(len(kinds), low) if most is None else most
            self.extend(Function(name, tuple(kinds), low, high, body, scoped, tuple(dialects)) for name in names)
            return body

        return enter
