"""How the households came into the sample: weights, villages, strata, groups, and the two designs that follow."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from surveyapp.indicators.columns import Column, Mask, Numbers, is_choice, texts_of
from surveyapp.indicators.compute import IndicatorTable
from surveyapp.indicators.estimation import Design
from surveyapp.indicators.frame import Frame, SurveyFrame
from surveyapp.indicators.reading import Answers
from surveyapp.indicators.settings import Settings

UNKNOWN = "?"


def household_weights(frame: Frame, settings: Settings) -> Numbers:
    """Weights of households. One without takes the mean weight of its village, else of all; 1 where nobody has one."""
    column = frame.main.get(settings.in_form(settings.design.weight))
    if column is None or not (column.given & (column.values > 0)).any():
        return np.ones(frame.n)
    known = column.given & (column.values > 0)
    weights = np.where(known, column.values, np.nan).astype(np.float64)
    villages = np.array(labels_of(frame, settings.in_form(settings.design.village)))
    for village in np.unique(villages[~known]):
        here = known & (villages == village)
        weights[~known & (villages == village)] = weights[here if here.any() else known].mean()
    return weights


def labels_of(frame: Frame, name: str) -> list[str]:
    """The answers to a question of the form as labels, '?' where there is none."""
    column = frame.main.get(name)
    if column is None:
        return [UNKNOWN] * frame.n
    return [label or UNKNOWN for label in texts_of(column)]


@dataclass(frozen=True)
class Sample:
    """The households that were interviewed, with what estimation needs of them. Arrays are (n,).

    `household` are the codes by which households are known again, `wave` the waves of the interviews, '?' where there
    is none. `visited` are all households of the frame by village, `outcomes` what became of each visit, `visits` their
    waves.
    """

    settings: Settings
    table: IndicatorTable
    weights: Numbers
    members: Column
    village: NDArray[np.str_]
    township: NDArray[np.str_]
    stratum: NDArray[np.str_]
    group: NDArray[np.str_]
    household: NDArray[np.str_]
    wave: NDArray[np.str_]
    visited: Sequence[str]
    outcomes: Sequence[str]
    visits: Sequence[str]

    @property
    def n(self) -> int:
        """How many households."""
        return len(self.weights)

    def of_wave(self, name: str) -> "Sample":
        """The interviews and visits of one wave."""
        rows, visits = self.wave == name, [place for place, wave in enumerate(self.visits) if wave == name]
        if rows.all() and len(visits) == len(self.visits):
            return self
        return replace(
            self,
            table=self.table.rows(rows),
            weights=self.weights[rows],
            members=self.members.rows(rows),
            village=self.village[rows],
            township=self.township[rows],
            stratum=self.stratum[rows],
            group=self.group[rows],
            household=self.household[rows],
            wave=self.wave[rows],
            visited=[self.visited[place] for place in visits],
            outcomes=[self.outcomes[place] for place in visits],
            visits=[name] * len(visits),
        )

    @cached_property
    def persons(self) -> Numbers:
        """Members of each household, 0 where not known."""
        return np.where(self.members.given, self.members.values, 0.0)

    @cached_property
    def inside_villages(self) -> Design:
        """Households as sampling units, the village as stratum, its households as population where they are known."""
        counts = Counter(self.village.tolist())
        stated = self.settings.design.households
        sizes = {village: float(stated.get(village, np.nan)) for village in counts}
        # A village that says it has fewer households than were interviewed has an unknown size, not a negative rest.
        known = {village: size for village, size in sizes.items() if size >= counts[village]}
        return Design(self.weights, strata=self.village, population=known)

    @cached_property
    def over_villages(self) -> Design:
        """The village as cluster, strata as the settings say."""
        stated = self.settings.design.villages_in_stratum
        pairs = {(stratum, village) for stratum, village in zip(self.stratum, self.village, strict=True)}
        sampled = Counter(stratum for stratum, _ in pairs)
        known = {str(name): float(stated[name]) for name in sampled if stated.get(name, 0) >= sampled[name]}
        return Design(self.weights, strata=self.stratum, clusters=self.village, population=known)


def keep_sampled(frame: SurveyFrame, settings: Settings) -> SurveyFrame:
    """The frame with no more than what `make_sample` reads."""
    design = settings.design
    names = {design.weight, design.village, design.township, design.group, design.household, design.wave}
    wanted = {settings.in_form(name) for name in (*names, *design.strata, "consent", "visit_result", "hh_size")}
    months = settings.in_form("m_months_home")
    resident = settings.hh_rule == "resident"
    return replace(
        frame,
        main={name: column for name, column in frame.main.items() if name in wanted},
        member={months: frame.member[months]} if resident and months in frame.member else {},
        household=frame.household if resident else np.zeros(0, np.int64),
    )


def make_sample(frame: Frame, table: IndicatorTable, settings: Settings) -> Sample:
    """The sample behind a table of indicators computed from this frame."""
    design = settings.design
    rows = interviewed(frame, settings)
    strata = [labels_of(frame, settings.in_form(name)) for name in design.strata]
    stratum = np.array([" × ".join(parts) for parts in zip(*strata, strict=True)] if strata else ["all"] * frame.n)
    return Sample(
        settings=settings,
        table=table.rows(rows),
        weights=household_weights(frame, settings)[rows],
        members=Answers(frame, settings, 0, frame.n)("hh_size").rows(rows),
        village=_labels(frame, settings.in_form(design.village))[rows],
        township=_labels(frame, settings.in_form(design.township))[rows],
        stratum=stratum[rows],
        group=_labels(frame, settings.in_form(design.group))[rows],
        household=_labels(frame, settings.in_form(design.household))[rows],
        wave=_labels(frame, settings.in_form(design.wave))[rows],
        visited=labels_of(frame, settings.in_form(design.village)),
        outcomes=_outcomes(frame, settings, rows),
        visits=labels_of(frame, settings.in_form(design.wave)),
    )


def _labels(frame: Frame, name: str) -> NDArray[np.str_]:
    return np.array(labels_of(frame, name), dtype=np.str_)


def interviewed(frame: Frame, settings: Settings) -> Mask:
    """Households that agreed to take part; all where the form has no question of consent."""
    consent = frame.main.get(settings.in_form("consent"))
    return np.ones(frame.n, bool) if consent is None else is_choice(consent, ("yes",))


def _outcomes(frame: Frame, settings: Settings, rows: Mask) -> list[str]:
    column = frame.main.get(settings.in_form("visit_result"))
    results = ["done"] * frame.n if column is None else texts_of(column)
    return [
        "done" if here else ("refused" if result == "done" else result)
        for result, here in zip(results, rows, strict=True)
    ]
