"""Secrets that machines carry: long, random, shown once, kept as hashes."""

import hashlib
import secrets


def hash_token(token: str) -> str:
    """What is kept of a token. Tokens are random and long, so that a plain SHA-256 cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token() -> str:
    """43 characters, 256 bits."""
    return secrets.token_urlsafe(32)
