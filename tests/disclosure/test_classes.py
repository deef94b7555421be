"""A first look at what answers give away."""

import pytest

from surveyapp.disclosure.classes import suggest_class, suggest_top


@pytest.mark.parametrize(
    ("name", "kind", "labels", "expected"),
    [
        ("resp_name", "text", [], "direct"),
        ("q12", "text", ["受访者姓名"], "direct"),
        ("q13", "text", ["您的手机号码是多少？"], "direct"),
        ("q14", "text", ["Numéro de telephone"], "direct"),
        ("mobilePhone", "text", [], "direct"),
        ("gps", "geopoint", [], "direct"),
        ("house", "file", ["Take a picture"], "direct"),
        ("q1", "integer", ["年龄"], "indirect"),
        ("hh_size", "integer", [], "indirect"),
        ("q2", "select_one", ["民族"], "indirect"),
        ("born_on", "date", [], "indirect"),
        ("remarks", "text", ["Anything else?"], "indirect"),
        ("hiv_test", "select_one", [], "sensitive"),
        ("q3", "select_one", ["家里有人患病吗"], "sensitive"),
        ("n_phones", "decimal", ["How many phones?"], "none"),
        ("hh_pick", "select_one", ["Household"], "direct"),
        ("hhid", "integer", [], "direct"),
        ("w_min_b", "integer", ["Minutes to fetch water — in ${ref_year}, that year if you did not move"], "none"),
        ("fuel", "select_one", ["本村主要使用的炊事燃料是什么"], "none"),
        ("q9", "select_one", ["所在村"], "indirect"),
        ("m_work_months", "integer", ["Months of paid or own-account work"], "none"),
        ("roof", "select_one", ["Main material of the roof"], "none"),
    ],
)
def test_class_follows_from_name_type_and_label(name: str, kind: str, labels: list[str], expected: str) -> None:
    assert suggest_class(name, kind, labels).pii == expected


def test_choice_from_a_file_may_be_a_person() -> None:
    assert suggest_class("pick", "select_one", from_file=True).pii == "direct"


def test_ages_and_sizes_have_a_largest_value_and_pages_have_none() -> None:
    assert suggest_top("m_age") == 80
    assert suggest_top("q1", ["家庭人口数"]) == 12
    assert suggest_top("page") is None
    assert suggest_top("acreage") is None
