"""The plan of each form version: its checks with the questions, roles and limits that count now."""

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from surveyapp import __version__
from surveyapp.quality.automatic import configure, merge_settings
from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.form_settings import QualitySettings, read_quality_settings
from surveyapp.quality.plan import Plan, make_plan
from surveyapp.quality.roles import RoleError, find_roles
from surveyapp.store.forms import Form, FormVersion, get_definition, list_form_versions
from surveyapp.store.quality_settings import get_quality_settings, get_sheet_checks, get_zone
from surveyapp.xform.definition import FormDefinition

# What runs: the same answers may read otherwise to another program, or to other checks.
PROGRAM: Final = (__version__, sorted((check.id, check.version) for check in CATALOGUE.values()))


@dataclass(frozen=True)
class FormPlans:
    """The plans of a form's versions, by their row id; `newest` is that of the newest one. `published` gives for each
    version when it was published, and when the one after it was. `own` are the author's sentences by check. `mark` is
    another one whenever anything of all this is, or the program.
    """

    plans: Mapping[int, Plan]
    newest: Plan
    published: Mapping[int, tuple[datetime.datetime, datetime.datetime | None]]
    versions: Mapping[int, str]
    own: Mapping[str, Mapping[str, str]]
    settings: QualitySettings
    mark: str


class Plans:
    """The plans of all forms, made when they are first asked for, and again when a version or settings are added."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, tuple[object, FormPlans]] = {}

    def get(self, session: Session, form: Form) -> FormPlans:
        """The plans of a form as it stands now."""
        versions = sorted(list_form_versions(session, form), key=lambda version: version.ordinal)
        number, content = get_quality_settings(session, form.id)
        zone = get_zone(session, form.project_id)
        mark = (tuple(version.id for version in versions), number, zone)
        known = self._known.get(form.id)
        if known is None or known[0] != mark:
            settings = read_quality_settings(content)
            told = hashlib.sha256(repr((PROGRAM, mark, self._zone)).encode()).hexdigest()
            known = self._known[form.id] = (mark, self._make(session, versions, settings, zone, told))
        return known[1]

    def _make(
        self, session: Session, versions: list[FormVersion], settings: QualitySettings, zone: str, mark: str
    ) -> FormPlans:
        local = ZoneInfo(zone) if zone else self._zone
        plans: dict[int, Plan] = {}
        for version in versions:
            definition = get_definition(session, version)
            roles = find_roles(definition, _existing(definition, settings.roles))
            # The newest workbook says what is checked; of an older version what that version has.
            own = get_sheet_checks(session, versions[-1], definition)
            merged = merge_settings(configure(definition, roles), own)
            plans[version.id] = make_plan(definition, merged, roles, sample=settings.sample, zone=local)
        ends = [*(version.published_at for version in versions[1:]), None]
        newest = plans[versions[-1].id]
        return FormPlans(
            plans,
            newest,
            {version.id: (version.published_at, end) for version, end in zip(versions, ends, strict=True)},
            {version.id: version.version for version in versions},
            {setting.id: setting.messages for setting in newest.settings if setting.messages},
            settings,
            mark,
        )


def _existing(definition: FormDefinition, declared: Mapping[str, str]) -> dict[str, str]:
    """The declared roles whose question this version has."""
    found = {}
    for role, name in declared.items():
        try:
            find_roles(definition, {role: name})
        except RoleError:
            continue
        found[role] = name
    return found
