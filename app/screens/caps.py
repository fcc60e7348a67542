"""Every cap in force: what is taken of it, its limit, and what happens there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.caps import Fixed, called, then, told
from app.panels import draw
from app.panels.draw import line
from app.screens.page import Page, heading

if TYPE_CHECKING:
    from textual.content import Content

    from routing.budget.raising import Raise
    from routing.budget.standing import Standing

_TONES = {"free": "good", "warned": "warn", "reached": "bad"}
_NAME = 32
_BAR = 12
_WIDE = 80


class CapsScreen(Page):
    """The caps as they stood when the page was opened."""

    NAME = "Caps"

    def __init__(
        self, profile: str, rows: Sequence[Standing], fixed: Sequence[Fixed], raises: Sequence[Raise], simulated: bool
    ) -> None:
        super().__init__(None)
        self._profile = profile
        self._rows = rows
        self._fixed = fixed
        self._raises = raises
        self._simulated = simulated

    def lines(self, width: int) -> list[Content]:
        found = heading("Simulated dollars" if self._simulated else "Dollars", f"profile {self._profile}")
        for one in self._rows:
            found += _standing(one, width)
        found += heading("Each message")
        for fixed in self._fixed:
            name, after = (fixed.name.ljust(_NAME), "muted"), (f"   {fixed.then}", "muted")
            rows = [line(name, fixed.limit, after)] if width >= _WIDE else [line(name, fixed.limit), line(after)]
            found += [part for row in rows for part in draw.wrap(row, width, 3)]
        if self._raises:
            found += heading("Raised until midnight")
            found += [line((told_raise(one), "")) for one in self._raises]
        found += [line(), line(("/raise USD REASON raises the day's cap until midnight.", "muted"))]
        return [draw.crop(row, width) for row in found]


def told_raise(one: Raise) -> str:
    """``$1.00  because the report is due today``."""
    from app.visible import visible
    from routing.money import format_usd

    return f"{format_usd(one.amount_nusd)}  {visible(one.reason)}"


def _standing(one: Standing, width: int) -> list[Content]:
    tone = _TONES[one.state]
    filled = min(_BAR, round(_BAR * one.share))
    bar = ("█" * filled + "░" * (_BAR - filled), tone)
    word = "" if one.state == "free" else f"  {one.state}"
    return _rows(called(one), line(bar, f"  {told(one)}", (word, tone)), then(one), width)


def _rows(name: str, figures: Content, following: str, width: int) -> list[Content]:
    """A cap on two lines, or on three where the screen is narrow."""
    after = (f"then: {following}", "muted")
    if width >= _WIDE:
        return [line((name.ljust(_NAME), "muted")) + figures, *draw.wrap(line(" " * _NAME, after), width, _NAME + 6)]
    return [line((name, "muted")), line("  ") + figures, *draw.wrap(line("  ", after), width, 8)]
