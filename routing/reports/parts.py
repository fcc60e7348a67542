"""What each nano-dollar went for: the answers that were kept, and the costs that hide behind them.

A call belongs to one part by what became of it. Of a call that gave the answer, what a dearer stand-in and a long
input added is told apart; the rest is the answer's, or a re-ask's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from routing.ledger.costs import CostRow

PartName = Literal[
    "answers",
    "re-asks",
    "long context",
    "superseded drafts",
    "asked again",
    "continuations",
    "retries",
    "failed calls",
    "hedges",
    "stopped",
    "interrupted",
    "side calls",
    "drills",
]
PARTS: tuple[PartName, ...] = get_args(PartName)
DRILLS = frozenset({"drill", "canary", "check"})
_ANSWERED = frozenset({"finished", None})


@dataclass(frozen=True, slots=True)
class Part:
    """`calls` counts those that have money in the part, or none at all: a call with money in several counts in each."""

    name: PartName
    calls: int
    spend_nusd: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger tells beside the calls: which were cut by a quicker one, which give the text that their turn
    shows where several might, which turns ask again, and by call what a dearer stand-in and a long input added."""

    cut: Collection[str] = ()
    shown: Collection[str] = ()
    reasks: Collection[str] = ()
    hedge_nusd: Mapping[str, int] | None = None
    long_nusd: Mapping[str, int] | None = None


def parts_of(turn: Sequence[CostRow], told: Told) -> dict[str, dict[PartName, int]]:
    """Of every call of one turn, in order, its nano-dollars by part. They add up to what was settled."""
    return {call.id: _split(call, part_of(turn, at, told), told) for at, call in enumerate(turn)}


def part_of(turn: Sequence[CostRow], at: int, told: Told) -> PartName:
    """The part of one of the turn's calls."""
    call = turn[at]
    if call.purpose != "answer":
        return "drills" if call.purpose in DRILLS else "side calls"
    if call.outcome in _ANSWERED:
        return _answering(turn, at, told)
    if call.outcome == "superseded":
        return _superseded(turn, at, told)
    if call.role == "hedge" or call.id in told.cut:
        return "hedges"
    if call.outcome == "cancelled":
        return "stopped"
    if call.outcome == "interrupted":
        return "interrupted"
    following = _again(turn, at)
    return "retries" if following is not None and turn[following].role == "retry" else "failed calls"


def sum_parts(split: Iterable[Mapping[PartName, int]]) -> tuple[Part, ...]:
    """The parts that have calls, the answers first, then the dearest."""
    calls, nusd = dict.fromkeys(PARTS, 0), dict.fromkeys(PARTS, 0)
    for amounts in split:
        for name, amount in amounts.items():
            calls[name] += 1
            nusd[name] += amount
    found = [Part(name, calls[name], nusd[name]) for name in PARTS if calls[name]]
    return tuple(sorted(found, key=lambda part: (part.name != "answers", -part.spend_nusd)))


def _answering(turn: Sequence[CostRow], at: int, told: Told) -> PartName:
    call = turn[at]
    rivals = [one for one in turn if one.purpose == "answer" and one.outcome == "finished"]
    if len(rivals) > 1 and call.outcome == "finished" and call.id not in told.shown and _any(rivals, told.shown):
        return "superseded drafts"
    return "continuations" if call.role == "continuation" else "answers"


def _superseded(turn: Sequence[CostRow], at: int, told: Told) -> PartName:
    """A beginning that was gone on with became what the rest of the answer became."""
    following = _again(turn, at)
    role = None if following is None else turn[following].role
    if following is not None and role == "continuation":
        return "answers" if part_of(turn, following, told) == "continuations" else "superseded drafts"
    return "asked again" if role == "again" else "superseded drafts"


def _again(turn: Sequence[CostRow], at: int) -> int | None:
    """The next call, hedges aside, where it is one of the same model."""
    following = next((later for later in range(at + 1, len(turn)) if turn[later].role != "hedge"), None)
    return following if following is not None and turn[following].model == turn[at].model else None


def _any(calls: Iterable[CostRow], ids: Collection[str]) -> bool:
    return any(call.id in ids for call in calls)


def _split(call: CostRow, part: PartName, told: Told) -> dict[PartName, int]:
    spend = call.spend_nusd or 0
    if part != "answers":
        return {part: spend}
    hedge = min(spend, (told.hedge_nusd or {}).get(call.id, 0))
    long = min(spend - hedge, (told.long_nusd or {}).get(call.id, 0))
    split: dict[PartName, int] = {"re-asks" if call.turn in told.reasks else "answers": spend - hedge - long}
    if hedge:
        split["hedges"] = hedge
    if long:
        split["long context"] = long
    return split
