"""The server: gunicorn's workers, and a process for long work beside them."""

import os
import subprocess
import sys
from typing import Any

from gunicorn.app.base import BaseApplication

from surveyapp.config import Config
from surveyapp.web import create_app
from surveyapp.web.logs import QuietGunicornLogger, start_logging


class Server(BaseApplication):
    """gunicorn with our settings; each worker makes its own app, so that no database connection is shared."""

    def __init__(self, config: Config, host: str, port: int) -> None:
        self.settings = config
        self.options: dict[str, Any] = {
            "bind": f"{host}:{port}",
            "workers": config.workers,
            "threads": config.threads,
            "worker_class": "gthread",
            # A phone on a slow line: ODK Collect itself gives up after 60 s without a byte.
            "timeout": 180,
            "graceful_timeout": 30,
            "keepalive": 5,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "when_ready": _start_worker,
            "accesslog": None,
            "loglevel": "warning",
            "logger_class": QuietGunicornLogger,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
        }
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn our options."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The app, in a worker."""
        return create_app(self.settings)


def _start_worker(_arbiter: object) -> None:
    """The process for long work; it ends by itself when we do."""
    subprocess.Popen([sys.executable, "-m", "surveyapp", "worker"])


def serve(config: Config, host: str, port: int) -> None:
    """Answer requests on `host`:`port` until told to stop."""
    start_logging(config)
    Server(config, host, port).run()
