"""Each sentence of the pages is there in each language, and what is delivered is what was translated."""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from surveyapp.web.i18n import LANGUAGES
from tests.house.source import ROOT

CATALOGUES = sorted((ROOT / "surveyapp/web/translations").glob("*/LC_MESSAGES/messages.po"))
every_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
# Those of the function calls, and of a row of the catalogue of problems: its title, its remedy (with and without a
# comma at the end).
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "_kind": {None: (3,), 4: (4,), 5: (4,)},
}
REMEDY = "Run `make translations`, then fill what is empty in messages.po and run it again."


def _said() -> Iterator[str | tuple[str, ...]]:
    mapping, options = parse_mapping_cfg(  # type: ignore[no-untyped-call]  # Babel has left it without types
        io.StringIO((ROOT / "babel.cfg").read_text())
    )
    for _, _, message, _, _ in extract_from_dir(ROOT, mapping, options, KEYWORDS, directory_filter=_ours):
        yield message


def _ours(folder: str | os.PathLike[str]) -> bool:
    """Babel walks through every folder; only the package can hold what babel.cfg names."""
    place = Path(folder).relative_to(ROOT).parts
    return place[0] == "surveyapp" and "node_modules" not in place


def _read(path: Path) -> Catalog:
    return read_po(io.BytesIO(path.read_bytes()), locale=path.parents[1].name)


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _strings(message: Message) -> list[str]:
    """One, or one for each number form."""
    found: Any = message.string
    return [found] if isinstance(found, str) else list(found)


def test_every_language_but_that_of_the_code_has_a_catalogue() -> None:
    assert len(CATALOGUES) == len(LANGUAGES) - 1


@every_catalogue
def test_the_catalogue_holds_what_the_pages_say_and_nothing_else(path: Path) -> None:
    said, kept = set(_said()), {message.id for message in _messages(_read(path))}
    assert said - kept == set(), REMEDY
    assert kept - said == set(), REMEDY


@every_catalogue
def test_nothing_is_left_untranslated_or_unsure(path: Path) -> None:
    missing = [message.id for message in _messages(_read(path)) if message.fuzzy or not all(_strings(message))]
    assert not missing, REMEDY


@every_catalogue
def test_translations_keep_the_places_for_values(path: Path) -> None:
    assert not [(message.id, errors) for message, errors in _read(path).check()]


@every_catalogue
def test_translations_take_their_values(path: Path) -> None:
    for message in _messages(_read(path)):
        values = dict.fromkeys(re.findall(r"%\((\w+)\)", str(message.id)), 1)
        for text in _strings(message) if values else ():
            assert text % values, "a per cent sign beside values is written %%"


@every_catalogue
def test_the_compiled_catalogue_is_that_of_its_source(path: Path) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, _read(path))
    assert compiled.getvalue() == path.with_suffix(".mo").read_bytes(), REMEDY
