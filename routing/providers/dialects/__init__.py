"""The wire dialects, one module each: it offers `DIALECT`. A new file here is a new dialect."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.providers.contract import Dialect


@cache
def dialect_names() -> tuple[str, ...]:
    """What `dialect:` may say in a configuration. Loads none of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def dialect_of(name: str) -> Dialect:
    """Raises LookupError for a name that is not in `dialect_names()`."""
    if name not in dialect_names():
        raise LookupError(name)
    dialect: Dialect = importlib.import_module(f"{__name__}.{name}").DIALECT
    return dialect
