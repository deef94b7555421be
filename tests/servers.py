"""Servers in processes of their own, for what a server in the test's process cannot show."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests


class MortalServer:
    """`surveyapp serve` as it runs in earnest, in a process group that can be killed at once."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, said: Path = Path(os.devnull)) -> None:
        """Come back when it answers; what it prints goes to the file `said`."""
        command = [sys.executable, "-m", "surveyapp", "serve", "--port", str(self.port)]
        with said.open("w") as output:
            self.process = subprocess.Popen(
                command, env=self.environment, start_new_session=True, stdout=output, stderr=subprocess.DEVNULL
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/health", timeout=5).ok:
                    return
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.05)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def first_start(folder: Path) -> Iterator[MortalServer]:
    """A server of one worker over a data folder that was not there before, as long as the block lasts; what it printed
    lies in `folder`/said.txt.
    """
    server = MortalServer({"SURVEYAPP_DATA_DIR": str(folder / "data"), "SURVEYAPP_WORKERS": "1"})
    command = [sys.executable, "-m", "surveyapp", "migrate"]
    subprocess.run(command, env=server.environment, check=True, capture_output=True, timeout=120)
    server.start(folder / "said.txt")
    try:
        yield server
    finally:
        server.kill()
