"""A tag as people write it: NAME=VALUE, or NAME alone for yes."""

from __future__ import annotations


def read_tag(written: str) -> tuple[str, str] | None:
    """The name and the value; None for what is no tag. `NAME=` has no value."""
    name, equals, value = (part.strip() for part in written.partition("="))
    if len(name.split()) != 1:
        return None
    return name, value if equals else "yes"
