"""Edits, cell by cell: the first record with them on it is the last one, whatever was changed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.clean.edits import Edit, Record, apply_edits, list_edits
from surveyapp.clean.records import CellKey

KEYS = st.sampled_from(["1/child-1", "1/child-2", "1/child-2.1"])
CELLS = st.dictionaries(
    st.builds(CellKey, st.one_of(st.just(""), KEYS), st.sampled_from(["/data/a", "/data/child/b"])),
    st.text(min_size=1, max_size=3),
)
RECORDS = st.builds(Record, CELLS, st.dictionaries(KEYS, st.just("/data/child")))


@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_the_first_record_with_all_edits_on_it_is_the_last(records: list[Record]) -> None:
    now = records[0]
    for before, after in pairwise(records):
        edits = list_edits(before, after)
        assert bool(edits) == (before != after)
        now = apply_edits(now, edits)
    assert now == records[-1]


@pytest.mark.parametrize(
    "edit",
    [
        Edit("change_response", "", "/data/a", "another", "x"),
        Edit("add_row", "1/child-1", "/data/child"),
        Edit("remove_row", "1/child-2", "/data/child"),
    ],
)
def test_an_edit_that_does_not_fit_its_record_is_refused(edit: Edit) -> None:
    record = Record({CellKey("", "/data/a"): "1"}, {"1/child-1": "/data/child"})
    with pytest.raises(ValueError, match=r"not"):
        apply_edits(record, (edit,))
