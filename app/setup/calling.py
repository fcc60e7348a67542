"""One cheap call of a provider: does it really answer, how soon, and for how much."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.errors import ErrorKind
from routing.money import format_usd
from routing.registry.model import Model
from routing.router import Router
from routing.trace import AttemptView, Trace

if TYPE_CHECKING:
    from app.sources import Sources

_TOKENS = 10_000
"""Any number: it only weighs prices against each other."""


@dataclass(frozen=True, slots=True)
class Called:
    """How the call went. `problem` is a sentence, or None when it was answered; `price_known` False: the money is a
    bound; `asked` False: the call never went out, such as at a cap; `refused`: its key was."""

    model: str
    problem: str | None
    latency_s: float
    spend_nusd: int
    simulated: bool
    price_known: bool
    asked: bool = True
    refused: bool = False

    @property
    def ok(self) -> bool:
        return self.problem is None

    @property
    def failed(self) -> bool:
        """Whether the provider was asked and did not answer."""
        return self.asked and not self.ok


def told(called: Called) -> str:
    """`gpt-4o-mini answered in 0.8 s for $0.0001`; a call that failed: its sentence."""
    if called.problem is not None:
        return called.problem
    return f"{called.model.partition('/')[2]} answered in {_seconds(called.latency_s)} for {_cost(called)}"


async def call_each(router: Router, sources: Sources) -> dict[str, Called]:
    """The cheapest model of every provider that has any, all at once."""
    chosen = {}
    for checked in sources.checked:
        model = cheapest(model for model in sources.registry.models if model.provider == checked.config.name)
        if model is not None:
            chosen[checked.config.name] = model
    answers = await asyncio.gather(*(call(router, model) for model in chosen.values()))
    return dict(zip(chosen, answers, strict=True))


def cheapest(models: Iterable[Model]) -> Model | None:
    """The model whose call costs least: those with a price before those without, small ones first among equals."""
    return min(models, key=_dearness, default=None)


async def call(router: Router, model: Model) -> Called:
    """Ask the model for one word. It is reserved and settled as every call is. Raises StorageError."""
    turn = router.drill(model.id)
    async for _ in turn.events():
        pass
    return _read(turn.trace, model)


def _bound(usd: str) -> str:
    return usd if usd.startswith("<") else f"≤ {usd}"


def _seconds(s: float) -> str:
    return f"{s:.1f} s" if s >= 0.05 else "<0.1 s"


def _cost(called: Called) -> str:
    if not called.price_known:
        return f"{_bound(format_usd(called.spend_nusd))}, price unknown"
    if called.spend_nusd == 0:
        return "nothing"
    return format_usd(called.spend_nusd) + (" sim" if called.simulated else "")


def _dearness(model: Model) -> tuple[bool, bool, int, int, str]:
    price = model.price
    cost = price.of(_TOKENS, _TOKENS) if price else 0
    size = {"small": 0, "mid": 1, "large": 2}.get(model.tier, 1)
    return model.lifecycle == "deprecated", price is None, cost, size, model.id


def _read(trace: Trace, model: Model) -> Called:
    attempt = trace.attempts[-1] if trace.attempts else None
    end = trace.finished
    return Called(
        model=model.id,
        problem=None if attempt is not None and _answered(attempt) else _problem(trace, attempt, model),
        latency_s=end.latency_s if end else trace.at_s,
        spend_nusd=trace.spend_nusd,
        simulated=model.simulated,
        price_known=model.price is not None,
        asked=attempt is not None,
        refused=attempt is not None and attempt.failure is not None and attempt.failure.kind == ErrorKind.AUTH,
    )


def _answered(attempt: AttemptView) -> bool:
    """Whether anything came; a reply that was cut at its few tokens is one too."""
    if attempt.failure is not None:
        return attempt.failure.kind == "length"
    came = attempt.characters or attempt.reasoning_characters or attempt.usage.output_tokens
    return attempt.state == "finished" and bool(came)


def _problem(trace: Trace, attempt: AttemptView | None, model: Model) -> str:
    if attempt is not None and attempt.failure is not None:
        return attempt.failure.sentence
    if attempt is not None and attempt.state == "finished":
        return f"{model.id} sent an empty answer."
    if trace.notes:
        return trace.notes[-1].sentence
    told = trace.finished.sentence if trace.finished else ""
    return told or f"{model.id} was not called."
