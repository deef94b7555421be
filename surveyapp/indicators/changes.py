"""Before and after: paired changes of villages and of the project, and differences in differences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import Column, Numbers
from surveyapp.indicators.estimation import Estimate, difference_in_differences, paired_change
from surveyapp.indicators.figures import NOT_ELIGIBLE, PROJECT, Figure, Line, View

# Twins that measure the same thing then and now. Of net_size only the visiting term was recalled.
PAIRED: Final = tuple(
    one.twin_of
    for one in CATALOGUE
    if one.twin_of and not one.levels and one.twin_of != "net_size" and not CATALOGUE[one.twin_of].part_of
)
PARALLEL: Final = "parallel trends assumed, not shown"


def _values(column: Column) -> Numbers:
    return np.where(column.given, column.values, np.nan)


@dataclass(frozen=True)
class Comparison:
    """One indicator before and now over the same households of one place, and the change between."""

    code: str
    place: str
    before: Figure
    now: Figure
    change: Figure


def compare(view: View, codes: Iterable[str] = PAIRED) -> Iterator[Comparison]:
    """Before, now and change of each indicator, over the households that have both values."""
    for code in codes:
        now, before = view.column(code), view.column(f"{code}_b")
        reasons = np.maximum(now.reasons, before.reasons)
        means = [
            view.estimates(Column(np.where(reasons == 0, column.values, np.nan), reasons)) for column in (before, now)
        ]
        for change in _change_of(view, code, now, before):
            then, today = (mean[change.place] for mean in means)
            names = (f"v_{code}_b", f"v_{code}")
            yield Comparison(
                code, change.place, _figure(names[0], change.place, then, "recall"),
                _figure(names[1], change.place, today), change,
            )  # fmt: skip


def _change_of(view: View, code: str, now: Column, before: Column) -> Iterator[Figure]:
    asked = ~np.isin(np.maximum(now.reasons, before.reasons), NOT_ELIGIBLE)
    first, second = _values(before), _values(now)
    if view.labels is None:
        whole = paired_change(first, second, view.design, domain=asked, lonely=view.lonely)
        yield _figure(f"v_change_{code}", PROJECT, whole.change, "recall")
        return
    found = paired_change(first, second, view.design, by=view.labels, domain=asked, lonely=view.lonely)
    for place, one in found.items():
        yield _figure(f"v_change_{code}", str(place), one.change, "recall")


def _changes(view: View) -> Iterator[Figure]:
    for code in PAIRED:
        yield from _change_of(view, code, view.column(code), view.column(f"{code}_b"))


def _differences(view: View) -> Iterator[Figure]:
    design = view.settings.design
    treated = view.sample.group == design.treated
    comparison = np.isin(view.sample.group, design.comparison)
    if not treated.any() or not comparison.any():
        return
    for code in PAIRED:
        found = difference_in_differences(
            _values(view.column(f"{code}_b")),
            _values(view.column(code)),
            view.design,
            treated=treated,
            comparison=comparison,
            lonely=view.lonely,
        )
        both = view.column(code).given & view.column(f"{code}_b").given
        smaller = min(int((both & treated).sum()), int((both & comparison).sum()))
        yield replace(_figure(f"did_{code}", PROJECT, found, "recall", PARALLEL), smaller=smaller)


def _figure(code: str, place: str, one: Estimate, *more: str) -> Figure:
    return Figure(
        code, place, one.estimate, one.se, one.lower, one.upper, one.df, one.n, one.units, flags=(*one.flags, *more)
    )


LINES: Final = (
    Line(
        code="v_change",
        codes={f"v_change_{code}": CATALOGUE[code].unit for code in PAIRED},
        set="CORE",
        levels=("village", "project"),
        label_en="Change since before the move",
        label_zh="搬迁前后变化",
        definition="Mean of now − before over the households with both values.",
        formula=_changes,
        source=("S25",),
        depends=tuple(name for code in PAIRED for name in (code, f"{code}_b")),
    ),
    Line(
        code="did",
        codes={f"did_{code}": CATALOGUE[code].unit for code in PAIRED},
        set="CORE",
        levels=("project",),
        label_en="Difference in differences",
        label_zh="双重差分",
        definition="Mean change of the relocated minus mean change of the comparison group (`design.comparison`). A "
        "description: parallel trends are assumed, not shown.",
        formula=_differences,
        source=("S25",),
        depends=tuple(name for code in PAIRED for name in (code, f"{code}_b")),
    ),
)
