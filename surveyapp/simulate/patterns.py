"""Texts that match a regular expression of the kind that constraints hold."""

import random
import string
from collections.abc import Callable
from typing import TypeAlias

Make: TypeAlias = Callable[[random.Random], str]

MANY = 6
_CLASSES = {"d": string.digits, "w": string.ascii_lowercase + string.digits, "s": " "}
_ANY = string.ascii_lowercase


def compile_pattern(pattern: str) -> Make:
    """A maker of matching texts: literals, classes, groups, alternatives and counts; what else there is counts as a
    literal.

    >>> compile_pattern("^[ab]{2}-[0-9]$")(random.Random(1))
    'ba-6'
    """
    return _Reader(pattern.removeprefix("^").removesuffix("$")).alternatives()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _next(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def alternatives(self) -> Make:
        branches = [self._sequence()]
        while self._peek() == "|":
            self._next()
            branches.append(self._sequence())
        return lambda rng: rng.choice(branches)(rng)

    def _sequence(self) -> Make:
        parts: list[Make] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._counted(self._atom()))
        return lambda rng: "".join(part(rng) for part in parts)

    def _atom(self) -> Make:
        character = self._next()
        if character == "(":
            if self.pattern.startswith("?:", self.at):
                self.at += 2
            inner = self.alternatives()
            self._next()
            return inner
        if character == "[":
            return _one_of(self._class())
        if character == "\\":
            escaped = self._next()
            return _one_of(_CLASSES.get(escaped, escaped))
        if character in "^$":
            return _one_of("")
        return _one_of(_ANY if character == "." else character)

    def _class(self) -> str:
        negated = self._peek() == "^"
        if negated:
            self._next()
        found = ""
        while self._peek() not in ("", "]"):
            character = self._next()
            if character == "\\":
                character = _CLASSES.get(escaped := self._next(), escaped)
            if self._peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("", "]"):
                self._next()
                found += "".join(map(chr, range(ord(character[0]), ord(self._next()) + 1)))
            else:
                found += character
        self._next()
        return "".join(sorted(set(_ANY + string.digits) - set(found))) if negated else found

    def _counted(self, part: Make) -> Make:
        least, most = self._count()
        if self._peek() == "?":
            self._next()
        return lambda rng: "".join(part(rng) for _ in range(rng.randint(least, most)))

    def _count(self) -> tuple[int, int]:
        counts = {"?": (0, 1), "*": (0, MANY), "+": (1, MANY)}
        if self._peek() in counts and self._peek():
            return counts[self._next()]
        end = self.pattern.find("}", self.at)
        if self._peek() != "{" or end < 0:
            return 1, 1
        least, _, most = self.pattern[self.at + 1 : end].partition(",")
        if not least.isdigit():
            return 1, 1
        open_end = "," in self.pattern[self.at : end]
        self.at = end + 1
        return int(least), int(most) if most.isdigit() else int(least) + (MANY if open_end else 0)


def _one_of(characters: str) -> Make:
    return lambda rng: rng.choice(characters) if characters else ""
