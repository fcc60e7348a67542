"""The track before Enter: where the prompt would go, were it sent now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from routing.money import format_usd
from routing.narration import sees_earlier

if TYPE_CHECKING:
    from routing.decision.model import Candidate, Decision
    from routing.execution.prechecks import Handling
    from routing.messages import Request

_BETWEEN = " · "
_DOES = {"ask": "asks first", "mask": "masked", "local": "kept here"}


def track(decision: Decision, request: Request, held: str = "") -> str:
    """`→ small shunter · ≈ $0.0003 · 1 s · may climb to mid`, or why nothing would be asked. `held` is what is done
    about personal data."""
    if decision.chosen is None:
        return _BETWEEN.join(filter(None, ("→ nothing may be asked: F3 says why", held)))
    candidate = decision.candidate(decision.chosen)
    parts = [f"→ {candidate.tier} {candidate.model.split('/')[-1]}", _cost(candidate), _seconds(candidate.latency_s)]
    if sees_earlier(decision, request):
        parts.insert(1, "must see an earlier image")
    if decision.stands_in:
        parts.insert(1, "stands in")
    if held:
        parts.insert(1, held)
    above = [decision.candidate(rung.models[0]).tier for rung in decision.ladder[1:]]
    if above and decision.mode == "cascade" and decision.ladder[0].threshold is not None:
        parts.append(f"may climb to {above[-1]}")
    elif above and decision.mode == "premium_first":
        parts.append(f"steps down to {above[-1]} if slow")
    return _BETWEEN.join(parts)


def fitted(said: str, room: int) -> str:
    """As many of its parts, the first first, as `room` cells hold: none is told by half."""
    parts = said.split(_BETWEEN)
    while len(parts) > 1 and cell_len(_BETWEEN.join(parts)) > room:
        parts.pop()
    return _BETWEEN.join(parts)


def held_back(personal: Handling) -> str:
    """`masked: an e-mail address`, or `! an e-mail address: sent as it is`; nothing where it stays on this machine."""
    kinds, word = ", ".join(personal.kinds), _DOES.get(personal.does, "")
    if not word:
        return f"! {kinds}: sent as it is" if kinds and not personal.stays else ""
    if personal.earlier:
        word += " as earlier in this chat"
    return f"{word}: {kinds}" if kinds else word if personal.earlier else ""


def worst_nusd(decision: Decision) -> int | None:
    """The most that a call on every rung could cost, with a second one where the first may be hedged; within what the
    message may spend. None where nothing may be asked."""
    if not decision.ladder:
        return None
    rungs = [rung.worst_nusd for rung in decision.ladder]
    beside = rungs[0] if decision.hedge_after_s is not None else 0
    return min(sum(rungs) + beside, decision.credit_nusd)


def _cost(candidate: Candidate) -> str:
    if candidate.worst_nusd == 0:
        return "free"
    simulated = " sim" if candidate.simulated else ""
    if not candidate.price_known:
        return f"≤ {format_usd(candidate.worst_nusd)}, price unknown"
    return f"≈ {format_usd(candidate.cost_nusd)}{simulated}"


def _seconds(latency_s: float) -> str:
    return f"{latency_s:.0f} s" if latency_s >= 1 else f"{latency_s:.1f} s"
