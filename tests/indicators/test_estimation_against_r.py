"""Our figures against those of R's survey 4.1.1 and laeken 0.5.2: recorded ones always, fresh ones where R is there."""

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.estimation import Design, Estimate, difference_in_differences, estimate, paired_change
from surveyapp.indicators.linearisation import Linearised, concentration, theil_within
from surveyapp.indicators.measures import gini
from surveyapp.indicators.summary import summarise
from tests.indicators.household import frame_of
from tests.indicators.made_up import USUAL as VILLAGES
from tests.indicators.made_up import Interview, interviews
from tests.indicators.sampled import Table, read_table, two_stage_sample, with_lonely_village, write_table

TOLERANCE = 1e-9
Figures = dict[str, list[float]]
SAMPLE, LONELY = two_stage_sample(), with_lonely_village()

# What Rscript tests/indicators/figures.R printed for the made-up samples (R 4.2.2).
RECORDED: Figures = {
    "mean": [6510.2446906740533, 277.37826499677908, 5922.2290368185841, 7098.2603445295226, 16, 0.66279776266088897],
    "mean_fpc": [6510.2446906740533, 228.95127607526962],
    "mean_unclustered": [6510.2446906740533, 363.59234351041181],
    "total": [14101190, 1302314.5014010633, 11340406.587227201, 16861973.412772801, 3.1142324631643792],
    "total_fpc": [14101190, 1128985.0358662163],
    "ratio": [1623.06514732965, 78.57350659520074, 1456.4967543200878, 1789.6335403392122],
    "logit": [0.18328716528163183, 0.028616333002898904, 0.13016632083409382, 0.25181080839973796],
    "by_mean": [6569.8036697247708, 6449.9107806691445, 517.05456359424284, 469.01077736193088],
    "by_total_fpc": [7161086, 6940104, 893685.15758922021, 586930.39711520402],
    "by_ratio": [1563.897357501638, 1689.0007301046483, 122.74009218810625, 160.37465365239495],
    "domain_mean": [6873.485177865613, 400.34866484833634],
    "gap_mean": [6728.6104272266475, 307.99456890838263],
    "gap_total_fpc": [9292211, 1534343.2681821],
    "gap_median": [6717, 5892, 7523, 384.68699535756309],
    "missing_mean": [6453.1869158878508, 307.36403912714314],
    "median": [6519, 5605, 7523, 452.37869840331456],
    "paired": [382.12373037857805, 20.595435029500447],
    "did": [306.50951503990166, 34.136854382048156, 233.74853228044492, 379.2704977993584, 15],
    "did_mixed": [-15.96582654070467, 78.771058562732776, -183.86236351750384, 151.93071043609447, 15],
    "theil_within": [0.99964262671893855, 0.0024785325662293987],
    "concentration": [0.14296237751398472, 0.00036852960817400306],
    "gini": [0.33745793865498408],
    "lonely_mean_adjust": [6317.9810538780348, 293.59501393072497],
    "lonely_ratio_adjust": [1591.2719952281539, 88.916579866005051],
    "lonely_mean_certainty": [6317.9810538780348, 290.1797019147715],
    "lonely_total_certainty": [10671070, 1033706.1855919214],
    "lonely_ratio_certainty": [1591.2719952281539, 88.256805278647747],
}


def _design(table: Table, *, fpc: bool = False) -> Design:
    return Design(table["w"], table["stratum"], table["village"], table["villages"] if fpc else None)


def _short(found: Estimate) -> list[float]:
    return [found.estimate, found.se]


def _with_interval(found: Estimate) -> list[float]:
    return [*_short(found), *found.interval]


def _by(found: dict[float, Estimate]) -> list[float]:
    return [one.estimate for one in found.values()] + [one.se for one in found.values()]


def _mean() -> list[float]:
    found = estimate(SAMPLE["y"], D)
    return [*_with_interval(found), found.df, found.deff]


def _total() -> list[float]:
    found = estimate(SAMPLE["y"], D, kind="total")
    return [*_with_interval(found), found.deff]


def _median(domain: NDArray[np.bool_] | None = None) -> list[float]:
    found = estimate(SAMPLE["y"], D, kind="median", domain=domain)
    return [found.estimate, *found.interval, found.se]


def _did(side: str) -> list[float]:
    found = difference_in_differences(SAMPLE["y"], SAMPLE["later"], D, treated=SAMPLE[side] == 1)
    return [*_with_interval(found), found.df]


def _of_total(found: Linearised) -> list[float]:
    (value,), z = found
    return [float(value), estimate(z, D, kind="total").se]


