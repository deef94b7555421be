"""The server for any WSGI host: `gunicorn app:app`. `surveyapp serve` is the same with the workers of the settings."""

import os

from surveyapp.config import Config
from surveyapp.web import create_app
from surveyapp.web.logs import start_logging

config = Config.from_environ(os.environ)
start_logging(config)
app = create_app(config)
