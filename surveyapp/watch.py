"""The checks across interviews as they go on: what has just come, again what may have changed, every night over all.

What waits stands in the database (`submissions.unchecked`), marked by the very transaction that kept it: nothing is
lost when this process dies, and receiving costs nothing more.
"""

import contextlib
import datetime
import logging
import os
import threading
import time
from typing import Final

from surveyapp.collect.reading import read_version
from surveyapp.config import Config
from surveyapp.examine.interviews import Examiner, mark_some_again
from surveyapp.examine.outcome import Examined, keep
from surveyapp.examine.survey import draw_sample, examine_form, keep_survey
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, get_form_by_pk
from surveyapp.store.quality_settings import DrawnSample
from surveyapp.store.quality_summaries import list_checked_forms, list_waiting

log = logging.getLogger(__name__)
# Looked at together.
BATCH: Final = 100
# Kept in one transaction: many cost less each, and few hold up the phones less.
KEPT_AT_ONCE: Final = 25
# At night, marked and checked in turns: what comes meanwhile waits for so many and not for all.
MARKED_AT_ONCE: Final = 1_000
# Seconds between two looks for what has come.
PAUSE: Final = 1.0
# Seconds to wait when the database is away.
RECOVER: Final = 10.0
# Phones come first: the thread of the checks yields to everything else.
NICENESS: Final = 10


class Watch:
    """The checks of one server; used by one thread at a time."""

    def __init__(self, config: Config, database: Database, files: Files) -> None:
        self.database = database
        self.examiner = Examiner(files, config.timezone, read_version)
        self._turn = threading.Lock()

    def check_some(self, form_pk: int | None = None) -> int:
        """Run the checks of some of the submissions that wait, the oldest; how many were looked at."""
        with self._turn:
            with self.database.reading() as session:
                waiting = list_waiting(session, BATCH, form_pk)
                done = self.examiner.examine(session, waiting, _now())
            for start in range(0, len(done), KEPT_AT_ONCE):
                self._keep(done[start : start + KEPT_AT_ONCE])
            return len(done)

    def _keep(self, some: list[Examined]) -> None:
        now = _now()
        self.database.write(lambda session: keep(session, some, now))

    def check_waiting(self, form_pk: int | None = None) -> int:
        """Run the checks of all that wait; how many they were."""
        total = 0
        while some := self.check_some(form_pk):
            total += some
        return total

    def check_form(self, form_pk: int) -> int:
        """Run the checks of the enumerators, the form and its backchecks; how many findings they have."""
        with self._turn:
            now = _now()
            with self.database.reading() as session:
                form = get_form_by_pk(session, form_pk)
                surveyed = examine_form(self.examiner, session, form, now)
            self.database.write(lambda session: keep_survey(session, form, surveyed, now))
            return len(surveyed.findings)

    def check_night(self) -> None:
        """Look again at each interview, then over all of each form."""
        with self.database.reading() as session:
            forms = list_checked_forms(session)
        for form_pk in forms:
            self.check_all(form_pk)
            self.check_form(form_pk)

    def check_all(self, form_pk: int) -> int:
        """Run the checks of all submissions of a form again; how many were looked at."""
        total = last = 0
        while last := self._mark_some(form_pk, last):
            total += self.check_waiting(form_pk)
        return total

    def _mark_some(self, form_pk: int, after: int) -> int:
        return self.database.write(lambda session: mark_some_again(session, form_pk, after, MARKED_AT_ONCE))

    def draw(self, form: Form, percent: int, seed: int | None) -> DrawnSample:
        """Draw interviews to be asked again, and keep which."""
        with self._turn:
            return self.database.write(lambda session: draw_sample(self.examiner, session, form, percent, _now(), seed))

    def go_on(self) -> None:
        """Check what comes, for ever."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while True:
            try:
                if not self.check_some():
                    time.sleep(PAUSE)
            except Exception:
                log.exception("The checks failed")
                time.sleep(RECOVER)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
