"""Where profiles lie: the shipped ones beside this module, the user's in folders of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def shipped_folder() -> Path:
    """The folder of the profiles that ship."""
    return Path(__file__).parent / "profiles"


def profiles(folders: Sequence[Path] = ()) -> dict[str, Path]:
    """Every profile's file by its name, sorted: the shipped ones, and over them those of each folder in turn.

    A folder that does not exist has no profiles. Nothing is read but the folders.
    """
    found = {
        path.stem: path
        for folder in (shipped_folder(), *folders)
        for ending in ("*.yml", "*.yaml")
        for path in folder.glob(ending)
        if path.is_file()
    }
    return dict(sorted(found.items()))
