"""A tag as people write it: NAME=VALUE, or NAME alone for yes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.policy.model import Policy

_BUILT_IN = ("private", "region", "determinism", "regulated")


def read_tag(written: str) -> tuple[str, str] | None:
    """The name and the value; None for what is no tag. `NAME=` has no value."""
    name, equals, value = (part.strip() for part in written.partition("="))
    if len(name.split()) != 1:
        return None
    return name, value if equals else "yes"


def unread_tag(name: str, policies: Iterable[Policy]) -> str:
    """What to say of a tag that nothing reads, neither the analysis nor a rule of the profiles; otherwise empty."""
    from routing.policy.mistakes import nearest, quoted

    read = {key for policy in policies for rule in policy.rules for key, _ in rule.when.tags}
    known = (*_BUILT_IN, *sorted(read - set(_BUILT_IN)))
    return "" if name in known else f"No rule reads the tag {quoted(name)}: {nearest(name, known)}."
