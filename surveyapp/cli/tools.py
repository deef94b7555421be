"""What all commands share: settings, database, files, and how they speak."""

import datetime
import getpass
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from surveyapp.audit import Who
from surveyapp.config import Config
from surveyapp.people.projects import DEFAULT_PROJECT
from surveyapp.problems import Problem
from surveyapp.store.database import Database, DatabaseFailure
from surveyapp.store.files import Files

Command = TypeVar("Command", bound=Callable[..., Any])

HIGHEST_PORT = 65_535
PORT = click.IntRange(1, HIGHEST_PORT)

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class Tools:
    """What commands work with; made when first asked for."""

    config: Config

    @cached_property
    def database(self) -> Database:
        """The database."""
        return Database(self.config.database_url)

    @cached_property
    def files(self) -> Files:
        """The kept files."""
        return Files(self.config.files_dir)

    def close(self) -> None:
        """Give back the connections of the database, if it was asked for."""
        if "database" in self.__dict__:
            self.database.close()


def command_line() -> Who:
    """Whoever types commands on the server's machine, as the log names them."""
    return Who(f"command:{getpass.getuser()}")


def now() -> datetime.datetime:
    """The time, aware."""
    return datetime.datetime.now(datetime.UTC)


class Group(click.Group):
    """Says a Problem in words, and ends with status 1; a bad setting with status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Problem as problem:
            err.print(f"{problem.kind.title}: {problem.detail} {problem.remedy}", markup=False)
            for fault in problem.errors:
                where = " ".join(f"{key} {fault[key]}" for key in ("sheet", "row", "column") if fault.get(key))
                text = f"{fault.get('message', '')} {fault.get('remedy', '')}".strip()
                err.print(f"  {where}: {text}" if where else f"  {text or fault}", markup=False)
            sys.exit(1)
        except DatabaseFailure as failure:
            remedy = "A new database, or one of an older version, first needs `surveyapp migrate`."
            err.print(f"The database failed: {failure.orig}. {remedy}", markup=False)
            sys.exit(1)


def project_option(command: Command) -> Command:
    """--project, with the default project."""
    return click.option("--project", default=DEFAULT_PROJECT, show_default=True, help="The project's short name.")(
        command
    )


def bar(title: str, unit: str) -> Progress:
    """A progress bar, shown where somebody waits for it."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def refuse_busy_port(host: str, port: int) -> None:
    """Say so before anything is started, when another program has the port.

    Raises:
        click.ClickException.
    """
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) == 0:
            other = port + 1 if port < HIGHEST_PORT else port - 1
            raise click.ClickException(
                f"Port {port} is in use. Stop what runs there, or choose another with --port or SURVEYAPP_PORT,"
                f" such as SURVEYAPP_PORT={other}."
            )
