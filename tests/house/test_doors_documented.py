"""Every address and every command is in the docs.

docs/api.md names what phones and programs ask for, as `GET /api/v1/forms/{form}`; pages for people stand in the table
of docs/rights.md, which `tests/doors/test_rights.py` compares with the server. docs/cli.md has a heading
"## `surveyapp COMMAND …`" for each command, and names its options below it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from surveyapp.cli import main
from surveyapp.config import Config
from surveyapp.web import create_app
from tests.house.source import ROOT

API = (ROOT / "docs/api.md").read_text()
CLI = (ROOT / "docs/cli.md").read_text()
# What Flask answers of itself.
IMPLIED = {"HEAD", "OPTIONS"}
# Flask writes <int:number>, OpenAPI and our docs write {number}.
PARAMETER = re.compile("<(?:[^<>:]+:)?(?P<name>[^<>]+)>")


def test_every_address_is_documented(tmp_path: Path) -> None:
    app = create_app(Config.from_environ({"SURVEYAPP_DATA_DIR": str(tmp_path)}))
    addresses = {
        f"`{method} " + PARAMETER.sub(r"{\g<name>}", rule.rule) + "`"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - IMPLIED
        if ".pages_" not in app.view_functions[rule.endpoint].__module__
    }
    assert not sorted(address for address in addresses if address not in API)


def test_every_command_is_documented() -> None:
    headings = [line for line in CLI.splitlines() if line.startswith("## `")]
    silent = [path for path, _ in _commands(main, "surveyapp") if not any(_is_about(path, line) for line in headings)]
    assert not silent


def test_every_option_is_documented() -> None:
    sections = re.split("^(?=## `)", CLI, flags=re.MULTILINE)
    silent = []
    for path, command in _commands(main, "surveyapp"):
        section = "".join(section for section in sections if _is_about(path, section))
        options = [max(option.opts, key=len) for option in command.params if isinstance(option, click.Option)]
        silent += [f"{path} {name}" for name in options if not re.search(rf"`{name}\b", section)]
    assert not silent


def _is_about(path: str, text: str) -> bool:
    return re.match(rf"## `{path}[ `]", text) is not None


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, f"{path} {name}")
    else:
        yield path, command
