"""What Prometheus reads: counted over all processes, never backwards, and not for strangers."""

import gc
import math
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.config import Config
from surveyapp.web import meters
from surveyapp.web.meters import Meters
from tests.keeping.commands import running, surveyapp
from tests.people import PEOPLE, Phone, Survey, record, serving

REQUESTS = 'surveyapp_requests_total{method="GET",route="/",status="200"}'


def read(url: str, **headers: str) -> dict[str, float]:
    """Each line of /metrics as a name with its labels, and its value."""
    response = requests.get(f"{url}/metrics", headers=headers, timeout=30)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    found = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}
    assert len(found) == len(lines), "a series is there twice"
    return found


def test_requests_are_counted_over_all_processes_and_restarts(here: dict[str, str], tmp_path: Path) -> None:
    settings = {**here, "SURVEYAPP_WORKERS": "3"}
    for round_ in (1, 2):
        with running(settings, tmp_path / "log") as url:
            for _ in range(40):
                # Without Connection: close, one process would answer them all.
                assert requests.get(f"{url}/", headers={"Connection": "close"}, timeout=30).ok
            found = read(url)
            assert found[REQUESTS] == 40 * round_
            assert found['surveyapp_request_seconds_count{route="/"}'] == 40 * round_
            assert found['surveyapp_request_seconds_bucket{route="/",le="+Inf"}'] == 40 * round_
            assert found["surveyapp_database_up"] == 1
            assert found["surveyapp_queue_length"] == 0
            assert found["surveyapp_data_free_bytes"] > 0


def test_submissions_are_counted_by_what_became_of_them(here: dict[str, str], office: Survey) -> None:
    office.publish(PEOPLE)
    with serving(office.config) as url:
        phone = Phone(f"{url}/c/{office.phone().url.rpartition('/')[2]}")
        xml = record("<name>A</name>", instance_id="uuid:1")
        for sent in (xml, xml, xml.replace("A<", "B<"), "<no", record("<name>C</name>", form="unknown")):
            phone.send(sent)
        program = office.api()
        body = [{"version": "1", "answers": {"name": "D"}}, {"version": "1"}]
        assert program.post(f"{url}/api/v1/projects/default/forms/people/submissions", json=body, timeout=30).ok
        surveyapp(here, "backup", office.config.data_dir / "backups")
        found = read(url)
    outcomes = {name.split('"')[1]: value for name, value in found.items() if name.startswith("surveyapp_submissions")}
    assert outcomes == {"new": 2, "same": 1, "conflict": 1, "refused": 3}
    assert found["surveyapp_last_backup_timestamp_seconds"] > 1.7e9


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_whoever_comes_through_a_proxy_is_a_stranger(office: Survey, header: str) -> None:
    with serving(office.config) as url:
        read(url)
        assert requests.get(f"{url}/metrics", headers={header: "for=192.0.2.1"}, timeout=30).status_code == 403


def test_with_a_token_set_nobody_reads_without_it(here: dict[str, str]) -> None:
    with serving(Config.from_environ({**here, "SURVEYAPP_METRICS_TOKEN": "let-me-in"})) as url:
        for header in ({}, {"Authorization": "Bearer let-me"}, {"Authorization": "Bearer lét-me-in"}):
            assert requests.get(f"{url}/metrics", headers=header, timeout=30).status_code == 403
        read(url, Authorization="Bearer let-me-in")


def test_a_database_that_is_away_is_told(here: dict[str, str], tmp_path: Path) -> None:
    settings = {**here, "SURVEYAPP_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nowhere"}
    with serving(Config.from_environ(settings)) as url:
        assert read(url)["surveyapp_database_up"] == 0
    assert tmp_path.exists()


AMOUNTS = st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=20), st.floats(0, 1e6)), max_size=30)


@settings(max_examples=30, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=4), st.booleans())
def test_what_ended_processes_counted_is_kept(tmp_path_factory: pytest.TempPathFactory, processes, end) -> None:  # type: ignore[no-untyped-def]  # told by the strategies
    folder = tmp_path_factory.mktemp("meters")
    living = []
    expected: dict[meters.Series, float] = {}
    for process in processes:
        counting = Meters(folder)
        for name, label, amount in process:
            counting.add({(name, (("label", label),)): amount})
            expected[name, (("label", label),)] = expected.get((name, (("label", label),)), 0.0) + amount
        living.append(counting)
        if end:
            living.clear()
            del counting
            gc.collect()
    found = Meters(folder).read()
    assert found.keys() == expected.keys()
    assert all(math.isclose(found[series], value) for series, value in expected.items())
    assert len(list(folder.glob("live-*"))) <= (1 if end else len(processes))


def test_when_there_is_no_more_room_new_series_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "SIZE", 1 << 12)
    counting = Meters(tmp_path)
    for number in range(1000):
        counting.add({("name", (("number", str(number)),)): 1, ("first", ()): 1})
    found = counting.read()
    assert found["first", ()] == 1000
    assert 10 < len(found) < 1000
