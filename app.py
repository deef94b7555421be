"""The server for any WSGI host: `gunicorn app:app`. `surveyapp serve` is the same with the workers of the settings."""

import os

from surveyapp.config import Config
from surveyapp.web import create_app

app = create_app(Config.from_environ(os.environ))
