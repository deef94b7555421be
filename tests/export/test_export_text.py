"""Texts that phones send, as a workbook can carry them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.export.text import CELL_UNITS, CUT_MARKER, Tally, cell_text, cut, is_long, split_units, string_xml, units

ANY_TEXT = st.text(st.characters(exclude_categories=()))


def read_back(text: str) -> str:
    """What a reader that follows the standard makes of a cell text."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


@given(ANY_TEXT | st.from_regex(r"(_x[0-9A-F]{4}_|_|x0041|\r|a){1,8}", fullmatch=True))
def test_text_reads_back_as_sent_but_for_forbidden_characters(text: str) -> None:
    tally = Tally()
    forbidden = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
    expected, replaced = re.subn(forbidden, "\ufffd", text)
    assert read_back(cell_text(text, tally)) == expected
    assert tally.characters == replaced


@pytest.mark.parametrize("text", ["a & b", "<b>", "]]>", " spaced ", "two\nlines", "=1+1"])
def test_text_is_escaped_for_xml_and_its_white_space_kept(text: str) -> None:
    xml = string_xml(text, Tally())
    assert ("preserve" in xml) == (text != text.strip() or "\n" in text)
    assert xml.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").endswith(f">{text}</t>")


@given(st.text("a村𠀀", max_size=60), st.integers(2, 9))
def test_split_text_fits_and_nothing_is_lost(text: str, limit: int) -> None:
    parts = split_units(text, limit)
    assert "".join(parts) == text
    assert all(0 < units(part) <= limit for part in parts)
    assert units(text) == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("letter", ["a", "村", "𠀀"])
def test_long_text_is_cut_to_what_excel_counts_and_says_so(letter: str) -> None:
    text = letter * 40_000
    assert is_long(text)
    assert cut(text).endswith(CUT_MARKER)
    assert CELL_UNITS - 1 <= units(cut(text)) <= CELL_UNITS
    assert not is_long("a" * CELL_UNITS)
    assert is_long("𠀀" * (CELL_UNITS // 2 + 1))
