"""People named in a remark: @ and the sign-in name of somebody in the project."""

import re
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.store.accounts import list_members
from surveyapp.store.forms import get_form_by_pk
from surveyapp.store.mentions import add_mentions

# As sign-in names are made; what ends a sentence is none of it.
named: Final = re.compile(r"(?<![\w@.+-])@([A-Za-z0-9][A-Za-z0-9._+@-]*)")


def note_mentions(session: Session, form_pk: int, submission_id: int, comment_id: int, content: str) -> None:
    """Note who of the project is named in a remark; other words after an @ are just words."""
    words = {word.rstrip("._+@-").lower() for word in named.findall(content)}
    if not words:
        return
    members = list_members(session, get_form_by_pk(session, form_pk).project_id)
    account_ids = [one.account.id for one in members if one.account.login in words and one.account.disabled_at is None]
    add_mentions(session, submission_id, comment_id, account_ids)
