"""Each library has one home: whoever wants to change or replace it knows where to look."""

import fnmatch

import pytest

from tests.house.floors import DOORS, JOBS
from tests.house.source import Source, package_sources

AT_THE_DOORS = ("web/*", "cli.py", "cli/*")
# library: the files of surveyapp/ that may import it
HOMES = {
    "flask": AT_THE_DOORS,
    "flask_smorest": AT_THE_DOORS,
    "werkzeug": AT_THE_DOORS,
    "flask_babel": ("web/*",),
    "marshmallow": AT_THE_DOORS,
    "gunicorn": AT_THE_DOORS,
    "huey": ("worker.py", "worker/*"),
    "click": AT_THE_DOORS,
    "sqlalchemy": ("store/*",),
    "alembic": ("store/*",),
    "psycopg": ("store/*",),
    "openpyxl": ("export/*", "xlsform/*", "correct.py", "correct/*"),
    "pyxform": ("xlsform/*",),
    "pyreadstat": ("export/*",),
    "pandas": ("export/*",),
    "pyarrow": ("export/*",),
    "argon2": ("people/passwords.py",),
    "pyotp": ("people/signing.py",),
    "cryptography": ("people/sealing.py",),
    "segno": ("people/settings_qr.py",),
    "lxml": ("xform/*", "xlsform/*", "collect/*", "web/openrosa.py"),
}
# Jobs and doors name the type of what they are handed or hand on, and ask nothing else of SQLAlchemy.
UPSTAIRS = JOBS | DOORS
SESSION = ("sqlalchemy.orm", "Session")


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_only_in_its_home(library: str) -> None:
    wrong = [
        f"{source}:{imported.line}"
        for source in package_sources()
        if not _is_home(source, library)
        for imported in source.imports
        if imported.library == library and not (source.room in UPSTAIRS and (imported.module, imported.name) == SESSION)
    ]
    assert not wrong


def _is_home(source: Source, library: str) -> bool:
    return any(fnmatch.fnmatch(source.inside, home) for home in HOMES[library])
