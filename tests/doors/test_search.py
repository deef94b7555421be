"""Submissions are found by what they are called and by what was found in them."""

from typing import Any

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.store import search
from surveyapp.store.listing import Filter, list_submissions
from surveyapp.store.migrations import alembic_config, migrate
from surveyapp.store.reach import EVERYTHING
from surveyapp.store.search import MOST_WORDS, list_words
from tests.people import PEOPLE, Phone, Survey, record

NAMES = {"a1": "Household 12, Wang Li", "b2": "household 120 上村王小明", "c3": "Straße 7 (Wang)"}


def send(phone: Phone, instance_id: str, name: str, **more: str) -> int:
    said = f"<orx:instanceName>{name}</orx:instanceName></orx:meta>"
    content = record("<name>A</name><age>30</age>", instance_id=instance_id, **more).replace("</orx:meta>", said)
    return phone.send(content).status_code


def found(survey: Survey, **wanted: Any) -> list[str]:
    with survey.database.reading() as session:
        form = session.execute(Survey.sql("SELECT id FROM forms")).scalar_one()
        rows = list_submissions(session, form, EVERYTHING, Filter(**wanted), limit=50)
        return sorted(row.instance_id.removeprefix("uuid:") for row in rows)


@pytest.mark.parametrize("few", [search.FEW, 1, 0], ids=["few fit", "some fit", "many fit"])
def test_the_beginning_of_words_finds_whoever_has_them_all(
    survey: Survey, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone()
    for instance_id, name in NAMES.items():
        assert send(phone, f"uuid:{instance_id}", name) == 201
    monkeypatch.setattr(search, "FEW", few)
    assert found(survey, text="wang") == ["a1", "c3"]
    assert found(survey, text="HOUSE 12") == ["a1", "b2"]
    assert found(survey, text="12 li") == ["a1"]
    assert found(survey, text="小明") == ["b2"]
    assert found(survey, text="小明 wang") == []
    assert found(survey, text="STRASSE") == ["c3"]
    assert found(survey, text="ang") == []
    assert found(survey, text="uuid:a") == found(survey, text="A1") == ["a1"]
    assert found(survey, text="3") == ["c3"]
    assert found(survey, text="%") == found(survey, text="(") == []


def test_a_submission_is_found_by_what_it_is_called_now(survey: Survey) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone()
    send(phone, "uuid:a1", "Wang")
    send(phone, "uuid:b2", "Li", deprecated_id="uuid:a1")
    assert (found(survey, text="wang"), found(survey, text="uuid:a1"), found(survey, text="li")) == ([], [], ["b2"])


def test_what_was_found_once_and_is_mended_is_not_in_the_list_of_errors(survey: Survey) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone()
    phone.send(record("<name/><age>3</age>", instance_id="uuid:a1"))
    phone.send(record("<name/><age>4</age>", instance_id="uuid:c3"))
    assert found(survey, severity="error") == found(survey, check="required-missing") == ["a1", "c3"]
    phone.send(record("<name>A</name><age>3</age>", instance_id="uuid:b2", deprecated_id="uuid:a1"))
    assert found(survey, severity="error") == ["c3"]
    assert found(survey, severity="error", check="required-missing", text="c3") == ["c3"]
    assert found(survey, check="no-such-check") == []


@given(st.text(max_size=80))
def test_whatever_a_name_holds_its_words_are_few_and_lower_case(name: str) -> None:
    words = list_words(name, "uuid:A")
    assert "=a" in words
    assert len(words) == len(set(words)) <= MOST_WORDS
    assert all(word == word.casefold() or not word.isascii() for word in words)
    assert all(word in list_words(word, "uuid:a") for word in words if word.isascii() and word.isalnum())


def test_what_was_received_before_there_was_a_search_is_found_too(survey: Survey) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone()
    send(phone, "uuid:a1", "Wang")
    phone.send(record("<name/><age>3</age>", instance_id="uuid:b2"))
    command.downgrade(alembic_config(survey.database), "0007")
    migrate(survey.database)
    assert (found(survey, text="wang"), found(survey, severity="error")) == (["a1"], ["b2"])
