"""The launcher: makes Pointsman's own `app` and `routing` importable wherever it runs, then hands over.

They lie beside this file when installed, and beside its folder in a checkout. The folder that holds them goes
first on the path, so that an `app` of the user's own is never taken for Pointsman's.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routing.router import Router as Router

__all__ = ["Router", "main"]

_here = Path(__file__).resolve().parent
_home = _here if (_here / "app").is_dir() else _here.parent
sys.path.insert(0, str(_home))


def main() -> None:
    """Run the command line."""
    _own("app", "cli.main").main()


def __getattr__(name: str) -> Any:
    if name == "Router":
        return _own("routing", "router").Router
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _own(package: str, module: str) -> Any:
    """Import a module of ours; raises ImportError if a stranger's `package` was imported before."""
    loaded = importlib.import_module(package)
    if str(_home / package) not in getattr(loaded, "__path__", ()):
        raise ImportError(f"{loaded!r} came before Pointsman's own: run Pointsman in a process of its own")
    return importlib.import_module(f"{package}.{module}")
