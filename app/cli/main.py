"""`pointsman`: the client, and its commands. A command loads what it needs when it runs."""

from __future__ import annotations

import gc
import sys
from typing import Any

import click

from app.cli.ask import ask
from app.cli.caps import caps
from app.cli.check import check
from app.cli.demo import demo
from app.cli.explain import explain
from app.cli.history import history
from app.cli.manners import Commands, ended, places, unwritten
from app.cli.models import models
from app.cli.output import OutputError, mark_stdout
from app.cli.policy import policy
from app.cli.report import report
from app.cli.simulate import simulate
from app.settings import Paths, find_paths, refuse_shared
from routing.errors import ConfigurationError

NO_TERMINAL = "There is no terminal to open the client in: use `pointsman ask PROMPT` or `pointsman demo`."
_CLIENT_OPTIONS = ("profile", "offline", "theme", "resume", "fault")


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"pointsman {version('pointsman')}")
        context.exit()


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--profile", metavar="NAME", help="The profile to begin with.")
@click.option("--offline", is_flag=True, help="Only what runs on this machine.")
@click.option("--theme", metavar="NAME", help="The colours.")
@click.option(
    "--resume",
    is_flag=False,
    flag_value="last",
    metavar="[CHAT]",
    help="Go on with the last chat, or with the one that is named.",
)
@click.option("--fault", multiple=True, metavar="P:KIND", help="Break a simulated provider; may be repeated.")
@places
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Tell the version.")
@click.pass_context
def cli(context: click.Context, /, data_dir: str | None, config: str | None, **options: Any) -> None:
    """A chat client that routes each prompt to a fitting model and shows how it chose.

    Without a command it opens the client.
    """
    if context.invoked_subcommand is None:
        sys.exit(ended(lambda: _open_client(find_paths(data_dir, config), options)))
    misplaced = [f"--{name}" for name in _CLIENT_OPTIONS if options[name]]
    if misplaced:
        command = context.invoked_subcommand
        raise click.UsageError(f"{misplaced[0]} belongs to the client: write it after `{command}`, if it takes it.")


def _open_client(paths: Paths, options: dict[str, Any]) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigurationError(NO_TERMINAL)
    refuse_shared(paths)
    gc.disable()  # until the client has opened its runtime: what start-up makes, stays
    from app.client import run_client
    from app.settings import read_settings

    faults = options.pop("fault")
    return run_client(paths, read_settings(paths), faults=faults, **options)


for command in (ask, explain, models, demo, report, history, caps, policy, simulate, check):
    cli.add_command(command)


def main() -> None:
    """Run the command line; ends the program."""
    if hasattr(sys.stderr, "reconfigure"):
        sys.stderr.reconfigure(errors="replace")  # a terminal that lacks a sign shows another
    mark_stdout()
    try:
        cli(prog_name="pointsman")
    except OutputError as error:
        sys.exit(unwritten(error))
