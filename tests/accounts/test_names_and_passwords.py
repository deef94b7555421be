"""What needs no database: names of phones and apps, passwords, where a person is led after signing in."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.people.passwords import SHORTEST, hash_password, is_password
from surveyapp.people.phone_names import MOST_AT_ONCE, app_title, number_names, read_names
from surveyapp.problems import PASSWORD_WEAK, Problem
from surveyapp.web.logs import Redactor
from surveyapp.web.pages_sign_in import own_path

NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(st.text(max_size=20), st.integers(1, MOST_AT_ONCE), st.integers(0, 10_000))
def test_numbered_names_differ_and_sort_by_their_number(pattern: str, count: int, first: int) -> None:
    names = number_names(pattern, count, first)
    assert len(set(names)) == len(names) == count
    assert names == sorted(names)


def test_names_are_numbered_as_one_would_by_hand() -> None:
    assert number_names("Phone {n}", 3, 9) == ["Phone 09", "Phone 10", "Phone 11"]
    assert number_names("Mother", 1) == ["Mother"]
    assert number_names("Team", 2) == ["Team 1", "Team 2"]


@pytest.mark.parametrize(("count", "first"), [(0, 1), (-1, 1), (MOST_AT_ONCE + 1, 1), (1, -1)])
def test_so_many_phones_are_not_let_in_at_once(count: int, first: int) -> None:
    with pytest.raises(Problem):
        number_names("x", count, first)


@given(st.lists(NAMES, max_size=30))
def test_a_pasted_list_gives_each_name_once_in_its_order(names: list[str]) -> None:
    assert read_names("\r\n".join(f"  {name}\tsecond column" for name in names)) == list(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("app", "title"),
    [
        ("org.odk.collect.android/v2026.3.1", "ODK Collect 2026.3.1"),
        ("org.koboc.collect.android/v2024.1.3", "KoboCollect 2024.1.3"),
        ("fill/0.1.0", "Web app 0.1.0"),
        ("curl/8.5", "curl 8.5"),
        ("versed", "versed"),
        ("", ""),
    ],
)
def test_an_app_is_called_as_people_call_it(app: str, title: str) -> None:
    assert app_title(app) == title


@given(st.one_of(st.text(max_size=30), st.text("/\\:.@\t\n ehtps", max_size=12).map(lambda rest: f"/{rest}")))
def test_wherever_one_is_led_it_is_this_server(wish: str) -> None:
    path = own_path(wish)
    # As browsers read it: they drop tabs and line ends, and take a backslash for a slash.
    read = path.translate({9: None, 10: None, 13: None}).replace("\\", "/")
    assert urlsplit(urljoin("https://survey.example.org/sign-in", read)).netloc == "survey.example.org"
    assert own_path("/p/alpha/phones?done=saved") == "/p/alpha/phones?done=saved"


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60))
def test_the_secret_of_a_link_is_not_logged(secret: str) -> None:
    assert Redactor()(f"GET /link/{secret}?show=yes 200") == "GET /link/…?show=yes 200"


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "a" * 30,
        "abababababababab",
        "password1234",
        "qwertyuiop1234",
        "chief of staff",
        "x" * (SHORTEST - 1),
        "y" * 201,
    ],
)
def test_what_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(Problem) as refusal:
        hash_password(password, "chief", "Chief of Staff")
    assert refusal.value.kind is PASSWORD_WEAK


def test_words_that_do_not_belong_together_are_taken_in_any_script() -> None:
    for password in ("seven quiet herons wade", "七只 安静的 苍鹭 涉水 而过 今天"):
        kept = hash_password(password, "chief")
        assert password not in kept
        assert is_password(kept, password)
        assert not is_password(kept, password + " ")
    assert not is_password(None, "nobody has this password")
