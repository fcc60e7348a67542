"""The list of planted bugs, and a tree that one of them is planted in."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import yaml

# What no test that kills a bug reads, and what would only be slow to copy.
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "dist", "benchmarks", "*.svg", "*.png", "*.html")


class ListError(Exception):
    """The list of bugs does not fit the tree; the words say where."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One plausible mistake: `find`, which stands exactly once in `file`, becomes `replace`, and the tests that pytest
    selects by `tests` must go red, since the bug breaks `why`."""

    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]
    why: str


def read_list(path: Path) -> tuple[Mutant, ...]:
    """The bugs of a file; raises ListError."""
    mutants = tuple(_read(entry) for entry in yaml.safe_load(path.read_text()))
    names = [mutant.name for mutant in mutants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ListError(f"{path.name}: two bugs are called {' and '.join(twice)}.")
    return mutants


def _read(entry: dict[str, str]) -> Mutant:
    wanted = {field.name for field in fields(Mutant)}
    if set(entry) != wanted:
        raise ListError(f"{entry.get('name', entry)}: a bug has exactly {', '.join(sorted(wanted))}.")
    return Mutant(**(entry | {"tests": tuple(entry["tests"].split())}))


def check(mutants: tuple[Mutant, ...], root: Path) -> None:
    """Raises ListError, naming every bug whose snippet does not stand exactly once in its file."""
    wrong = [sentence for mutant in mutants if (sentence := _misfit(mutant, root)) is not None]
    if wrong:
        raise ListError("\n".join(wrong))


def _misfit(mutant: Mutant, root: Path) -> str | None:
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.name}: there is no file {mutant.file}."
    if mutant.find == mutant.replace:
        return f"{mutant.name}: it changes nothing."
    found = path.read_text().count(mutant.find)
    return None if found == 1 else f"{mutant.name}: {mutant.find!r} stands {found} times in {mutant.file}, not once."


class Tree:
    """A copy of the product and its tests, to break without harm."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.root = folder
        shutil.copytree(source, folder, ignore=_LEFT_OUT)
        self._changes = 0

    @contextlib.contextmanager
    def planted(self, mutant: Mutant) -> Iterator[None]:
        """The tree with the bug in it, and then without."""
        path = self.root / mutant.file
        sound = path.read_text()
        self._write(path, sound.replace(mutant.find, mutant.replace))
        try:
            yield
        finally:
            self._write(path, sound)

    def _write(self, path: Path, text: str) -> None:
        """Python takes compiled code for fresh by size and time in whole seconds: each writing is a second later."""
        self._changes += 1
        at = int(path.stat().st_mtime) + self._changes
        path.write_text(text)
        os.utime(path, (at, at))
