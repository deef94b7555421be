"""Commands for projects, people and teams, and for the log of what they changed."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from sqlalchemy.orm import Session

from surveyapp.audit import note, verify_audit
from surveyapp.cli.tools import Tools, command_line, err, now, out, project_option
from surveyapp.mail import send_mail
from surveyapp.people.accounts import (
    create_team,
    disable_account,
    enable_account,
    fill_team,
    give_role,
    invite,
    make_link,
)
from surveyapp.people.projects import create_project, ensure_project
from surveyapp.people.rights import ROLES
from surveyapp.people.signing import remove_totp
from surveyapp.store.accounts import Account, get_account, list_accounts, list_roles
from surveyapp.store.audit import list_audit_lines
from surveyapp.store.projects import get_project, list_projects
from surveyapp.store.teams import get_team, list_team_accounts, list_teams


def _note(session: Session, action: str, subject: str, project: str = "", **detail: object) -> None:
    note(session, command_line(), action, at=now(), project=project, subject=subject, detail=detail)


@click.group("project")
def project_group() -> None:
    """Projects own forms, devices and data."""


@project_group.command("add")
@click.argument("slug")
@click.option("--name", default="", help="The name for people.")
@click.option("--timezone", default="", help="Zone in which exports write times, as Asia/Shanghai.")
@click.pass_obj
def project_add(tools: Tools, slug: str, name: str, timezone: str) -> None:
    """Make a project; SLUG is its short name in addresses."""
    if timezone:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise click.BadParameter(f"there is no time zone {timezone!r}", param_hint="--timezone") from error
    with tools.database.begin() as session:
        create_project(session, slug, name, timezone, now())
        _note(session, "project.added", slug, slug, name=name, timezone=timezone)
    out.print(f"Project {slug} is there.", markup=False)


@project_group.command("list")
@click.pass_obj
def project_list(tools: Tools) -> None:
    """List the projects."""
    with tools.database.reading() as session:
        for project in list_projects(session):
            out.print(f"{project.slug}\t{project.name}\t{project.timezone or tools.config.timezone.key}", markup=False)


# -- people -----------------------------------------------------------------------------------------------------------
@click.group("person")
def person_group() -> None:
    """People who sign in on the pages."""


@person_group.command("add")
@click.argument("login")
@click.option("--name", default="", help="The name that others see.")
@click.option("--email", default="", help="Where the invitation goes; LOGIN itself, if it is an address.")
@click.option("--operator", is_flag=True, help="May do everything in every project.")
@click.option("--role", type=click.Choice(list(ROLES)), help="Role in the project.")
@project_option
@click.pass_obj
def person_add(  # noqa: PLR0917  # one argument an option
    tools: Tools, login: str, name: str, email: str, operator: bool, role: str | None, project: str
) -> None:
    """Invite a person; mails the link with which they set a password, or prints it."""
    with tools.database.begin() as session:
        account, secret = invite(session, login, name, now(), operator=operator, email=email)
        _note(session, "person.invited", account.login, operator=operator)
        if role is not None:
            owner = ensure_project(session, project, now())
            give_role(session, owner, account.login, role)
            _note(session, "person.role", account.login, owner.slug, role=role)
    _hand_over(tools, account, secret)


@person_group.command("link")
@click.argument("login")
@click.pass_obj
def person_link(tools: Tools, login: str) -> None:
    """Make a new link for a person who forgot the password or lost the invitation; mails or prints it."""
    with tools.database.begin() as session:
        account = get_account(session, login)
        secret = make_link(session, account, now())
        _note(session, "person.link", login)
    _hand_over(tools, account, secret)


def _hand_over(tools: Tools, account: Account, secret: str) -> None:
    link = link_address(tools, secret)
    text = f"With this link, which works once, you set your password:\n\n{link}\n"
    if send_mail(tools.config, account.email, "Your account at surveyapp", text):
        out.print(f"The link was sent to {account.email}.", markup=False)
    else:
        out.print(link, markup=False)


def link_address(tools: Tools, secret: str) -> str:
    """The address of a link that works once."""
    return f"{tools.config.public_url or 'http://127.0.0.1:8000'}/link/{secret}"


@person_group.command("list")
@click.pass_obj
def person_list(tools: Tools) -> None:
    """List the people with their roles."""
    with tools.database.reading() as session:
        for account in list_accounts(session):
            state = "disabled" if account.disabled_at else "live" if account.has_password else "invited"
            roles = [f"{slug}:{role}" for slug, role in list_roles(session, account.id).items()]
            roles = ["operator", *roles] if account.operator else roles
            out.print(f"{account.login}\t{account.name}\t{state}\t{' '.join(roles)}", markup=False)


@person_group.command("role")
@click.argument("login")
@click.argument("role", type=click.Choice([*ROLES, "none"]))
@project_option
@click.pass_obj
def person_role(tools: Tools, login: str, role: str, project: str) -> None:
    """Give a person a role in a project, or `none`."""
    with tools.database.begin() as session:
        owner = get_project(session, project)
        give_role(session, owner, login, None if role == "none" else role)
        _note(session, "person.role", login, owner.slug, role=role)
    out.print(f"{login}: {role} in {project}.", markup=False)


@person_group.command("disable")
@click.argument("login")
@click.pass_obj
def person_disable(tools: Tools, login: str) -> None:
    """Shut a person out, everywhere and at once; what they did stays."""
    with tools.database.begin() as session:
        disable_account(session, login, now())
        _note(session, "person.disabled", login)
    out.print(f"{login} is disabled.", markup=False)


@person_group.command("enable")
@click.argument("login")
@click.pass_obj
def person_enable(tools: Tools, login: str) -> None:
    """Let a person in again."""
    with tools.database.begin() as session:
        enable_account(session, login)
        _note(session, "person.enabled", login)
    out.print(f"{login} is enabled.", markup=False)


@person_group.command("totp-off")
@click.argument("login")
@click.pass_obj
def person_totp_off(tools: Tools, login: str) -> None:
    """Take the second factor of a person away who lost it: the password alone is enough again."""
    with tools.database.begin() as session:
        remove_totp(session, get_account(session, login))
        _note(session, "person.totp_off", login)
    out.print(f"{login} signs in with the password alone.", markup=False)


# -- teams ------------------------------------------------------------------------------------------------------------
@click.group("team")
def team_group() -> None:
    """Teams: supervisors see what the phones of their teams send."""


@team_group.command("add")
@click.argument("name")
@project_option
@click.pass_obj
def team_add(tools: Tools, name: str, project: str) -> None:
    """Make a team."""
    with tools.database.begin() as session:
        owner = get_project(session, project)
        create_team(session, owner, name)
        _note(session, "team.added", name, owner.slug)
    out.print(f"Team {name} is there.", markup=False)


@team_group.command("fill")
@click.argument("name")
@click.argument("logins", nargs=-1)
@project_option
@click.pass_obj
def team_fill(tools: Tools, name: str, logins: tuple[str, ...], project: str) -> None:
    """Let the people LOGINS, and no others, be in a team."""
    with tools.database.begin() as session:
        owner = get_project(session, project)
        fill_team(session, get_team(session, owner.id, name), list(logins))
        _note(session, "team.filled", name, owner.slug, people=sorted(logins))
    out.print(f"Team {name}: {', '.join(logins) or 'nobody'}.", markup=False)


@team_group.command("list")
@project_option
@click.pass_obj
def team_list(tools: Tools, project: str) -> None:
    """List the teams of a project with their people."""
    with tools.database.reading() as session:
        logins = {account.id: account.login for account in list_accounts(session)}
        for team in list_teams(session, get_project(session, project).id):
            people = sorted(logins[number] for number in list_team_accounts(session, team.id))
            out.print(f"{team.name}\t{' '.join(people)}", markup=False)


# -- the log ----------------------------------------------------------------------------------------------------------
@click.group("audit")
def audit_group() -> None:
    """The log of what was changed, by whom."""


@audit_group.command("list")
@click.option("-n", "--number", default=50, show_default=True, help="How many lines.")
@click.option("--project", help="Only those of this project.")
@click.pass_obj
def audit_list(tools: Tools, number: int, project: str | None) -> None:
    """List the newest lines."""
    with tools.database.reading() as session:
        for line in list_audit_lines(session, project=project, limit=number):
            what = f"{line.action}\t{line.project}\t{line.subject}\t{dict(line.detail) or ''}"
            out.print(f"{line.at:%Y-%m-%d %H:%M:%S}\t{line.actor}\t{what}", markup=False)


@audit_group.command("verify")
@click.option("--head", help="A head that was noted before: it must still be in the chain.")
@click.pass_obj
@click.pass_context
def audit_verify(context: click.Context, tools: Tools, head: str | None) -> None:
    """Prove that no line was changed or taken out; prints the head, which noted elsewhere proves the end as well."""
    with tools.database.reading() as session:
        verification = verify_audit(session, head)
    if verification.broken_at is not None:
        err.print(f"Line {verification.broken_at} does not hang on the one before it: the log was changed.")
        context.exit(1)
    if not verification.has_head:
        err.print(f"The head {head} is not in the log: its end was cut off, or it is another log.", markup=False)
        context.exit(1)
    out.print(f"{verification.lines:,} lines hang together. Head: {verification.head}", markup=False)
