"""Why another call follows: a retry, a hedge, a stronger model, another provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.events.stamp import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(Stamp):
    """`attempt` is the answer that the model is to give once more, as it was not in the form asked for; None after a
    failure."""

    type: Literal["RetryScheduled"] = "RetryScheduled"
    model: str
    wait_s: float
    why: str
    attempt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged(Stamp):
    """Of a provider, or of one `model` of it. `again_in_s` None with `open`: until the configuration changes."""

    type: Literal["BreakerChanged"] = "BreakerChanged"
    provider: str
    state: Literal["open", "half_open", "closed"]
    why: str
    again_in_s: float | None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeStarted(Stamp):
    """Nothing had come from the attempt that `attempt` hedges for `after_s`, so another provider is asked as well."""

    type: Literal["HedgeStarted"] = "HedgeStarted"
    attempt: str
    to_model: str
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeCut(Stamp):
    """`winner` began to answer first, so `attempt` was stopped."""

    type: Literal["HedgeCut"] = "HedgeCut"
    attempt: str
    winner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(Stamp):
    """The draft of `attempt` stays, superseded; a stronger model is asked."""

    type: Literal["Escalated"] = "Escalated"
    attempt: str
    from_model: str
    to_model: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedOver(Stamp):
    type: Literal["FailedOver"] = "FailedOver"
    attempt: str | None
    from_model: str
    to_model: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedDown(Stamp):
    """Premium first: the time budget was exceeded, a quicker model is asked."""

    type: Literal["SteppedDown"] = "SteppedDown"
    attempt: str | None
    from_model: str
    to_model: str
    why: str
