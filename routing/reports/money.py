"""How money went, of one kind, real or simulated: how each amount is known, what it went for, what a successful answer
cost, and what it saved at what difference of quality."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from routing.analysis.reasks import WITHIN_S, asks_again
from routing.ledger.costs import (
    CostRow,
    Scope,
    read_costs,
    read_cut,
    read_follow_ups,
    read_premium,
    read_shown,
)
from routing.ledger.store import Store
from routing.reports.extras import find_extras
from routing.reports.intervals import LEAST, Mean, Proportion, mean, proportion
from routing.reports.parts import DRILLS, Part, PartName, Told, parts_of, sum_parts
from routing.reports.sums import Slice, slices

BASES = ("reported", "estimated", "reserved", "free")


@dataclass(frozen=True, slots=True)
class Known:
    """The calls whose amount is known in one way: reported by the provider, estimated, reserved (what a crash left at
    its reservation), or free."""

    basis: str
    calls: int
    spend_nusd: int


@dataclass(frozen=True, slots=True)
class Estimated:
    """Calls that were broken off, so that their bill is our estimate: stopped by the user, or cut by a quicker one."""

    stopped: int
    stopped_nusd: int
    cut: int
    cut_nusd: int


@dataclass(frozen=True, slots=True)
class Success:
    """`successes` = Σ confidence of the answered turns: what is expected of an estimate that was not calibrated
    against ratings; a degraded turn is none. `nusd` = all that was spent / successes, None below 5 turns."""

    turns: int
    successes: float
    nusd: int | None


@dataclass(frozen=True, slots=True)
class Quality:
    """Estimated, not measured: over turns that have both, the mean confidence of what was answered, the mean quality
    that the dearest model was expected to have, and their difference."""

    given: float | None
    premium: float | None
    difference: Mean


@dataclass(frozen=True, slots=True)
class Economy:
    """What calls were spared as the oldest part of a chat stayed out; a summary's own cost is among the side calls."""

    calls: int
    tokens: int
    nusd: int


@dataclass(frozen=True, slots=True)
class Group(Slice):
    """What went to one route or kind of task. Turns are those of the kind of money that made calls."""

    turns: int
    degraded: int
    escalated: int
    success: Success


@dataclass(frozen=True, slots=True)
class Money:
    """`parts`, and `known` without what is held, add up to the spend. `baseline_nusd` is what the dearest model would
    have charged for the same answers; `saved_nusd` is below zero when drafts and failures cost more than was saved."""

    spend_nusd: int
    held_nusd: int
    baseline_nusd: int
    saved_nusd: int
    known: tuple[Known, ...]
    estimated: Estimated
    parts: tuple[Part, ...]
    success: Success
    escalated: Proportion
    reasked: Proportion
    quality: Quality
    economy: Economy


@dataclass(frozen=True, slots=True)
class Book:
    """Every call in scope, and its money by kind."""

    calls: tuple[CostRow, ...]
    real: Money
    simulated: Money
    by_route: tuple[Group, ...]
    by_task: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the calls are read against."""

    told: Told
    premium: Mapping[str, float]
    split: Mapping[str, Mapping[PartName, int]]


def keep_book(store: Store, scope: Scope) -> Book:
    """All of it recomputes from the ledger, at any moment of a session."""
    rows = read_costs(store, scope)
    turns = [list(calls) for _, calls in groupby(rows, lambda row: row.turn)]
    evidence = _evidence(store, scope, turns)
    calls = tuple(row for row in rows if row.counts)
    kinds = {simulated: [turn for turn in turns if _simulated(turn) is simulated] for simulated in (False, True)}
    real, simulated = (
        _money([call for call in calls if call.simulated is kind], kinds[kind], evidence) for kind in (False, True)
    )
    return Book(
        calls,
        real,
        simulated,
        _groups(calls, turns, lambda call: _asked_by(call, call.route)),
        _groups(calls, turns, lambda call: _asked_by(call, call.task)),
    )


def _asked_by(call: CostRow, name: str | None) -> str:
    """The route or task of a prompt; small test calls are nobody's, though they are routed as well."""
    return "drills and checks" if call.purpose in DRILLS else name or "not kept"


def _reasks(store: Store, scope: Scope) -> frozenset[str]:
    """The turns that ask again."""
    followed = read_follow_ups(store, scope, WITHIN_S)
    return frozenset(one.turn for one in followed if asks_again(one.prompt, one.before, one.gap_s))


