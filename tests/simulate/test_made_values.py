"""The parts that interviews are made of: patterns, pictures, numbers as Java writes them, people."""

import random
import re
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.simulate.media import make_drawing, make_photo
from surveyapp.simulate.numbers import java_double
from surveyapp.simulate.patterns import compile_pattern
from surveyapp.simulate.words import make_household

seeds = st.integers(0, 10_000).map(random.Random)


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z0-9]{3,12}-[0-9]{4}$",
        r"^(\+?86)?1[3-9]\d{9}$",
        r"^[\w.-]+@[a-z]+\.[a-z]{2,3}$",
        "^(yes|no|[^a-c]x?)$",
        r"[A-Z]{2}\s?\d+",
        "^a{2,}b*$",
    ],
)
@given(rng=seeds)
def test_made_texts_match_their_pattern(pattern: str, rng: random.Random) -> None:
    assert re.fullmatch(pattern, compile_pattern(pattern)(rng))


@given(st.text(max_size=30), seeds)
def test_no_pattern_whatever_stops_the_maker(pattern: str, rng: random.Random) -> None:
    assert isinstance(compile_pattern(pattern)(rng), str)


@given(seeds)
def test_a_photo_is_a_whole_jpeg_without_stray_markers(rng: random.Random) -> None:
    photo = make_photo(rng)
    assert photo.startswith(b"\xff\xd8\xff\xe0")
    assert photo.endswith(b"\xff\xd9")
    scan = photo[photo.index(b"\xff\xda") + 14 : -2]
    assert not re.search(rb"\xff[^\x00]", scan)


@given(seeds)
def test_a_drawing_is_a_whole_png(rng: random.Random) -> None:
    drawing = make_drawing(rng)
    at, kinds = 8, []
    while at < len(drawing):
        (length,) = struct.unpack(">I", drawing[at : at + 4])
        body = drawing[at + 4 : at + 8 + length]
        assert zlib.crc32(body) == struct.unpack(">I", drawing[at + 8 + length : at + 12 + length])[0]
        kinds.append(body[:4])
        at += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0"), (12, "12.0"), (-98, "-98.0"), (0.5, "0.5"), (1e7, "1.0E7"), (12_345_678.9, "1.23456789E7")],
)
def test_decimals_are_written_as_java_does(value: float, text: str) -> None:
    assert java_double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_decimals_read_back_as_they_were(value: float) -> None:
    assert float(java_double(value)) == pytest.approx(value, rel=1e-14)


@given(seeds, st.integers(0, 12), st.booleans())
def test_households_are_believable(rng: random.Random, size: int, chinese: bool) -> None:
    people = make_household(rng, chinese=chinese, size=size)
    head = people[0]
    assert len(people) == size or size == 0
    assert head.relation == "head"
    assert [person.relation for person in people].count("spouse") <= 1
    assert all(0 <= person.age <= 100 for person in people)
    assert all(head.age - person.age >= 18 for person in people if person.relation == "child")
