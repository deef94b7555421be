"""Receiving submissions against the bare floor: `python -m bench intake`.

What is sent: a form of 146 questions with 120 expressions, five roster rows, filled by the simulator; each request a
new record over
keep-alive HTTP. The floor is a Flask handler under the same server that parses the XML and inserts it as one row.
Both run in two
worker processes; requests are counted over a fixed time at 1, 4 and 16 clients, and the processor time of server and
database (not of the clients) is divided by them.
"""

import datetime
import os
import queue
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from surveyapp.config import Config
from surveyapp.people.phones import enrol_device
from surveyapp.people.projects import ensure_project
from surveyapp.publish import prepare_form, publish
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.store.forms import get_definition
from surveyapp.store.migrations import migrate
from tests.postgres import NoPostgres, running

CLIENTS = (1, 4, 16)
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
RECORDS = 40
AGENT = "org.odk.collect.android/v2026.3.1 Dalvik/2.1.0"


def form() -> str:
    """An XLSForm as Markdown: 13 groups of 10 questions, a roster of 16; 120 expressions."""
    rows = ["| survey | | | | | | | |", "| | type | name | label | relevant | constraint | calculation | required |"]

    def row(
        kind: str, name: str, relevant: str = "", constraint: str = "", calculation: str = "", required: str = ""
    ) -> None:
        label = "" if kind in ("calculate", "end group", "end repeat") else f"Question {name}"
        rows.append(f"| | {kind} | {name} | {label} | {relevant} | {constraint} | {calculation} | {required} |")

    for group in range(13):
        row("begin group", f"g{group}")
        row("select_one yn", f"g{group}_any", required="yes")
        for number in range(4):
            row("integer", f"g{group}_n{number}", f"${{g{group}_any}} = 'yes'", ". >= 0 and . <= 5000")
        row("decimal", f"g{group}_d", f"${{g{group}_any}} = 'yes'", ". >= 0 and . <= 100000 or . = -99")
        row("select_multiple item", f"g{group}_m", "", "not(selected(., 'none') and count-selected(.) > 1)")
        row("select_one item", f"g{group}_s")
        row("text", f"g{group}_t")
        row("calculate", f"g{group}_c", calculation=f"coalesce(${{g{group}_n0}}, 0) + coalesce(${{g{group}_n1}}, 0)")
        row("end group", "")
    row("begin repeat", "member")
    row("text", "m_name", required="yes")
    row("integer", "m_age", "", ". >= 0 and . <= 115", required="yes")
    for number in range(14):
        row("select_one yn", f"m_q{number}", f"${{m_age}} >= {number}" if number % 2 else "")
    row("end repeat", "")
    rows += ["| choices | | | |", "| | list_name | name | label |", "| | yn | yes | Yes |", "| | yn | no | No |"]
    rows += [f"| | item | {name} | {name} |" for name in ("none", "a", "b", "c", "d")]
    rows += ["| settings | | | |", "| | form_title | form_id | version |", "| | Intake | intake | 1 |"]
    return "\n".join(rows)


# -- servers ----------------------------------------------------------------------------------------------------------
@contextmanager
def server(command: list[str], environment: dict[str, str]) -> Iterator[tuple[int, psutil.Process]]:
    """A server process on a free port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [word.replace("PORT", str(port)) for word in command]
    process = subprocess.Popen(
        words, env={**os.environ, **environment}, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


FLOOR = """
import os
from flask import Flask, request
from lxml import etree
from sqlalchemy import create_engine, event, text
engine = create_engine(os.environ["SURVEYAPP_DATABASE_URL"])
if engine.dialect.name == "sqlite":
    @event.listens_for(engine, "connect")
    def durable(connection, _):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE IF NOT EXISTS floor (name TEXT, content TEXT)"))
app = Flask(__name__)
@app.post("/<path:path>")
def take(path):
    content = request.files["xml_submission_file"].read()
    root = etree.fromstring(content)
    with engine.begin() as connection:
        values = {"name": root.get("id"), "content": content.decode()}
        connection.execute(text("INSERT INTO floor VALUES (:name, :content)"), values)
    return "", 201