ALL = np.zeros(len(SAMPLE["y"]), np.int64)
# A domain that some clusters have no member of.
GAP = (SAMPLE["village"] % 3 != 0) & (SAMPLE["y"] > 0)
D, F, L = _design(SAMPLE), _design(SAMPLE, fpc=True), _design(LONELY)
OURS: dict[str, Callable[[], list[float]]] = {
    "mean": _mean,
    "mean_fpc": lambda: _short(estimate(SAMPLE["y"], F)),
    "mean_unclustered": lambda: _short(estimate(SAMPLE["y"], Design(SAMPLE["w"]))),
    "total": _total,
    "total_fpc": lambda: _short(estimate(SAMPLE["y"], F, kind="total")),
    "ratio": lambda: _with_interval(estimate(SAMPLE["y"], D, kind="ratio", denominator=SAMPLE["x"])),
    "logit": lambda: _with_interval(estimate(SAMPLE["poor"], D, scale="logit")),
    "by_mean": lambda: _by(estimate(SAMPLE["y"], D, by=SAMPLE["kind"])),
    "by_total_fpc": lambda: _by(estimate(SAMPLE["y"], F, kind="total", by=SAMPLE["kind"])),
    "by_ratio": lambda: _by(estimate(SAMPLE["y"], D, kind="ratio", denominator=SAMPLE["x"], by=SAMPLE["kind"])),
    "domain_mean": lambda: _short(estimate(SAMPLE["y"], D, domain=(SAMPLE["kind"] == 1) & (SAMPLE["y"] > 0))),
    "gap_mean": lambda: _short(estimate(SAMPLE["y"], D, domain=GAP)),
    "gap_total_fpc": lambda: _short(estimate(SAMPLE["y"], F, kind="total", domain=GAP)),
    "gap_median": lambda: _median(GAP),
    "missing_mean": lambda: _short(estimate(SAMPLE["known"], D)),
    "median": _median,
    "paired": lambda: _short(paired_change(SAMPLE["y"], SAMPLE["later"], D).change),
    "did": lambda: _did("moved"),
    "did_mixed": lambda: _did("kind"),
    "theil_within": lambda: _of_total(theil_within(SAMPLE["y"], SAMPLE["w"], ALL, 1, SAMPLE["moved"].astype(np.int64))),
    "concentration": lambda: _of_total(concentration(SAMPLE["x"].astype(np.int64) - 1, SAMPLE["w"], ALL, 1)),
    "gini": lambda: [gini(SAMPLE["y"], SAMPLE["w"])],
    "lonely_mean_adjust": lambda: _short(estimate(LONELY["y"], L, lonely="adjust")),
    "lonely_ratio_adjust": lambda: _short(
        estimate(LONELY["y"], L, kind="ratio", denominator=LONELY["x"], lonely="adjust")
    ),
    "lonely_mean_certainty": lambda: _short(estimate(LONELY["y"], L, lonely="certainty")),
    "lonely_total_certainty": lambda: _short(estimate(LONELY["y"], L, kind="total", lonely="certainty")),
    "lonely_ratio_certainty": lambda: _short(
        estimate(LONELY["y"], L, kind="ratio", denominator=LONELY["x"], lonely="certainty")
    ),
}


@pytest.mark.parametrize("name", OURS)
def test_figures_are_those_that_r_gave(name: str) -> None:
    assert OURS[name]() == pytest.approx(RECORDED[name], rel=TOLERANCE)


@pytest.fixture(scope="module")
def r_figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figures, Path]:
    folder = tmp_path_factory.mktemp("r")
    installed = 'quit(status = !all(c("survey", "laeken") %in% rownames(installed.packages())))'
    if shutil.which("Rscript") is None or subprocess.run(["Rscript", "-e", installed], check=False).returncode:
        pytest.skip("R with the packages survey and laeken is not installed (Debian: r-cran-survey r-cran-laeken)")
    write_table(SAMPLE, folder / "sample.csv")
    write_table(LONELY, folder / "lonely.csv")
    write_table(project_of(*PROJECT), folder / "project.csv")
    subprocess.run(["Rscript", str(Path(__file__).with_name("figures.R")), str(folder)], check=True)
    rows = [line.split("\t") for line in (folder / "figures.tsv").read_text().splitlines()]
    return {name: [float(number) for number in numbers if number] for name, *numbers in rows}, folder


def test_figures_are_those_that_r_gives_now(r_figures: tuple[Figures, Path]) -> None:
    figures, _ = r_figures
    for name, ours in OURS.items():
        assert ours() == pytest.approx(figures[name], rel=1e-6), name


