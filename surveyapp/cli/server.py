"""Commands that run the server."""

import click

from surveyapp import __version__
from surveyapp.cli.tools import PORT, Tools, now, out, refuse_busy_port
from surveyapp.people.accounts import ensure_operator
from surveyapp.store.migrations import migrate
from surveyapp.web.logs import start_logging
from surveyapp.web.serve import serve
from surveyapp.worker import make_worker, work


@click.command("migrate")
@click.pass_obj
def migrate_command(tools: Tools) -> None:
    """Bring the database to what this version needs."""
    migrate(tools.database)
    out.print("The database is up to date.")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=PORT, help="Port to listen on; else that of the settings.")
@click.pass_obj
def serve_command(tools: Tools, host: str, port: int | None) -> None:
    """Run the server, with its worker for exports."""
    port = port or tools.config.port
    refuse_busy_port(host, port)
    out.print(f"surveyapp {__version__} answers on http://{host}:{port}, data in {tools.config.data_dir}", markup=False)
    with tools.database.begin() as session:
        secret = ensure_operator(session, now())
    if secret is not None:
        link = f"{tools.config.public_url or f'http://{host}:{port}'}/link/{secret}"
        out.print(f"Nobody can sign in yet. With this link, which works once, the operator sets a password:\n{link}")
    serve(tools.config, host, port)


@click.command("worker")
@click.pass_obj
def worker_command(tools: Tools) -> None:
    """Do the work of the queue only; `serve` starts one by itself."""
    start_logging(tools.config)
    work(make_worker(tools.config, tools.database, tools.files))
