"""The catalogue as a whole: complete, in order, and closed to what is not declared."""

from dataclasses import replace

import pytest

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.declaration import Indicator
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.indicators.parameters import NO_PARAMETERS
from surveyapp.indicators.reading import Answers, Reading
from surveyapp.indicators.registry import Registry, RegistryError
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.indicators.summary import LINES
from tests.indicators.household import MEMBERS, cell, frame_of, household

AREA = CATALOGUE["area_pc"]


def plain(code: str, *, inputs: tuple[str, ...] = (), depends: tuple[str, ...] = ()) -> Indicator:
    """An indicator that reads the first thing that it declares."""
    first = (*inputs, *depends)[0]
    return replace(AREA, code=code, inputs=inputs, depends=depends, formula=lambda reading: reading[first])


def test_the_catalogue_has_as_many_indicators_as_it_was_given() -> None:
    # The 33rd extended one is the vulnerability index, which is a figure of villages.
    assert [len(CATALOGUE.list_codes(name)) for name in ("CORE", "BLOCK", "EXT")] == [28, 23, 32]
    assert len(LINES) == 20 + 1
    assert [line.code for line in LINES if line.code == "lvi"] == ["lvi"]


def test_figures_of_villages_have_names_of_their_own() -> None:
    codes = [code for line in LINES for code in line.codes]
    assert len(codes) == len(set(codes))
    assert not set(codes) & {one.code for one in CATALOGUE}


def test_a_circle_is_refused() -> None:
    with pytest.raises(RegistryError, match=r"circle: .*one.*two"):
        Registry([plain("one", depends=("two",)), plain("two", depends=("one",))])


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(RegistryError, match="'one' reads 'h_aera_n', which is no question"):
        Registry([plain("one", inputs=("h_aera_n",))])


def test_an_unknown_dependency_is_refused() -> None:
    with pytest.raises(RegistryError, match="depends on 'two', which is not declared"):
        Registry([plain("one", depends=("two",))])


@pytest.mark.parametrize("code", ["area_pc", "hh_size"])
def test_a_code_is_used_once_and_is_no_question(code: str) -> None:
    with pytest.raises(RegistryError, match="declared twice"):
        Registry([AREA, replace(AREA, code=code)])


def test_a_formula_that_reads_what_it_does_not_declare_is_refused() -> None:
    with pytest.raises(RegistryError, match="'area_pc' reads 'hh_size' without declaring it"):
        Registry([replace(AREA, inputs=("h_area_n",))])


def test_a_mark_that_is_not_declared_is_refused() -> None:
    with pytest.raises(RegistryError, match="sets 'negative_land' without declaring it"):
        Registry([replace(CATALOGUE["land_oper_pc"], flags=())])


def test_nothing_is_declared_that_is_not_used() -> None:
    frame = frame_of((household(), MEMBERS))
    settings = read_settings({"before_prices": {"by_year": {"2016": 1}}})
    answers = Answers(frame, settings, 0, 1)
    results = dict(compute_households(frame, settings).columns)
    for one in CATALOGUE:
        if one.needs_fit:
            continue
        reading = Reading(one, answers, results, settings, NO_PARAMETERS)
        one.formula(reading)
        assert reading.used == {*one.inputs, *one.depends}, one.code


def test_everything_needed_comes_first() -> None:
    order = [one.code for one in CATALOGUE.in_order(["lci_ent", "mpi_poor"])]
    for code in order:
        assert all(order.index(needed) < order.index(code) for needed in CATALOGUE[code].depends)


def test_only_what_was_asked_for_comes_out() -> None:
    table = compute_households(frame_of((household(), MEMBERS)), codes=["ccd"])
    assert list(table.columns) == ["ccd", "ccd_grade", "ccd_c", "ccd_stage"]


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(RegistryError, match="no indicator 'gdp'"):
        compute_households(frame_of((household(), MEMBERS)), codes=["gdp"])


def test_a_version_without_an_input_cannot_give_what_rests_on_it() -> None:
    form = {"1": frozenset(QUESTIONS), "2": frozenset(QUESTIONS) - {"inc_gov", "land_out_n"}}
    both = ((household(), MEMBERS), (household(land_own_n=0, land_out_n=...), MEMBERS))
    table = compute_households(frame_of(*both, form=form, versions=["1", "2"]))
    for code in ("inc_net", "inc_pc", "u_production", "ccd", "ccd_grade", "mpi_poor", "land_oper_pc"):
        assert cell(table, code) != "(not_in_version)"
        assert cell(table, code, 1) == "(not_in_version)", code
        assert table.not_computable["2"][code]
    assert table.not_computable["1"] == {}
    assert table.not_computable["2"]["inc_net"] == ["inc_gov"]
    assert cell(table, "u_living", 1) == cell(table, "u_living")


def test_a_dropped_deprivation_may_be_lacking() -> None:
    form = {"1": frozenset(QUESTIONS) - {"med_forgone"}}
    settings = read_settings({"mpi": {"drop": ["care"]}})
    frame = frame_of((household(), MEMBERS), form=form)
    assert cell(compute_households(frame), "mpi_poor") == "(not_in_version)"
    assert cell(compute_households(frame, settings), "mpi_poor") == 0


def test_a_renamed_question_is_found_by_its_alias() -> None:
    settings = read_settings({"aliases": {"h_area_n": "dwelling_m2"}})
    form = {"1": frozenset(QUESTIONS) - {"h_area_n"} | {"dwelling_m2"}}
    frame = frame_of((household(dwelling_m2=100), MEMBERS), settings=settings, form=form)
    assert cell(compute_households(frame, settings), "area_pc") == 25
    assert cell(compute_households(frame, Settings()), "area_pc") == "(not_in_version)"
