"""Tokens to the tree of `surveyapp.expressions.syntax`.

Precedence climbing: two or three Python frames for each level of nesting, and operators of one precedence in a loop.
"""

from typing import Final

from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Negation, Number, Path, Step
from surveyapp.expressions.tokens import Token, tokenize
from surveyapp.sentences import say

# Levels of nesting. Python gives up at about 1,000 frames, of which a server has used 100 or more.
DEEPEST_NESTING: Final = 150

PRECEDENCE: Final = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "div": 6,
    "mod": 6,
}
AXES: Final = frozenset(
    {
        "ancestor",
        "ancestor-or-self",
        "attribute",
        "child",
        "descendant",
        "descendant-or-self",
        "following",
        "following-sibling",
        "parent",
        "preceding",
        "preceding-sibling",
        "self",
    }
)
NODE_TESTS: Final = frozenset({"node", "text", "comment", "processing-instruction"})
EVERYWHERE: Final = Step("descendant-or-self", "node()")


def parse(expression: str) -> Expression:
    """The tree of `expression`.

    Raises:
        ExpressionError: says where it stops being an expression, what stands there and what should.
    """
    parser = _Parser(tokenize(expression))
    tree = parser.expression(1)
    parser.expect_end()
    return tree


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0

    # -- tokens -------------------------------------------------------------------------------------------------------
    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def take(self) -> Token:
        token = self.tokens[self.index]
        if token.kind != "end":
            self.index += 1
        return token

    def accept(self, symbol: str) -> bool:
        token = self.tokens[self.index]
        if token.text == symbol and token.kind in ("symbol", "operator"):
            self.index += 1
            return True
        return False

    def expect(self, symbol: str) -> None:
        if not self.accept(symbol):
            raise self.error(say("expected {symbol!r}", symbol=symbol))

    def expect_end(self) -> None:
        if self.token.kind != "end":
            raise self.error(say("expected an operator or the end of the expression"))

    def error(self, expected: str) -> ExpressionError:
        token = self.token
        found = "the end of the expression" if token.kind == "end" else repr(token.text)
        return ExpressionError(expected, found=found, position=token.position)

    # -- grammar ------------------------------------------------------------------------------------------------------
    def expression(self, lowest: int) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise self.error(
                say("expected at most {deepest_nesting} levels of nesting", deepest_nesting=DEEPEST_NESTING)
            )
        left = self.operand()
        while (level := self.level()) >= lowest:
            left = self.chain(left, level)
        self.depth -= 1
        return left

    def level(self) -> int:
        token = self.tokens[self.index]
        return PRECEDENCE.get(token.text, 0) if token.kind == "operator" else 0

    def chain(self, first: Expression, level: int) -> Expression:
        position = self.token.position
        operands, operators = [first], []
        while self.level() == level:
            operators.append(self.take().text)
            operands.append(self.expression(level + 1))
        return Chain(tuple(operands), tuple(operators), position)

    def operand(self) -> Expression:
        position, times = self.token.position, 0
        while self.accept("-"):
            times += 1
        found = self.path()
        if self.token.kind == "operator" and self.token.text == "|":
            operands = [found]
            while self.accept("|"):
                operands.append(self.path())
            found = Chain(tuple(operands), ("|",) * (len(operands) - 1), position)
        return Negation(found, times, position) if times else found

    def path(self) -> Expression:
        token = self.token
        if token.kind in ("number", "text") or token.text in ("(", "$") or self.at_call():
            return self.filter(self.primary(), token.position)
        if self.accept("//"):
            return Path((EVERYWHERE, *self.steps()), absolute=True, position=token.position)
        if self.accept("/"):
            steps = self.steps() if self.at_step() else ()
            return Path(steps, absolute=True, position=token.position)
        return Path(self.steps(), position=token.position)

    def at_call(self) -> bool:
        token = self.token
        following = self.tokens[min(self.index + 1, len(self.tokens) - 1)]
        return token.kind == "name" and following.text == "(" and token.text not in NODE_TESTS

    def primary(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            return Number(float(token.text), token.text, token.position)
        if token.kind == "text":
            return Literal(token.text[1:-1], token.position)
        if token.text == "$":
            raise ExpressionError(
                say("expected a path (variables are not part of XForms)"), found="'$'", position=token.position
            )
        if token.text == "(":
            inner = self.expression(1)
            self.expect(")")
            return inner
        self.expect("(")
        arguments: list[Expression] = []
        if not self.accept(")"):
            arguments.append(self.expression(1))
            while self.accept(","):
                arguments.append(self.expression(1))
            self.expect(")")
        return Call(token.text, tuple(arguments), token.position)

    def filter(self, primary: Expression, position: int) -> Expression:
        predicates = self.predicates()
        steps: tuple[Step, ...] = ()
        if self.accept("//"):
            steps = (EVERYWHERE, *self.steps())
        elif self.accept("/"):
            steps = self.steps()
        if not predicates and not steps:
            return primary
        if isinstance(primary, Path) and not predicates:
            return Path(primary.steps + steps, primary.absolute, primary.start, primary.predicates, position)
        return Path(steps, start=primary, predicates=predicates, position=position)

    def at_step(self) -> bool:
        token = self.token
        return token.kind == "name" or (token.kind == "symbol" and token.text in (".", "..", "@", "*"))

    def steps(self) -> tuple[Step, ...]:
        steps = [self.step()]
        while True:
            if self.accept("//"):
                steps += [EVERYWHERE, self.step()]
            elif self.accept("/"):
                steps.append(self.step())
            else:
                return tuple(steps)

    def step(self) -> Step:
        position = self.token.position
        if self.accept("."):
            return Step("self", "node()", self.predicates(), position)
        if self.accept(".."):
            return Step("parent", "node()", self.predicates(), position)
        axis = self.axis()
        return Step(axis, self.node_test(), self.predicates(), position)

    def axis(self) -> str:
        if self.accept("@"):
            return "attribute"
        token, following = self.token, self.tokens[min(self.index + 1, len(self.tokens) - 1)]
        if token.kind == "name" and following.text == "::":
            if token.text not in AXES:
                raise self.error(say("expected the name of an axis"))
            self.index += 2
            return token.text
        return "child"

    def node_test(self) -> str:
        token = self.token
        if token.text == "*" and token.kind in ("symbol", "operator"):
            self.index += 1
            return "*"
        if token.kind != "name":
            raise self.error(say("expected a path, a value or a function"))
        self.index += 1
        if token.text in NODE_TESTS and self.accept("("):
            if token.text == "processing-instruction" and self.token.kind == "text":
                self.take()
            self.expect(")")
            return f"{token.text}()"
        return token.text

    def predicates(self) -> tuple[Expression, ...]:
        found: list[Expression] = []
        while self.accept("["):
            self.depth += 1
            found.append(self.expression(1))
            self.depth -= 1
            self.expect("]")
        return tuple(found)
