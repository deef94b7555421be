"""Checks across submissions, enumerators, places and time."""
