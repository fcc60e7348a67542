"""Rows to strips: style names become the theme's styles, and overlays mark what is selected, found or hovered."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from app.links import opens

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.color import Color
    from textual.css.styles import RenderStyles

    from app.chat.entries import Kind
    from app.chat.lines import Piece
    from app.chat.message import Row

GUTTER = 2
"""Cells left of every row: who speaks, and where the cursor is."""
GUTTERS: dict[Kind, tuple[str, str]] = {
    "you": ("┃ ", "you"),
    "answer": ("▎ ", "answer"),
    "draft": ("┆ ", "draft"),
    "card": ("▎ ", "card"),
    "note": ("┆ ", "note"),
}
CURSOR = ("▌ ", "cursor")
CURSOR_WORD = "selected"


class Look(NamedTuple):
    """What a row looks like beside its text; a strip is drawn again when this changes."""

    kind: Kind
    width: int
    cursor: bool = False
    selected: tuple[int, int] | None = None
    found: tuple[tuple[int, int], ...] = ()
    hovered: str = ""
    header: bool = False
    gap: bool = False
    """The row between two messages."""


class PaletteKey(NamedTuple):
    """What all styles depend on."""

    theme: str
    color: Color
    background: Color


class Palette:
    """Style names, resolved through the component classes `transcript--NAME` and kept until the theme changes."""

    def __init__(self, component: Callable[[str], RenderStyles | None], key: PaletteKey) -> None:
        self.key = key
        self._component = component
        self._styles: dict[tuple[str, str], Style] = {}

    def style(self, names: str, url: str = "") -> Style:
        """The style of some names, later ones over earlier ones."""
        key = (names, url)
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._resolve(names, url)
        return style

    def _resolve(self, names: str, url: str) -> Style:
        color, background = self.key.color, self.key.background
        attributes = Style()
        for name in names.split():
            styles = self._component(name)
            if styles is None:
                continue
            attributes += styles.text_style
            if styles.has_rule("background"):
                background = background + styles.background
            if styles.auto_color:
                color = background + background.get_contrast_text(styles.color.a)
            elif styles.has_rule("color"):
                color = styles.color if styles.color.a == 1 else background + styles.color
        style = attributes + Style(color=color.rich_color, bgcolor=background.rich_color)
        return _linked(style, url) if opens(url) else style


def _linked(style: Style, url: str) -> Style:
    """`style` as a link that a terminal may open. The id is the address's own: the pieces of a wrapped link are
    one link to it."""
    linked = style.update_link(url)
    linked._link_id = f"{hash(url) & 0xFFFFFFFF:x}"
    return linked


def draw(row: Row, look: Look, palette: Palette) -> Strip:
    """The strip of one row, exactly as wide as the view."""
    if look.gap:
        return Strip([Segment(" " * look.width, palette.style(""))], look.width)
    gutter, name = CURSOR if look.cursor else GUTTERS[look.kind]
    segments = [Segment(gutter, palette.style(name))]
    used = cell_len(gutter)
    for piece in row.pieces:
        for text, style in _overlaid(piece, look):
            segments.append(Segment(text, palette.style(style, piece.url)))
            used += cell_len(text)
    spare = look.width - used
    if look.header and look.cursor and spare > len(CURSOR_WORD) + 2:
        segments.append(Segment(" " * (spare - len(CURSOR_WORD) - 1), palette.style("")))
        segments.append(Segment(CURSOR_WORD + " ", palette.style("cursor")))
    elif spare > 0:
        segments.append(Segment(" " * spare, palette.style("")))
    strip = Strip(segments, max(used, look.width))
    return strip if used <= look.width else strip.crop(0, look.width)


def _overlaid(piece: Piece, look: Look) -> list[tuple[str, str]]:
    """The piece cut where an overlay starts or ends."""
    text, style, url, at = piece
    if url and url == look.hovered:
        style += " hover"
    ranges = [(begin, end, " found") for begin, end in look.found]
    if look.selected:
        ranges.append((*look.selected, " selection"))
    if at < 0 or not ranges:
        return [(text, style)]
    stop = at + len(text)
    cuts = {at, stop, *(min(max(edge, at), stop) for begin, end, _ in ranges for edge in (begin, end))}
    edges = sorted(cuts)
    parts: list[tuple[str, str]] = []
    for begin, end in pairwise(edges):
        over = "".join(name for low, high, name in ranges if low <= begin and end <= high)
        parts.append((text[begin - at : end - at], style + over))
    return parts
