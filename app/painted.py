"""What Textual keeps of widgets that are gone."""

from __future__ import annotations

from textual._styles_cache import StylesCache


def forget_painted() -> None:
    """Textual caches two colours of each widget by its cache of painted lines, a thousand of them: so the lines stay in
    memory, a megabyte for each look at a page."""
    StylesCache.get_inner_outer.cache_clear()
