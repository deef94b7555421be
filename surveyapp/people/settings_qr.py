"""The settings code of ODK Collect: scanned once, the phone knows the server, keeps its forms in step and sends.

The text of the code is base64 of zlib of JSON; settings that it does not name go back to Collect's defaults.
https://docs.getodk.org/collect-import-export/
"""

import base64
import io
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

import segno

from surveyapp.people.phones import Credentials

# Nothing for the enumerator to choose: the forms on the phone are those of the server, and what is finalized is sent.
GENERAL: Final[Mapping[str, Any]] = {
    "form_update_mode": "match_exactly",
    "periodic_form_updates_check": "every_fifteen_minutes",
    "autosend": "wifi_and_cellular",
    "hide_old_form_versions": True,
}
ADMIN: Final[Mapping[str, Any]] = {"admin_pw": "", "change_server": False}
COLOUR: Final = "#1f6f5c"


def collect_settings(
    public_url: str, credentials: Credentials, name: str, project: str, *, by_password: bool = False
) -> dict[str, Any]:
    """The settings of a phone called `name` for a project of that title.

    The token goes into the server's address, which works with every version of Collect and without https;
    `by_password` lets the phone sign in with its name and password instead.
    """
    server = f"{public_url}/collect" if by_password else f"{public_url}/c/{credentials.token}"
    signing = {"username": credentials.username, "password": credentials.password} if by_password else {}
    return {
        "general": {"server_url": server, **signing, **GENERAL, "metadata_username": name},
        "admin": dict(ADMIN),
        "project": {"name": project[:50], "icon": (project.strip() or "S")[0].upper(), "color": COLOUR},
    }


def encode_settings(settings: Mapping[str, Any]) -> str:
    """The text of the code."""
    content = json.dumps(settings, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(content, 9)).decode()


def decode_settings(text: str) -> dict[str, Any]:
    """The settings in the text of a code."""
    settings: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
    return settings


def draw_svg(text: str) -> str:
    """A QR code as the text of an SVG image that grows with its frame."""
    drawn = io.BytesIO()
    segno.make(text, error="l", boost_error=False, micro=False).save(
        drawn, kind="svg", border=4, xmldecl=False, svgns=True, omitsize=True, dark="#000", light="#fff"
    )
    return drawn.getvalue().decode()


def draw_png(text: str) -> bytes:
    """A QR code as a PNG image, 8 pixels a module."""
    drawn = io.BytesIO()
    segno.make(text, error="l", boost_error=False, micro=False).save(drawn, kind="png", scale=8, border=4)
    return drawn.getvalue()
