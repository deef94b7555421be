"""Many submissions at once over the JSON API: one decision, or one answer, for all that a filter finds."""

from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.review.bulk import Act, Part, deciding, try_part
from surveyapp.store.forms import Form, get_form
from surveyapp.store.listing import Filter, count_submissions, list_submissions
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.api_reviews import read_decision
from surveyapp.web.current import database
from surveyapp.web.identity import Access, allow_program
from surveyapp.web.reviewing import reviewer_of
from surveyapp.web.reviewing_many import AnswerForAll, check_edit, decide_many, edit_many, editing, undo_many
from surveyapp.web.shapes_reviews import BulkEditIn, BulkIn, BulkOut

api_bulk = ApiBlueprint(
    "bulk-reviews",
    __name__,
    url_prefix="/api/v1/projects/<project>/forms/<form_id>",
    description="Many submissions at once",
)
CHANNEL: Final = "api"
# Above every number.
ALL: Final = 2**62


def _enter(project: str, form_id: str) -> tuple[Access, Form]:
    with database().reading() as session:
        access = allow_program(session, "review", project)
        return access, get_form(session, access.project.id, form_id)


def _look(access: Access, form: Form, wanted: Filter, act: Act, said: dict[str, Any]) -> dict[str, Any]:
    """How many there are, and what would become of the first ones."""

    def look(session: Session) -> dict[str, Any]:
        newest = list_submissions(session, form.id, access.reach, wanted, limit=1)
        up_to = min(newest[0].id if newest else 0, said["up_to"] or ALL)
        count = count_submissions(session, form.id, access.reach, wanted)
        tried = try_part(session, form.id, wanted, act, reviewer_of(access, CHANNEL), up_to=up_to)
        return {"up_to": up_to, "count": count, "id": None, **_part(tried)}

    return database().write(look)


def _part(part: Part) -> dict[str, Any]:
    changes = [
        {"submission_no": number, "path": path, "old": old, "new": new}
        for number, changed in part.changes.items()
        for path, old, new in changed
    ]
    skipped = [{"submission_no": one.submission_id, "reason": one.reason} for one in part.skipped]
    return {"decided": part.decided, "skipped": skipped, "changes": changes}


@api_bulk.route("/bulk-reviews", methods=["POST"])
@api_bulk.arguments(BulkIn)
@api_bulk.response(200, BulkOut)
@api_bulk.refuses(404, 422)
def post_bulk(said: dict[str, Any], project: str, form_id: str) -> dict[str, Any]:
    """Decide about all submissions that a filter finds; with `preview`, see how many they are and try the first 20."""
    wanted, decision = Filter(**said["where"]), read_decision(said)
    access, form = _enter(project, form_id)
    seen = _look(access, form, wanted, deciding(form.id, decision, reviewer_of(access, CHANNEL)), said)
    if not said["preview"]:
        number, part = decide_many(access, form, wanted, decision, seen["up_to"], CHANNEL)
        seen |= {"id": number, **_part(part)}
    return seen


@api_bulk.route("/bulk-edits", methods=["POST"])
@api_bulk.arguments(BulkEditIn)
@api_bulk.response(200, BulkOut)
@api_bulk.refuses(404, 422)
def post_bulk_edit(said: dict[str, Any], project: str, form_id: str) -> dict[str, Any]:
    """Set one answer in all submissions that a filter finds; with `preview`, see what would change in the first 20."""
    wanted = Filter(**said["where"])
    answer = AnswerForAll(said["path"], said["text"], said["reason"], said["keep_odd"])
    access, form = _enter(project, form_id)
    with database().reading() as session:
        check_edit(session, access, form, wanted, answer)
    seen = _look(access, form, wanted, editing(access, form, answer, CHANNEL), said)
    if not said["preview"]:
        number, part = edit_many(access, form, wanted, answer, seen["up_to"], CHANNEL)
        seen |= {"id": number, **_part(part)}
    return seen


@api_bulk.route("/bulk-reviews/<int:bulk_id>/undo", methods=["POST"])
@api_bulk.response(200, BulkOut)
@api_bulk.refuses(404, 409)
def post_undo(project: str, form_id: str, bulk_id: int) -> dict[str, Any]:
    """Take a decision about many, or an answer set in many, back, within a day; what has been touched since stays."""
    access, form = _enter(project, form_id)
    part = undo_many(access, form, bulk_id, CHANNEL)
    return {"id": bulk_id, "count": len(part.decided), "up_to": 0, **_part(part)}
