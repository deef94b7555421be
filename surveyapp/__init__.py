"""surveyapp: a household-survey server."""

__version__ = "0.1.0"
