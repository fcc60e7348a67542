"""Words for what reports tell of money, for the command line and the summary screen alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.money import format_usd
from routing.reports.intervals import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.reports.intervals import Proportion
    from routing.reports.money import Economy, Estimated, Money, Quality, Success

PARTS = {
    "answers": "answers that were kept",
    "re-asks": "answers to what came again",
    "long context": "surcharge for long input",
    "superseded drafts": "drafts that were replaced",
    "asked again": "not in the form asked for",
    "continuations": "going on with cut answers",
    "retries": "failed calls, tried again",
    "failed calls": "other failed calls",
    "hedges": "second calls beside a late one",
    "stopped": "calls that were stopped",
    "interrupted": "calls that a crash cut off",
    "side calls": "judging, titles, summaries",
    "drills": "drills and checks",
}
BASES = {
    "reported": "reported by the provider",
    "estimated": "estimated by us",
    "reserved": "reserved, after a crash",
    "free": "free",
}
NONE = "—"


def moved(money: Money) -> bool:
    """Whether there is anything to tell of it."""
    return bool(money.spend_nusd or money.baseline_nusd or money.held_nusd)


def saving(money: Money) -> str:
    """``$0.0010 (71%)``; where nothing was saved, by how much it was more."""
    if not money.baseline_nusd:
        return NONE
    share = f"{abs(money.saved_nusd) / money.baseline_nusd:.0%}"
    if money.saved_nusd < 0:
        return f"nothing: {format_usd(-money.saved_nusd)} more ({share})"
    return f"{format_usd(money.saved_nusd)} ({share})"


def success(found: Success) -> str:
    """What a successful answer cost, and what that is a sum over."""
    of = f"{found.successes:.1f} expected of {_turns(found.turns)}, by confidence, not calibrated"
    return f"{untold(found)} ({of})" if found.nusd is None else f"{format_usd(found.nusd)} ({of})"


def untold(found: Success) -> str:
    """Why there is no figure of what a success cost."""
    if not found.turns:
        return NONE
    return f"< {LEAST} turns" if found.turns < LEAST else "no success"


def quality(found: Quality) -> str:
    """The difference of quality that stands beside a saving."""
    gap = found.difference
    if gap.value is None or gap.low is None or gap.high is None or found.given is None or found.premium is None:
        return f"{NONE} (n {gap.n}; told from {LEAST} on)"
    return (
        f"{signed(gap.value)} ({signed(gap.low)} to {signed(gap.high)}, n {gap.n}): confidence {found.given:.2f}, "
        f"{found.premium:.2f} expected of the largest; estimated, not measured"
    )


def rate(found: Proportion) -> str:
    """``in 2 of 8 turns (25%, likely 9–53%)``."""
    if found.low is None or found.high is None or found.of < LEAST:
        return f"in {found.count} of {found.of} turns"
    share = found.count / found.of
    return f"in {found.count} of {found.of} turns ({share:.0%}, likely {100 * found.low:.0f}–{found.high:.0%})"


def broken_off(found: Estimated) -> Iterator[tuple[str, int, int]]:
    """What of the estimated amounts was billed so because a call was broken off: words, calls and nano-dollars."""
    if found.stopped:
        yield "  stopped before its end", found.stopped, found.stopped_nusd
    if found.cut:
        yield "  cut: another was quicker", found.cut, found.cut_nusd


def economy(found: Economy) -> str:
    calls = f"{found.calls} call{'s' if found.calls != 1 else ''}"
    return f"left out {found.tokens:,} tokens of old chat in {calls}, {format_usd(found.nusd)} not spent"


def signed(value: float) -> str:
    """``+.04``, ``−.12``, ``.00``."""
    figure = f"{abs(value):.2f}"
    sign = "" if figure == "0.00" else "−" if value < 0 else "+"
    return sign + figure.removeprefix("0")


def _turns(count: int) -> str:
    return f"{count} turn{'s' if count != 1 else ''}"
