"""What the page of a submission shows of its review: what may be done, what was found and said, what happened."""

from typing import Any

from sqlalchemy.orm import Session

from surveyapp.review.decide import is_own_edit, list_in_the_way, list_parts, open_submission
from surveyapp.review.history import find_former_decision, verify_history
from surveyapp.review.policy import get_policy
from surveyapp.review.states import REASON_CODES, list_next
from surveyapp.store.comments import list_comments
from surveyapp.store.forms import Form, get_form
from surveyapp.store.listing import get_listed
from surveyapp.store.reviews import find_lease, get_standing, list_weighed
from surveyapp.web.current import database, now
from surveyapp.web.identity import Access
from surveyapp.web.office import asked
from surveyapp.web.review_queue import carry_queue, find_waiting
from surveyapp.web.reviewing import get_history, reviewer_of


def take_up(access: Access, form_id: str, submission_id: int) -> None:
    """Note that a reviewer has the submission open, so that others are told; it blocks nobody."""
    if not access.may("review"):
        return

    def note(session: Session) -> None:
        get_listed(session, get_form(session, access.project.id, form_id).id, access.reach, submission_id)
        open_submission(session, submission_id, access.who.actor, now())

    database().write(note)


def get_review_part(session: Session, access: Access, form: Form, submission_id: int) -> dict[str, Any]:
    """What parts/review.html shows."""
    standing = get_standing(session, form.id, submission_id, access.reach)
    held = find_lease(session, submission_id, now())
    reviewer = reviewer_of(access, "office")
    policy = get_policy(session, form.id)
    ways = list_next(standing.state, list_parts(standing, reviewer)) if access.may("review") else []
    own_edit = bool(ways) and is_own_edit(session, standing, reviewer, policy)
    return {
        "standing": standing,
        "held": held if held is not None and held[0] != access.who.actor else None,
        "ways": {way.to: way.needs for way in ways if not (own_edit and way.to == "approved")},
        "own_edit": own_edit,
        "former": find_former_decision(session, submission_id) if standing.state == "corrected" else "",
        "skip_to": find_waiting(session, access, form, submission_id) if asked("queue") else None,
        "carried": carry_queue(),
        "reason_codes": REASON_CODES,
        "policy": policy,
        "in_the_way": list(list_in_the_way(session, standing, policy)),
        "findings": list_weighed(session, submission_id),
        "comments": list_comments(session, [submission_id]),
        "history": get_history(session, form, submission_id),
        "proof": verify_history(session, submission_id),
    }
