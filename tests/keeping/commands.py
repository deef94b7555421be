"""The operator at the command line, in processes of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Ours without any setting but these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SURVEYAPP_")} | dict(environment)


def surveyapp(environment: Mapping[str, str], *arguments: str | Path, status: int = 0) -> str:
    """Run a command; what it said. `status` is how it has to end."""
    command = [sys.executable, "-m", "surveyapp", *map(str, arguments)]
    done = subprocess.run(command, env=clean_environment(environment), capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == status, said
    return said


@contextmanager
def running(environment: Mapping[str, str], log: Path, command: Sequence[str] = ()) -> Iterator[str]:
    """A server that writes its log to `log`; its address. `command` gets the port added."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = [*(command or (sys.executable, "-m", "surveyapp", "serve", "--port"))]
    started[-1] += f"127.0.0.1:{port}" if started[-1].endswith("=") else ""
    if not started[-1].startswith("--bind="):
        started.append(str(port))
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as file:
        process = subprocess.Popen(started, env=clean_environment(environment), stdout=file, stderr=file)
        try:
            _wait_for(url)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/health", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise TimeoutError("the server did not start")
