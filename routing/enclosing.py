"""Text of others inside a prompt of ours: marked as data, with marks that it cannot close."""

from __future__ import annotations

import hashlib


def enclosed(name: str, text: str, most: int) -> str:
    """The text between two marks, of a long one only its two ends (`most` characters in all).

    The marks carry a hash of the text: what would close them early would have to contain a hash of itself.
    """
    mark = f"{name}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"
    return f"<{mark}>\n{_ends(text, most)}\n</{mark}>"


def _ends(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half:,} characters are left out here …]\n{text[-half:]}"
