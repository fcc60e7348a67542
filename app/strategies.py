"""Which strategies the router gets, from what is in the folders."""

from __future__ import annotations

import os
from pathlib import Path

from app.settings import Paths
from routing.learned.files import ModelFileError, read_prior
from routing.learned.shipped import load_shipped
from routing.strategies.learned import Learned


def router_file(paths: Paths) -> Path:
    """Where the user's own trained router lies, if there is one."""
    return paths.data_dir / "learned" / "router.json"


def load_learned(paths: Paths) -> tuple[Learned | None, str | None]:
    """The user's own router, or the one that ships, and what is wrong in a sentence. None: neither can be used, and the
    rules decide. Takes tens of milliseconds."""
    own = router_file(paths)
    problem = None
    if os.path.lexists(own):
        try:
            return Learned(read_prior(own)), None
        except ModelFileError as error:
            problem = f"{error}; until then the router that ships is used."
    try:
        return Learned(load_shipped()), problem
    except ModelFileError as error:
        return None, f"{error}; until then the rules decide."
