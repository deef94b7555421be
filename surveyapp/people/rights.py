"""Who may do what: one table of roles and one of scopes, and whose submissions somebody may see.

enter      know that the project is there, its forms and their versions
see        read submissions and their files, as far as the reach goes
submit     send records
export     take away what may be seen: workbooks, indicators
review     say what becomes of a submission that may be seen
remove     delete submissions and restore them, reopen what others decided, say by which policy a form is reviewed and
           by which rules its answers are cleaned
forms      publish, close and open forms
settings   change the project and its indicators' settings
phones     let phones and programs in, shut them out
people     invite people, give roles, make teams
audit      read the log of what was changed
operate    make projects; everything, everywhere
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sqlalchemy.orm import Session

from surveyapp.store.accounts import Account, find_role
from surveyapp.store.devices import ApiToken, Device
from surveyapp.store.projects import Project
from surveyapp.store.reach import EVERYTHING, NOTHING, Reach
from surveyapp.store.teams import list_own_teams

Permission: TypeAlias = Literal[
    "enter", "see", "submit", "export", "review", "remove", "forms", "settings", "phones", "people", "audit", "operate"
]

ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    "enumerator": frozenset({"enter", "see"}),
    "supervisor": frozenset({"enter", "see", "export", "review"}),
    "admin": frozenset(
        {"enter", "see", "export", "review", "remove", "forms", "settings", "phones", "people", "audit"}
    ),
}
OPERATOR: Final[frozenset[Permission]] = ROLES["admin"] | {"operate"}
SCOPES: Final[Mapping[str, frozenset[Permission]]] = {
    "read": frozenset({"enter", "see", "export"}),
    "submit": frozenset({"enter", "submit"}),
    "review": frozenset({"enter", "see", "review"}),
    "remove": frozenset({"enter", "see", "review", "remove"}),
    "forms": frozenset({"enter", "forms"}),
    "settings": frozenset({"enter", "settings"}),
    "phones": frozenset({"enter", "phones"}),
}


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do in a project, and whose submissions they may do it with."""

    permissions: frozenset[Permission]
    reach: Reach


NO_RIGHTS: Final = Rights(frozenset(), NOTHING)


def get_person_rights(session: Session, account: Account, project: Project) -> Rights:
    """Of a person: by their role in the project; a supervisor's reach is their teams, and what they sent themselves."""
    if account.disabled_at is not None:
        return NO_RIGHTS
    if account.operator:
        return Rights(OPERATOR, EVERYTHING)
    role = find_role(session, project.id, account.id)
    if role is None:
        return NO_RIGHTS
    if role == "admin":
        return Rights(ROLES[role], EVERYTHING)
    teams = list_own_teams(session, project.id, account.id) if role == "supervisor" else []
    return Rights(ROLES[role], Reach(team_ids=frozenset(team.id for team in teams), account_id=account.id))


def get_program_rights(token: ApiToken, project: Project) -> Rights:
    """Of a program: by the scopes of its token, in the project of the token alone."""
    if token.project.id != project.id:
        return NO_RIGHTS
    permissions = frozenset[Permission]().union(*(SCOPES[scope] for scope in token.scopes if scope in SCOPES))
    return Rights(permissions, EVERYTHING if "see" in permissions else NOTHING)


def get_phone_rights(device: Device, project: Project) -> Rights:
    """Of a phone: to send, in its project alone."""
    return Rights(SCOPES["submit"], NOTHING) if device.project.id == project.id else NO_RIGHTS
