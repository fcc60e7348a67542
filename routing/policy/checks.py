"""What can be wrong with a policy whose every part has the right shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.policy.compiling import compile_rule
from routing.policy.conditions import covers
from routing.policy.ladders import cycle_mistakes, is_pattern, ladder_mistakes
from routing.policy.mistakes import Mistake, Path, nearest, quoted
from routing.policy.model import When

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from routing.policy.schema import Reading, RuleDocument


def check(reading: Reading, data: Mapping[str, object], tiers: Collection[str]) -> list[Mistake]:
    """The mistakes that show only when the parts are seen together; what was not read is left out."""
    routes, aliases = _mapping(data.get("routes")), _words(data.get("aliases"))
    return [
        *_alias_mistakes(aliases, tiers),
        *_reference_mistakes(data, routes),
        *_unreachable(reading.rules),
        *(mistake for name, rungs in reading.rungs.items() for mistake in ladder_mistakes(name, rungs, aliases, tiers)),
        *cycle_mistakes({name: then for name, then in _going_on(routes).items() if then in routes}),
    ]


def _reference_mistakes(data: Mapping[str, object], routes: Mapping[str, object]) -> list[Mistake]:
    """Routes that are named and are not there; where no route is there at all, that alone is the mistake."""
    rules = data.get("rules")
    named: list[tuple[Path, object]] = [(("default",), data.get("default"))]
    named += [
        (("rules", index, "route"), _mapping(rule).get("route"))
        for index, rule in enumerate(rules if isinstance(rules, list) else ())
    ]
    named += [(("routes", name, "then"), then) for name, then in _going_on(routes).items()]
    return [
        Mistake(at, f"unknown route {quoted(name)}", nearest(name, routes))
        for at, name in named
        if routes and isinstance(name, str) and name and name not in routes
    ]


def _going_on(routes: Mapping[str, object]) -> dict[str, str]:
    """The route that each route goes on to, of those that do."""
    return _words({name: _mapping(route).get("then") for name, route in routes.items()})


def _alias_mistakes(aliases: Mapping[str, str], tiers: Collection[str]) -> list[Mistake]:
    found: list[Mistake] = []
    for name, model in aliases.items():
        if name in tiers:
            found.append(Mistake(("aliases", name), f"the alias {quoted(name)} hides a tier", "give it another name"))
        if model and not is_pattern(model):
            what = f"the alias {quoted(name)} stands for {quoted(model)}, which is no model id"
            found.append(Mistake(("aliases", name), what, f'write "provider/{model}" or "*/{model}"'))
    return found


def _unreachable(rules: Mapping[int, RuleDocument]) -> list[Mistake]:
    """Rules before which another one always holds already."""
    found: list[Mistake] = []
    earlier: list[tuple[int, When]] = []
    for index in sorted(rules):
        options = [rule.when for rule in compile_rule(rules[index])]
        first = [_first_cover(option, earlier) for option in options]
        if all(number is not None for number in first):
            what = f"rule {index + 1} can never be reached: rule {first[0]} holds whenever it would"
            found.append(Mistake(("rules", index), what, "put it further up, or take it out"))
        earlier += [(index + 1, option) for option in options]
    return found


def _first_cover(option: When, earlier: list[tuple[int, When]]) -> int | None:
    return next((number for number, when in earlier if covers(when, option)), None)


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _words(value: object) -> dict[str, str]:
    return {key: word for key, word in _mapping(value).items() if isinstance(word, str)}