def _evidence(store: Store, scope: Scope, turns: Sequence[Sequence[CostRow]]) -> _Evidence:
    several = [turn[0].turn for turn in turns if sum(call.outcome == "finished" for call in turn) > 1]
    hedged = any(call.role == "hedge" for turn in turns for call in turn)
    extras = find_extras(store, turns)
    told = Told(
        cut=read_cut(store, scope) if hedged else (),
        shown=read_shown(store, several),
        reasks=_reasks(store, scope),
        hedge_nusd=extras.hedge_nusd,
        long_nusd=extras.long_nusd,
    )
    return _Evidence(
        told=told,
        premium=read_premium(store, scope),
        split={call: amounts for turn in turns for call, amounts in parts_of(turn, told).items()},
    )


def _simulated(turn: Sequence[CostRow]) -> bool:
    """A turn is simulated when every call of it is."""
    return all(call.simulated for call in turn)


def _money(calls: Sequence[CostRow], turns: Sequence[Sequence[CostRow]], evidence: _Evidence) -> Money:
    asked = [turn[0] for turn in turns if turn[0].asked]
    spend = sum(call.spend_nusd or 0 for call in calls)
    baseline = sum(turn.baseline_nusd for turn in asked)
    return Money(
        spend_nusd=spend,
        held_nusd=sum(call.held_nusd for call in calls),
        baseline_nusd=baseline,
        saved_nusd=baseline - spend,
        known=_known(calls),
        estimated=_estimated(calls, evidence.split),
        parts=sum_parts(evidence.split[call.id] for call in calls),
        success=_success(asked, spend),
        escalated=proportion(sum(turn.escalations > 0 for turn in asked), len(asked)),
        reasked=proportion(sum(turn.turn in evidence.told.reasks for turn in asked), len(asked)),
        quality=_quality(asked, evidence.premium),
        economy=_economy(calls),
    )


def _known(calls: Sequence[CostRow]) -> tuple[Known, ...]:
    found = []
    for basis in BASES:
        own = [call.spend_nusd or 0 for call in calls if call.basis == basis]
        if own:
            found.append(Known(basis, len(own), sum(own)))
    return tuple(found)


def _estimated(calls: Sequence[CostRow], split: Mapping[str, Mapping[PartName, int]]) -> Estimated:
    broken_off = [call for call in calls if call.basis == "estimated" and call.outcome == "cancelled"]
    cut = [call.spend_nusd or 0 for call in broken_off if "hedges" in split[call.id]]
    stopped = [call.spend_nusd or 0 for call in broken_off if "hedges" not in split[call.id]]
    return Estimated(len(stopped), sum(stopped), len(cut), sum(cut))


def _success(turns: Sequence[CostRow], spend_nusd: int) -> Success:
    """Of turns, told by one call of each."""
    successes = sum(turn.confidence or 0.0 for turn in turns if turn.status == "answered")
    told = len(turns) >= LEAST and successes > 0
    return Success(len(turns), successes, round(spend_nusd / successes) if told else None)


def _quality(turns: Sequence[CostRow], premium: Mapping[str, float]) -> Quality:
    pairs = [
        (turn.confidence, premium[turn.turn]) for turn in turns if turn.turn in premium and turn.confidence is not None
    ]
    difference = mean([given - expected for given, expected in pairs])
    return Quality(
        mean([given for given, _ in pairs]).value, mean([expected for _, expected in pairs]).value, difference
    )


def _economy(calls: Iterable[CostRow]) -> Economy:
    """Of calls that were billed for their input: one that was turned away would not have paid for more."""
    spared = [call for call in calls if call.saved_tokens and call.input_tokens]
    return Economy(len(spared), sum(call.saved_tokens for call in spared), sum(call.saved_nusd for call in spared))


def _groups(
    calls: Sequence[CostRow], turns: Sequence[Sequence[CostRow]], name: Callable[[CostRow], str]
) -> tuple[Group, ...]:
    asked: dict[tuple[bool, str], list[CostRow]] = {}
    for turn in turns:
        if turn[0].asked:
            asked.setdefault((_simulated(turn), name(turn[0])), []).append(turn[0])
    found = []
    for one in slices(calls, name):
        own = asked.get((one.simulated, one.name), [])
        found.append(
            Group(
                one.name,
                one.simulated,
                one.calls,
                one.input_tokens,
                one.output_tokens,
                one.spend_nusd,
                one.held_nusd,
                len(own),
                sum(turn.status == "degraded" for turn in own),
                sum(turn.escalations > 0 for turn in own),
                _success(own, one.spend_nusd),
            )
        )
    return tuple(found)
