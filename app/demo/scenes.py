"""The eight turns of the demo: what is asked, and what is made to happen meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PREMIUM_FIRST = """
id: demo-premium
title: The best first, a quicker one only when time runs out
default: everything
routes:
  everything:
    mode: premium_first
    time_budget_s: 3
    ladder: [sim-north/express, sim-south/tram]
"""
CLIMBING = """
id: demo-cap
title: Hard to please, with a small purse
default: everything
routes:
  everything:
    ladder: [{model: sim-north/shunter, threshold: 0.97}, large]
"""
PROFILES = (PREMIUM_FIRST, CLIMBING)


@dataclass(frozen=True, slots=True)
class Scene:
    """One turn. `fault` befalls the provider that is asked first (`where` chosen) or all of them; `purse` leaves
    just enough for one call of the last model, and not for one before it as well."""

    title: str
    prompt: str
    profile: str = "balanced"
    fault: str | None = None
    times: int | None = None
    where: Literal["chosen", "all"] = "chosen"
    purse: bool = False


SCENES: tuple[Scene, ...] = (
    Scene("A cheap answer is good enough", "What is 18 % of 2,350?"),
    Scene(
        "An answer is not sure enough, so a larger model is asked",
        "How do I add my own key to Pointsman?",
    ),
    Scene(
        "A provider breaks off, and another one answers",
        "Convert 3.5 hours to minutes.",
        fault="cut",
    ),
    Scene("A provider stumbles and is asked once more", "Convert 26.2 miles to kilometres.", fault="500", times=1),
    Scene(
        "The best is asked first, and a quicker model when time runs out",
        "Sort these alphabetically: pear, fig, apple, quince",
        profile="demo-premium",
        fault="slow",
    ),
    Scene(
        "A private prompt stays on this machine",
        "Keep this on this machine. Sort these names alphabetically: Vera, Abel, Mina, Otto",
    ),
    Scene(
        "A cap is reached, so the first answer must do",
        "What is 12 * 34 + 56?",
        profile="demo-cap",
        purse=True,
    ),
    Scene("Every provider is down", "What is 7 times 8?", fault="refuse", where="all"),
)
