"""Every setting, read once.

A setting is a row of SETTINGS; it is set by the environment variable `SURVEYAPP_<NAME>`. `Config` is what the rest of
the house sees.
"""

import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PREFIX: Final = "SURVEYAPP_"
KEY_FILE: Final = "secret_key"


PACKAGE: Final = Path(__file__).parent


def shipped_folder(name: str) -> Path:
    """A folder that comes with the software, `migrations` or `forms`: beside the package in a checkout, inside it
    when installed.
    """
    beside = PACKAGE.parent / name
    return beside if (PACKAGE.parent / "pyproject.toml").exists() and beside.is_dir() else PACKAGE / name


class BadSetting(Exception):
    """A setting cannot be read: which one, what it holds, what it should hold."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: name in the environment without prefix, default as text, reader, what it is for."""

    name: str
    default: str
    read: Callable[[str], Any]
    help: str

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name


def _natural(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be 1 or more")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65_535:
        raise ValueError("must be 1 to 65535")
    return number


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return text.rstrip("/")


def _smtp(text: str) -> str:
    if text and urlsplit(text).scheme not in ("smtp", "smtps", "smtp+starttls"):
        raise ValueError("must start with smtp+starttls://, smtps:// or smtp://")
    return text


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except Exception as error:
        raise ValueError("must be a name of the IANA time zone database, as Asia/Shanghai") from error


def _writer(text: str) -> str:
    if text not in ("splice", "openpyxl"):
        raise ValueError("must be splice or openpyxl")
    return text


def _log_format(text: str) -> str:
    if text not in ("text", "json"):
        raise ValueError("must be text or json")
    return text


def _hosts(text: str) -> frozenset[str]:
    return frozenset(name.strip().lower().strip("[]") for name in text.split(",") if name.strip())


SETTINGS: Final = (
    Setting("DATA_DIR", "var", Path, "Folder for the embedded database, attachments, exports and the secret key."),
    Setting(
        "DATABASE_URL",
        "",
        str,
        "SQLAlchemy URL; empty means SQLite in the data folder. PostgreSQL: postgresql+psycopg://user:password@host/name.",
    ),
    Setting(
        "PUBLIC_URL",
        "",
        _url,
        "Address under which phones reach the server, as https://survey.example.org; empty means the address of each"
        " request.",
    ),
    Setting("PORT", "8000", _port, "Port on which `serve` and `demo` answer, unless `--port` says another."),
    Setting("SECRET_KEY", "", str, "Key for signing; empty means one is made and kept in the data folder."),
    Setting("TIMEZONE", "UTC", _zone, "Zone in which exports write times of a project that names none."),
    Setting("MAX_UPLOAD_MB", "500", _natural, "Largest request, in megabytes of 1,000,000 bytes."),
    Setting(
        "ACCEPT_CONTENT_LENGTH",
        "10000000",
        _natural,
        "Size in bytes at which phones split a submission into several requests.",
    ),
    Setting("MAX_RECORD_MB", "20", _natural, "Largest record (the XML or JSON without its attachments), in megabytes."),
    Setting("WORKERS", "2", _natural, "Processes that answer requests."),
    Setting("THREADS", "4", _natural, "Threads in each of these processes."),
    Setting("EXPORT_DAYS", "7", _natural, "Days for which a finished export can be downloaded."),
    Setting(
        "EXPORT_WRITER",
        "splice",
        _writer,
        "How workbooks are written: splice (fast), or openpyxl (slow, for trouble-shooting).",
    ),
    Setting(
        "PROXIES", "0", int, "Number of reverse proxies in front of the server whose X-Forwarded headers are trusted."
    ),
    Setting(
        "ALLOWED_HOSTS",
        "",
        _hosts,
        "Names under which the server may be asked beside that of PUBLIC_URL, separated by commas; where both are"
        " empty, any name will do.",
    ),
    Setting("LOG_FORMAT", "text", _log_format, "How the log on standard error is written: text, or json."),
    Setting(
        "SMTP_URL",
        "",
        _smtp,
        "Mail server for invitations, as smtp+starttls://user:password@mail.example.org:587 (or smtps://, or smtp://"
        " without encryption); empty means that links are shown to whoever makes them.",
    ),
    Setting("MAIL_FROM", "surveyapp@localhost", str, "Sender of mails."),
    Setting(
        "METRICS_TOKEN",
        "",
        str,
        "Token for /metrics, sent as Authorization: Bearer; empty means that only this machine itself may ask.",
    ),
)


# Under which a machine asks itself.
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Config:
    """All settings, typed. Paths are absolute."""

    data_dir: Path
    database_url: str
    public_url: str
    port: int
    secret_key: str
    timezone: ZoneInfo
    max_upload_mb: int
    accept_content_length: int
    max_record_mb: int
    workers: int
    threads: int
    export_days: int
    export_writer: str
    proxies: int
    allowed_hosts: frozenset[str]
    log_format: str
    smtp_url: str
    mail_from: str
    metrics_token: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Read all settings.

        Raises:
            BadSetting: a variable cannot be read, or a SURVEYAPP_ variable is not a setting.
        """
        known = {setting.variable for setting in SETTINGS}
        unknown = sorted(
            name for name in environ if name.startswith(PREFIX) and name not in known and "_TEST_" not in name
        )
        if unknown:
            raise BadSetting(
                f"{', '.join(unknown)}: no such setting. Remove it, or see docs/configuration.md for the names."
            )
        values = {}
        for setting in SETTINGS:
            text = environ.get(setting.variable, "") or setting.default
            try:
                values[setting.name.lower()] = setting.read(text)
            except ValueError as error:
                raise BadSetting(f"{setting.variable} is {text!r}: {error}.") from error
        data_dir = values["data_dir"] = values["data_dir"].absolute()
        values["database_url"] = values["database_url"] or f"sqlite:///{data_dir / 'surveyapp.db'}"
        named = values["allowed_hosts"] | {urlsplit(values["public_url"]).hostname or ""} - {""}
        values["allowed_hosts"] = named | LOOPBACK if named else named
        values["secret_key"] = values["secret_key"] or _kept_key(data_dir / KEY_FILE)
        return cls(**values)

    @property
    def files_dir(self) -> Path:
        """Content-addressed attachments."""
        return self.data_dir / "files"

    @property
    def exports_dir(self) -> Path:
        """Finished exports."""
        return self.data_dir / "exports"

    @property
    def queue_path(self) -> Path:
        """The queue of background jobs."""
        return self.data_dir / "queue.db"

    @property
    def key_path(self) -> Path:
        """The key for signing, unless it is set."""
        return self.data_dir / KEY_FILE

    @property
    def key_is_kept(self) -> bool:
        """Whether the key for signing lies in the data folder, and is not set."""
        return self.key_path.exists() and self.key_path.read_text().strip() == self.secret_key

    @property
    def backup_mark(self) -> Path:
        """What the last backup left behind."""
        return self.data_dir / "last_backup.json"

    @property
    def worker_beat(self) -> Path:
        """A file that the worker touches while it lives."""
        return self.data_dir / "worker_beat"

    @property
    def meters_dir(self) -> Path:
        """What the processes of this machine count."""
        return self.data_dir / "meters" / socket.gethostname()


def _kept_key(path: Path) -> str:
    """The key in `path`, made at the first start; two processes that start at once agree on one."""
    # Personal data will lie there: closed to other accounts of the machine, where we are the ones who make it.
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    if not path.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
