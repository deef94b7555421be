"""Groups that share what an attacker knows, counted against the definition."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.risk import RiskCounter

RECORDS = st.lists(
    st.tuples(
        st.tuples(st.sampled_from("ab"), st.sampled_from([None, 1, 2])), st.floats(0.5, 20), st.sampled_from("xyz")
    ),
    max_size=40,
)


@given(RECORDS)
def test_figures_are_those_of_the_definition(records: list[tuple[tuple[str, int | None], float, str]]) -> None:
    risk = RiskCounter()
    for key, weight, answer in records:
        risk.add(key, weight, answer, told=True)
    found = risk.figures()
    sizes = [sum(1 for other in records if other[0] == one[0]) for one in records]
    variety = [len({other[2] for other in records if other[0] == one[0]}) for one in records]
    weights = [sum(other[1] for other in records if other[0] == one[0]) for one in records]
    assert found.sizes == Counter(sizes)
    assert found.variety == Counter(variety)
    assert found.below(3) == sum(size < 3 for size in sizes)
    expected = sum(min(1.0, 1 / max(weight, 1)) for weight in weights) / len(records) if records else 0
    assert found.rate == pytest.approx(expected)


def test_household_is_known_by_a_member_like_no_other() -> None:
    risk = RiskCounter()
    for household, age in (("h1", 30), ("h2", 30), ("h3", 30), ("h1", 97), ("h2", 61), ("h3", 61)):
        risk.add_member((age,), household)
    found = risk.figures()
    assert (found.unique_by_members, found.small_by_members) == (1, 3)