"""


@contextmanager
def floor_server(url: str, folder: Path) -> Iterator[tuple[int, psutil.Process, str]]:
    """The bare handler under gunicorn."""
    (folder / "floor.py").write_text(FLOOR)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-b",
        "127.0.0.1:PORT",
        "-w",
        "2",
        "--threads",
        "4",
        "-k",
        "gthread",
        "--chdir",
        str(folder),
        "floor:app",
    ]
    with server([*command, "--log-level", "error"], {"SURVEYAPP_DATABASE_URL": url}) as (port, process):
        yield port, process, "/c/x/submission"


@contextmanager
def our_server(url: str, folder: Path) -> Iterator[tuple[int, psutil.Process, str]]:
    """The product, with the form published."""
    environment = {"SURVEYAPP_DATABASE_URL": url, "SURVEYAPP_DATA_DIR": str(folder / "data"), "SURVEYAPP_WORKERS": "2"}
    config = Config.from_environ(environment)
    database = Database(url)
    migrate(database)
    now = datetime.datetime.now(datetime.UTC)
    prepared = prepare_form(form().encode(), "intake.md", now)
    with database.begin() as session:
        project = ensure_project(session, "default", now)
        publish(session, Files(config.files_dir), project, prepared, {}, now)
        token = enrol_device(session, project, "bench", now)
    database.close()
    with server([sys.executable, "-m", "surveyapp", "serve", "--port", "PORT"], environment) as (port, process):
        yield port, process, f"/c/{token}/submission"


# -- clients ----------------------------------------------------------------------------------------------------------
def make_requests(path: str) -> list[tuple[bytes, bytes]]:
    """Bodies as phones send them, with a marker where each request gets an instance id of its own."""
    folder = tempfile.mkdtemp()
    database = Database(f"sqlite:///{folder}/x.db")
    migrate(database)
    now = datetime.datetime.now(datetime.UTC)
    prepared = prepare_form(form().encode(), "intake.md", now)
    with database.begin() as session:
        project = ensure_project(session, "default", now)
        version = publish(session, Files(Path(folder)), project, prepared, {}, now).version
        definition = get_definition(session, version)
    database.close()
    made = []
    for record in simulate_interviews(definition, RECORDS, seed=5, started_at=now):
        xml = record.xml.replace(record.instance_id.encode(), b"uuid:" + b"0" * 36)
        body = (
            b'--b\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="r.xml"\r\n'
            b"Content-Type: text/xml\r\n\r\n" + xml + b"\r\n--b--\r\n"
        )
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {AGENT}\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append((head.encode(), body))
    return made


def client(port: int, requests: list[tuple[bytes, bytes]], until: float, results: Any) -> None:
    """Send until the time is over; the seconds that each request took."""
    taken = []
    connection = socket.create_connection(("127.0.0.1", port))
    stream = connection.makefile("rb")
    number = os.getpid() + threading.get_ident()
    while time.monotonic() < until:
        head, body = requests[number % len(requests)]
        number += 1
        body = body.replace(b"0" * 36, str(uuid.uuid4()).encode())
        started = time.perf_counter()
        connection.sendall(head + body)
        status = int(stream.readline().split()[1])
        length = 0
        while (line := stream.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        stream.read(length)
        if status != 201:
            raise RuntimeError(f"answered {status}")
        taken.append(time.perf_counter() - started)
    results.put(taken)


def measure(
    port: int, processes: list[psutil.Process], requests: list[tuple[bytes, bytes]], clients: int
) -> dict[str, float]:
    """Requests a second, latency in ms, and processor ms of the server side for each request."""
    results: Any = queue.Queue()
    until = time.monotonic() + SECONDS
    before = processor_seconds(processes)
    started = time.monotonic()
    threads = [threading.Thread(target=client, args=(port, requests, until, results)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - started
    used = processor_seconds(processes) - before
    taken = sorted(t for _ in threads for t in results.get())
    return {
        "a second": len(taken) / seconds,
        "median ms": 1000 * statistics.median(taken),
        "p95 ms": 1000 * taken[int(len(taken) * 0.95)],
        "cpu ms each": 1000 * used / len(taken),
    }


def processor_seconds(processes: list[psutil.Process]) -> float:
    """User and system time of the processes and all below them, ended children included."""
    total = 0.0
    for root in processes:
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
    return total


# -- the comparison ---------------------------------------------------------------------------------------------------
def compare(url_of: Any, database_process: list[psutil.Process]) -> dict[str, Any]:
    """Ours and the floor on one kind of database, at each number of clients."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, start in (("floor", floor_server), ("surveyapp", our_server)):
            with start(url_of(what, folder), folder) as (port, process, path):
                requests = make_requests(path)
                measure(port, [process, *database_process], requests, 2)
                for clients in CLIENTS:
                    measured = measure(port, [process, *database_process], requests, clients)
                    found.setdefault(f"{clients} clients", {})[what] = measured
    for measured in found.values():
        measured["cpu, times the floor"] = measured["surveyapp"]["cpu ms each"] / measured["floor"]["cpu ms each"]
    return found


def main() -> dict[str, Any]:
    """SQLite and PostgreSQL."""
    found = {"sqlite": compare(lambda what, folder: f"sqlite:///{folder / what}.db", [])}
    try:
        with running(durable=True) as url:
            home = url.partition("host=")[2]
            servers = [p for p in psutil.process_iter(["cmdline"]) if home in " ".join(p.info["cmdline"] or [])]
            found["postgresql"] = compare(lambda *_: url, [p for p in servers if p.ppid() == os.getpid()])
    except NoPostgres as refusal:
        print(f"no PostgreSQL: {refusal}")
    return found


if __name__ == "__main__":
    print(main())
