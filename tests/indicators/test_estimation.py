"""Estimates with their errors: worked examples, what the design does to them, and when an error cannot be told."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from surveyapp.indicators import linearisation
from surveyapp.indicators.estimation import Design, difference_in_differences, estimate, paired_change
from surveyapp.indicators.measures import fgt, fgt_terms, gini, theil
from surveyapp.indicators.student import two_sided_quantile
from tests.indicators.sampled import two_stage_sample, with_lonely_village

NAN = math.nan
Numbers = NDArray[np.float64]
T = two_stage_sample()
D = Design(T["w"], T["stratum"], T["village"])
EVERYONE = np.ones(len(D), dtype=bool)


# -- worked examples --------------------------------------------------------------------------------------------------
def test_a_simple_random_sample_has_the_error_of_the_textbook() -> None:
    # 4 of 100 households: mean 5, s² = 20/3, V = (1 − 4/100) · s²/4; t with 3 degrees of freedom is 3.182446305.
    found = estimate([2, 4, 6, 8], Design([25] * 4, population=100))
    se = math.sqrt(0.96 * (20 / 3) / 4)
    assert found.estimate == 5
    assert found.se == pytest.approx(se)
    assert found.interval == pytest.approx((5 - 3.182446305284 * se, 5 + 3.182446305284 * se))
    assert (found.df, found.n, found.units, found.flags) == (3, 4, 4, ("n<10",))
    assert found.deff == pytest.approx(1)


def test_clusters_and_strata_enter_the_error() -> None:
    # Strata a (clusters 1: 1, 3 and 2: 5) and b (3: 2 and 4: 8): mean 3.8, cluster sums of (y − 3.8)/5.
    found = estimate([1, 3, 5, 2, 8], Design([1] * 5, list("aaabb"), [1, 1, 2, 3, 4]))
    sums = np.array([-3.6, 1.2, -1.8, 4.2]) / 5
    assert found.se == pytest.approx(math.sqrt((sums[0] - sums[1]) ** 2 + (sums[2] - sums[3]) ** 2))
    assert found.df == 2


def test_a_total_expands_by_the_weights() -> None:
    found = estimate([1, 2, 3], Design([10, 10, 20]), kind="total")
    assert found.estimate == 90
    assert found.se == pytest.approx(math.sqrt(3 / 2 * ((10 - 30) ** 2 + (20 - 30) ** 2 + (60 - 30) ** 2)))


def test_a_proportion_has_its_interval_on_the_logit_scale() -> None:
    found = estimate([1, 0, 0, 0], Design([1] * 4), scale="logit")
    se = found.se / (0.25 * 0.75) * 3.182446305284
    ends = [1 / (1 + math.exp(-(math.log(1 / 3) + sign * se))) for sign in (-1, 1)]
    assert found.interval == pytest.approx(tuple(ends))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_proportion_of_none_or_all_has_no_width(share: float) -> None:
    found = estimate([share] * 4, Design([1] * 4), scale="logit")
    assert (found.se, found.interval) == (0, (share, share))
    assert "constant" in found.flags


def test_a_constant_index_has_exactly_no_error() -> None:
    found = estimate(np.full(120, 0.3), D, scale="logit")
    assert (found.se, found.interval) == (0, (found.estimate, found.estimate))
    assert "constant" in found.flags


def test_a_tiny_share_of_two_households_has_an_interval_that_stays_in_0_to_1() -> None:
    found = estimate([1e-6, 3e-6], Design([1, 1]), scale="logit", level=0.9999)
    assert found.interval == pytest.approx((0, 1))


def test_the_logit_of_a_figure_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match="Use the linear scale"):
        estimate([1, 2, 3], Design([1] * 3), scale="logit")


def test_the_median_is_the_middle_or_the_mean_of_the_two_about_it() -> None:
    assert estimate([4, 1, 3], Design([1] * 3), kind="median").estimate == 3
    assert estimate([4, 1, 3, 2], Design([1] * 4), kind="median").estimate == 2.5
    assert estimate([1, 2, 3, 4], Design([0.1, 0.2, 0.2, 0.1]), kind="median").estimate == 2.5
    assert estimate([1, 2, 3], Design([1, 1, 9]), kind="median").estimate == 3


def test_persons_are_units_when_weights_are_multiplied_by_members() -> None:
    found = estimate([100, 400], Design([2, 1]).per([3, 6]))
    assert found.estimate == 250
    assert (found.n, found.units) == (2, 9)


# -- Student's t ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("level", "df", "quantile"),
    [
        # qt((1 + level)/2, df) of R 4.2.2.
        (0.95, 1, 12.706204736174694),
        (0.95, 2, 4.3026527297494619),
        (0.95, 3, 3.1824463052837078),
        (0.95, 10, 2.2281388519862744),
        (0.95, 57, 2.0024654592910056),
        (0.95, 999, 1.9623414611334487),
        (0.95, 1000, 1.9623390808264083),
        (0.99, 7, 3.4994832973504915),
        (0.90, 24, 1.7108820799094275),
    ],
)
def test_t_quantiles_are_those_of_r(level: float, df: int, quantile: float) -> None:
    assert two_sided_quantile(level, df) == pytest.approx(quantile, rel=1e-12)


def test_without_degrees_of_freedom_there_is_no_quantile() -> None:
    assert math.isnan(two_sided_quantile(0.95, 0))
    with pytest.raises(ValueError, match="between 0 and 1"):
        two_sided_quantile(95, 3)


# -- what cannot be told, and flags -----------------------------------------------------------------------------------
def test_a_village_taken_whole_has_no_error() -> None:
    found = estimate([1, 2, 4], Design([1] * 3, population=3))
    assert (found.se, found.interval) == (0, (found.estimate, found.estimate))
    assert found.flags == ("n<10", "census")


def test_a_stratum_taken_whole_adds_nothing() -> None:
    strata = ["whole"] * 3 + ["sampled"] * 3
    values = [5, 90, 7, 1, 2, 3]
    found = estimate(values, Design([1] * 6, strata, population={"whole": 3}))
    calmer = estimate([34, 34, 34, 1, 2, 3], Design([1] * 6, strata, population={"whole": 3}))
    assert found.se == pytest.approx(calmer.se)
    assert "census" not in found.flags


@pytest.mark.parametrize("lonely", ["flag", "adjust", "certainty"])
def test_a_single_cluster_has_a_flag_and_no_interval(lonely: Any) -> None:
    found = estimate(np.arange(40.0), Design(np.ones(40), clusters=np.zeros(40)), lonely=lonely)
    assert found.estimate == 19.5
    assert math.isnan(found.se)
    assert all(math.isnan(end) for end in found.interval)
    assert found.flags == ("lonely_cluster",)


@pytest.mark.parametrize("kind", ["mean", "total", "gini", "theil", "median"])
def test_a_lonely_cluster_takes_the_error_away_unless_a_rule_is_chosen(kind: Any) -> None:
    table = with_lonely_village()
    design = Design(table["w"], table["stratum"], table["village"])
    flagged = estimate(table["y"], design, kind=kind)
    assert math.isnan(flagged.se)
    certain, adjusted = (estimate(table["y"], design, kind=kind, lonely=rule) for rule in ("certainty", "adjust"))
    assert 0 < certain.se <= adjusted.se
    assert all("lonely_cluster" in found.flags for found in (flagged, certain, adjusted))
    assert certain.df == 12


def test_adjusting_centres_at_the_mean_of_all_clusters_for_totals_too() -> None:
    # Stratum a: clusters of 2 and 4; stratum b: one of 9. Mean of all three 5.
    design = Design([1] * 3, ["a", "a", "b"])
    found = estimate([2, 4, 9], design, kind="total", lonely="adjust")
    assert found.se == pytest.approx(math.sqrt(2 * 2 + (9 - 5) ** 2))


def test_a_lonely_cluster_that_is_all_of_its_stratum_is_a_census() -> None:
    table = with_lonely_village()
    design = Design(table["w"], table["stratum"], table["village"], {3.0: 1})
    found = estimate(table["y"], design)
    assert (
        found.se == estimate(table["y"], Design(table["w"], table["stratum"], table["village"]), lonely="certainty").se
    )
    assert "lonely_cluster" not in found.flags


def test_a_domain_without_members_in_the_lonely_stratum_is_not_touched_by_it() -> None:
    table = with_lonely_village()
    found = estimate(table["y"], Design(table["w"], table["stratum"], table["village"]), domain=table["stratum"] < 3)
    assert found.se > 0
    assert found.df == 12
    assert found.flags == ()


@pytest.mark.parametrize("lonely", ["flag", "adjust", "certainty"])
def test_a_domain_inside_one_of_several_clusters_has_no_error_of_its_mean(lonely: Any) -> None:
    found = estimate(T["y"], D, domain=T["village"] == 3, lonely=lonely)
    assert math.isnan(found.se)
    assert "lonely_cluster" in found.flags
    assert estimate(T["y"], D, kind="total", domain=T["village"] == 3).se > 0


def test_villages_are_estimated_from_their_own_households() -> None:
    inside = Design(T["w"], T["village"])
    for village, found in estimate(T["y"], inside, by=T["village"]).items():
        rows = T["village"] == village
        alone = estimate(T["y"][rows], Design(T["w"][rows]))
        assert [found.estimate, found.se, *found.interval] == pytest.approx([alone.estimate, alone.se, *alone.interval])
        assert (found.df, found.n) == (rows.sum() - 1, rows.sum())


@pytest.mark.parametrize(("n", "flags"), [(9, ("n<10",)), (10, ("n<30",)), (29, ("n<30",)), (30, ())])
def test_small_numbers_are_flagged(n: int, flags: tuple[str, ...]) -> None:
    assert estimate(np.arange(float(n)), Design(np.ones(n))).flags == flags


def test_low_coverage_is_flagged_and_missing_values_are_outside() -> None:
    values = np.arange(50.0)
    values[:10] = NAN
    assert estimate(values, Design(np.ones(50))).flags == ()
    values[:11] = NAN
    found = estimate(values, Design(np.ones(50)))
    assert (found.n, found.flags) == (39, ("coverage<80%",))


def test_nobody_gives_a_missing_figure() -> None:
    for kind in ("mean", "gini", "theil", "median"):
        found = estimate([NAN, NAN], Design([1, 1]), kind=kind)
        assert math.isnan(found.estimate)
        assert math.isnan(found.se)
        assert found.n == 0
    assert math.isnan(estimate([], Design([])).estimate)


def test_losses_that_count_as_zero_are_numbered() -> None:
    found = estimate([-5, 3, 9], Design([1] * 3), kind="gini")
    assert found.estimate == gini([0, 3, 9])
    assert found.negative == 1
    assert estimate([-5, 3, 9], Design([1] * 3)).negative == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Design([1, -1]), "negative"),
        (lambda: Design([1, NAN]), "missing"),
        (lambda: Design([1, 1], strata=["a"]), "strata: 2 labels"),
        (lambda: Design([1, 1], clusters=np.array(["a", None])), "clusters: 1 rows have no label"),
        (lambda: Design([1, 1], population=1), "fewer clusters"),
        (lambda: Design([1, 1], population=[5, 6]), "disagree"),
        (lambda: Design([1, 1], population=[5, 6, 7]), "2 numbers"),
        (lambda: Design([[1, 1]]), "one column"),
        (lambda: estimate([1], Design([1, 1])), "2 households"),
        (lambda: estimate([1, 2], Design([1, 1]), domain=[True]), "domain: the design has 2"),
        (lambda: estimate([1, math.inf], Design([1, 1])), "infinite"),
        (lambda: estimate([1, 2], Design([1, 1]), kind="ratio"), "denominator"),
        (lambda: estimate([1, 2], Design([1, 1]), denominator=[1, 2]), "nothing else does"),
        (lambda: estimate([1, 2], Design([1, 1]), domain=[0, 1]), "true or false"),
        (lambda: estimate([1, 2], Design([1, 1]), by=["a"]), "by: 2 labels"),
        (
            lambda: difference_in_differences(
                [1, 2], [1, 2], Design([1, 1]), treated=np.array([True, False]), comparison=np.array([True, True])
            ),
            "treated too",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(call: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


# -- properties -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["mean", "total", "ratio", "gini", "theil", "median"])
def test_groups_are_domains_of_the_whole_design(kind: Any) -> None:
    below = T["x"] if kind == "ratio" else None
    labels = T["kind"].astype(object)
    labels[T["w"] > 24] = None
    for label, found in estimate(T["y"], D, kind=kind, by=labels, denominator=below).items():
        alone = estimate(T["y"], D, kind=kind, domain=labels == label, denominator=below)
        ours, theirs = ((f.estimate, f.se, f.lower, f.upper, f.deff) for f in (found, alone))
        assert ours == pytest.approx(theirs)
        assert (found.df, found.n, found.flags) == (alone.df, alone.n, alone.flags)


@pytest.mark.parametrize(
    ("linearised", "measure"),
    [
        (linearisation.gini, gini),
        (linearisation.theil, theil),
        (linearisation.mean, lambda y, w: float(np.average(y, weights=w))),
    ],
)
def test_influence_is_the_derivative_by_the_weight(
    linearised: Callable[..., tuple[Numbers, Numbers]], measure: Callable[[Numbers, Numbers], float]
) -> None:
    y, w = np.maximum(T["y"], 0)[:40], T["w"][:40]
    y[5] = y[9]
    found, z = linearised(y, w, np.zeros(40, dtype=np.int64), 1)
    assert float(found[0]) == pytest.approx(measure(y, w))
    for i in range(40):
        step = np.where(np.arange(40) == i, 1e-4, 0)
        assert z[i] == pytest.approx((measure(y, w + step) - measure(y, w - step)) / 2e-4, rel=1e-5, abs=1e-9)


def test_poverty_is_a_mean_of_its_terms() -> None:
    found = estimate(fgt_terms(T["y"], 2300, 1), D, scale="logit")
    assert found.estimate == pytest.approx(fgt(T["y"], 2300, 1, T["w"]))
    assert 0 < found.lower < found.estimate < found.upper < 1


@given(st.integers(0, 2**16), st.floats(0.01, 100), st.sampled_from(["mean", "gini", "theil", "median"]))
def test_order_and_scale_of_weights_and_unit_change_no_error(seed: int, scale: float, kind: Any) -> None:
    rows = np.random.default_rng(seed).permutation(len(D))
    before = estimate(T["y"], D, kind=kind)
    after = estimate(
        T["y"][rows] * scale, Design(T["w"][rows] * scale, T["stratum"][rows], T["village"][rows]), kind=kind
    )
    unit = scale if kind in ("mean", "median") else 1
    ours = [after.estimate, after.se, *after.interval]
    assert ours == pytest.approx([unit * one for one in (before.estimate, before.se, *before.interval)])


def test_splitting_households_into_halves_inside_their_cluster_changes_nothing() -> None:
    twice = {name: np.repeat(column, 2) for name, column in T.items()}
    design = Design(twice["w"] / 2, twice["stratum"], twice["village"])
    for kind in ("mean", "total", "gini", "theil", "median"):
        one, other = estimate(T["y"], D, kind=kind), estimate(twice["y"], design, kind=kind)
        assert [other.estimate, other.se] == pytest.approx([one.estimate, one.se])


def test_clusters_are_those_of_their_stratum() -> None:
    numbered_anew = Design(T["w"], T["stratum"], T["village"] % 5)
    assert estimate(T["y"], numbered_anew).se == estimate(T["y"], D).se


# -- change -----------------------------------------------------------------------------------------------------------
def test_a_paired_change_is_the_mean_of_the_differences_and_tells_who_was_lost() -> None:
    before, after = [10, 20, 30, 40, NAN], [12, 26, 34, NAN, 99]
    found = paired_change(before, after, Design([1] * 5))
    assert found.change.estimate == 4
    # Changes 2, 6, 4: influences ∓2/3 and 0, and 0 for the two of five households that are outside the domain.
    assert found.change.se == pytest.approx(math.sqrt(5 / 4 * 8 / 9))
    assert found.change.n == 3
    assert found.attrition == 0.25
    assert (found.stayed.estimate, found.lost.estimate) == (20, 40)


def test_paired_changes_by_group_are_those_of_the_groups() -> None:
    found = paired_change(T["known"], T["later"], D, by=T["kind"])
    for kind, one in found.items():
        alone = paired_change(T["known"], T["later"], D, domain=T["kind"] == kind)
        assert one.change.se == pytest.approx(alone.change.se)
        assert one.attrition == 0
        assert math.isnan(one.lost.estimate)


def test_a_difference_in_differences_is_that_of_the_mean_changes() -> None:
    moved = np.array([True, True, True, False, False, False])
    found = difference_in_differences([0] * 6, [4, 5, 6, 1, 1, 4], Design([1] * 6), treated=moved)
    assert found.estimate == 3
    # Influences ∓(Δ − m)/3, six clusters of one household.
    assert found.se == pytest.approx(math.sqrt(6 / 5 * (2 + 6) / 9))
    assert (found.df, found.flags) == (4, ("n<10",))


def test_sides_that_meet_in_no_stratum_vary_on_their_own() -> None:
    moved = T["moved"] == 1
    change = T["later"] - T["y"]
    found = difference_in_differences(T["y"], T["later"], D, treated=moved)
    sides = [estimate(change, D, domain=side) for side in (moved, ~moved)]
    assert found.estimate == pytest.approx(sides[0].estimate - sides[1].estimate)
    assert found.se == pytest.approx(math.hypot(sides[0].se, sides[1].se))
    assert found.df == 15


def test_a_side_inside_one_village_gives_no_error_of_the_difference() -> None:
    found = difference_in_differences(T["y"], T["later"], D, treated=T["village"] == 0, comparison=T["village"] > 4)
    assert math.isnan(found.se)
    assert "lonely_cluster" in found.flags
    assert "n<10" in found.flags
