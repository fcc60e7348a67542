"""Where keys are found: the environment, then the system's keyring, then a private file in the config folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from routing.errors import ConfigurationError, Problem

KEYRING_SERVICE = "pointsman"
FILE_NAME = "keys.env"


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


def _from_keyring(name: str) -> str:
    try:
        keyring: Any = import_module("keyring")
        errors: Any = import_module("keyring.errors")
    except ImportError:
        return ""
    try:
        return (keyring.get_password(KEYRING_SERVICE, name) or "").strip()
    except (errors.KeyringError, RuntimeError):
        return ""  # locked, or no desktop: the next place is asked


def _read_file(path: Path) -> dict[str, str]:
    """Lines of `NAME=value`; empty lines and lines that begin with # are skipped."""
    try:
        mode = path.stat().st_mode
        if os.name != "nt" and stat.S_IMODE(mode) & 0o077:
            what = f"can be read by others (mode {stat.S_IMODE(mode):04o}), so no key is taken from it;"
            raise ConfigurationError((Problem(str(path), None, what, f"run: chmod 600 {path}"),))
        text = path.read_text(encoding="utf-8")
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
