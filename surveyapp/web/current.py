"""What a request works with: the settings, the database, the files, and the time."""

import datetime
from dataclasses import dataclass, field

from flask import current_app, request

from surveyapp.config import Config
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.worker import Worker

KEY = "surveyapp"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Made once for each process, by create_app."""

    config: Config
    database: Database
    files: Files
    worker: Worker
    admitted: dict[str, float] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)


def surroundings() -> Surroundings:
    """Those of the running app."""
    found: Surroundings = current_app.extensions[KEY]
    return found


def config() -> Config:
    """The settings."""
    return surroundings().config


def database() -> Database:
    """The database."""
    return surroundings().database


def files() -> Files:
    """The kept files."""
    return surroundings().files


def worker() -> Worker:
    """The queue of long work."""
    return surroundings().worker


def now() -> datetime.datetime:
    """The time, aware."""
    return datetime.datetime.now(datetime.UTC)


def public_url() -> str:
    """The address under which the caller reaches us, without a slash at its end."""
    return config().public_url or request.url_root.rstrip("/")
