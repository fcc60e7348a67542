"""Run the tests that a bug must not survive: first on sound code, where they are green, then with the bug planted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from tests.mutants.planting import Mutant, Tree

AT_ONCE = 2
LONGEST_S = 180.0
"""A bug that makes the tests run on without an end is killed by the clock."""
_PLUGIN = "mutants_steady"
_GREEN, _RED = 0, 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a bug. `invalid`: the tests could not be run with it, so that nothing is shown."""

    mutant: Mutant
    outcome: Literal["killed", "survived", "invalid"]
    seconds: float
    output: str


class BaselineError(Exception):
    """Tests are not green on sound code: whatever bug they would kill, they show nothing."""


def judge(mutants: tuple[Mutant, ...], source: Path, folder: Path, told: Callable[[Verdict], None]) -> list[Verdict]:
    """Every bug's verdict, in the order of the list; `told` hears of each as it falls. Raises BaselineError."""
    trees: SimpleQueue[Tree] = SimpleQueue()
    for number in range(AT_ONCE):
        tree = Tree(source, folder / str(number))
        shutil.copy(Path(__file__).with_name("steady.py"), tree.root / f"{_PLUGIN}.py")
        trees.put(tree)
    _check_baseline(mutants, trees)

    def one(mutant: Mutant) -> Verdict:
        tree = trees.get()
        try:
            verdict = _verdict(mutant, tree)
        finally:
            trees.put(tree)
        told(verdict)
        return verdict

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, mutants))


def _check_baseline(mutants: Iterable[Mutant], trees: SimpleQueue[Tree]) -> None:
    selected = sorted({test for mutant in mutants for test in mutant.tests})
    tree = trees.get()
    code, output = _run(tree, selected)
    trees.put(tree)
    if code != _GREEN:
        raise BaselineError(f"The tests are not green on the code as it is, so no bug can be judged:\n{output}")


def _verdict(mutant: Mutant, tree: Tree) -> Verdict:
    began_s = time.monotonic()
    with tree.planted(mutant):
        code, output = _run(tree, mutant.tests, LONGEST_S)
    seconds = round(time.monotonic() - began_s, 1)
    if code == _GREEN:
        return Verdict(mutant, "survived", seconds, output)
    return Verdict(mutant, "killed" if code in (_RED, None) else "invalid", seconds, output)


def _run(tree: Tree, tests: Iterable[str], limit_s: float | None = None) -> tuple[int | None, str]:
    """The exit code of pytest, None when it took too long, and what it said."""
    scratch = tree.root / ".scratch"
    scratch.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    # Of the plugins only what the tests need: each run begins in half the time.
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment |= {"TMPDIR": str(scratch), "PYTHONPYCACHEPREFIX": str(tree.root / ".compiled")}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider"]
    plugins = ["-p", "pytest_asyncio.plugin", "-p", _PLUGIN]
    try:
        done = subprocess.run(
            [*command, *plugins, *tests],
            cwd=tree.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"still running after {LONGEST_S:.0f} s"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return done.returncode, done.stdout
