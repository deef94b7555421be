"""Plausible interviews for any form: the interview maker behind `surveyapp simulate` and the demo."""
