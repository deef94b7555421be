"""Names and passwords of phones: HTTP Digest (RFC 7616 with MD5, as clients of OpenRosa know it), and Basic over https.

ODK Collect sends nothing at first, reads the challenges of the 401, and sends its name and password from then on. Over
plain http it answers Digest only. A nonce is the time and its signature, so that every process of the server knows one
when it sees it; clients use it for many requests.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from typing import Final
from urllib.parse import unquote, urlsplit

from flask import current_app, request
from sqlalchemy.orm import Session
from werkzeug.http import parse_dict_header

from surveyapp.people.phones import REALM, hash_ha1
from surveyapp.problems import NOT_SIGNED_IN, TOO_MANY_ATTEMPTS, Problem
from surveyapp.store.devices import Device, find_named_device
from surveyapp.web.current import surroundings

# Seconds; Collect is told `stale` afterwards, and asks again without bothering anybody.
NONCE_LASTS: Final = 300
# Wrong passwords a minute from one address under one name, in each process of the server. A phone's password has 79
# bits: this keeps the log and the processor free, not the password safe.
WRONG_A_MINUTE: Final = 30
NOBODYS_HA1: Final = hashlib.md5(secrets.token_bytes(16), usedforsecurity=False).hexdigest()


def get_named_device(session: Session) -> Device:
    """The phone whose name and password the request carries.

    Raises:
        Problem: NOT_SIGNED_IN, to be answered with `list_challenges`; TOO_MANY_ATTEMPTS.
    """
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "digest":
        return _by_digest(session, parse_dict_header(credentials))
    if scheme.lower() == "basic" and request.is_secure:
        return _by_basic(session, credentials)
    raise Problem(NOT_SIGNED_IN, "The phone did not give its name and password.", remedy="Enter them in the settings.")


def list_challenges(*, stale: bool) -> list[str]:
    """What the 401 asks for, best first."""
    digest = f'Digest realm="{REALM}", qop="auth", algorithm=MD5, nonce="{_make_nonce()}"'
    challenges = [f"{digest}, stale=true" if stale else digest]
    if request.is_secure:
        challenges.append(f'Basic realm="{REALM}", charset="UTF-8"')
    return challenges


def is_stale() -> bool:
    """Whether the password was not looked at, because the nonce is too old."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "digest":
        return False
    return not _is_fresh(parse_dict_header(credentials).get("nonce") or "")


def _by_digest(session: Session, said: dict[str, str | None]) -> Device:
    fields = {name: value or "" for name, value in said.items()}
    nonce, uri = fields.get("nonce", ""), fields.get("uri", "")
    if not _is_fresh(nonce) or not _is_own_address(uri):
        raise Problem(NOT_SIGNED_IN, "The phone has to give its password again.", remedy="Try again.")
    device, ha1 = _find(session, fields.get("username", ""))
    ha2 = _md5(f"{request.method}:{uri}")
    signed = ":".join((nonce, fields.get("nc", ""), fields.get("cnonce", ""), fields.get("qop", "")))
    right = _md5(f"{ha1}:{signed}:{ha2}")
    return _compared(device, fields.get("username", ""), fields.get("response", ""), right)


def _by_basic(session: Session, credentials: str) -> Device:
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True)
    except (ValueError, binascii.Error):
        decoded = b""
    # OkHttp writes Latin-1, others UTF-8.
    try:
        text = decoded.decode("utf-8")
    except UnicodeDecodeError:
        text = decoded.decode("latin-1")
    username, _, password = text.partition(":")
    device, ha1 = _find(session, username)
    return _compared(device, username, hash_ha1(username, password), ha1)


def _find(session: Session, username: str) -> tuple[Device | None, str]:
    found = find_named_device(session, username) if "\0" not in username else None
    return found or (None, NOBODYS_HA1)


def _compared(device: Device | None, username: str, given: str, right: str) -> Device:
    wrong, key = surroundings().wrong, f"{int(time.time()) // 60}|{request.remote_addr}|{username[:100]}"
    if wrong.get(key, 0) >= WRONG_A_MINUTE:
        raise Problem(TOO_MANY_ATTEMPTS, "Too many wrong passwords; the next one may come in a minute.")
    if hmac.compare_digest(given.encode(), right.encode()) and device is not None:
        return device
    if len(wrong) > 10_000:
        wrong.clear()
    wrong[key] = wrong.get(key, 0) + 1
    raise Problem(NOT_SIGNED_IN, "The name or the password of the phone is not right.", remedy="Check the settings.")


def _is_own_address(uri: str) -> bool:
    """Whether the signature is for this address."""
    return unquote(urlsplit(uri).path) == request.script_root + request.path


def _make_nonce() -> str:
    stamp = f"{int(time.time())}.{secrets.token_hex(4)}"
    return f"{stamp}.{_sign(stamp)}"


def _is_fresh(nonce: str) -> bool:
    stamp, _, signature = nonce.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(stamp).encode()):
        return False
    return 0 <= time.time() - int(stamp.partition(".")[0]) <= NONCE_LASTS


def _sign(stamp: str) -> str:
    key = f"{current_app.secret_key!s}:digest-nonce".encode()
    return hmac.new(key, stamp.encode(), "sha256").hexdigest()[:32]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
