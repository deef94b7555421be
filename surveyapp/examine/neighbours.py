"""Whom a new interview is a neighbour of: those that may have to be told of it, beside itself.

A household twice, two positions of one place, an interview held before another one: what is found has two sides. The
other side is looked up by what is in memory for the comparison already, and never is more than a few.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.distributions import ENOUGH
from surveyapp.quality.gathered import Gathered
from surveyapp.quality.interview import Summary
from surveyapp.quality.plan import Plan

# Of a crowd in one place so many are told at once, and the others at night.
NEAREST: Final = 10


def list_touched(gathered: Gathered, plan: Plan, summary: Summary, found: Iterable[QualityFinding]) -> Iterator[str]:
    """The instance ids of other interviews whose own findings may change with this one, which is among the gathered."""
    for finding in found:
        yield from finding.binding.split("|")
    if summary.start is not None:
        for kind, who in (("enumerator", summary.enumerator), ("device", summary.device)):
            yield gathered.find_next(kind, who, summary.start, summary.instance_id)
    if summary.rejected or summary.backcheck:
        return
    for kind, values in summary.keys.items():
        for value in values:
            same = gathered.list_same(kind, value, summary.instance_id)
            # The others of a larger group know already that they are not alone.
            if len(same) == 1:
                yield same[0].instance_id
    yield from _list_around(gathered, plan, summary)


def _list_around(gathered: Gathered, plan: Plan, summary: Summary) -> Iterator[str]:
    """Those within the metres of G04; the whole cluster when it is just large enough to have a middle."""
    if summary.position is None or not summary.position.possible:
        return
    for setting in plan.settings:
        if setting.check.id == "G04":
            near = gathered.list_near(summary.position, setting.number("metres"), summary.instance_id)
            yield from (one.other.instance_id for one in islice(near, NEAREST))
    cluster = gathered.list_cluster(summary.cluster)
    if len(cluster) == ENOUGH:
        yield from cluster
