"""Where the peers come from: servers that were written elsewhere, kept in a folder of the user's cache.

llama-server is the one on the PATH, or Debian's, unpacked beside its own loader and libraries; aimock comes from npm.
What is there already needs no network. Nothing is installed on the system.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

AIMOCK = "@copilotkit/aimock@1.43.0"
_PATIENCE_S = 120
_NPM = ("--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0", "--fetch-timeout=60000")
_PACKAGE, _SUITE = "llama.cpp-tools", "sid"
_KEYRINGS = Path("/usr/share/keyrings")


class MissingError(Exception):
    """A peer cannot be had here; a sentence says what is missing."""


@dataclass(frozen=True)
class Program:
    """How a peer is started: its command, and the folder in which it looks for its parts."""

    command: tuple[str, ...]
    folder: Path


def cache() -> Path:
    """The folder of the peers."""
    named = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(named) if named else Path.home() / ".cache") / "pointsman-peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def llama_server() -> Program:
    """Raises MissingError."""
    installed = shutil.which("llama-server")
    if installed:
        return Program((installed,), cache())
    root = cache() / "llama"
    with _alone("llama"):
        if not (root / "usr/bin/llama-server").exists():
            _unpack_llama_server(root)
    return _unpacked(root)


def aimock() -> Program:
    """Raises MissingError."""
    root = cache() / "aimock"
    command = root / "node_modules/.bin/llmock"
    if shutil.which("node") is None:
        raise MissingError("aimock needs node, which is not on the PATH.")
    with _alone("aimock"):
        if not command.exists():
            npm = shutil.which("npm")
            if npm is None:
                raise MissingError("aimock is fetched with npm, which is not on the PATH.")
            _fetch("aimock", [npm, "install", *_NPM, "--prefix", str(root), AIMOCK])
    return Program((str(command),), root)


def _unpacked(root: Path) -> Program:
    """Debian's build brings the C library that it was made for, and finds its processor's code in its own folder."""
    loader = next(root.glob("usr/lib/*/ld-linux-*.so.*"), None)
    if loader is None:
        raise MissingError(f"{root} holds no loader for llama-server: remove that folder to fetch it anew.")
    libraries = loader.parent
    backends = next(libraries.glob("ggml/backends*"), root)
    path = f"{libraries}:{libraries / 'llama'}"
    return Program((str(loader), "--library-path", path, str(root / "usr/bin/llama-server")), backends)


def _unpack_llama_server(root: Path) -> None:
    apt_get, dpkg_deb = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if apt_get is None or dpkg_deb is None:
        raise MissingError("There is no llama-server on the PATH, and no apt to fetch Debian's with.")
    apt = root.with_name("apt")
    options = _private_apt(apt, _mirror(apt_get))
    _fetch("llama-server", [apt_get, *options, "-qq", "update"])
    _fetch("llama-server", [apt_get, *options, "-y", "-qq", "--download-only", "install", _PACKAGE])
    unfinished = root.with_name("llama.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for package in sorted(apt.glob("cache/archives/*.deb")):
        _fetch("llama-server", [dpkg_deb, "--extract", str(package), str(unfinished)])
    shutil.rmtree(root, ignore_errors=True)
    unfinished.rename(root)


def _mirror(apt_get: str) -> str:
    """The one that this system's apt uses."""
    listed = subprocess.run(
        [apt_get, "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True, check=False
    )
    mirror = next((uri for uri in listed.stdout.split() if re.search(r"/debian/?$", uri)), None)
    if mirror is None:
        raise MissingError("There is no llama-server on the PATH, and this system's apt names no mirror of Debian.")
    return mirror


def _private_apt(apt: Path, mirror: str) -> list[str]:
    """Options that keep apt's lists, archives and state in a folder of its own."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    keyring = next(_KEYRINGS.glob("debian-archive-keyring.*"), None)
    signed = f" [signed-by={keyring}]" if keyring else ""
    (apt / "sources.list").write_text(f"deb{signed} {mirror} {_SUITE} main\n", encoding="utf-8")
    settings = {
        "Dir::State::Lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
        "Acquire::Retries": 0,
        "Acquire::http::Timeout": 10,
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _fetch(peer: str, command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise MissingError(f"{peer} could not be fetched in {_PATIENCE_S} s with {Path(command[0]).name}.") from None
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or "no reason was given").splitlines()
        said = next((line for line in lines if "fail" in line.lower()), lines[0])
        raise MissingError(f"{peer} cannot be fetched with {Path(command[0]).name}: {said}")


@contextmanager
def _alone(peer: str) -> Iterator[None]:
    """Whoever else fetches this peer is waited for."""
    with (cache() / f"{peer}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
