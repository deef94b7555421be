"""Every rule of a form, re-checked for one record, as Findings."""
