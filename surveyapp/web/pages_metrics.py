"""How the server does, in the text format of Prometheus: what was counted, and what is so at this moment."""

import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from hmac import compare_digest
from ipaddress import ip_address
from typing import Final

from flask import Blueprint, Flask, Response, current_app, g, request

from surveyapp import __version__
from surveyapp.config import Config
from surveyapp.keeping.backup import read_mark
from surveyapp.problems import NOT_ALLOWED, Problem
from surveyapp.store.condition import count_exports_by_state
from surveyapp.store.database import DatabaseFailure
from surveyapp.store.migrations import find_revision
from surveyapp.web.current import config, database, worker
from surveyapp.web.meters import Meters, Series, list_noted_submissions
from surveyapp.worker import count_waiting

pages_metrics = Blueprint("metrics", __name__)

KEY: Final = "surveyapp_meters"
REQUESTS, SECONDS, SUBMISSIONS = "surveyapp_requests_total", "surveyapp_request_seconds", "surveyapp_submissions_total"
# name: (type, help)
COUNTED: Final = {
    REQUESTS: ("counter", "Requests answered, by route and status."),
    SECONDS: ("histogram", "Seconds until the answer began, by route."),
    SUBMISSIONS: ("counter", "Records that were sent, by what became of them."),
}
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
# Addresses to which records are sent.
SENT_TO: Final = {"openrosa.submission", "openrosa_named.submission", "submissions.post_submissions"}


def use_meters(app: Flask, settings: Config) -> None:
    """Count the requests of `app`, and answer what was counted."""
    app.extensions[KEY] = Meters(settings.meters_dir)
    app.before_request(_begin)

    @app.after_request
    def count(response: Response) -> Response:
        app.extensions[KEY].add(_amounts(response.status_code))
        return response

    app.register_blueprint(pages_metrics)


def _begin() -> None:
    g.metered_at = time.perf_counter()


def _amounts(status: int) -> dict[Series, float]:
    route = request.url_rule.rule if request.url_rule else "(unknown)"
    method = request.method if request.method in METHODS else "(other)"
    seconds = time.perf_counter() - g.get("metered_at", time.perf_counter())
    bound = next((f"{bound:g}" for bound in BOUNDS if seconds <= bound), "+Inf")
    amounts: dict[Series, float] = {
        (REQUESTS, (("method", method), ("route", route), ("status", str(status)))): 1,
        (f"{SECONDS}_bucket", (("route", route), ("le", bound))): 1,
        (f"{SECONDS}_sum", (("route", route),)): seconds,
    }
    outcomes = list_noted_submissions()
    # 401 asks a phone for its password; it sends the record again with it.
    if not outcomes and method == "POST" and request.endpoint in SENT_TO and status >= 400 and status != 401:
        outcomes = ["refused"]
    for outcome, number in Counter(outcomes).items():
        amounts[SUBMISSIONS, (("outcome", outcome),)] = number
    return amounts


@pages_metrics.get("/metrics")
def metrics() -> Response:
    """For Prometheus: with METRICS_TOKEN as Bearer; without that setting, for this machine itself."""
    _refuse_strangers()
    meters: Meters = current_app.extensions[KEY]
    lines = [*_counted(meters.read()), *_gauges()]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _refuse_strangers() -> None:
    token = config().metrics_token
    if token:
        given = request.headers.get("Authorization", "").encode()
        if not compare_digest(given, f"Bearer {token}".encode()):
            raise Problem(NOT_ALLOWED, "The request does not carry the token of SURVEYAPP_METRICS_TOKEN.")
        return
    # A proxy on this machine asks from this machine, for whoever asked it.
    forwarded = any(header in request.headers for header in FORWARDED)
    if forwarded or not ip_address(request.remote_addr or "0.0.0.0").is_loopback:
        remedy = "Ask from the machine of the server, or set SURVEYAPP_METRICS_TOKEN."
        raise Problem(NOT_ALLOWED, "These figures are for the machine of the server itself.", remedy=remedy)


# -- the text ---------------------------------------------------------------------------------------------------------
def _counted(sums: Mapping[Series, float]) -> Iterator[str]:
    by_name: dict[str, list[str]] = defaultdict(list)
    buckets: dict[str, dict[str, float]] = defaultdict(dict)
    for (name, labels), value in sorted(sums.items()):
        if name == f"{SECONDS}_bucket":
            known = dict(labels)
            buckets[known["route"]][known["le"]] = value
        else:
            family = name.removesuffix("_sum") if name.startswith(SECONDS) else name
            by_name[family].append(_line(name, dict(labels), value))
    for route, counts in buckets.items():
        by_name[SECONDS] += _histogram(route, counts)
    for name, (kind, told) in COUNTED.items():
        yield from (f"# HELP {name} {told}", f"# TYPE {name} {kind}", *by_name[name])


def _histogram(route: str, counts: Mapping[str, float]) -> Iterator[str]:
    """Each bucket holds what the smaller ones hold, too."""
    total = 0.0
    for bound in (*(f"{bound:g}" for bound in BOUNDS), "+Inf"):
        total += counts.get(bound, 0)
        yield _line(f"{SECONDS}_bucket", {"route": route, "le": bound}, total)
    yield _line(f"{SECONDS}_count", {"route": route}, total)


def _gauges() -> Iterator[str]:
    settings = config()
    try:
        revision: str | None = find_revision(database())
        with database().reading() as session:
            exports: Mapping[str, int] = count_exports_by_state(session)
    except DatabaseFailure:
        revision, exports = None, {}
    yield from _gauge("surveyapp_database_up", "Whether the database answers.", {"": float(revision is not None)})
    build = _line("surveyapp_build_info", {"version": __version__, "revision": revision or ""}, 1)
    yield from (
        "# HELP surveyapp_build_info Version and database revision.",
        "# TYPE surveyapp_build_info gauge",
        build,
    )
    yield from _gauge("surveyapp_exports", "Exports that are kept, by state.", exports, "state")
    yield from _gauge("surveyapp_queue_length", "Jobs that wait.", {"": count_waiting(worker())})
    free = shutil.disk_usage(settings.data_dir).free
    yield from _gauge("surveyapp_data_free_bytes", "Free space of the data folder.", {"": free})
    backup = read_mark(settings.backup_mark)
    if backup is not None:
        told = "When the last backup was taken."
        yield from _gauge("surveyapp_last_backup_timestamp_seconds", told, {"": backup.timestamp()})
    if settings.worker_beat.exists():
        told = "When the worker last said that it lives."
        yield from _gauge("surveyapp_worker_beat_timestamp_seconds", told, {"": settings.worker_beat.stat().st_mtime})


def _gauge(name: str, told: str, values: Mapping[str, float], label: str = "") -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} gauge"
    for which, value in sorted(values.items()):
        yield _line(name, {label: which} if label else {}, value)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    said = ",".join(f'{label}="{_escape(text)}"' for label, text in labels.items())
    number = f"{value:.0f}" if float(value).is_integer() else repr(float(value))
    return f"{name}{{{said}}} {number}" if said else f"{name} {number}"


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
