"""Corrections: rulesets tried and published, cleaning logs imported and undone."""
