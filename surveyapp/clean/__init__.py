"""Rulesets and logs: clean = f(raw, edits, ruleset version, log)."""
