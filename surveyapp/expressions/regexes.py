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
from surveyapp.sentences import say

SECONDS: Final = 0.1
# A busy machine may once be slow at a good pattern.
MOST_STRIKES: Final = 3
MOST_REMEMBERED: Final = 10_000
LONGEST_PATTERN: Final = 2_000
LONGEST_TEXT: Final = 100_000
MOST_REPETITIONS: Final = 100_000

# What a pattern's size is counted from: an escape, a class, a group's ends, a count, any other character.
pattern_part = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\{([0-9]*)(?:,([0-9]*))?\}|[()]|.", re.DOTALL)
# In a class these are plain characters to the client; the `regex` package would take them for set operators.
SET_OPERATORS: Final = {"javarosa": re.compile(r"--|\|\||~~"), "xforms": re.compile(r"--|\|\||~~|&&|\[")}
named_class = re.compile(r"\\[pPx]\{[^}]*\}")
# Any other brace is itself; the `regex` package would take it for fuzzy matching.
count = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
# ECMAScript without its `u` flag takes every other escaped letter for the letter itself, and knows neither of these.
ECMASCRIPT_ESCAPES: Final = frozenset("bBdDwWsStnrfvcxuk")
not_ecmascript = re.compile(r"(?:[+*?]|\{[0-9]+(?:,[0-9]*)?\})\+|\(\?[a-z]+\)")
escape_or_class = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)
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
        raise NotCheckable(say("its pattern takes too long"))
    if len(text) > LONGEST_TEXT:
        raise NotCheckable(say("the answer has more than {longest_text:,} characters", longest_text=LONGEST_TEXT))
    compiled = compile_pattern(pattern, dialect)
    try:
        match = compiled.fullmatch if dialect == "javarosa" else compiled.search
        return match(text, timeout=SECONDS) is not None
    except TimeoutError:
        if len(strikes) < MOST_REMEMBERED:
            strikes[pattern, dialect] += 1
        raise NotCheckable(say("its pattern takes too long")) from None


@lru_cache(maxsize=2_000)
def compile_pattern(pattern: str, dialect: str) -> "regex.Pattern[str]":
    """`pattern` translated and compiled."""
    if len(pattern) > LONGEST_PATTERN:
        raise NotCheckable(
            say("its pattern has more than {longest_pattern:,} characters", longest_pattern=LONGEST_PATTERN)
        )
    if _size(pattern) > MOST_REPETITIONS:
        raise NotCheckable(say("its pattern repeats too often"))
    if dialect == "xforms" and not_ecmascript.search(escape_or_class.sub("x", pattern)):
        raise ExpressionError(say("expected a pattern of ECMAScript"), found=repr(pattern))
    try:
        # Version 1 would fold “ß” to “ss” where case does not count; no client does.
        return regex.compile(f"(?-f:{_translate(pattern, dialect)})", regex.VERSION1, cache_pattern=False)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ExpressionError(say("expected a pattern ({error})", error=error), found=repr(pattern)) from error


def _size(pattern: str) -> int:
    """How many characters the pattern has once its counts are written out."""
    sums, last = [0], 0
    for part in pattern_part.finditer(pattern):
        text = part[0]
        if text == "(":
            sums.append(0)
        elif text == ")":
            last = max(sums.pop(), 1) if len(sums) > 1 else 1
            sums[-1] += last
        elif part[1] is not None:
            times = max(1, *(int(count[:9]) for count in (part[1], part[2]) if count))
            sums[-1] += last * (times - 1)
            last *= times
        else:
            last = 1
            sums[-1] += 1
    return sum(sums)


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
        named = named_class.match(pattern, position) if dialect == "javarosa" else None
        if named is not None:
            parts.append(named[0])
            position = named.end()
            continue
        if character == "\\" and position + 1 < len(pattern):
            parts.append(_escape(pattern[position + 1], inside > 0, dialect))
            position += 2
            continue
        operator = SET_OPERATORS[dialect].match(pattern, position) if inside else None
        if operator is not None:
            parts.append("".join(f"\\{symbol}" for symbol in operator[0]))
            position += len(operator[0])
            continue
        inside += 1 if character == "[" else -1 if character == "]" and inside else 0
        parts.append(r"\{" if character == "{" and not count.match(pattern, position) else character)
        position += 1
    return "".join(parts)


def _escape(letter: str, inside: bool, dialect: str) -> str:
    listed = ASCII_CLASSES.get(letter.lower())
    if listed is None:
        plain = dialect == "xforms" and letter.isalpha() and letter not in ECMASCRIPT_ESCAPES
        return letter if plain else f"\\{letter}"
    if letter.isupper():
        return f"[^{listed}]"
    return listed if inside else f"[{listed}]"