# What R's figure is the figure of; the rest are means of the indicator that they are named for.
OF_PROJECT = {
    "poor": "v_poor_h", "gap": "v_pov_gap", "square": "v_pov_sq", "gini": "v_gini", "m0": "v_mpi_m0", "a": "v_mpi_a",
    "dropout": "v_dropout", "did": "did_u_living", "house_safe": "v_safe_house", "lci_eq": "v_lci",
    "trust_idx": "v_trust", "return_risk": "v_return",
}  # fmt: skip
MEANS = (
    *("u_living", "u_living_b", "u_production", "u_social", "ccd", "cap_human", "lci_eq", "syn_gov", "syn_inter"),
    *("house_safe", "one_job", "access_min", "trust_idx", "inc_pc", "return_risk"),
)
PROJECT = interviews(VILLAGES, random.Random(20))


def project_of(*made: Interview) -> Table:
    """The household table of a project as R reads it: labels as numbers, NaN where missing."""
    table = compute_households(frame_of(*made))
    labels = [(answers["village"], answers["county"] + answers["reloc_status"]) for answers, _ in made]
    sides = [answers["reloc_status"] == "relocated" for answers, _ in made]
    number = {label: float(place) for place, label in enumerate(sorted({one for pair in labels for one in pair}))}
    codes = (*MEANS, "mpi_score", "children_n", "children_out_n")
    return {
        "village": np.array([number[village] for village, _ in labels]),
        "stratum": np.array([number[stratum] for _, stratum in labels]),
        "w": np.array([answers["pre_weight"] for answers, _ in made]),
        "hh_size": np.array([float(answers["hh_size"]) for answers, _ in made]),
        "moved": np.array(sides, float),
        **{code: np.where(table[code].given, table[code].values, np.nan) for code in codes},
    }


def test_the_figures_of_a_project_are_those_that_r_gives(r_figures: tuple[Figures, Path]) -> None:
    figures, _ = r_figures
    frame = frame_of(*PROJECT)
    found = {one.code: one for one in summarise(frame, compute_households(frame)).project}
    seen = {name.removeprefix("project_"): row for name, row in figures.items() if name.startswith("project_")}
    assert {*MEANS, *OF_PROJECT} <= seen.keys()
    for name in {*MEANS, *OF_PROJECT}:
        one = found[OF_PROJECT.get(name, f"v_{name}")]
        assert [one.estimate, one.se][: len(seen[name])] == pytest.approx(seen[name], rel=1e-6), name


def test_the_school_survey_of_california_gives_the_published_figures(r_figures: tuple[Figures, Path]) -> None:
    figures, folder = r_figures
    schools = read_table(folder / "apiclus1.csv")
    score, pupils, tested = (np.array(schools[name], dtype=float) for name in ("api00", "enroll", "api.stu"))
    design = Design(
        np.array(schools["pw"], float), clusters=schools["dnum"], population=np.array(schools["fpc"], float)
    )
    found = estimate(score, design)
    assert [round(found.estimate, 2), round(found.se, 3)] == [644.17, 23.542]
    assert _short(found) == pytest.approx(figures["api_mean"], rel=1e-6)
    assert _short(estimate(pupils, design, kind="total")) == pytest.approx(figures["api_total"], rel=1e-6)
    share = estimate(tested, design, kind="ratio", denominator=pupils)
    assert _short(share) == pytest.approx(figures["api_ratio"], rel=1e-6)
    assert _by(estimate(score, design, by=schools["stype"])) == pytest.approx(figures["api_by"], rel=1e-6)


def test_the_income_survey_of_austria_gives_the_published_figures(r_figures: tuple[Figures, Path]) -> None:
    figures, folder = r_figures
    persons = read_table(folder / "eusilc.csv")
    income, weights = np.array(persons["eqIncome"], dtype=float), np.array(persons["rb050"], dtype=float)
    design = Design(weights, persons["db040"], np.array(persons["db030"], dtype=float))
    assert gini(income, weights) == pytest.approx(0.264896, abs=5e-7)
    assert [gini(income, weights)] == pytest.approx(figures["eusilc_gini"], rel=1e-6)
    assert [estimate(income, design, kind="median").estimate] == pytest.approx(figures["eusilc_median"], rel=1e-6)
    assert _short(estimate(income, design)) == pytest.approx(figures["eusilc_mean"], rel=1e-6)
    assert _by(estimate(income, design, by=persons["db040"])) == pytest.approx(figures["eusilc_by"], rel=1e-6)
