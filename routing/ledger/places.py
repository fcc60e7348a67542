"""Where a ledger may lie: on a disk of this machine, and readable by its owner alone."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

from routing.errors import StorageError

MOUNTS = Path("/proc/mounts")
"""What is mounted where, on Linux; elsewhere there is no such file, and nothing is refused."""

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ceph", "davfs", "ncpfs", "lustre"})
_NETWORK_HELPERS = ("sshfs", "rclone", "s3fs", "gcsfuse", "glusterfs", "davfs2", "curlftpfs", "smbnetfs", "cephfs")
"""`fuse.NAME`: programs that show what another host holds."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


def refuse_network(path: Path, mounts: Path = MOUNTS) -> None:
    """Raises StorageError when `path` lies on a file system of another host: the journal's index is shared memory,
    which programs on two hosts do not share, so that each would overwrite what the other wrote."""
    kind = file_system(path, mounts)
    if kind is not None and (kind in _NETWORK or kind.removeprefix("fuse.") in _NETWORK_HELPERS):
        raise StorageError(
            f"The data folder {path.parent} is on a network file system ({kind}), where a ledger can be damaged: "
            "name a folder on a disk of this machine with --data-dir."
        )


def file_system(path: Path, mounts: Path = MOUNTS) -> str | None:
    """The type of the file system that `path` lies on, or None where that cannot be told. Of two that are mounted at
    the same place the later one counts."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place, longest, found = os.path.realpath(path), -1, None
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        mounted = _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), fields[1])
        if os.path.commonpath((place, mounted)) == mounted and len(mounted) >= longest:
            longest, found = len(mounted), fields[2]
    return found


def make_private(path: Path) -> None:
    """Make the file, and its folder where there is none, for the owner alone. A folder that was there stays as it is:
    it may be anybody's. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return
    found = path.stat().st_mode
    if stat.S_ISREG(found) and stat.S_IMODE(found) & 0o077:
        with contextlib.suppress(OSError):  # somebody else's file: it can be used, but not be changed
            path.chmod(0o600)
