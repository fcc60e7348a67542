"""The options of a multiple-choice question: lines that begin with a letter from A to J and a dot or a bracket."""

from __future__ import annotations

import re

# White space of one line alone: over many empty lines a search from each of them would take long.
_OPTION = re.compile(r"(?m)^[^\S\n]*\(?([A-J])[.)][^\S\n]+(.*)$")


def split_options(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text before the first option, and the options as (letter, text): none where there are fewer than two."""
    found = list(_OPTION.finditer(text))
    if len(found) < 2:
        return text, ()
    return text[: found[0].start()], tuple((match[1], match[2].strip()) for match in found)
