"""Every command line that a document shows is one that `pointsman` takes, and every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import cli
from routing.errors import ConfigurationError, PointsmanError, StorageError
from scripts.tables import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"```(?:sh|console)\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`(pointsman(?: [^`]*)?)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _shown() -> list[str]:
    """Command lines in fenced blocks, and in prose, each once."""
    found: dict[str, None] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in "\n".join(_FENCE.findall(text)).splitlines():
            if "pointsman " in line:
                found[line[line.index("pointsman ") :]] = None
        found |= dict.fromkeys(_INLINE.findall(text))
    return list(found)


@pytest.mark.parametrize("line", _shown())
def test_a_command_line_that_is_shown_parses(line: str) -> None:
    assert _exit_code(line) == 0


@pytest.mark.parametrize("line", ["pointsman ask --no-such-option hello", "pointsman no-such-command"])
def test_a_command_line_that_does_not_exist_is_noticed(line: str) -> None:
    assert _exit_code(line) == 2


def test_the_table_of_commands_has_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in cli.commands if f"| `pointsman {name}" in readme} == set(cli.commands)


def test_the_exit_codes_are_those_of_the_code() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert PointsmanError.exit_code == StorageError.exit_code == 1
    assert ConfigurationError.exit_code == 2
    assert "Exit codes: 0 answered or listed; 1 degraded or failed" in readme


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link.split("#")[0]).exists()] == []


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in _LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in link
    }
    assert {page for page in PAGES if page.parent.name == "docs"} <= linked


def _exit_code(line: str) -> int:
    """Of the command with `--help` behind it: its words and options are read, and nothing is done."""
    return CliRunner().invoke(cli, [*shlex.split(line)[1:], "--help"]).exit_code
