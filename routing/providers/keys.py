"""Where keys are found: the environment, then the system's keyring, then a private file in the config folder; and how
one is kept in the last two."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from typing import Any

from routing.errors import ConfigurationError, Problem
from routing.files import replace_file
from routing.small_files import read_small

KEYRING_SERVICE = "pointsman"
FILE_NAME = "keys.env"
KEYRING_S = 2.0
"""How long a keyring that asks to be unlocked is waited for; then it is asked no more."""
_PRIVATE = 0o600
_SILENT = Event()


@dataclass(frozen=True, slots=True)
class Key:
    """A key and where it was read. Its value is never shown."""

    value: str = field(repr=False)
    where: str


def find_key(name: str, environ: Mapping[str, str], config_dir: Path | None = None) -> Key | None:
    """The key of this name. May block on the keyring: call it in a thread.

    Raises ConfigurationError when the key file can be read by others, or cannot be read at all.
    """
    value = environ.get(name, "").strip()
    if value:
        return Key(value, f"{name} in the environment")
    value = _from_keyring(name)
    if value:
        return Key(value, f"{name} in the system keyring")
    if config_dir is None:
        return None
    path = config_dir / FILE_NAME
    value = _read_file(path).get(name, "")
    return Key(value, f"{name} in {path}") if value else None


def keyring_installed() -> bool:
    """Whether keys can be kept in the system's keyring."""
    return find_spec("keyring") is not None


def read_entered(name: str, text: str) -> str:
    """The key in what a person typed or pasted: alone, in quotes, or as `NAME=key`.

    Raises ConfigurationError, which never repeats it, when that cannot be a key.
    """
    value = text.strip().removeprefix("export ").strip().removeprefix(f"{name}=").strip().strip("'\"")
    if not value:
        raise ConfigurationError("No key was entered.")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ConfigurationError("That is no key: it is one word of plain letters, digits and signs.")
    return value


def keep_in_keyring(name: str, value: str) -> Key:
    """May block on the keyring. Raises ConfigurationError when it does not take the key."""
    keyring: Any = import_module("keyring")
    errors: Any = import_module("keyring.errors")
    try:
        keyring.set_password(KEYRING_SERVICE, name, value)
    except (errors.KeyringError, RuntimeError):
        raise ConfigurationError("The system's keyring does not take the key: keep it in the file instead.") from None
    _SILENT.clear()
    return Key(value, f"{name} in the system keyring")


def keep_in_file(name: str, value: str, config_dir: Path) -> Key:
    """In place of an earlier line of this name, or after the others, which stay as they are.

    Raises ConfigurationError when the file is not fit for keys or cannot be written.
    """
    path = config_dir / FILE_NAME
    _read_file(path)
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    end = b"\r\n" if any(line.endswith(b"\r\n") for line in lines) else b"\n"
    own = [n for n, line in enumerate(lines) if _name_in(line) == name]
    kept = [line if line.endswith(b"\n") else line + end for n, line in enumerate(lines) if n not in own]
    kept.insert(own[0] if own else len(kept), f"{name}={value}".encode() + end)
    try:
        replace_file(path, b"".join(kept), _PRIVATE)
    except OSError as problem:
        what = f"cannot be written: {problem.strerror or problem};"
        raise ConfigurationError((Problem(str(path), None, what, "the key was not kept"),)) from None
    return Key(value, f"{name} in {path}")


def _name_in(line: bytes) -> str:
    return line.decode("utf-8-sig").strip().removeprefix("export ").partition("=")[0].strip()


def _from_keyring(name: str) -> str:
    """Nothing where the keyring is locked, has no desktop to ask on, or waits for somebody to unlock it: the next
    place is asked."""
    try:
        keyring: Any = import_module("keyring")
    except ImportError:
        return ""
    if _SILENT.is_set():
        return ""
    found: list[str] = []

    def look() -> None:
        with suppress(Exception):  # what a backend may raise is its own affair
            found.append(keyring.get_password(KEYRING_SERVICE, name) or "")

    looking = Thread(target=look, name="pointsman-keyring", daemon=True)
    looking.start()
    looking.join(KEYRING_S)
    if looking.is_alive():
        _SILENT.set()
    return found[0].strip() if found else ""


def _read_file(path: Path) -> dict[str, str]:
    """Lines of `NAME=value`; empty lines and lines that begin with # are skipped."""
    try:
        mode = path.stat().st_mode
        if os.name != "nt" and stat.S_IMODE(mode) & 0o077:
            what = f"can be read by others (mode {stat.S_IMODE(mode):04o}), so no key is taken from it;"
            raise ConfigurationError((Problem(str(path), None, what, f"run: chmod 600 {path}"),))
        text = read_small(path, "utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError((Problem(str(path), None, f"cannot be read: {reason}"),)) from None
    return dict(_entries(text, path))


def _entries(text: str, path: Path) -> list[tuple[str, str]]:
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals:
            raise ConfigurationError((Problem(str(path), number, "is not a key;", "write NAME=value"),))
        entries.append((name.strip(), value.strip().strip("'\"")))
    return entries
