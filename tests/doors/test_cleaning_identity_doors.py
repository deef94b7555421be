"""Whatever the rules and the decisions: raw rows = clean rows + deletions, and raw with the log on it = clean.

Seen from outside: two workbooks, one of raw and one of clean answers, and the sheets that account for the difference.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from surveyapp.correct.log_import import Importer, SentLog, import_log, try_log
from surveyapp.correct.rulesets import publish_ruleset, save_draft
from surveyapp.correct.sheets import read_sent
from surveyapp.store.forms import Form, get_form
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING
from tests.farms import FARMS, RULES, farm
from tests.people import Survey, now

VILLAGES = st.sampled_from(["North", " north", "TEST", "South  bank"])
ANSWERS = st.fixed_dictionaries(
    {
        "hh_id": st.sampled_from(["H1", "H2", "H3", "H4"]),
        "village": VILLAGES,
        "income": st.sampled_from(["5", "1,200", "-99", "many"]),
        "crop": st.sampled_from(["rice", "other"]),
    }
)
CHANGES = st.tuples(st.integers(1, 6), st.sampled_from(["village", "income", "remove"]), st.integers(0, 3))


def publish(survey: Survey, form: Form, rules: list[dict[str, Any]]) -> None:
    with survey.database.begin() as session:
        number = save_draft(session, survey.files, form, rules, who="person:chief", now=now())
        publish_ruleset(session, survey.files, form, number, who="person:chief", now=now())


def decide(survey: Survey, form: Form, changes: list[tuple[int, str, int]]) -> None:
    """Decisions that the import finds good; it leaves out what does not fit the data."""
    wanted = {(number, question): value for number, question, value in changes}
    rows = [
        f"uuid:farm-{number},,,,remove_survey"
        if question == "remove"
        else f"uuid:farm-{number},{question},,{value},change_response"
        for (number, question), value in wanted.items()
    ]
    for row in rows:
        content = f"uuid,question,old_value,new_value,change_type\n{row}\n".encode()
        sent = SentLog(read_sent(content, "log.csv"))
        importer = Importer("person:chief", EVERYTHING, may_remove=True, now=now())
        with survey.database.begin() as session:
            tried = try_log(session, survey.files, form, sent, importer)
            if not tried.dry_run.faults:
                import_log(session, survey.files, form, sent, importer, tried.dry_run.token)


def text(value: Any) -> str:
    return "" if value is None else str(value)


@settings(
    max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(
    interviews=st.lists(ANSWERS, min_size=6, max_size=6),
    chosen=st.lists(st.sampled_from(RULES), unique_by=lambda rule: rule["id"]),
    changes=st.lists(CHANGES, max_size=4),
)
def test_raw_and_clean_workbooks_differ_by_their_logs_and_by_nothing_else(
    survey: Survey, interviews: list[dict[str, str]], chosen: list[dict[str, Any]], changes: list[tuple[int, str, int]]
) -> None:
    project = f"p{len(survey.rows('SELECT id FROM projects'))}"
    survey.create_project(project)
    survey.publish(FARMS, project=project)
    phone = survey.phone(project=project)
    for number, answers in enumerate(interviews, 1):
        assert phone.send(farm(number, members=number % 3, age=10 + 60 * (number % 3), **answers)).status_code == 201
    with survey.database.reading() as session:
        form = get_form(session, get_project(session, project).id, "farms")
    if chosen:
        publish(survey, form, json.loads(json.dumps(chosen)))
    decide(survey, form, changes)
    with tempfile.TemporaryDirectory() as folder:
        raw = survey.export("farms", Path(folder) / "raw.xlsx", project, kind="raw")
        clean = survey.export("farms", Path(folder) / "clean.xlsx", project)
    deleted = [row["instance_id"] for row in clean.get("deletion_log", ())]
    kept = [row["_instance_id"] for row in clean["data"]]
    assert sorted(kept + deleted) == [row["_instance_id"] for row in raw["data"]]
    log = {
        (r["instance_id"], text(r["row_key"]), r["question"]): r
        for r in clean.get("cleaning_log", ())
        if r["status"] == "applied"
    }
    for sheet in ("data", "member"):
        before = {(row["_instance_id"], text(row.get("_row_key"))): row for row in raw[sheet]}
        for row in clean[sheet]:
            key = (row["_instance_id"], text(row.get("_row_key")))
            for question in ("hh_id", "village", "income", "crop", "crop_other", "m_name", "m_age"):
                if question not in row:
                    continue
                told = log.get((*key, question))
                expected = text(told["new_value"]) if told else text(before[key][question])
                # Without rules and decisions a code is a reason, not an answer.
                if row.get(f"{question}__missing") and told is None:
                    expected = ""
                assert text(row[question]) == expected
        gone = before.keys() - {(row["_instance_id"], text(row.get("_row_key"))) for row in clean[sheet]}
        assert all(instance in deleted or (instance, key, None) in log for instance, key in gone)
