"""The table of states: no path leads around it, whatever is tried in whatever order."""

import datetime
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyapp.problems import Problem
from surveyapp.review.decide import Decision, Reviewer, decide
from surveyapp.review.history import verify_history
from surveyapp.review.states import REASON_CODES, STATES, TRANSITIONS, Part, find_transition
from surveyapp.store.forms import get_form
from surveyapp.store.history import list_events
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING
from surveyapp.store.reviews import get_standing
from tests.doors.review_office import HOUSE as FORM
from tests.doors.review_office import answers, house
from tests.people import Survey

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["person:one", "person:two", "person:boss"]),
        st.sampled_from(STATES),
        st.booleans(),
        st.sampled_from(["", *REASON_CODES]),
        st.booleans(),
        st.integers(0, 30),
    ),
    max_size=12,
)
BEGIN = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)

# As the specification of review writes it: from, to, who. `same` may do it within a day.
ALLOWED = {
    *((state, "in_review", "any") for state in ("received", "corrected")),
    *((state, "approved", "any") for state in ("received", "in_review", "corrected", "has_issues")),
    *((state, "has_issues", "any") for state in ("received", "in_review", "corrected")),
    *((state, "returned", "any") for state in ("received", "in_review", "corrected", "has_issues")),
    ("approved", "returned", "admin"),
    *((state, "rejected", "any") for state in STATES if state != "rejected"),
    *((state, "in_review", who) for state in ("rejected", "approved") for who in ("admin", "same")),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("to", STATES)
def test_the_table_is_that_of_the_specification(state: str, to: str) -> None:
    parts: dict[str, Part] = {"any": "reviewer", "admin": "admin", "same": "same_reviewer"}
    found = {who for who, part in parts.items() if find_transition(state, to, [part]) is not None}
    said = {who for source, target, who in ALLOWED if (source, target) == (state, to)}
    assert found == (said | {"admin"} if "any" in said else said)


def test_only_the_arrival_of_a_version_corrects() -> None:
    assert {row.by for row in TRANSITIONS if row.to == "corrected"} == {frozenset({"system"})}
    assert not [row for row in TRANSITIONS if row.to == "received"]


@given(steps=STEPS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_of_decisions_leads_around_the_table(
    survey: Survey, steps: list[tuple[str, str, bool, str, bool, int]]
) -> None:
    number, form_pk = _fresh(survey)
    moment, decided_by, decided_at = BEGIN, "", BEGIN
    for actor, to, comment, code, override, hours in steps:
        moment += datetime.timedelta(hours=hours)
        reviewer = Reviewer(actor, EVERYTHING, actor == "person:boss", "office", moment)
        decision = Decision(to, "why" if comment else "", (), code, "why" if override else "")
        with survey.database.begin() as session:
            before = get_standing(session, form_pk, number, EVERYTHING).state
            try:
                decide(session, form_pk, number, decision, reviewer)
            except Problem:
                assert get_standing(session, form_pk, number, EVERYTHING).state == before
                continue
            after = get_standing(session, form_pk, number, EVERYTHING).state
        same = decided_by == actor and moment - decided_at < datetime.timedelta(hours=24)
        whos = {"any"} | ({"admin"} if actor == "person:boss" else set()) | ({"same"} if same else set())
        assert after == to
        assert any((before, after, who) in ALLOWED for who in whos)
        # An error is open in the record, and each decision needs what the specification says.
        assert {"approved": override, "rejected": bool(code), "returned": comment}.get(after, True)
        if after in ("approved", "rejected", "returned", "has_issues"):
            decided_by, decided_at = actor, moment
        elif after == "in_review":
            decided_by = ""
    with survey.database.reading() as session:
        told = [event.detail for event in list_events(session, number)]
        assert all(one["to"] == two["from"] for one, two in itertools.pairwise(told))
        assert verify_history(session, number).broken_at is None


def _fresh(survey: Survey) -> tuple[int, int]:
    """A submission with an error, in a form that is published once."""
    if not survey.count("forms"):
        survey.publish(FORM)
    if not survey.count("devices"):
        survey.phone()
    known = survey.count("submissions")
    phone = survey.phone(f"phone {known}")
    assert phone.send(house(f"uuid:{known}", answers(age=150))).status_code == 201
    with survey.database.reading() as session:
        form_pk = get_form(session, get_project(session, "default").id, "house").id
    return survey.rows("SELECT max(id) FROM submissions")[0][0], form_pk
