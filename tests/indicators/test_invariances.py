"""What may not change a figure does not: order of interviews, splitting of a household's weight, the currency."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.settings import MPI_NAMES, Settings, read_settings
from surveyapp.indicators.summary import LINES, summarise
from tests.indicators.household import frame_of, household, member
from tests.indicators.test_compute import families

Home = tuple[dict[str, Any], list[dict[str, Any]]]
WATCHED = tuple(line for line in LINES if line.code in {"v_gini", "v_mpi_h", "v_poor_h", "v_u", "v_caps", "v_fcs_acc"})
homes_drawn = st.lists(st.tuples(families(), st.sampled_from(["v1", "v2"])), min_size=2, max_size=5)


def placed(drawn: Sequence[tuple[Home, str]], weight: float = 1.0) -> list[Home]:
    return [({**answers, "village": place, "pre_weight": weight}, members) for (answers, members), place in drawn]


def figures(homes: Sequence[Home], own: Settings | None = None) -> dict[tuple[str, str], float]:
    frame = frame_of(*homes, settings=own)
    found = summarise(frame, compute_households(frame, own), own, lines=WATCHED, masked=False)
    return {(one.code, one.place): one.estimate for one in (*found.villages, *found.project)}


def alike(left: dict[tuple[str, str], float], right: dict[tuple[str, str], float]) -> None:
    assert left.keys() == right.keys()
    for key, value in left.items():
        assert value == pytest.approx(right[key], rel=1e-9, abs=1e-12, nan_ok=True), key


@given(homes_drawn, st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_order_and_splitting_change_no_figure(drawn: Any, rng: Any) -> None:
    straight = figures(placed(drawn))
    alike(figures(rng.sample(placed(drawn), len(drawn))), straight)
    alike(figures([*placed(drawn, 0.5), *placed(drawn, 0.5)]), straight)


@given(homes_drawn, st.sampled_from([0.1, 7.0]))
@settings(max_examples=10, deadline=None)
def test_the_currency_changes_no_share_and_no_score(drawn: Any, rate: float) -> None:
    money = ("inc_", "cost_", "debt_a", "debt_r", "x_", "sh_loss")
    exchanged = [
        (
            {
                name: value * rate if name.startswith(money) and isinstance(value, int) and value > 0 else value
                for name, value in answers.items()
            },
            members,
        )
        for answers, members in placed(drawn)
    ]
    alike(figures(exchanged, read_settings({"poverty_line": {"amount": 4000 * rate}})), figures(placed(drawn)))


@st.composite
def deprived(draw: st.DrawFn) -> Home:
    """A family that went without care, school or a safe dwelling, and lacks this and that beside."""
    lacks = {"med_forgone": "yes", "h_grade_n": "D", "san_n": "pit", "fuel_n": "wood", "elec_n": "no", "fcs_staple": 0}
    chosen = draw(st.sets(st.sampled_from(sorted(lacks)), min_size=0, max_size=6))
    size = draw(st.integers(1, 4))
    own = {**{name: lacks[name] for name in chosen}, "inc_gov": 0, "hh_size": str(size)}
    return household(**own), [member(place, m_insured=draw(st.sampled_from(["yes", "no"]))) for place in range(size)]


@given(st.lists(st.tuples(deprived(), st.sampled_from(["v1", "v2"])), min_size=3, max_size=6))
@settings(max_examples=15, deadline=None)
def test_contributions_add_to_one_and_groups_to_the_whole(drawn: Any) -> None:
    homes = placed(drawn)
    found = figures(homes)
    poor = found["v_mpi_m0", ""]
    assume(poor > 0)
    assert sum(found[f"v_mpi_share_{name}", ""] for name in MPI_NAMES) == pytest.approx(1)
    persons: dict[str, float] = {}
    table = compute_households(frame_of(*homes))
    for (answers, members), known in zip(homes, table["mpi_score"].given.tolist(), strict=True):
        persons[answers["village"]] = persons.get(answers["village"], 0) + len(members) * known
    parts = [found["v_mpi_m0", place] * count for place, count in persons.items() if count]
    assert sum(parts) / sum(persons.values()) == pytest.approx(poor)


@given(st.lists(families(), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_scores_and_shares_lie_between_0_and_1(homes: Any) -> None:
    table = compute_households(frame_of(*homes))
    # A part that is said to be more than its whole is told as it was answered, never cut to look right.
    contradicted = {"land_transfer_share", "land_transfer_share_b", "debt_reloc_share"}
    for one in CATALOGUE:
        if one.unit in ("0–1", "0/1", "share", "0–1 in 24ths") and not one.levels and one.code not in contradicted:
            values = table[one.code].values[table[one.code].given]
            assert ((values >= 0) & (values <= 1 + 1e-12)).all(), one.code
