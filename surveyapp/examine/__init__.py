"""The checks across interviews, on what is kept: new interviews, enumerators, the form, backchecks; what is settled."""
