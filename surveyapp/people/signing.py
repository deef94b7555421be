"""Signing in and out. Failed attempts slow the next ones, for the account and for the address.

An attempt is three steps, since comparing a password takes a tenth of a second, which no transaction should last:

    attempt = begin_attempt(session, ...)     # in one transaction: counted as failed until it has succeeded
    right = attempt.is_right(password, code)  # outside of any
    token = finish_attempt(session, ...)      # in another
"""

import datetime
import re
from dataclasses import dataclass, replace
from typing import Final

import pyotp
from sqlalchemy.orm import Session

from surveyapp.people.passwords import is_password
from surveyapp.people.sealing import Seal
from surveyapp.people.tokens import hash_token, make_token
from surveyapp.problems import SIGN_IN_FAILED, TOO_MANY_ATTEMPTS, Problem
from surveyapp.sentences import say
from surveyapp.store.accounts import Account, Secrets, find_account, get_secrets, mark_account, mark_totp_step
from surveyapp.store.sessions import (
    SignedIn,
    add_session,
    find_failures,
    find_session,
    mark_session_seen,
    mark_sessions_ended,
    replace_failures,
)

# Attempts without a wait; each further one doubles the wait, from a second.
FREE_FOR_ACCOUNT: Final = 5
FREE_FOR_ADDRESS: Final = 30
LONGEST_WAIT: Final = datetime.timedelta(minutes=15)
FORGOTTEN_AFTER: Final = datetime.timedelta(hours=24)
# A session ends when it was not used for so long, and when it is so old.
IDLE: Final = datetime.timedelta(minutes=30)
OLDEST: Final = datetime.timedelta(hours=12)
SEEN_EVERY: Final = datetime.timedelta(minutes=1)
TOTP_SECONDS: Final = 30
totp_secret_text = re.compile(r"[A-Z2-7]{32}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody says who they are. `to_seal` is a secret that still lies open in the database, None where none does."""

    keys: tuple[str, str]
    account: Account | None
    secrets: Secrets
    at: datetime.datetime
    to_seal: str | None = None

    def is_right(self, password: str, code: str) -> bool:
        """Whether the password is right, and the code where the person has a second factor."""
        right = is_password(self.secrets.password_hash, password)
        return right and (self.secrets.totp_secret is None or self.find_step(code) is not None)

    def find_step(self, code: str) -> int | None:
        """The time step that a code is for: now, or the one before or after it."""
        if self.secrets.totp_secret is None:
            return None
        now = int(self.at.timestamp()) // TOTP_SECONDS
        totp = pyotp.TOTP(self.secrets.totp_secret)
        digits = "".join(code.split())
        steps = (now, now - 1, now + 1)
        return next((step for step in steps if pyotp.utils.strings_equal(totp.at(step * TOTP_SECONDS), digits)), None)


def begin_attempt(session: Session, login: str, address: str, now: datetime.datetime, seal: Seal) -> Attempt:
    """Count an attempt, as failed for now. `seal` opens the secret of the second factor; where it was closed with
    another key, no code is right.

    Raises:
        Problem: TOO_MANY_ATTEMPTS.
    """
    login = login.strip().lower()[:100]
    keys = (f"account:{login}", f"address:{address}")
    for key, free in zip(keys, (FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS), strict=True):
        failures, failed_at = find_failures(session, key) or (0, now)
        if now - failed_at > FORGOTTEN_AFTER:
            failures = 0
        wait = min(LONGEST_WAIT, datetime.timedelta(seconds=2 ** min(failures - free, 12)))
        if failures >= free and now - failed_at < wait:
            seconds = max(1, int((failed_at + wait - now).total_seconds()))
            raise Problem(
                TOO_MANY_ATTEMPTS,
                say(
                    "After {failures} failed attempts, the next one may come in {seconds} s.",
                    failures=failures,
                    seconds=seconds,
                ),
            )
        replace_failures(session, key, failures + 1, now)
    account = find_account(session, login)
    if account is not None and account.disabled_at is not None:
        account = None
    secrets = Secrets(None, None, 0) if account is None else get_secrets(session, account.id)
    if secrets.totp_secret is None:
        return Attempt(keys, account, secrets, now)
    opened = seal.open(secrets.totp_secret)
    to_seal = opened if opened == secrets.totp_secret else None
    return Attempt(keys, account, replace(secrets, totp_secret=opened or make_totp_secret()), now, to_seal)


def finish_attempt(session: Session, attempt: Attempt, code: str, address: str, user_agent: str, seal: Seal) -> str:
    """The secret token of a new session.

    Raises:
        Problem: SIGN_IN_FAILED, when the code was used before or the account is not there.
    """
    account = attempt.account
    if account is None:
        raise Problem(SIGN_IN_FAILED, "The name or the password is not right.")
    step = attempt.find_step(code)
    if step is not None and not mark_totp_step(session, account.id, step):
        raise Problem(SIGN_IN_FAILED, "The code was used before.", remedy="Wait for the next one.")
    forget_failures(session, attempt)
    if attempt.to_seal is not None:
        mark_account(session, account.id, totp_secret=seal.close(attempt.to_seal))
    return open_session(session, account, address, user_agent, attempt.at)


def forget_failures(session: Session, attempt: Attempt) -> None:
    """The attempt was right: the next one does not wait."""
    for key in attempt.keys:
        replace_failures(session, key, 0, attempt.at)


def open_session(session: Session, account: Account, address: str, user_agent: str, now: datetime.datetime) -> str:
    """Sign a person in who has proved who they are; the secret token of the session."""
    token = make_token()
    add_session(session, account.id, hash_token(token), address, user_agent[:300], now)
    return token


def end_session(session: Session, found: SignedIn, number: int, now: datetime.datetime) -> None:
    """Sign a person out in one of their browsers; one that is not theirs stays as it is."""
    mark_sessions_ended(session, found.account.id, now, only=number)


def end_other_sessions(session: Session, found: SignedIn, now: datetime.datetime) -> None:
    """Sign a person out everywhere but here."""
    mark_sessions_ended(session, found.account.id, now, spare=found.id)


def get_signed_in(session: Session, token: str, now: datetime.datetime) -> SignedIn | None:
    """Who is signed in with this token; None when they signed out, or were away for too long."""
    found = find_session(session, hash_token(token))
    if found is None or found.account.disabled_at is not None:
        return None
    return None if now - found.seen_at > IDLE or now - found.created_at > OLDEST else found


def needs_note(found: SignedIn, now: datetime.datetime) -> bool:
    """Whether it is time to keep that the session was used."""
    return now - found.seen_at > SEEN_EVERY


def note_seen(session: Session, found: SignedIn, now: datetime.datetime) -> None:
    """Keep that the session was used."""
    mark_session_seen(session, found.id, now)


# -- a second factor --------------------------------------------------------------------------------------------------
def make_totp_secret() -> str:
    """A new secret for a second factor, in base 32; it counts once a code of it was shown."""
    return pyotp.random_base32()


def totp_address(secret: str, login: str) -> str:
    """What an authenticator app reads from a QR code (otpauth://)."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="surveyapp")


def set_totp(session: Session, account: Account, secret: str, code: str, now: datetime.datetime, seal: Seal) -> None:
    """From now on this person signs in with a code as well.

    Raises:
        Problem: SIGN_IN_FAILED, when the code is not of this secret.
    """
    if not totp_secret_text.fullmatch(secret):
        raise Problem(SIGN_IN_FAILED, "The secret of the code cannot be read.", remedy="Load the page again.")
    step = Attempt(("", ""), account, Secrets(None, secret, 0), now).find_step(code)
    if step is None:
        raise Problem(
            SIGN_IN_FAILED, "The code is not right.", remedy="Scan the QR code again; check the phone's clock."
        )
    mark_account(session, account.id, totp_secret=seal.close(secret), totp_step=step)


def remove_totp(session: Session, account: Account) -> None:
    """The password alone is enough again."""
    mark_account(session, account.id, totp_secret=None)
