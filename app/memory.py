"""What is kept of things that are gone: by Textual, and by C's allocator."""

from __future__ import annotations

import sys

from textual._styles_cache import StylesCache


def forget_painted() -> None:
    """Textual caches two colours of each widget by its cache of painted lines, a thousand of them: so the lines stay in
    memory, a megabyte for each look at a page."""
    StylesCache.get_inner_outer.cache_clear()


def give_back() -> None:
    """What glibc's allocator keeps goes back to the system: each thread that reads the ledger leaves holes in a part of
    memory of its own, which together grow for hours. Other systems give back by themselves. For a thread."""
    if sys.platform != "linux":
        return
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
