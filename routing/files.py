"""Putting a new file in the place of an old one, so that nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def replace_file(path: Path, body: bytes, mode: int) -> None:
    """Write beside the file, then take its place. The new file has its mode from its first byte on; a link stays a
    link; a folder that is made for it is the user's own. Raises OSError, and then the old file is as it was."""
    place = Path(os.path.realpath(path))
    place.parent.mkdir(0o700, parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, place)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
