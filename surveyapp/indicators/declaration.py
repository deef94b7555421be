"""An indicator as a declared object: what it is called, what it reads, how it is computed and where the rule is from.

A question or indicator that exists for now and for before is written with `@`: `h_area_@` is `h_area_n` now and
`h_area_b` before, `area_pc@` is `area_pc` now and `area_pc_b` before. One declaration makes both twins.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from surveyapp.indicators.columns import Column

if TYPE_CHECKING:
    from surveyapp.indicators.reading import Reading

Set: TypeAlias = Literal["CORE", "BLOCK", "EXT"]
Level: TypeAlias = Literal["household", "village", "project"]
When: TypeAlias = Literal["now", "before"]
Formula: TypeAlias = "Callable[[Reading], Column]"

SHARE: Final = (0.0, 1.0)
UNLIMITED: Final = (0.0, math.inf)
# Questions whose name for now does not end in _n.
NOW_NAMES: Final = {"hh_size_n": "hh_size"}


@dataclass(frozen=True)
class Indicator:
    """One column of the table of indicators.

    `definition` is the formula in words, `missing` its rule for missing terms, `recall` what may be compared with what.
    `bounds` are the least and the greatest value. `flags` are the marks that the formula may set. `levels` are the
    names of a category, in order. `part_of` names the indicator that this column accompanies; `twin_of` the one for
    now, of one for before. `needs_fit` marks what waits for stored parameters.
    """

    code: str
    set: Set
    unit: str
    label_en: str
    label_zh: str
    definition: str
    formula: Formula
    missing: str
    recall: str
    source: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    levels: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    part_of: str = ""
    twin_of: str = ""
    when: When = "now"
    needs_fit: bool = False
    level: Level = "household"
    version: int = 1

    @property
    def counted(self) -> bool:
        """Whether the catalogue counts it: twins and parts are counted with what they belong to."""
        return not self.part_of and not self.twin_of


def resolve(name: str, when: When) -> str:
    """The name of a question or indicator that is written with `@`, for now or before."""
    if "@" not in name:
        return name
    if name.endswith("_@"):
        full = name[:-1] + ("n" if when == "now" else "b")
        return NOW_NAMES.get(full, full)
    return name[:-1] + ("" if when == "now" else "_b")


def twins(
    now: Indicator,
    *,
    before: "Formula | None" = None,
    before_inputs: tuple[str, ...] | None = None,
    before_depends: tuple[str, ...] | None = None,
) -> tuple[Indicator, Indicator]:
    """The indicator for now and the same for before. What differs before is given: a formula, inputs, depends."""
    then = replace(
        now,
        code=f"{now.code}_b",
        label_en=f"{now.label_en}, before",
        label_zh=f"{now.label_zh}（搬迁前）",
        formula=before or now.formula,
        inputs=_resolved(now.inputs if before_inputs is None else before_inputs, "before"),
        depends=_resolved(now.depends if before_depends is None else before_depends, "before"),
        twin_of=now.code,
        part_of=f"{now.part_of}_b" if now.part_of else "",
        when="before",
    )
    return replace(now, inputs=_resolved(now.inputs, "now"), depends=_resolved(now.depends, "now")), then


def _resolved(names: tuple[str, ...], when: When) -> tuple[str, ...]:
    return tuple(resolve(name, when) for name in names)
