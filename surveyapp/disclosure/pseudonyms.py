"""Pseudonyms, and chance that is the same at each export.

Both hang on the project's secret: without it nobody can make the pseudonym of a name that he guesses, or undo a
displacement; with it each export of the project says the same.
"""

import hashlib
import hmac
from typing import Final

PSEUDONYM_LENGTH: Final = 16


def project_secret(server_key: str, project_id: int) -> bytes:
    """The secret of a project, 32 bytes, from the secret key of the server and the project's number."""
    return hmac.digest(server_key.encode(), f"pseudonyms of {project_id}".encode(), hashlib.sha256)


def pseudonym(secret: bytes, value: str) -> str:
    """16 hexadecimal digits that stand for `value` (HMAC-SHA-256)."""
    return hmac.digest(secret, value.encode(errors="replace"), hashlib.sha256).hex()[:PSEUDONYM_LENGTH]


def chances(secret: bytes, purpose: str, who: str, count: int) -> tuple[float, ...]:
    """`count` (at most 4) numbers in [0, 1) that look random and are the same each time for the same `who`."""
    digest = hmac.digest(secret, f"{purpose}\x1f{who}".encode(errors="replace"), hashlib.sha256)
    return tuple(int.from_bytes(digest[8 * n : 8 * n + 8], "big") / 2**64 for n in range(count))
