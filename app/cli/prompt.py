"""What a command asks: the prompt, from the command line or a pipe, and the options that say more of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.cli.manners import say

if TYPE_CHECKING:
    from routing.messages import Part, Request
    from routing.policy.model import Policy

Tags = tuple[tuple[str, str], ...]
F = TypeVar("F", bound=Callable[..., Any])


def _tags(_: click.Context, __: click.Parameter, written: tuple[str, ...]) -> Tags:
    from app.tags import read_tag

    tags = [read_tag(text) for text in written]
    if None in tags:
        raise click.BadParameter("write it as NAME or NAME=VALUE.")
    return tuple(tag for tag in tags if tag is not None)


def _prompt(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> str | None:
    if len(words) > 1:
        raise click.BadParameter(f'put it in quotes: "{" ".join(words)}".')
    return words[0] if words else None


def asking(function: F) -> F:
    """The prompt, and the options that `ask` and `explain` share."""
    for add in (
        click.option(
            "--schema", type=click.File("rb"), metavar="FILE", help="The JSON schema that the answer must meet."
        ),
        click.option("--attach", multiple=True, metavar="FILE", help="Send a text file or an image along."),
        click.option(
            "--tag",
            "tags",
            multiple=True,
            metavar="NAME[=VALUE]",
            callback=_tags,
            help="Say something to the rules: `private` keeps the prompt on this machine.",
        ),
        click.argument("prompt", nargs=-1, callback=_prompt, metavar="[PROMPT]"),
    ):
        function = add(function)
    return function


def read_request(prompt: str | None, attach: tuple[str, ...], schema: Any, tags: Tags) -> Request:
    """The request as far as the command line says it. Raises UsageError without a prompt, ConfigurationError for a file
    that cannot be attached and for a schema that is none."""
    parts = read_prompt(prompt)
    from app.attachments import read_attachment
    from app.cli.schema import read_schema
    from routing.messages import Request, clean_text

    attached = tuple(read_attachment(Path(name).expanduser()) for name in attach)
    rules = None if schema is None else read_schema(schema)
    return Request(
        content=(*parts, *attached),
        tags=tuple((clean_text(name), clean_text(value)) for name, value in tags),
        response_format="text" if rules is None else "json_schema",
        schema=rules,
    )


def say_unread(request: Request, policies: list[Policy]) -> None:
    """Tell of each tag that no rule of the profiles reads; it is sent all the same."""
    from app.tags import unread_tag

    for name in dict(request.tags):
        if told := unread_tag(name, policies):
            say(told)


def read_prompt(prompt: str | None) -> tuple[Part, ...]:
    """The prompt, then the piped text as a file. Raises UsageError when there is neither."""
    from routing.messages import FilePart, TextPart

    asked = "" if prompt in (None, "-") else str(prompt)
    piped = _piped() if prompt == "-" or not _is_terminal() else ""
    if not asked.strip() and not piped.strip():
        raise click.UsageError("There is no prompt: write one in quotes, or pipe text in.")
    if not asked.strip():
        return (TextPart(piped),)
    return (TextPart(asked), FilePart("stdin", piped)) if piped.strip() else (TextPart(asked),)


def _is_terminal() -> bool:
    return sys.stdin is None or sys.stdin.isatty()


def _piped() -> str:
    """Standard input as text; bytes that are no UTF-8 become U+FFFD."""
    return "" if sys.stdin is None else sys.stdin.buffer.read().decode("utf-8-sig", "replace")
