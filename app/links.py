"""Links in what a model wrote: which may be opened at all, and what is told of one before it is."""

from __future__ import annotations

from urllib.parse import urlsplit

_SCHEMES = ("http", "https", "mailto")
_LONGEST = 2_000
_TOLD = 200


def opens(url: str) -> bool:
    """Whether a browser or a mail program is what it leads to. Anything else might start a program of this machine."""
    if len(url) > _LONGEST or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in _SCHEMES and bool(parts.hostname or parts.scheme == "mailto")
    except ValueError:
        return False


def told(url: str) -> str:
    """Where it truly leads, whatever its text says: the host first, which no long path can push out of sight."""
    whole = url if len(url) <= _TOLD else f"{url[:_TOLD]}…"
    host = urlsplit(url).hostname
    where = f"{host}: {whole}" if host else whole
    return f"It leads to {where}  Click it again to open it."


def refused(url: str) -> str:
    return f"Not opened, it is no web address: {url[:80]}"
