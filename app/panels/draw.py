"""The drawing vocabulary of all panels: styled runs, figures as people read them, bars, and lines that fit.

A run is `(text, style)`; a style is one or more of the words in `STYLES`. Text is never markup, and every line is
cut to its width in cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from app.chat.cells import visible
from routing.money import NANO, format_usd

if TYPE_CHECKING:
    from collections.abc import Sequence

Run = tuple[str, str]

# Words of meaning on the left; on the right what Textual calls them. The colours are a theme's.
STYLES = {
    "strong": "bold",
    "muted": "$muted",
    "accent": "$accent",
    "good": "$good",
    "warn": "$warn",
    "bad": "$bad",
    "info": "$info",
}
_EIGHTHS = "▏▎▍▌▋▊▉"
TRACK = "·"


@dataclass(frozen=True, slots=True)
class Row:
    """A line and how soon it is left out where rows are few: the highest rank goes first, rank 0 stays."""

    line: Content
    rank: int = 0


def style(words: str) -> str:
    """Textual's style for words of `STYLES`, separated by spaces."""
    return " ".join(STYLES[word] for word in words.split())


def clean(text: str) -> str:
    """`text` on one line, with nothing in it that a terminal could obey."""
    return visible(text.replace("\n", " ").replace("\t", " "))


def line(*runs: Run | str) -> Content:
    """One line of styled runs."""
    parts = [(run, "") if isinstance(run, str) else run for run in runs]
    return Content.assemble(*((clean(text), style(words)) for text, words in parts if text))


def crop(content: Content, width: int) -> Content:
    """`content` in at most `width` cells; an ellipsis says that something is missing."""
    return content.truncate(max(width, 0), ellipsis=True)


def between(left: Content, right: Content, width: int) -> Content:
    """`left` at the left edge and `right` at the right one; `left` gives way."""
    right = crop(right, width)
    if not right:
        return crop(left, width)
    room = max(width - right.cell_length - 1, 0)
    left = crop(left, room)
    return left + Content(" " * (width - left.cell_length - right.cell_length)) + right


def with_room(left: Content, right: Content, width: int) -> Content:
    """`left`, and `right` at the right edge if both fit."""
    return between(left, right if left.cell_length + right.cell_length < width else line(), width)


def column(content: Content, width: int) -> Content:
    """`content` cut or padded to exactly `width` cells."""
    return content.truncate(width, ellipsis=True, pad=True)


def wrap(content: Content, width: int, indent: int = 0) -> list[Content]:
    """`content` on as many lines as it needs, all but the first indented."""
    first, *rest = content.wrap(max(width, 1))
    if not rest:
        return [crop(first, width)]
    tail = content[len(first) :]
    skipped = len(tail.plain) - len(tail.plain.lstrip(" "))
    return [crop(first, width), *(part.pad_left(indent) for part in tail[skipped:].wrap(max(width - indent, 1)))]


def fit(rows: Sequence[Row], width: int, height: int) -> list[Content]:
    """The rows that `height` allows, in their order, each cut to `width`."""
    excess = len(rows) - max(height, 0)
    if excess > 0:
        order = sorted(range(len(rows)), key=lambda at: (rows[at].rank, at))
        kept = set(order[: len(rows) - excess])
        rows = [row for at, row in enumerate(rows) if at in kept]
    return [crop(row.line, width) for row in rows]


def bar(share: float, width: int, words: str = "accent") -> Content:
    """A gauge of `width` cells, filled to an eighth of a cell; a share that is not zero is never invisible."""
    share = min(max(share, 0.0), 1.0)
    eighths = max(round(share * width * 8), 1 if share > 0 else 0)
    full, part = divmod(eighths, 8)
    filled = "█" * full + (_EIGHTHS[part - 1] if part else "")
    return line((filled, words), (TRACK * (width - len(filled)), "muted"))


def seconds(s: float) -> str:
    """`0.4 s`, `12 s`, `3 min`."""
    if 0 < s < 0.05:
        return "<0.1 s"
    if s < 9.95:
        return f"{s:.1f} s"
    return f"{s:.0f} s" if s < 120 else f"{s / 60:.0f} min"


def chance(p: float) -> str:
    """A probability in two digits: `.87`, `1.0`."""
    return "1.0" if p >= 0.995 else f"{max(p, 0.0):.2f}"[1:]


def signed(value: float) -> str:
    """`+0.31`, `−0.50`."""
    return f"{value:+.2f}".replace("-", "−")


def percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share == 0 or share >= 0.01 else "<1%"


def dollars(nusd: int, simulated: bool, price_known: bool = True) -> str:
    """An amount, below a dollar always to four digits; simulated money always says so, and so does an amount that is
    only a bound."""
    amount = format_usd(nusd)
    if 0 < abs(nusd) < NANO and len(amount.partition(".")[2]) == 2:
        amount += "00"
    if not price_known:
        amount = f"≤ {amount}, price unknown"
    return f"{amount} sim" if simulated else amount


def limit(nusd: int, simulated: bool) -> str:
    """An amount that somebody set, without idle zeros: `$0.05`, `$2.00`."""
    whole, _, cents = format_usd(nusd).partition(".")
    amount = f"{whole}.{cents.rstrip('0'):0<2}" if cents else whole
    return f"{amount} sim" if simulated else amount


def count(n: int) -> str:
    """A number with thin groups: `9 412`."""
    return f"{n:,}".replace(",", " ")
