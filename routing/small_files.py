"""Reading files that a person writes: never a device, a pipe or a file so large that reading it would take long."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 512 * 1024
_PROMPTLY = getattr(os, "O_NONBLOCK", 0)  # a pipe that nobody writes to would be waited for


def read_small(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file. Raises UnicodeDecodeError, and OSError for what cannot be opened, is no file or is too
    large; its `strerror` can be shown."""
    number = os.open(path, os.O_RDONLY | _PROMPTLY)
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        with os.fdopen(number, "rb", closefd=False) as file:
            body = file.read(MOST_BYTES + 1)
    finally:
        os.close(number)
    if len(body) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MOST_BYTES // 1024} KB")
    return body.decode(encoding)
