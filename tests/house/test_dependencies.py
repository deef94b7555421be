"""What we stand on: each library is there for a reason that is written down, in a version that is written down."""

import re
import tomllib

from tests.house.source import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text()
PROJECT = tomllib.loads(PYPROJECT)["project"]
EXTRAS = PROJECT["optional-dependencies"].values()
REQUIREMENTS = [*PROJECT["dependencies"], *(requirement for extra in EXTRAS for requirement in extra)]


def test_every_dependency_says_what_it_is_for() -> None:
    silent = [name for name in REQUIREMENTS if not re.search(re.escape(f'"{name}"') + r"[,\]] +# \w", PYPROJECT)]
    assert not silent


def test_every_dependency_is_pinned() -> None:
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    needed = [re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in REQUIREMENTS]
    assert {_plain(name) for name in needed} <= {_plain(name) for name in pinned}


def _plain(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()
