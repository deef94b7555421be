"""Settings and stored parameters: data that come back as they went, and faults that say where they are."""

import json
from fractions import Fraction
from typing import Any

import pytest

from surveyapp.indicators.parameters import EntropyWeights, Loadings, Parameters, read_parameters
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.indicators.settings_values import SettingsError

FAULTS: dict[str, Any] = {
    "fcs_hihg": {"fcs_hihg": True},
    "poverty_line.amount": {"poverty_line": {"amount": "4000"}},
    "poverty_line.year": {"poverty_line": {"year": 2020}},
    "goalposts.area": {"goalposts": {"area": [0, 25]}},
    "goalposts.area_pc": {"goalposts": {"area_pc": [0]}},
    "goalposts.area_pc[1]": {"goalposts": {"area_pc": [0, "25"]}},
    "grade_cuts": {"grade_cuts": [0.5, 0.4]},
    "grades": {"grade_cuts": [0.5]},
    "fcs_cuts": {"fcs_cuts": [21, 35, 42]},
    "mpi.cutoff": {"mpi": {"cutoff": "4/3"}},
    "mpi.indicators[0].weight": {"mpi": {"indicators": [{"name": "care", "dimension": "health", "weight": 0}]}},
    "mpi.indicators": {"mpi": {"indicators": [{"name": "nutrition", "dimension": "health", "weight": 3}]}},
    "mpi.drop[0]": {"mpi": {"drop": ["nutrition"]}},
    "water_rule": {"water_rule": "who"},
    "fcs_high": {"fcs_high": 1},
    "months_employed": {"months_employed": 13},
    "design.households.v1": {"design": {"households": {"v1": 0}}},
    "design": {"design": []},
    "lvi_bounds.rcsi": {"lvi_bounds": {"rcsi": [5, 5]}},
    "settings": "{",
}


@pytest.mark.parametrize("where", FAULTS)
def test_a_fault_names_its_place(where: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(FAULTS[where])
    assert refused.value.where == where


def test_a_fault_of_a_mapping_says_what_is_known() -> None:
    with pytest.raises(SettingsError, match="no such name; known are area_pc, land_oper_pc"):
        read_settings({"goalposts": {"area": [0, 25]}})


def test_what_is_not_said_has_its_default() -> None:
    settings = read_settings('{"goalposts": {"area_pc": [0, 30]}}')
    assert list(settings.goalposts["area_pc"]) == [0, 30]
    assert list(settings.goalposts["tlu"]) == [0, 5]
    assert settings.highest_income == 16000


def test_settings_come_back_from_json() -> None:
    settings = read_settings({"fcs_high": True, "mpi": {"cutoff": "2/5", "drop": ["food"]}, "aliases": {"a": "b"}})
    assert settings.mpi.cutoff == Fraction(2, 5)
    assert read_settings(json.dumps(settings.as_json())) == settings


def test_the_hash_is_of_the_content() -> None:
    assert read_settings({"fcs_cuts": [21, 35]}).hash == Settings().hash
    one, other = ({"aliases": {"a": "b", "c": "d"}}, {"aliases": {"c": "d", "a": "b"}})
    assert read_settings(one).hash == read_settings(other).hash
    assert read_settings({"fcs_high": True}).hash != Settings().hash


def test_weights_of_the_poverty_measure_are_exact_24ths() -> None:
    weights = Settings().mpi.weights()
    assert sum(weights.values()) == 1
    assert {name: weight * 24 for name, weight in weights.items()}["food"] == 3


def test_dropping_a_whole_dimension_leaves_weights_that_add_up() -> None:
    weights = read_settings({"mpi": {"drop": ["insurance", "care"]}}).mpi.weights()
    assert sum(weights.values()) == 1
    assert weights["schooling"] == Fraction(1, 6)


def test_parameters_come_back_to_the_last_digit() -> None:
    parameters = Parameters(
        entropy=EntropyWeights({"score_edu": 1 / 3, "score_tlu": 2 / 3}, 17),
        bounds={"area_pc": (1 / 7, 99.5)},
        assets=Loadings(("q:a", "q:b"), (0.1, 0.2), (0.3, 0.4), (1 / 3, 0.7), (-1.0, 0.0, 1.0, 2.0), 0.4, 17),
        fitted_at="2026-10-05",
        settings_hash="abc",
    )
    again = read_parameters(parameters.as_json())
    assert again == parameters
    assert again.hash == parameters.hash


def test_weights_that_do_not_add_to_one_are_refused() -> None:
    with pytest.raises(SettingsError, match="must add to 1"):
        read_parameters({"entropy": {"weights": {"a": 0.4}, "n": 3}})
