"""Figures beside their aims."""


def verdict(found: float, aim: float) -> str:
    """`0.82, aim 1: met`; a figure at or below its aim meets it."""
    return f"{found:,.3g}, aim {aim:g}: {'met' if found <= aim else 'NOT MET'}"
