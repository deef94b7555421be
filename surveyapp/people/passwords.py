"""Passwords of people: Argon2id, and what is too easy to guess.

Length is what counts (NIST SP 800-63B, OWASP ASVS 2.1): there are no rules about signs.
"""

import functools
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from surveyapp.problems import PASSWORD_WEAK, Problem
from surveyapp.sentences import say

SHORTEST: Final = 12
LONGEST: Final = 200
# A password of so few different signs is a pattern.
FEWEST_SIGNS: Final = 5
RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "password",
    "surveyapp",
)

# What is said where a password is chosen.
RULES: Final = {"shortest": SHORTEST, "longest": LONGEST, "different": FEWEST_SIGNS}

hasher = PasswordHasher()


def hash_password(password: str, *own_words: str) -> str:
    """The Argon2id hash of a new password; `own_words` are what others know of the person.

    Raises:
        Problem: PASSWORD_WEAK.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Problem(
            PASSWORD_WEAK,
            say(
                "A password has {shortest} to {longest} signs; this one has {count}.",
                shortest=SHORTEST,
                longest=LONGEST,
                count=len(password),
            ),
        )
    rest = password.casefold()
    for word in (*own_words, *RUNS):
        rest = _without(rest, word.casefold())
    if len(set(rest)) < FEWEST_SIGNS:
        raise Problem(PASSWORD_WEAK, "The password is a pattern, or is made of your own name.")
    return hasher.hash(password)


def _without(text: str, word: str) -> str:
    """`text` without pieces of `word` of four signs and more."""
    for length in range(len(word), 3, -1):
        for start in range(len(word) - length + 1):
            text = text.replace(word[start : start + length], "")
    return text


@functools.cache
def _nobodys_hash() -> str:
    return hasher.hash("nobody has this password")


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long for people who have none, so that time does not tell who is there."""
    try:
        return hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
