"""What checks expect, in Chinese: limits and medians are kept in English beside the finding, as programs read them."""

import re
from typing import Final

# Whole texts of these shapes only: what else is expected may be an answer, and stays as it is.
SHAPES: Final = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        (r"median (\S+), (\|?z\|? ≤ \S+) \(z = (\S+)\)", r"中位数\1，\2，此处z = \3"),
        (r"median (\S+) \(z = (\S+)\)", r"中位数\1，此处z = \2"),
        (r"mean (\S+) ± (\S+) sd", r"平均值\1 ± \2个标准差"),
        (r"([≤≥]) (\S+) min", r"\1 \2分钟"),
    )
)


def expected_in_chinese(expected: str) -> str:
    """`expected` with its words in Chinese; as it is where it has none that we wrote."""
    for pattern, chinese in SHAPES:
        found = pattern.fullmatch(expected)
        if found:
            return found.expand(chinese)
    return expected
