"""The phone web app: its files, and what it asks beyond the OpenRosa door.

    GET /fill/                the app
    GET /fill/<name>          its files, as built into static/fill/
    GET /c/<token>/device     what the office calls this phone

Everything else (forms, media, submissions) goes through `openrosa.py`, as for any phone. The source is in
surveyapp/frontend/; `make frontend` builds it.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.exceptions import NotFound

from surveyapp.web.current import database
from surveyapp.web.identity import get_device

fill = Blueprint("fill", __name__)

BUNDLE: Final = Path(__file__).parent / "static/fill"
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
# Said here, since what a machine knows of these differs; a browser runs neither module nor worker of another type.
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
PACKED: Final = frozenset({".png"})
YEAR: Final = 31_536_000


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the app: its bytes as they are and gzipped (None where that gains nothing), and what to say of them."""

    content: bytes
    gzipped: bytes | None
    content_type: str
    etag: str


@cache
def _assets() -> dict[str, Path]:
    """The files of the app by name. Only these are served, whatever a path says."""
    return {path.relative_to(BUNDLE).as_posix(): path for path in BUNDLE.rglob("*") if path.is_file()}


@cache
def _asset(name: str) -> Asset:
    path = _assets()[name]
    content = path.read_bytes()
    content_type = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    gzipped = None if path.suffix in PACKED else gzip.compress(content, mtime=0)
    return Asset(content, gzipped, content_type, hashlib.sha256(content).hexdigest()[:32])


@fill.get("/fill/")
def fill_app() -> Response:
    """The app. Its relative addresses and its worker's scope need the slash at the end."""
    if not request.path.endswith("/"):
        return redirect(url_for("fill.fill_app"), 308)  # type: ignore[return-value]  # werkzeug's response is Flask's here
    return _answer("index.html")


@fill.get("/fill/<path:name>")
def fill_file(name: str) -> Response:
    """A file of the app."""
    return _answer(name)


def _answer(name: str) -> Response:
    if name not in _assets():
        raise NotFound(f"The phone app has no file {name!r}.")
    asset = _asset(name)
    packed = asset.gzipped is not None and request.accept_encodings.quality("gzip") > 0
    response = Response(asset.gzipped if packed else asset.content, content_type=asset.content_type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if asset.gzipped is not None:
        response.headers["Vary"] = "Accept-Encoding"
    # The names of assets hold a hash of what is in them. Everything else is asked for again each time.
    fixed = name.startswith("assets/")
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if fixed else "no-cache"
    response.headers["Content-Security-Policy"] = POLICY
    # The office draws a form's preview in a frame.
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.set_etag(asset.etag + ("-gzip" if packed else ""))
    response.make_conditional(request)
    return response


@fill.get("/c/<token>/device")
def fill_device(token: str) -> Response:
    """The name of this phone and of its project, for whoever opens the app's link on it."""
    with database().reading() as session:
        device = get_device(session, token)
    return jsonify(name=device.name, project=device.project.name)
