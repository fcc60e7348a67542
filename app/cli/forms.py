"""The forms in which a report can be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import tell, tell_json

if TYPE_CHECKING:
    from app.cli.tables import Table


def forms(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of which one becomes `form`; without any it is None: tables for a terminal."""
    for form, help_ in (("csv", "As CSV."), ("md", "As Markdown."), ("json", "One JSON document.")):
        function = click.option(f"--{form}", "form", flag_value=form, help=help_)(function)
    return function


def tell_report(
    form: str | None, document: dict[str, Any], records: Sequence[dict[str, Any]], tables: Sequence[Table]
) -> None:
    """The document as JSON, its records as CSV, or its tables."""
    from app.cli import tables as written

    if form == "json":
        tell_json(document)
    elif form == "csv":
        tell(written.as_csv(records))
    else:
        tell("\n\n".join(map(written.as_markdown if form == "md" else written.as_text, tables)))
