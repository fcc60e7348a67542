"""Ladders: from the rungs of a file to the rungs of a route, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from routing.policy.mistakes import Mistake, Path, nearest, quoted
from routing.policy.model import Rung, Selector

if TYPE_CHECKING:
    from routing.policy.schema import RouteDocument, RungDocument

_Placed = tuple[int, "RungDocument"]


def compile_ladder(name: str, routes: Mapping[str, RouteDocument], aliases: Mapping[str, str]) -> tuple[Rung, ...]:
    """The route's own rungs, then those of the routes that it goes on to; none of them twice. Where the route climbs
    on gain, that finds the thresholds of its own rungs but the last."""
    found: dict[tuple[Selector, ...], Rung] = {}
    following: str | None = name
    while following is not None:
        steps = _steps(enumerate(routes[following].ladder))
        for n, step in enumerate(steps, start=1):
            gain = following == name and routes[name].escalate == "gain" and n < len(steps)
            rung = replace(_rung([document for _, document in step], aliases), gain=gain)
            found.setdefault(rung.selectors, rung)
        following = routes[following].then
    return tuple(found.values())


def ladder_mistakes(
    name: str, rungs: Mapping[int, RungDocument], aliases: Mapping[str, str], tiers: Iterable[str]
) -> list[Mistake]:
    """Words that name nothing, rungs that repeat, and priorities that cannot be put in order."""
    at: Path = ("routes", name, "ladder")
    found: list[Mistake] = []
    for index, rung in rungs.items():
        if rung.model and not _names_model(rung.model, aliases):
            what = f"{quoted(rung.model)} is no tier, no alias and no model id"
            known = (*tiers, *aliases)
            instead = f"{nearest(rung.model, known)}, or provider/{rung.model}"
            found.append(Mistake((*at, index), what, instead))
    seen: set[tuple[Selector, ...]] = set()
    for step in _steps(rungs.items()):
        place = (*at, step[0][0])
        together = [document for _, document in step]
        compiled = _rung(together, aliases)
        if compiled.selectors in seen:
            found.append(Mistake(place, f"{compiled.name} is on the ladder twice", "take one of them out"))
        seen.add(compiled.selectors)
        found += _priority_mistakes(place, together)
    return found


def cycle_mistakes(goes_on: Mapping[str, str]) -> list[Mistake]:
    """A ladder that never ends: following `then` from a route leads back to it. Each circle is told once."""
    found: list[Mistake] = []
    told: set[str] = set()
    for start in goes_on:
        path = [start]
        while (following := goes_on.get(path[-1])) is not None and following not in path:
            path.append(following)
        if following != start or start in told:
            continue
        told.update(path)
        circle = " → ".join([*path, start])
        instead = "take out one 'then', so that the last rung is the end"
        found.append(Mistake(("routes", start, "then"), f"the ladder never ends: {circle}", instead))
    return found


def is_pattern(word: str) -> bool:
    """Whether the word can be a model id (`provider/name`) or a glob over them."""
    return "/" in word or is_glob(word)


def is_glob(word: str) -> bool:
    """Whether the word may stand for many models, or for none."""
    return any(sign in word for sign in "*?[")


def _names_model(word: str, aliases: Mapping[str, str]) -> bool:
    return word in aliases or is_pattern(word)


def _priority_mistakes(at: Path, rungs: list[RungDocument]) -> list[Mistake]:
    priorities = [rung.priority for rung in rungs if rung.priority is not None]
    found = [
        Mistake(at, f"priority {twice} stands twice in one step of the ladder", "give each its own")
        for twice in sorted({priority for priority in priorities if priorities.count(priority) > 1})
    ]
    if len({rung.threshold for rung in rungs if rung.threshold is not None}) > 1:
        what = "rungs with priorities are one step of the ladder, but have several thresholds"
        found.append(Mistake(at, what, "keep one of them"))
    return found


def _steps(ladder: Iterable[_Placed]) -> list[list[_Placed]]:
    """Rungs that follow each other and have priorities are one step; every other rung is one by itself."""
    found: list[list[_Placed]] = []
    for has_priority, together in groupby(ladder, key=lambda placed: placed[1].priority is not None):
        if has_priority:
            found.append(list(together))
        else:
            found += [[placed] for placed in together]
    return found


def _rung(step: list[RungDocument], aliases: Mapping[str, str]) -> Rung:
    ordered = sorted(step, key=lambda rung: rung.priority or 0)
    return Rung(
        name=", then ".join(map(_name, ordered)),
        selectors=tuple(
            Selector(rung.tier, aliases.get(rung.model, rung.model) if rung.model else None, rung.provider)
            for rung in ordered
        ),
        threshold=next((rung.threshold for rung in ordered if rung.threshold is not None), None),
    )


def _name(rung: RungDocument) -> str:
    """``large``, ``large at alpha``, ``large, not at alpha``, ``alpha``."""
    what = " ".join(word for word in (rung.tier, rung.model) if word)
    if not rung.provider:
        return what
    barred = rung.provider.startswith("!")
    where = rung.provider.removeprefix("!")
    if not what:
        return f"not at {where}" if barred else where
    return f"{what}, not at {where}" if barred else f"{what} at {where}"
