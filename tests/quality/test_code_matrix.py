"""The matrix of codes finds what is alike, grows by a row, and comes back from its bytes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from surveyapp.quality.code_matrix import FIRST_CAPACITY, CodeMatrix, encode_answers, realign_codes

COLUMNS = [f"/data/q{number}" for number in range(40)]
answer = some.sampled_from(["", "1", "2", "yes", "no", "longer text"])
rows = some.lists(some.lists(answer, min_size=6, max_size=6), min_size=1, max_size=30)


def texts(*changes: int) -> list[str]:
    return ["changed" if number in changes else f"answer {number}" for number in range(40)]


def matrix_of(*listed: list[str]) -> CodeMatrix:
    matrix = CodeMatrix([f"/data/q{number}" for number in range(len(listed[0]))])
    for number, one in enumerate(listed):
        matrix.put(f"i{number}", encode_answers(one))
    return matrix


@given(rows, some.integers(0, 6))
def test_it_counts_the_columns_that_differ(listed: list[list[str]], most: int) -> None:
    matrix = matrix_of(*listed)
    found = matrix.find_alike(encode_answers(listed[0]), most, limit=99)
    counted = sorted(
        (sum(one != other for one, other in zip(listed[0], row, strict=True)), f"i{number}")
        for number, row in enumerate(listed)
    )
    assert [(one.different, one.instance_id) for one in found] == [pair for pair in counted if pair[0] <= most]
    assert {one.compared for one in found} <= {6}


def test_two_answers_missing_are_equal_and_one_is_not() -> None:
    matrix = matrix_of(["", "a", ""], ["", "", "b"])
    assert [one.different for one in matrix.find_alike(encode_answers(["", "a", ""]), 2)] == [0, 2]


def test_answers_of_one_screening_byte_are_told_apart() -> None:
    wanted = encode_answers(["0"])
    twin = next(str(n) for n in range(1, 5000) if encode_answers([str(n)])[:1] == wanted[:1])
    matrix = matrix_of(["0"], [twin])
    assert [one.instance_id for one in matrix.find_alike(wanted, 0)] == ["i0"]


def test_no_answer_has_a_code_of_its_own() -> None:
    assert all(encode_answers([str(n)])[0] != 0 for n in range(3000))
    assert encode_answers([""]) == b"\0\0\0"


def test_it_grows_past_its_first_capacity() -> None:
    matrix = CodeMatrix(COLUMNS)
    for number in range(FIRST_CAPACITY + 3):
        matrix.put(f"i{number}", encode_answers([f"{number} {column}" for column in COLUMNS]))
    assert len(matrix) == FIRST_CAPACITY + 3
    last = encode_answers([f"{FIRST_CAPACITY + 2} {column}" for column in COLUMNS])
    assert [one.instance_id for one in matrix.find_alike(last, 0)] == [f"i{FIRST_CAPACITY + 2}"]
    first = encode_answers([f"0 {column}" for column in COLUMNS])
    assert [one.instance_id for one in matrix.find_alike(first, 0)] == ["i0"]


def test_a_newer_version_takes_the_place_of_the_old_one() -> None:
    matrix = matrix_of(texts(), texts(1))
    matrix.put("i0", encode_answers(texts(*range(20))))
    assert [one.instance_id for one in matrix.find_alike(encode_answers(texts()), 5)] == ["i1"]
    assert len(matrix) == 2


def test_what_is_dropped_is_not_found_and_may_come_back() -> None:
    matrix = matrix_of(texts(), texts(1))
    matrix.drop("i0")
    matrix.drop("never there")
    assert "i0" not in matrix
    assert [one.instance_id for one in matrix.find_alike(encode_answers(texts()), 5)] == ["i1"]
    matrix.put("i0", encode_answers(texts()))
    assert [one.instance_id for one in matrix.find_alike(encode_answers(texts()), 0)] == ["i0"]


@given(rows)
def test_it_comes_back_from_its_bytes(listed: list[list[str]]) -> None:
    matrix = matrix_of(*listed)
    matrix.drop("i1")
    again = CodeMatrix.from_bytes(matrix.to_bytes())
    assert len(again) == len(matrix)
    for one in listed:
        assert again.find_alike(encode_answers(one), 3) == matrix.find_alike(encode_answers(one), 3)
    again.put("more", encode_answers(listed[0]))
    assert "more" in again


@pytest.mark.parametrize("cut", [0, 3, 20, -1])
def test_half_a_matrix_is_refused(cut: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # JSON's own error is one too
        CodeMatrix.from_bytes(matrix_of(texts()).to_bytes()[:cut])


def test_codes_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="39 columns; the matrix has 40"):
        matrix_of(texts()).put("x", encode_answers(texts()[:39]))


def test_forms_of_more_than_255_questions_do_not_wrap_around() -> None:
    matrix = matrix_of([f"a{n}" for n in range(300)])
    assert matrix.find_alike(encode_answers([f"b{n}" for n in range(300)]), 50) == []


def test_columns_that_a_version_lacks_are_missing() -> None:
    have, wanted = ["a", "b", "c"], ["c", "x", "a"]
    assert realign_codes(encode_answers(["1", "2", "3"]), have, wanted) == encode_answers(["3", "", "1"])


@given(some.integers(0, 2**32 - 1), some.integers(0, 60))
def test_rows_are_counted_right_also_where_most_are_left_out_early(seed: int, most: int) -> None:
    lot = random.Random(seed)
    listed = [[lot.choice(["", "1", "2", "3"]) for _ in range(60)] for _ in range(60)]
    listed += [[text if lot.random() < 0.8 else "9" for text in listed[0]] for _ in range(5)]
    matrix = matrix_of(*listed)
    matrix.drop("i3")
    matrix.drop("i62")
    counted = sorted(
        (sum(one != other for one, other in zip(listed[0], row, strict=True)), f"i{number}")
        for number, row in enumerate(listed)
        if number not in (3, 62)
    )
    found = matrix.find_alike(encode_answers(listed[0]), most, limit=99)
    assert [(one.different, one.instance_id) for one in found] == [pair for pair in counted if pair[0] <= most]


@given(some.integers(0, 2**32 - 1))
def test_a_sketch_never_rules_out_what_is_alike(seed: int) -> None:
    lot = random.Random(seed)
    asked = [lot.choice(["", "1", "2"]) for _ in range(130)]
    listed = [[text if lot.random() < 0.95 else "9" for text in asked] for _ in range(20)]
    near = sum(sum(one != other for one, other in zip(asked, row, strict=True)) <= 8 for row in listed)
    assert len(matrix_of(*listed).find_alike(encode_answers(asked), 8, limit=99)) == near
