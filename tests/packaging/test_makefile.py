"""`make` from a bare clone: which Python it takes, what it says when there is none, and when it installs."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("cksum", "cut", "ls", "make", "pwd", "rm", "sh", "touch")

# Stands in for an interpreter: answers the probe truly but for its age or its modules, and lends itself to
# `-m venv`. Whatever the environment's own python is then asked to do goes to the log.
PRETENDER = """
import os, shutil, sys
kind, log, args = sys.argv[1], sys.argv[2], sys.argv[3:]
if kind == "old":
    sys.version_info = (3, 9, 18)
if kind == "bare":
    sys.modules["ensurepip"] = None
if args[0] == "-c":
    exec(args[1])
elif args[:2] == ["-m", "venv"]:
    os.makedirs(args[2] + "/bin")
    shutil.copy(shutil.which("environment"), args[2] + "/bin/python")
    open(log, "a").write(f"venv by {kind}\\n")
"""


class Clone:
    """A bare clone on a machine with only the pythons that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bin, self.log = folder / "clone", folder / "bin", folder / "log"
        (self.root / "scripts").mkdir(parents=True)
        self.bin.mkdir()
        self.log.touch()
        for name in ("Makefile", "pyproject.toml", "constraints.txt", "scripts/setup"):
            shutil.copy(ROOT / name, self.root / name)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        self.script("environment", f'echo "$@" >> {self.log}')
        (folder / "pretender.py").write_text(PRETENDER)

    def script(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def python(self, name: str, kind: str) -> None:
        pretender = self.bin.parent / "pretender.py"
        self.script(name, f'exec {sys.executable} {pretender} {kind} {self.log} "$@"')

    def make(self, *words: str, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE) -> tuple[int, str]:
        """Exit code and standard error."""
        done = subprocess.run(
            ["make", *words],
            cwd=self.root,
            env={"PATH": str(self.bin)},
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
        return done.returncode, done.stderr

    def logged(self) -> list[str]:
        """What was done since the last look, without the check that pip is there."""
        lines = [line for line in self.log.read_text().splitlines() if line != "-m pip --version"]
        self.log.write_text("")
        return lines


INSTALL = "-m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable"
FIRST_RUN = ["venv by good", f"{INSTALL} .", "-m pointsman demo"]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize(
    ("pythons", "sentence"),
    [
        ({"python3": "old"}, "Pointsman needs Python 3.11 or newer and found only 3.9: install one"),
        ({}, "Pointsman needs Python 3.11 or newer and found none: install one"),
        ({"python3.12": "bare", "python3": "old"}, "The venv module of python3.12 is missing: install it"),
    ],
)
def test_no_fitting_python_is_one_sentence(clone: Clone, pythons: dict[str, str], sentence: str) -> None:
    for name, kind in pythons.items():
        clone.python(name, kind)
    code, stderr = clone.make("run")
    assert code != 0
    said = [line for line in stderr.splitlines() if not line.startswith("make: ***")]
    assert len(said) == 1
    assert said[0].startswith(sentence)
    assert "make run PYTHON=/path/to/python3.12" in said[0]
    assert not (clone.root / ".venv").exists()


def test_a_candidate_that_does_not_serve_is_passed_over(clone: Clone) -> None:
    clone.script("python3.13", "echo not configured >&2; exit 127")
    clone.python("python3.12", "bare")
    clone.python("python3.11", "good")
    clone.python("python3", "old")
    code, stderr = clone.make("run")
    assert (code, stderr.splitlines()) == (0, ["Pointsman: first set-up, about a minute."])
    assert clone.logged() == FIRST_RUN


def test_the_named_python_is_the_only_candidate(clone: Clone) -> None:
    clone.python("python3.13", "good")
    clone.python("elderly", "old")
    code, stderr = clone.make("run", "PYTHON=elderly")
    assert code != 0
    assert "found only 3.9" in stderr


def test_a_second_run_or_test_installs_nothing(clone: Clone) -> None:
    clone.python("python3", "good")
    clone.make("run")
    assert clone.logged() == FIRST_RUN
    assert clone.make("run", "ARGS=ask hello") == (0, "")
    assert clone.logged() == ["-m pointsman ask hello"]
    clone.make("test")
    assert clone.logged() == [f"{INSTALL} .[dev,train]", "-m pytest -n 3"]
    clone.make("test", "ARGS=-x")
    clone.make("run", "ARGS=--fault all:500")
    assert clone.logged() == ["-m pytest -n 3 -x", "-m pointsman demo --fault all:500"]


def test_what_the_tests_need_serves_to_run(clone: Clone) -> None:
    clone.python("python3", "good")
    clone.make("test")
    clone.logged()
    clone.make("run")
    assert clone.logged() == ["-m pointsman demo"]


@pytest.mark.parametrize(
    ("seen", "command"),
    [
        (("stdin", "stdout"), "-m pointsman"),
        (("stdin",), "-m pointsman demo"),
        (("stdout",), "-m pointsman demo"),
    ],
)
def test_the_client_opens_where_both_ends_are_a_terminal(clone: Clone, seen: tuple[str, ...], command: str) -> None:
    clone.python("python3", "good")
    outer, inner = pty.openpty()
    try:
        clone.make("run", **dict.fromkeys(seen, inner))
    finally:
        os.close(inner)
        os.close(outer)
    assert clone.logged()[-1] == command


def test_a_failed_install_is_tried_again(clone: Clone) -> None:
    clone.python("python3", "good")
    clone.script("environment", f'echo "$@" >> {clone.log}; [ "$3" != install ] || [ -e {clone.bin}/network ]')
    code, _ = clone.make("run")
    assert code != 0
    assert clone.logged() == FIRST_RUN[:-1]
    (clone.bin / "network").touch()
    assert clone.make("run") == (0, "")
    assert clone.logged() == FIRST_RUN[1:]


PEERS = "-m pytest -n 2 -m peers -rs"


def test_the_clients_of_others_are_installed_for_the_peers_alone(clone: Clone) -> None:
    clone.python("python3", "good")
    clone.make("test")
    clone.logged()
    assert clone.make("peers") == (0, "")
    assert clone.logged() == [f"{INSTALL} .[clients,http2]", f"{PEERS} tests/peers tests/clients"]
    clone.make("peers", "ARGS=-k llama")
    assert clone.logged() == [f"{PEERS} -k llama"]


def test_clients_that_cannot_be_installed_are_skipped(clone: Clone) -> None:
    clone.python("python3", "good")
    clone.script("environment", f'echo "$@" >> {clone.log}; case "$*" in *clients,*) exit 1 ;; esac')
    code, stderr = clone.make("peers")
    assert code == 0
    assert "cannot be installed from here, so tests/clients is skipped." in stderr
    assert clone.logged()[-1] == f"{PEERS} tests/peers tests/clients"


def _dependencies_changed(clone: Clone) -> None:
    for stamp in (clone.root / ".venv").glob(".run-*"):
        os.utime(stamp, (0, 0))


def _interpreter_gone(clone: Clone) -> None:
    python = clone.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to(clone.bin / "removed-by-an-upgrade")


def _checkout_moved(clone: Clone) -> None:
    clone.root = clone.root.rename(clone.root.with_name("moved"))


@pytest.mark.parametrize(
    ("change", "done"),
    [(_dependencies_changed, FIRST_RUN[1:]), (_interpreter_gone, FIRST_RUN), (_checkout_moved, FIRST_RUN)],
)
def test_what_no_longer_fits_is_set_up_again(clone: Clone, change: Callable[[Clone], None], done: list[str]) -> None:
    clone.python("python3", "good")
    clone.make("run")
    clone.logged()
    change(clone)
    code, _ = clone.make("run")
    assert code == 0
    assert clone.logged() == done
    clone.make("run")
    assert clone.logged() == ["-m pointsman demo"]
