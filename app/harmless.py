"""The last net before the terminal: whatever a widget draws, no cell of it holds what a terminal could obey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

from app.visible import REPLACEMENT, UNSAFE

if TYPE_CHECKING:
    import re

    from textual.color import Color


class Harmless(LineFilter):
    """Text is made visible where it comes in; this catches what was forgotten. Widths stay as they were measured.

    It applies the filters `before` it itself: Textual copies each line of each frame once for every filter."""

    def __init__(self, before: tuple[LineFilter, ...] = ()) -> None:
        super().__init__()
        self.before = before

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for earlier in self.before:
            segments = earlier.apply(segments, background)
        if "".join([segment.text for segment in segments]).isprintable():
            return segments
        return [Segment(UNSAFE.sub(_replaced, text), style, control) for text, style, control in segments]


def _replaced(found: re.Match[str]) -> str:
    return REPLACEMENT if cell_len(found[0]) else ""
