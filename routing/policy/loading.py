"""A policy file, read, checked and compiled. It needs pydantic: keep it off the path of the first paint."""

from __future__ import annotations

from pathlib import Path

from routing.errors import ConfigurationError, Problem
from routing.policy.checks import check
from routing.policy.compiling import compile_policy
from routing.policy.lines import Tree, read_tree
from routing.policy.mistakes import Mistake
from routing.policy.model import Policy
from routing.policy.schema import TIERS, read_document
from routing.small_files import read_small


def load_policy(source: Path | str, *, file: str = "policy.yaml") -> Policy:
    """Compiles a file, or the text of one that is called `file` in messages.

    A file's `id` must be its name without the ending, by which a profile is chosen.
    Raises ConfigurationError with every mistake, in the order of their lines.
    """
    text = text_of(source) if isinstance(source, Path) else source
    name = str(source) if isinstance(source, Path) else file
    tree = read_tree(text, name)
    if not isinstance(tree.data, dict):
        what = "is empty" if tree.data is None else "is no policy"
        instead = "begin with id, title, default and routes"
        raise ConfigurationError((Problem(name, tree.line(()), f"the file {what};", instead),))
    reading = read_document(tree.data)
    mistakes = [*tree.mistakes, *reading.mistakes, *check(reading, tree.data, TIERS)]
    if isinstance(source, Path) and reading.policy and reading.policy.id != source.stem:
        what = f"the id is {reading.policy.id!r}, but the file is called {source.name!r}"
        mistakes.append(Mistake(("id",), what, f"write id: {source.stem}"))
    if mistakes or reading.policy is None:
        raise ConfigurationError(_problems(mistakes, tree, name))
    return compile_policy(reading.policy, reading.rules, reading.routes)


def text_of(path: Path) -> str:
    """Raises ConfigurationError for a file that cannot be read."""
    try:
        return read_small(path)
    except UnicodeDecodeError:
        raise ConfigurationError((Problem(str(path), None, "is not text in UTF-8;", "save it as UTF-8"),)) from None
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise ConfigurationError((Problem(str(path), None, what),)) from None


def _problems(mistakes: list[Mistake], tree: Tree, file: str) -> tuple[Problem, ...]:
    placed = [
        Problem(file, tree.line(found.at), f"{found.what};" if found.instead else found.what, found.instead)
        for found in mistakes
    ]
    return tuple(sorted(placed, key=lambda problem: problem.line or 0))
