"""The first screen: what this is in two lines, and five prompts that show what it does, one keypress each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from app.panels.draw import line
from routing.money import parse_usd

if TYPE_CHECKING:
    from app.sources import Sources

_PROBLEMS = 3
"""As many sentences as leave room for the prompts in a small window."""


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


@dataclass(frozen=True, slots=True)
class Standing:
    """Who answers, in a sentence and its style; `problems` are the providers' own sentences when nobody does."""

    told: str
    style: str = "muted"
    problems: tuple[str, ...] = ()


STARTING = Standing("Looking for providers…")


def standing_of(sources: Sources) -> Standing:
    """Simulated models, the user's own, or nobody."""
    if sources.simulated:
        return Standing("No key and no local server found: simulated models answer. F8 adds yours.", "warn")
    problems = tuple(one.problem for one in sources.checked if one.problem is not None)
    if not sources.registry.models:
        told = "No provider can be used yet. F8 takes a key, and asks again."
        return Standing(told, "bad", problems) if problems else Standing("There are no models yet. F8 looks again.")
    if problems:
        return Standing(f"Your own models answer. {_count(len(problems))} cannot be used: F8 says why.")
    return Standing("Your own models answer.")


def empty_state(standing: Standing, width: int) -> Content:
    """`width`: columns; longer lines are wrapped."""
    rows = [
        line(("Pointsman", "strong accent"), ("  every prompt routed in plain sight", "muted")),
        line((standing.told, standing.style)),
        *(line(("✗ ", "bad"), problem) for problem in standing.problems[:_PROBLEMS]),
        *_more(standing.problems[_PROBLEMS:]),
        line(),
        *(_starter(number, starter, width) for number, starter in enumerate(STARTERS, 1)),
        line(),
        line(
            ("Type below, or press a number while the line is empty. ", "muted"), "F1", (" shows every key.", "muted")
        ),
    ]
    return Content("\n").join(rows)


def _count(providers: int) -> str:
    return "1 provider" if providers == 1 else f"{providers} providers"


def _more(problems: tuple[str, ...]) -> list[Content]:
    return [line((f"  and {_count(len(problems))} more", "muted"))] if problems else []


def _starter(number: int, starter: Starter, width: int) -> Content:
    room = max(10, width - 26)
    prompt = starter.prompt if len(starter.prompt) <= room else starter.prompt[: room - 1] + "…"
    return line((f" {number}  ", "strong accent"), f"{starter.shows:<18}", (prompt, "muted"))
