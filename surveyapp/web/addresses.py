"""Numbers in addresses: bounded here, once, so that none of them is too large for a database."""

from werkzeug.routing import IntegerConverter, Map

DIGITS = 9


class RowNumber(IntegerConverter):
    """The number of a row in an address: at most nine digits, and an address with more is not there.

    The bound is in the pattern. A bound that the converter itself refuses makes 405 of an address with several methods,
    because the rules of the other methods are passed on the way to it.
    """

    regex = rf"\d{{1,{DIGITS}}}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=10**DIGITS - 1)
