"""Text of others inside a prompt of ours: marked as data, with marks that it cannot close."""

from __future__ import annotations

import hashlib

from routing.analysis.personal import find_personal

_NEAR = 200
"""Characters on either side of a cut: no finding is longer."""


def enclosed(name: str, text: str, most: int) -> str:
    """The text between two marks, of a long one only its two ends (`most` characters in all).

    The marks carry a hash of the text: what would close them early would have to contain a hash of itself.
    """
    mark = f"{name}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"
    return f"<{mark}>\n{_ends(text, most)}\n</{mark}>"


def _ends(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    first, last = _apart(text, most // 2, before=True), _apart(text, len(text) - most // 2, before=False)
    return f"{text[:first]}\n[… {last - first:,} characters are left out here …]\n{text[last:]}"


def _apart(text: str, at: int, *, before: bool) -> int:
    """The place of a cut, moved out of personal data: half of it would be masked by nobody."""
    begin = max(0, at - _NEAR)
    for one in find_personal(text[begin : at + _NEAR]):
        if one.start < at - begin < one.end:
            return begin + (one.start if before else one.end)
    return at
