"""How every command behaves: where its files lie, what an error looks like, and how it ends."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from app.cli.output import OutputError, forget_stdout
from app.settings import Paths, find_paths, names_config, refuse_shared
from app.visible import escaped, harmless, visible
from routing.errors import PointsmanError

INTERRUPTED = 130


class Commands(click.Group):
    """Commands whose usage errors may quote anything: a name from a server, a file, an argument."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _visible_errors():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _visible_errors():
            return super().invoke(ctx)


@contextmanager
def _visible_errors() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = visible(error.message)  # final to type checkers, and the same kind of error to click
        raise


def places(function: Callable[..., None]) -> Callable[..., None]:
    """The two options that stand everywhere."""
    function = click.option("--config", metavar="FILE", help="The config.yaml to read (POINTSMAN_CONFIG).")(function)
    return click.option("--data-dir", metavar="DIR", help="Where the ledger lies (POINTSMAN_DATA_DIR).")(function)


def well_behaved(function: Callable[..., int | None]) -> Callable[..., None]:
    """A command's function, which gets `paths` first and returns its exit code (None: 0).

    An error of ours becomes one sentence on stderr and its exit code; a reader that has gone and Ctrl-C are quiet.
    """

    @places
    @functools.wraps(function)
    def command(data_dir: str | None, config: str | None, **values: object) -> None:
        root = click.get_current_context().find_root().params
        config = config or root.get("config")
        paths = find_paths(data_dir or root.get("data_dir"), config)
        if names_config(config) and not paths.config.exists():
            by = "" if config else " POINTSMAN_CONFIG names it."
            say(f"{paths.config} does not exist: nothing is set by it.{by}")
        sys.exit(ended(lambda: _run(function, paths, values)))

    return command


def _run(function: Callable[..., int | None], paths: Paths, values: dict[str, object]) -> int | None:
    refuse_shared(paths)
    return function(paths, **values)


def ended(run: Callable[[], int | None]) -> int:
    """Run a command to its end; returns the exit code."""
    try:
        code = run() or 0
        sys.stdout.flush()
    except PointsmanError as error:
        say(str(error))
        return error.exit_code
    except BrokenPipeError:
        forget_stdout()
        return 0
    except click.Abort:
        say("")  # after the question that was not answered
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def unwritten(error: OutputError) -> int:
    """Tell that stdout is full, or gone; returns the exit code."""
    forget_stdout()
    say(f"Cannot write the output: {error.strerror}.")
    return 1


def agreed(question: str) -> bool:
    """What a person at the terminal says to it. Where there is none, nobody can say no: the command was the answer."""
    return not (sys.stdin.isatty() and sys.stderr.isatty()) or click.confirm(visible(question), err=True)


def say(text: str) -> None:
    """Talk, on stderr."""
    click.echo(visible(text), err=True)


def tell(text: str) -> None:
    """Data, on stdout."""
    click.echo(shown(text))


def shown(text: str) -> str:
    """Text as stdout may have it: a terminal shows all of it, and a pipe hands on what only a terminal would hide."""
    return visible(text) if sys.stdout.isatty() else harmless(text)


def tell_json(document: object) -> None:
    """One JSON document on stdout."""
    import json

    click.echo(escaped(json.dumps(document, indent=2, ensure_ascii=False)))
