"""Text to tokens, by the lexical rules of XPath 1.0, section 3.7.

`*`, `and`, `or`, `div` and `mod` are operators only where an operand has just ended.
"""

import re
from typing import Final, NamedTuple

from surveyapp.expressions.errors import ExpressionError
from surveyapp.sentences import say

# Longer texts are no rule that a person wrote; reading them would only cost time.
LONGEST_EXPRESSION: Final = 200_000

NAME: Final = r"[^\W\d][\w.\-·]*"
token_pattern = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
  | (?P<text>"[^"]*"|'[^']*')
  | (?P<name>{NAME}(?::(?!:)(?:{NAME}|\*))?)
  | (?P<symbol>::|//|\.\.|!=|<=|>=|[-+*=<>|/.@,()\[\]$])
    """,
    re.VERBOSE,
)
NAMED_OPERATORS: Final = frozenset({"and", "or", "div", "mod"})
SYMBOL_OPERATORS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "+", "-", "|"})
OPERAND_ENDS: Final = frozenset({")", "]", ".", "..", "*"})


class Token(NamedTuple):
    """`kind` is number, text, name, operator, symbol or end."""

    kind: str
    text: str
    position: int


def tokenize(expression: str) -> list[Token]:
    """The tokens of `expression`, closed by one of the kind `end`.

    Raises:
        ExpressionError: a character that no token starts with, or an expression of more than 200,000 characters.
    """
    if len(expression) > LONGEST_EXPRESSION:
        raise ExpressionError(
            say("expected at most {longest_expression:,} characters", longest_expression=LONGEST_EXPRESSION),
            found=f"{len(expression):,}",
            position=0,
        )
    tokens: list[Token] = []
    position, after_operand = 0, False
    while position < len(expression):
        match = token_pattern.match(expression, position)
        if match is None:
            raise _unreadable(expression, position)
        kind, text = match.lastgroup or "", match[0]
        if kind != "space":
            kind, after_operand = _classify(kind, text, after_operand)
            tokens.append(Token(kind, text, position))
        position = match.end()
    tokens.append(Token("end", "", len(expression)))
    return tokens


def _classify(kind: str, text: str, after_operand: bool) -> tuple[str, bool]:
    """The kind of token that it is here, and whether an operand ends with it."""
    if kind in ("number", "text"):
        return kind, True
    if kind == "name":
        return ("operator", False) if after_operand and text in NAMED_OPERATORS else ("name", True)
    if text in SYMBOL_OPERATORS or (text == "*" and after_operand):
        return "operator", False
    return "symbol", text in OPERAND_ENDS


def _unreadable(expression: str, position: int) -> ExpressionError:
    character = expression[position]
    if character in "'\"":
        return ExpressionError(
            say("expected a closing quote"), found=say("the end of the expression"), position=position
        )
    return ExpressionError(
        say("expected a name, a number, a text or an operator"), found=repr(character), position=position
    )
