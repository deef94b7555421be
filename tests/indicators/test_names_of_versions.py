"""Names of questions over the versions of a form: whose sheet counts, and what becomes of a dropped question."""

from surveyapp.indicators.mapping import with_older_names

OLD = ({"aliases": {"hh_size": "members", "fcs_sugar": "sweet"}, "smallest_cell": 5}, ["members", "sweet"])


def named(*versions: tuple[dict[str, object], list[str]]) -> object:
    return with_older_names(versions[0][0], versions).get("aliases", {})


def test_a_question_that_is_no_longer_asked_keeps_its_name() -> None:
    newest = {"aliases": {"hh_size": "members"}, "fcs_high": True}
    assert with_older_names(newest, [(newest, ["members"]), OLD]) == {
        "aliases": {"hh_size": "members", "fcs_sugar": "sweet"},
        "fcs_high": True,
    }


def test_a_question_that_is_asked_and_no_longer_named_has_no_name() -> None:
    assert named(({"aliases": {"hh_size": "members"}}, ["members", "sweet"]), OLD) == {"hh_size": "members"}


def test_the_newest_name_of_an_input_counts() -> None:
    assert named(({"aliases": {"hh_size": "persons"}}, ["persons"]), OLD) == {
        "hh_size": "persons",
        "fcs_sugar": "sweet",
    }


def test_an_input_that_is_asked_by_its_own_name_needs_none() -> None:
    assert named(({}, ["fcs_sugar"]), OLD) == {"hh_size": "members"}


def test_what_one_version_withdrew_an_older_one_does_not_bring_back() -> None:
    assert named(({}, ["other"]), ({}, ["members"]), OLD) == {"fcs_sugar": "sweet"}
