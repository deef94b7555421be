"""Audit logs as phones write them, and as they come from phones that died."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from surveyapp.quality.audit import LONGEST_SCREEN, Paradata, read_audit, summarise

ORDER = {"/data/a": 0, "/data/g/b": 1, "/data/g/c": 2, "/data/kid/age": 3}
SECTIONS = {"/data/g/b": "/data/g", "/data/g/c": "/data/g", "/data/kid/age": "/data/kid"}
SHORTEST = {"/data/a": 2.0, "/data/g/b": 1.5, "/data/g/c": 1.5, "/data/kid/age": 2.0}


def log(*lines: str, header: str = "event,node,start,end") -> bytes:
    return "\n".join((header, *lines)).encode()


def summary(content: bytes) -> Paradata:
    found = summarise(read_audit(content), ORDER, SECTIONS, SHORTEST)
    assert found is not None
    return found


def test_active_time_is_that_of_question_screens() -> None:
    found = summary(
        log(
            "form start,,1000,",
            "question,/data/a,1000,6000",
            "jump,,6000,90000",
            "question,/data/g/b,90000,93500",
            "form save,,93500,",
        )
    )
    assert found.active == pytest.approx(8.5)
    assert dict(found.sections) == {"/data/g": pytest.approx(3.5)}


def test_a_screen_counts_for_ten_minutes_at_most() -> None:
    assert summary(log("question,/data/a,1000,7201000")).active == LONGEST_SCREEN
    assert summary(log("question,/data/a,1000,601000")).active == 600
    assert summary(log("question,/data/a,1000,600000")).active == 599


def test_a_pause_is_left_out_of_the_screen_that_it_falls_in() -> None:
    paused = log("question,/data/a,1000,101000", "form exit,,11000,", "form resume,,91000,")
    assert summary(paused).active == pytest.approx(20)


def test_screens_that_are_left_at_once_are_fast_and_only_the_first_view_counts() -> None:
    found = summary(
        log(
            "question,/data/a,1000,2999",
            "question,/data/g/b,3000,4500",
            "question,/data/g/c,5000,6499",
            "question,/data/a,7000,7100",
        )
    )
    assert (found.screens, found.fast_screens) == (3, 2)
    assert found.fast_share == pytest.approx(2 / 3)


def test_changed_answers_jumps_back_and_refused_answers_are_counted() -> None:
    found = summary(
        log(
            "question,/data/a,1000,2000,,7",
            "question,/data/g/c,2000,3000,,x",
            "question,/data/a,3000,4000,7,8",
            "question,/data/a,4000,5000,8,8",
            "constraint error,/data/a,5000,",
            header="event,node,start,end,old-value,new-value",
        )
    )
    assert (found.edits, found.backs, found.constraint_errors) == (1, 1, 1)


def test_the_next_row_of_a_repeat_is_no_jump_back() -> None:
    rows = [f"question,/data/kid[{row}]/age,{1000 * row},{1000 * row + 900}" for row in (1, 2, 3)]
    assert summary(log(*rows)).backs == 0
    assert summary(log(*rows)).screens == 3


def test_a_position_of_accuracy_0_is_mocked() -> None:
    header = "event,node,start,end,latitude,longitude,accuracy"
    assert summary(log("question,/data/a,1000,2000,25,105,0.0", header=header)).mocked
    assert not summary(log("question,/data/a,1000,2000,25,105,4.5", header=header)).mocked


def test_everything_that_collect_logs_is_read() -> None:
    header = "event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user,change-reason"
    content = log('question,/data/a,1000,2000,25.5,105.5,4,"old, one","new\none",user1,"He said so"', header=header)
    event = read_audit(content).events[0]
    assert (event.latitude, event.longitude, event.accuracy) == (25.5, 105.5, 4)
    assert (event.old_value, event.new_value, event.user, event.reason) == (
        "old, one",
        "new\none",
        "user1",
        "He said so",
    )
    assert (event.start, event.end) == (1, 2)
    assert read_audit(content).tracks_changes


@pytest.mark.parametrize(
    ("content", "events", "unreadable"),
    [
        (b"", 0, 0),
        (b"\x00\xff\xfe", 0, 1),
        (b"name,age\none,40", 0, 2),
        (b"\xef\xbb\xbfEvent, Node ,START,end\nquestion,/data/a,1000,2000\n", 1, 0),
        (b"event,node,start,end\nquestion,/data/a,1000,2000\nquestion,/da", 1, 1),
        (b"event,node,start,end\nquestion,/data/a,1000\n", 1, 0),
        (b"event,node,start,end\nquestion,/data/a,noon,2000\nquestion,/data/a,1000,2000", 1, 1),
        (b"event,node,start,end\nquestion,/data/a,-5,2000\n\n,,,\n", 0, 1),
        (b"event,node,start,end\nquestion,/data/a,99999999999999999999,2000\n", 0, 1),
        (b'event,node,start,end\nquestion,"/data/a,1000,2000\nquestion,/data/a,1000,2000\n', 1, 1),
        (b"event,node,start,end\r\nquestion,/data/a,1000,2000\r\n", 1, 0),
        (b"event,node,start,end\nquestion,/data/\xff,1000,2000\n", 1, 0),
    ],
)
def test_a_damaged_log_gives_what_can_be_read(content: bytes, events: int, unreadable: int) -> None:
    found = read_audit(content)
    assert (len(found.events), found.unreadable) == (events, unreadable)


def test_a_log_without_the_column_end_is_read() -> None:
    found = read_audit(b"event,node,start\nform start,,1000\n")
    assert [(one.start, one.end) for one in found.events] == [(1, None)]


def test_a_screen_without_end_counts_for_nothing() -> None:
    assert summary(log("question,/data/a,1000,")).active == 0
    assert summary(log("question,/data/a,5000,1000")).active == 0


def test_an_empty_log_says_nothing() -> None:
    assert summarise(read_audit(b""), ORDER, SECTIONS, SHORTEST) is None


@given(some.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    read_audit(content)
    summarise(read_audit(b"event,node,start,end\n" + content), ORDER, SECTIONS, SHORTEST)


@given(some.lists(some.tuples(some.sampled_from(sorted(ORDER)), some.integers(1, 10**7), some.integers(1, 10**7))))
def test_active_time_is_never_negative_nor_more_than_ten_minutes_a_screen(rows: list[tuple[str, int, int]]) -> None:
    found = summarise(read_audit(log(*(f"question,{path},{a},{b}" for path, a, b in rows))), ORDER, SECTIONS, SHORTEST)
    if rows:
        assert found is not None
        assert 0 <= found.active <= LONGEST_SCREEN * len(rows)
        assert sum(found.sections.values()) <= found.active + 1e-6
