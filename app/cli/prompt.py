"""The prompt of a command: what stands on the command line, what is piped in, or both."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from routing.messages import Part


def read_prompt(prompt: str | None) -> tuple[Part, ...]:
    """The parts of the request: the prompt, then the piped text as a file. Raises UsageError when there is neither."""
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
