"""Every function by dialect and name."""

from typing import Final

from surveyapp.expressions.date_functions import DATES
from surveyapp.expressions.functions import Function
from surveyapp.expressions.geo_functions import GEOGRAPHY
from surveyapp.expressions.node_functions import NODES
from surveyapp.expressions.number_functions import NUMBERS
from surveyapp.expressions.special import SPECIAL
from surveyapp.expressions.text_functions import TEXTS

FUNCTIONS: Final[dict[str, dict[str, Function]]] = {
    dialect: {
        function.name: function
        for table in (TEXTS, NUMBERS, DATES, NODES, GEOGRAPHY)
        for function in table
        if dialect in function.dialects
    }
    for dialect in ("javarosa", "xforms")
}


def is_known(name: str, dialect: str) -> bool:
    """Whether clients of that dialect have the function."""
    return name in FUNCTIONS[dialect] or (name in SPECIAL and dialect in SPECIAL[name].dialects)


def takes(name: str, count: int, dialect: str) -> bool:
    """Whether the function takes `count` arguments; the context node may stand in for a missing one."""
    special = SPECIAL.get(name)
    if special is not None and dialect in special.dialects:
        return special.least <= count <= special.most
    function = FUNCTIONS[dialect].get(name)
    return function is not None and (
        function.least <= count <= function.most or (count == 0 and name in CONTEXT_FUNCTIONS)
    )


# Without an argument these speak of the context node.
CONTEXT_FUNCTIONS: Final = frozenset(
    {"string", "number", "string-length", "normalize-space", "name", "local-name", "namespace-uri"}
)
