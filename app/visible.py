"""Text from a model, a file or a server on its way to a terminal: shown, never obeyed."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

# Control characters, lone surrogates, and the marks that reorder or break a line behind the terminal's back.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """`text` with what a terminal could obey shown as U+FFFD; `\\n` and `\\t` stay, a `\\r` before `\\n` goes."""
    return UNSAFE.sub(REPLACEMENT, text.replace("\r\n", "\n"))
