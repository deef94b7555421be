"""Errors of figures that are no plain means: each is that of the derivatives by the weights of the households."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.frame import SurveyFrame
from surveyapp.indicators.measures import theil_parts
from surveyapp.indicators.summary import LINES, summarise
from tests.indicators.household import MEMBERS, frame_of, household, member
from tests.indicators.test_village_figures import earning, figures


def derived_error(code: str, frame: SurveyFrame, place: str = "v1") -> float:
    """The error of a figure of one village, from its derivatives by the weights of its households, by differences."""
    line = next(line for line in LINES if code in line.codes)
    table, step = compute_households(frame), 1e-5
    base = frame.main["pre_weight"].values.copy()

    def figure(weights: Any) -> float:
        weighted = {**frame.main, "pre_weight": replace(frame.main["pre_weight"], values=weights)}
        found = summarise(replace(frame, main=weighted), table, lines=[line], masked=False)
        return next(one.estimate for one in (*found.villages, *found.project) if (one.code, one.place) == (code, place))

    slopes = [(figure(base + step * side) - figure(base - step * side)) / (2 * step) for side in np.eye(frame.n)]
    pull = base * np.array(slopes)
    return float(np.sqrt(frame.n * np.var(pull, ddof=1)))


def test_the_errors_of_vulnerability_and_of_authority_are_those_of_their_derivatives() -> None:
    homes = [
        (
            household(
                pre_weight=weight, d_clinic_n=minutes, net_money=lenders, rcsi_less=less, hazard_n=hazard,
                sh_types=shocks, co_leader=leader, mh_got=got,
            ),
            [member(place) for place in range(size)],
        )
        for weight, minutes, lenders, less, hazard, shocks, leader, got, size in (
            (1.0, 10, 0, 1, "none", "none", "elder", 2, 4),
            (2.5, 90, 5, 7, "flood", "illness crop", "party", 9, 3),
            (1.5, 30, 0, -98, "flood", "illness", "elder", 0, 4),
            (3.0, 5, 2, 3, "none", "crop", "none", 4, 2),
            (1.2, 45, 0, 0, "flood", "none", "able", 1, 4),
        )
    ]  # fmt: skip
    frame = frame_of(*homes)
    found = {one.code: one for one in summarise(frame, compute_households(frame), masked=False).villages}
    for code in ("lvi", "lvi_ipcc", "lvi_m_health", "lvi_m_hazards", "lvi_m_networks", "lvi_m_food", "v_leader_conc"):
        assert found[code].se == pytest.approx(derived_error(code, frame), rel=1e-5), code
        assert found[code].se > 0
        assert found[code].lower < found[code].estimate < found[code].upper


def test_beyond_a_bound_nothing_moves_the_index() -> None:
    homes = [(household(d_clinic_n=minutes), MEMBERS) for minutes in (70, 90, 120)]
    found = figures(homes)["lvi_m_health", "v1"]
    assert [found.estimate, found.se] == pytest.approx([(0.25 + 1) / 2, 0])


def test_the_error_of_inequality_inside_villages_is_that_of_its_derivative() -> None:
    amounts = ((3000, 9000, 1000), (5000, 7000, 2500), (12000, 700, 4000), (6000, 6500, 100))
    homes = [earning(amount, f"v{v}", size=1 + v % 2) for v, row in enumerate(amounts) for amount in row]
    frame = frame_of(*homes)
    table = compute_households(frame)
    found = next(one for one in summarise(frame, table, masked=False).project if one.code == "v_theil_within")
    income, members = table["inc_pc"].values, np.array([1 + v % 2 for v in range(4) for _ in range(3)], float)
    village = np.repeat(np.arange(4), 3)

    def share(weights: Any) -> float:
        parts = theil_parts(income, village, weights * members)
        return parts.within / parts.total

    step = 1e-5
    slopes = np.array([(share(1 + step * side) - share(1 - step * side)) / (2 * step) for side in np.eye(12)])
    assert found.se == pytest.approx(np.sqrt(4 * np.var(np.bincount(village, slopes), ddof=1)), rel=1e-5)
    assert found.df == 3
