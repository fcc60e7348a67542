"""A ladder that is climbed on expected gain: which of its rungs earn their place, and how sure each answer must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from routing.decision import worth
from routing.decision.model import STAND_IN, Candidate, PlannedRung, Snapshot
from routing.decision.rungs import Plan
from routing.policy.model import Policy, Route

Candidates = Callable[[str], Candidate]


def on_gain(plan: Plan, candidates: Candidates, route: Route, policy: Policy, snapshot: Snapshot) -> Plan:
    """The plan, where the route climbs on gain: without the rungs in between that it is worth more to go past, and with
    the thresholds that the prices say. More pressure lowers thresholds and changes nothing else."""
    plain = snapshot.pin is not None or route.name in snapshot.budget.frozen
    if plain or not plan.ladder or plan.ladder[0].name == STAND_IN or not any(rung.gain for rung in route.ladder):
        return plan
    ladder = _worthwhile(plan.ladder, candidates, policy)
    passed = tuple(rung for rung in plan.ladder if rung not in ladder)
    firsts = [candidates(rung.models[0]) for rung in ladder]
    calls = [call_of(one, policy, snapshot.budget.pressure) for one in firsts]
    climbed = tuple(
        replace(rung, threshold=_threshold(worth.needed(first.quality, calls[at + 1 :], policy.value_nusd), route))
        if route.ladder[first.rung].gain
        else rung
        for at, (rung, first) in enumerate(zip(ladder, firsts, strict=True))
    )
    return replace(plan, ladder=climbed, below=(*passed, *plan.below))


def _threshold(needed: float | None, route: Route) -> float | None:
    """An answer below the floor is none, so the next rung is asked whatever it may gain."""
    return max(needed or 0.0, route.floor) or None


def call_of(candidate: Candidate, policy: Policy, pressure: float = 0.0, quality: float | None = None) -> worth.Call:
    """What asking it is expected to give and to cost, waiting included; `quality` in the place of the usual one."""
    price = candidate.cost_nusd * (1 + pressure) + policy.second_nusd * candidate.latency_s
    return worth.Call(candidate.quality if quality is None else quality, price)


def _worthwhile(ladder: Sequence[PlannedRung], candidates: Candidates, policy: Policy) -> tuple[PlannedRung, ...]:
    kept = list(ladder)
    for rung in ladder[-2:0:-1]:
        without = [one for one in kept if one is not rung]
        more = _worth(without, candidates, policy) - _worth(kept, candidates, policy)
        if more > worth.MIN_GAIN * policy.value_nusd:
            kept = without
    return tuple(kept)


def _worth(ladder: Sequence[PlannedRung], candidates: Candidates, policy: Policy) -> float:
    """Of climbing it from its first rung."""
    return worth.starts([call_of(candidates(rung.models[0]), policy) for rung in ladder], policy.value_nusd)[0]
