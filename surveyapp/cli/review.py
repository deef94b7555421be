"""Commands about what becomes of submissions: those that were deleted, and the proof that no history was changed."""

import sys

import click
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.cli.tools import Tools, command_line, now, out, project_option
from surveyapp.review.decide import Reviewer
from surveyapp.review.history import verify_history
from surveyapp.review.removal import purge, remove_loose_files
from surveyapp.store.forms import get_form
from surveyapp.store.history import list_submissions_with_events
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING


@click.command("purge")
@click.argument("form")
@project_option
@click.pass_obj
def purge_command(tools: Tools, form: str, project: str) -> None:
    """Remove for good what was deleted more than 30 days ago; who deleted it and why stays in the deletion log."""

    def change(session: Session) -> tuple[list[int], list[str]]:
        owner = get_project(session, project)
        found = get_form(session, owner.id, form)
        who, at = command_line(), now()
        reviewer = Reviewer(who.actor, EVERYTHING, admin=True, channel="command", at=at)
        gone, loose = purge(session, found, reviewer)
        note(session, who, "submission.purged", at=at, project=project, subject=form, detail={"submissions": gone})
        return gone, loose

    gone, loose = tools.database.write(change)
    removed = remove_loose_files(tools.files, loose, now())
    out.print(f"{len(gone)} submissions and {removed} files are gone for good.", markup=False)


@click.command("history")
@click.argument("form")
@project_option
@click.pass_obj
def history_command(tools: Tools, form: str, project: str) -> None:
    """Prove that no event of any submission's history was changed or taken out; exit code 1 where one was."""
    broken = 0
    with tools.database.reading() as session:
        found = get_form(session, get_project(session, project).id, form)
        numbers = list_submissions_with_events(session, found.id)
        for number in numbers:
            proof = verify_history(session, number)
            if proof.broken_at is not None:
                broken += 1
                out.print(f"Submission {number}, event {proof.broken_at}: {proof.why}.", markup=False)
    out.print(f"{len(numbers) - broken} of {len(numbers)} histories are whole.", markup=False)
    if broken:
        sys.exit(1)
