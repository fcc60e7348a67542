"""How every command behaves: where its files lie, what an error looks like, and how it ends."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable

import click

from app.settings import find_paths, names_config
from app.visible import visible
from routing.errors import PointsmanError

INTERRUPTED = 130


def places(function: Callable[..., None]) -> Callable[..., None]:
    """The two options that stand everywhere."""
    function = click.option("--config", metavar="FILE", help="The config.yaml to read (POINTSMAN_CONFIG).")(function)
    return click.option("--data-dir", metavar="DIR", help="Where the ledger lies (POINTSMAN_DATA_DIR).")(function)


def well_behaved(function: Callable[..., int | None]) -> Callable[..., None]:
    """A command's function, which gets `paths` first and returns its exit code (None: 0).

    An error of ours becomes one sentence on stderr and its exit code, and so does a full disk behind stdout; a reader
    that has gone and Ctrl-C are quiet.
    """

    @places
    @functools.wraps(function)
    def command(data_dir: str | None, config: str | None, **values: object) -> None:
        root = click.get_current_context().find_root().params
        config = config or root.get("config")
        paths = find_paths(data_dir or root.get("data_dir"), config)
        if names_config(config) and not paths.config.exists():
            say(f"{paths.config} does not exist: nothing is set by it.")
        sys.exit(ended(lambda: function(paths, **values)))

    return command


def ended(run: Callable[[], int | None]) -> int:
    """Run a command to its end; returns the exit code."""
    try:
        code = run() or 0
        sys.stdout.flush()
    except PointsmanError as error:
        say(str(error))
        return error.exit_code
    except BrokenPipeError:
        _forget_stdout()
        return 0
    except OSError as error:
        if not _stdout_fails():
            raise
        _forget_stdout()
        say(f"Cannot write the output: {error.strerror}.")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def say(text: str) -> None:
    """Talk, on stderr."""
    click.echo(visible(text), err=True)


def tell(text: str) -> None:
    """Data, on stdout."""
    click.echo(visible(text))


def tell_json(document: object) -> None:
    """One JSON document on stdout."""
    import json

    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _stdout_fails() -> bool:
    """Whether it was stdout that could not be written: what it still holds then fails again."""
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _forget_stdout() -> None:
    """Nobody reads any more: what is still buffered must not fail again when Python ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
