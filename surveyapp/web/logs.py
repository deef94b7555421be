"""The log on standard error: one line a request and one a failure, each with the id of its request, none with a secret.

Whatever is logged, by us or by a library, passes `Redactor` on its way out: the line as a whole, traces included.
"""

import datetime
import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, g, has_request_context, request
from gunicorn.glogging import Logger as GunicornLogger

from surveyapp.config import Config

log = logging.getLogger(__name__)

HIDDEN: Final = "…"
# Asked every few seconds by those who watch.
WATCHED: Final = {"/health", "/metrics"}
sane_id = re.compile(r"[A-Za-z0-9._-]{8,64}")

_SECRETS: Final = (
    # Of a phone, and of a person who sets a password, in its address.
    (re.compile(r"(/(?:c|link)/)[^/?#\s\"'<>\\]+", re.IGNORECASE), r"\1" + HIDDEN),
    (re.compile(r"\b(bearer|basic)\s+[^\s\"',]+", re.IGNORECASE), r"\1 " + HIDDEN),
    (re.compile(r"([?&;](?:token|key|secret|password|code|st)=)[^&\s\"'#]*", re.IGNORECASE), r"\1" + HIDDEN),
    (re.compile(r"(://[^/\s:@]*:)[^@\s/]+@"), r"\1" + HIDDEN + "@"),
    # Any of our tokens, wherever it stands: 256 bits in base64.
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])"), HIDDEN),
)


class Redactor:
    """Takes secrets out of a text: whatever has their form, and `known` ones as they are."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = sorted((secret for secret in known if secret), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """`text` with an ellipsis for each secret."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        for pattern, instead in _SECRETS:
            text = pattern.sub(instead, text)
        return text


class LogFormatter(logging.Formatter):
    """A record as one line: JSON, or words with key=value behind them (a trace follows on lines of its own)."""

    def __init__(self, redact: Redactor, *, as_json: bool) -> None:
        super().__init__()
        self._redact = redact
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The line, without secrets."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if "request" not in fields and has_request_context() and "request_id" in g:
            fields["request"] = g.request_id
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        message = record.getMessage()
        if self._as_json:
            body = {"at": at, "level": record.levelname, "logger": record.name, "message": message, **fields}
            if trace:
                body["trace"] = trace
            return self._redact(json.dumps(body, ensure_ascii=False, default=str))
        said = "".join(f" {name}={_value(value)}" for name, value in fields.items())
        line = f"{at} {record.levelname} {record.name}: {_one_line(message)}{said}"
        return self._redact(f"{line}\n{trace}" if trace else line)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _value(value: Any) -> str:
    text = str(value)
    return text if re.fullmatch(r"[^\s\"=]+", text) and text.isprintable() else json.dumps(text)


class _RedactingFilter(logging.Filter):
    """For loggers that write by themselves, as gunicorn's access log does when it is switched on from outside."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(record.getMessage()), ()
        return True


class QuietGunicornLogger(GunicornLogger):
    """What gunicorn has to say goes the way of all other lines."""

    def setup(self, cfg: Any) -> None:
        """Leave the lines to the root logger."""
        self.cfg = cfg
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


def start_logging(config: Config) -> None:
    """Let this process log as the settings say. To be called once, by whoever starts the process."""
    password = urlsplit(config.database_url).password or ""
    redact = Redactor((config.secret_key, config.metrics_token, password))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormatter(redact, as_json=config.log_format == "json"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("surveyapp").setLevel(logging.INFO)
    for name in ("gunicorn.access", "gunicorn.error"):
        logging.getLogger(name).addFilter(_RedactingFilter(redact))


# -- requests ---------------------------------------------------------------------------------------------------------
def use_request_log(app: Flask) -> None:
    """Give each request an id, and write a line when it has been answered."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if sane_id.fullmatch(given) else secrets.token_hex(8)
    g.started = time.perf_counter()


def _end(response: Response) -> Response:
    if "request_id" not in g:
        _begin()
    response.headers["X-Request-ID"] = g.request_id
    if request.path in WATCHED and response.status_code < 400:
        return response
    started = g.started
    fields = {
        "request": g.request_id,
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "ms": 0.0,
        "bytes_in": request.content_length or 0,
        "bytes_out": response.calculate_content_length() or 0,
        "by": _caller(),
        "address": request.remote_addr or "",
    }

    def write() -> None:
        fields["ms"] = round((time.perf_counter() - started) * 1000, 1)
        log.info("request", extra={"fields": fields})

    # Called when the last byte has been handed over.
    response.call_on_close(write)
    return response


def _caller() -> str:
    """What kind of caller this claims to be; whether it is one has been decided elsewhere."""
    if request.path.startswith(("/c/", "/collect")):
        return "phone"
    if "Authorization" in request.headers:
        return "program"
    return "person" if request.cookies else "anybody"
