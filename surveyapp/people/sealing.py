"""What the database must be able to give back and shall not show: closed with the key of the installation.

A copy of the database alone then opens nothing. Whoever has the key as well, as in a backup, has all.
"""

import base64
import hashlib
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

SEALED: Final = "sealed:"


class Seal:
    """Closes and opens short texts (AES-128-CBC with HMAC-SHA256, the format of Fernet)."""

    def __init__(self, secret_key: str) -> None:
        key = hashlib.sha256(f"{secret_key}:second-factor".encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, text: str) -> str:
        """The text as it is kept; twice the same is never the same."""
        return SEALED + self._fernet.encrypt(text.encode()).decode()

    def open(self, kept: str) -> str | None:
        """The text; None where another key closed it. What was kept before there was a seal is given as it is."""
        if not kept.startswith(SEALED):
            return kept
        try:
            return self._fernet.decrypt(kept.removeprefix(SEALED)).decode()
        except InvalidToken:
            return None
