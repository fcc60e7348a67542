"""Text from a model, a file or a server on its way to a terminal: shown, never obeyed, nothing hidden in it."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

# Control characters, lone surrogates, and the marks that reorder or break a line behind the terminal's back.
_OBEYED = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069"
# What no terminal draws, so that a reader would not know of it: zero-width spaces and marks, and the tags in which
# whole sentences can hide. The two joiners stay: scripts and emoji are written with them.
_HIDDEN = "\u061c\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"

OBEYED = re.compile(f"[{_OBEYED}]")
UNSAFE = re.compile(f"[{_OBEYED}{_HIDDEN}]")


def visible(text: str) -> str:
    """`text` with what a terminal could obey or hide shown as U+FFFD; `\\n` and `\\t` stay, a `\\r` before `\\n`
    goes."""
    return UNSAFE.sub(REPLACEMENT, text.replace("\r\n", "\n"))


def harmless(text: str) -> str:
    """`visible` for what goes on to a program, a file or the clipboard: what only hides stays as it is."""
    return OBEYED.sub(REPLACEMENT, text.replace("\r\n", "\n"))


def escaped(document: str) -> str:
    """JSON that reads as before, with what a terminal could obey or hide written as `\\uXXXX`."""
    return UNSAFE.sub(_as_escape, document.replace("\r", "\n"))


def _as_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
