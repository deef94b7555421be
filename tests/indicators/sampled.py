"""Small made-up samples, the same at every run and in every language: whole numbers from remainders."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Table = dict[str, NDArray[np.float64]]


def two_stage_sample() -> Table:
    """120 households in 20 villages of 4 strata, unequal weights, villages of 3 to 9 households."""
    i = np.arange(1, 121)
    village = np.searchsorted(np.cumsum([3, 9, 6, 5, 7] * 4), i, side="left")
    stratum = village // 5
    income = (i * 7919 % 1009) * 13.0 + 500.0 * stratum - 900.0
    return {
        "village": village.astype(float),
        "stratum": stratum.astype(float),
        "w": 10.0 + i * 31 % 17,
        "villages": np.array([12.0, 30.0, 9.0, 25.0])[stratum],
        "y": income,
        "later": income + (i * 5 % 23) * 40.0 - 200.0 + 300.0 * (stratum % 2),
        "x": 1.0 + i * 11 % 7,
        "poor": (income < 2300).astype(float),
        "kind": (i * 3 % 4 > 1).astype(float),
        "known": np.where(i % 9 == 0, np.nan, income),
        "moved": (stratum % 2).astype(float),
    }


def with_lonely_village() -> Table:
    """The same, where of the last stratum only one village was reached."""
    table = two_stage_sample()
    kept = table["village"] <= 15
    return {name: column[kept] for name, column in table.items()}


def write_table(table: Table, path: Path) -> None:
    """As CSV, NaN as NA, every digit kept."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(table)
        for row in zip(*table.values(), strict=True):
            rows.writerow("NA" if np.isnan(cell) else repr(float(cell)) for cell in row)


def read_table(path: Path) -> dict[str, list[str]]:
    """Columns of a CSV file, as text."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}
