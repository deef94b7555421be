"""Patterns of forms on our own engine, bounded in time.

JavaRosa matches the whole text (`java.util.regex.Pattern.matches`), XForms clients search (`RegExp.test`). A pattern
that takes too long is given up, and after three times not tried again.
"""

import re
from collections import Counter
from functools import lru_cache
from typing import Final, TypeAlias

import regex

from surveyapp.expressions.errors import ExpressionError, NotCheckable

SECONDS: Final = 0.1
# A busy machine may once be slow at a good pattern.
MOST_STRIKES: Final = 3
MOST_REMEMBERED: Final = 10_000
LONGEST_PATTERN: Final = 2_000
LONGEST_TEXT: Final = 100_000
MOST_REPETITIONS: Final = 100_000

repetition = re.compile(r"\{\s*([0-9]*)\s*(?:,\s*([0-9]*)\s*)?\}")
# In a class of Java these are plain characters; the `regex` package would take them for set operators.
set_operator = re.compile(r"--|\|\||~~")
ASCII_CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": r" \t\n\x0b\f\r"}
Key: TypeAlias = tuple[str, str]
strikes: Counter[Key] = Counter()


def matches(text: str, pattern: str, dialect: str) -> bool:
    """Whether `text` satisfies `pattern` as a client of that dialect says.

    Raises:
        ExpressionError: the pattern is not a pattern.
        NotCheckable: it is too long, or needs too long.
    """
    if strikes[pattern, dialect] >= MOST_STRIKES:
        raise NotCheckable("its pattern takes too long")
    if len(text) > LONGEST_TEXT:
        raise NotCheckable(f"the answer has more than {LONGEST_TEXT:,} characters")
    compiled = compile_pattern(pattern, dialect)
    try:
        match = compiled.fullmatch if dialect == "javarosa" else compiled.search
        return match(text, timeout=SECONDS) is not None
    except TimeoutError:
        if len(strikes) < MOST_REMEMBERED:
            strikes[pattern, dialect] += 1
        raise NotCheckable("its pattern takes too long") from None


@lru_cache(maxsize=2_000)
def compile_pattern(pattern: str, dialect: str) -> "regex.Pattern[str]":
    """`pattern` translated and compiled."""
    if len(pattern) > LONGEST_PATTERN:
        raise NotCheckable(f"its pattern has more than {LONGEST_PATTERN:,} characters")
    if _repetitions(pattern) > MOST_REPETITIONS:
        raise NotCheckable("its pattern repeats too often")
    flags = regex.VERSION1 if dialect == "javarosa" else regex.VERSION0
    # Version 1 would fold “ß” to “ss” where case does not count; Java does not.
    wrapped = "(?-f:{})" if dialect == "javarosa" else "{}"
    try:
        return regex.compile(wrapped.replace("{}", _translate(pattern, dialect), 1), flags, cache_pattern=False)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ExpressionError(f"expected a pattern ({error})", found=repr(pattern)) from error


def _repetitions(pattern: str) -> int:
    """How often nested counts can multiply, at worst."""
    product = 1
    for low, high in repetition.findall(pattern):
        counts = [int(text[:9]) for text in (low, high) if text]
        product *= max([1, *counts])
        if product > MOST_REPETITIONS:
            break
    return product


def _translate(pattern: str, dialect: str) -> str:
    """Character classes of Java and ECMAScript are ASCII; of `regex` they would be Unicode."""
    parts: list[str] = []
    inside, position = 0, 0
    while position < len(pattern):
        character = pattern[position]
        if dialect == "javarosa" and pattern.startswith("\\Q", position):
            quoted = pattern[position + 2 :].partition("\\E")[0]
            parts.append(regex.escape(quoted))
            position += len(quoted) + 4
            continue
        if character == "\\" and position + 1 < len(pattern):
            parts.append(_escape(pattern[position + 1], bool(inside), dialect))
            position += 2
            continue
        operator = set_operator.match(pattern, position) if inside else None
        if operator is not None and dialect == "javarosa":
            parts.append("".join(f"\\{symbol}" for symbol in operator[0]))
            position += 2
            continue
        if character == "[":
            parts.append("[" if not inside or dialect == "javarosa" else r"\[")
            inside += 1 if not inside or dialect == "javarosa" else 0
        else:
            inside -= 1 if character == "]" and inside else 0
            parts.append(character)
        position += 1
    return "".join(parts)


def _escape(letter: str, inside: bool, dialect: str) -> str:
    listed = ASCII_CLASSES.get(letter.lower())
    if listed is None:
        return f"\\{letter}"
    if letter.islower():
        return listed if inside else f"[{listed}]"
    # A negated class inside a class: Java has nested classes, for ECMAScript the Unicode class comes nearest.
    return f"\\{letter}" if inside and dialect == "xforms" else f"[^{listed}]"
