"""The policy of a form: what its exports hold, and what an approval needs."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.problems import INVALID_FIELDS, Problem
from surveyapp.review.states import STATES
from surveyapp.sentences import say
from surveyapp.store.reviews import EXPORTED, add_policy, find_policy

# Whatever a policy says, these are in no export.
NEVER_EXPORTED: Final = ("rejected",)


@dataclass(frozen=True, slots=True)
class Policy:
    """`exported` are the states whose submissions go into exports and indicators. `two_approvals`: a second one by an
    admin who is somebody else. `warnings`: an approval also waits for warnings to be acknowledged. `four_eyes`: who
    edited answers of a submission does not approve it.
    """

    exported: tuple[str, ...] = EXPORTED
    two_approvals: bool = False
    warnings: bool = False
    four_eyes: bool = False

    def __post_init__(self) -> None:
        wrong = [state for state in self.exported if state not in STATES or state in NEVER_EXPORTED]
        if wrong or not self.exported:
            offered = ", ".join(state for state in STATES if state not in NEVER_EXPORTED)
            detail = (
                say("Exports cannot hold {state!r}.", state=wrong[0])
                if wrong
                else say("Exports hold one state at least.")
            )
            raise Problem(INVALID_FIELDS, detail, remedy=say("Choose among: {offered}.", offered=offered))

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {**asdict(self), "exported": [state for state in STATES if state in self.exported]}


def get_policy(session: Session, form_pk: int) -> Policy:
    """The policy of a form, else the usual one."""
    found = find_policy(session, form_pk)
    if found is None:
        return Policy()
    return Policy(**{**found[1], "exported": tuple(found[1]["exported"])})


def set_policy(session: Session, form_pk: int, wanted: Mapping[str, Any], actor: str, at: datetime.datetime) -> Policy:
    """The next policy of a form: what `wanted` names changes, the rest stays. Former ones are kept.

    Raises:
        Problem: INVALID_FIELDS for a state that there is not, or that no export may hold.
    """
    before, found = get_policy(session, form_pk), find_policy(session, form_pk)
    merged = {**asdict(before), **wanted}
    policy = Policy(**{**merged, "exported": tuple(merged["exported"])})
    if policy != before:
        add_policy(session, form_pk, 1 if found is None else found[0] + 1, policy.to_json(), actor, at)
    return policy
