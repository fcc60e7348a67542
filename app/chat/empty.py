"""The first screen: what this is in two lines, and five prompts that show what it does, one keypress each."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from app.panels.draw import line
from routing.money import parse_usd


@dataclass(frozen=True, slots=True)
class Starter:
    """A prepared prompt. `fault` (PROVIDER:KIND:TIMES) breaks a simulated provider first; `credit_nusd` is all that
    the request may spend."""

    shows: str
    prompt: str
    tags: tuple[tuple[str, str], ...] = ()
    fault: str = ""
    credit_nusd: int | None = None


STARTERS: tuple[Starter, ...] = (
    Starter("a cheap answer", "What is 17.5 % of 2,480?"),
    Starter(
        "an escalation",
        "Summarise in one sentence: Trains once waited for a pointsman who set the points by hand. One lever sent a "
        "train to the yard, the next to the main line. He knew the timetable by heart, and a wrong lever cost an hour. "
        "Today software sets the points, but somebody still decides which track is worth its price.",
    ),
    Starter("a failover", "Convert 26.2 miles to kilometres.", fault="sim-north:500:2"),
    Starter("a private prompt", "Sort these names: Zoe, Adam, Mia, Bo", tags=(("private", "yes"),)),
    Starter("a cap", "Compare breadth-first and depth-first search.", credit_nusd=parse_usd("0.0002")),
)


def empty_state(simulated: bool | None, width: int) -> Content:
    """`simulated` None: not known yet, discovery is still running."""
    where = {
        None: "Looking for providers…",
        True: "No key and no local server found: simulated models answer. F8 adds yours.",
        False: "Your own models answer.",
    }[simulated]
    rows = [
        line(("Pointsman", "strong accent"), ("  every prompt routed in plain sight", "muted")),
        line((where, "warn" if simulated else "muted")),
        line(),
        *(_starter(number, starter, width) for number, starter in enumerate(STARTERS, 1)),
        line(),
        line(
            ("Type below, or press a number while the line is empty. ", "muted"), "F1", (" shows every key.", "muted")
        ),
    ]
    return Content("\n").join(rows)


def _starter(number: int, starter: Starter, width: int) -> Content:
    room = max(10, width - 26)
    prompt = starter.prompt if len(starter.prompt) <= room else starter.prompt[: room - 1] + "…"
    return line((f" {number}  ", "strong accent"), f"{starter.shows:<18}", (prompt, "muted"))
