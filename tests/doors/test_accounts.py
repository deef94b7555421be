"""Accounts and attempts with a given clock: throttling, codes, links, operators."""

import datetime
import functools
from collections.abc import Callable, Iterator

import pyotp
import pytest
from sqlalchemy.orm import Session

from surveyapp.people import accounts as people
from surveyapp.people.projects import create_project
from surveyapp.people.sealing import Seal
from surveyapp.people.signing import (
    FREE_FOR_ACCOUNT,
    FREE_FOR_ADDRESS,
    IDLE,
    LONGEST_WAIT,
    OLDEST,
    TOTP_SECONDS,
    begin_attempt,
    end_other_sessions,
    finish_attempt,
    get_signed_in,
    make_totp_secret,
    note_seen,
    open_session,
    set_totp,
)
from surveyapp.problems import LAST_OPERATOR, LINK_EXPIRED, SIGN_IN_FAILED, TOO_MANY_ATTEMPTS, Kind, Problem
from surveyapp.store.accounts import get_account, mark_account
from surveyapp.store.database import Database
from tests.people import Survey

START = datetime.datetime(2026, 3, 1, 8, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)
PASSWORD = "seven quiet herons wade"
SEAL = Seal("the key of the installation")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database in which `chief` has PASSWORD."""
    found = Database(database_url)
    with found.begin() as session:
        account, secret = people.invite(session, "chief", "Chief", START, operator=True)
        people.use_link(session, secret, people.hash_new_password(account, PASSWORD), START)
    yield found
    found.close()


def refused(kind: Kind, act: Callable[[], object]) -> bool:
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.kind is kind


def attempt(database: Database, at: datetime.datetime, login: str = "chief", address: str = "10.0.0.1") -> None:
    """One wrong attempt."""
    with database.begin() as session:
        begin_attempt(session, login, address, at, SEAL)


def test_each_failure_after_the_free_ones_doubles_the_wait(database: Database) -> None:
    for _ in range(FREE_FOR_ACCOUNT):
        attempt(database, START)
    assert refused(TOO_MANY_ATTEMPTS, lambda: attempt(database, START))
    at = START
    for wait in (1, 2, 4, 8):
        almost = functools.partial(attempt, database, at + (wait - 0.01) * SECOND)
        assert refused(TOO_MANY_ATTEMPTS, almost)
        at += wait * SECOND
        attempt(database, at)


def test_the_wait_has_an_end_and_is_forgotten_after_a_day(database: Database) -> None:
    at = START
    for _ in range(FREE_FOR_ACCOUNT + 15):
        at += LONGEST_WAIT
        attempt(database, at)
    assert refused(TOO_MANY_ATTEMPTS, lambda: attempt(database, at + LONGEST_WAIT - SECOND))
    attempt(database, at + datetime.timedelta(hours=25))
    attempt(database, at + datetime.timedelta(hours=25))


def test_one_address_cannot_try_many_names(database: Database) -> None:
    for number in range(FREE_FOR_ADDRESS):
        attempt(database, START, f"name-{number}")
    assert refused(TOO_MANY_ATTEMPTS, lambda: attempt(database, START, "another"))
    attempt(database, START, "another", "10.0.0.2")


def test_a_right_password_forgives_what_failed(database: Database) -> None:
    for _ in range(FREE_FOR_ACCOUNT - 1):
        attempt(database, START)
    with database.begin() as session:
        tried = begin_attempt(session, "Chief ", "10.0.0.1", START, SEAL)
        assert tried.is_right(PASSWORD, "")
        assert not tried.is_right("wrong", "")
        finish_attempt(session, tried, "", "10.0.0.1", "test", SEAL)
    for _ in range(FREE_FOR_ACCOUNT):
        attempt(database, START)


def test_a_code_counts_once_and_only_near_its_time(database: Database) -> None:
    secret = make_totp_secret()
    totp, step = pyotp.TOTP(secret), datetime.timedelta(seconds=TOTP_SECONDS)
    with database.begin() as session:
        set_totp(session, get_account(session, "chief"), secret, totp.at(START), START, SEAL)
    with database.begin() as session:
        tried = begin_attempt(session, "chief", "", START + step, SEAL)
        assert not tried.is_right(PASSWORD, "")
        assert not tried.is_right(PASSWORD, totp.at(START + 3 * step))
        # The code with which it was switched on is near enough in time, and used up.
        assert tried.is_right(PASSWORD, totp.at(START))
        assert refused(SIGN_IN_FAILED, lambda: finish_attempt(session, tried, totp.at(START), "", "", SEAL))
        assert finish_attempt(session, tried, totp.at(START + step), "", "", SEAL)
        assert refused(SIGN_IN_FAILED, lambda: finish_attempt(session, tried, totp.at(START + step), "", "", SEAL))


def test_the_secret_of_a_second_factor_lies_closed_and_opens_with_our_key_alone(database: Database) -> None:
    secret = make_totp_secret()
    code = pyotp.TOTP(secret).at(START)

    def kept(session: Session) -> str:
        found: str = session.execute(Survey.sql("SELECT totp_secret FROM accounts WHERE login = 'chief'")).scalar_one()
        return found

    with database.begin() as session:
        # As it lay before it was closed.
        mark_account(session, get_account(session, "chief").id, totp_secret=secret)
        tried = begin_attempt(session, "chief", "", START, SEAL)
        assert tried.is_right(PASSWORD, code)
        finish_attempt(session, tried, code, "", "", SEAL)
        assert secret not in kept(session)
        assert begin_attempt(session, "chief", "", START, SEAL).is_right(PASSWORD, code)
        other = begin_attempt(session, "chief", "", START, Seal("another key"))
        assert not other.is_right(PASSWORD, code)
        assert not other.is_right(PASSWORD, "")


@pytest.mark.parametrize("secret", ["", "short", "a" * 32, "0" * 32])
def test_a_secret_that_is_none_is_refused_and_does_not_fail(database: Database, secret: str) -> None:
    with database.begin() as session:
        chief = get_account(session, "chief")
        assert refused(SIGN_IN_FAILED, lambda: set_totp(session, chief, secret, "000000", START, SEAL))


def test_a_link_works_once_and_not_after_its_days(database: Database) -> None:
    with database.begin() as session:
        first = people.make_link(session, get_account(session, "chief"), START)
        second = people.make_link(session, get_account(session, "chief"), START)
        late = START + datetime.timedelta(days=people.LINK_DAYS)
        assert refused(LINK_EXPIRED, lambda: people.get_invited(session, first, START))
        assert refused(LINK_EXPIRED, lambda: people.get_invited(session, second, late))
        people.use_link(session, second, "hash", START)
        assert refused(LINK_EXPIRED, lambda: people.use_link(session, second, "hash", START))


def test_a_session_ends_when_it_rests_and_when_it_is_old(database: Database) -> None:
    with database.begin() as session:
        token = open_session(session, get_account(session, "chief"), "", "", START)
        assert get_signed_in(session, token, START + IDLE) is not None
        assert get_signed_in(session, token, START + IDLE + SECOND) is None
        at = START
        while at < START + OLDEST:
            at += IDLE
            found = get_signed_in(session, token, at)
            assert found is not None
            note_seen(session, found, at)
        assert get_signed_in(session, token, at + SECOND) is None


def test_ending_the_others_leaves_this_one(database: Database) -> None:
    with database.begin() as session:
        chief = get_account(session, "chief")
        here, there = (open_session(session, chief, "", "", START) for _ in range(2))
        found = get_signed_in(session, here, START)
        assert found is not None
        end_other_sessions(session, found, START)
        assert get_signed_in(session, here, START) is not None
        assert get_signed_in(session, there, START) is None


def test_somebody_always_can_let_people_in(database: Database) -> None:
    def acts(session: Session) -> list[Callable[[], None]]:
        return [
            lambda: people.disable_account(session, "chief", START),
            lambda: people.set_operator(session, "chief", operator=False),
        ]

    with database.begin() as session:
        people.invite(session, "second", "", START, operator=True)
        people.disable_account(session, "second", START)
        assert all(refused(LAST_OPERATOR, act) for act in acts(session))
        people.enable_account(session, "second")
        acts(session)[1]()
        assert [get_account(session, login).operator for login in ("chief", "second")] == [False, True]


def test_a_link_that_was_made_elsewhere_does_not_lead_into_a_second_project(database: Database) -> None:
    with database.begin() as session:
        first, second = (create_project(session, slug, "", "", START) for slug in ("a", "b"))
        _, secret = people.invite(session, "guest", "Guest", START)
        people.give_role(session, first, "guest", "admin")
        assert people.get_invited(session, secret, START).login == "guest"
        people.give_role(session, second, "guest", "admin")
        with pytest.raises(Problem) as refused:
            people.get_invited(session, secret, START)
    assert refused.value.kind is LINK_EXPIRED
