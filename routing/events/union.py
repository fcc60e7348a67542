"""All events as one type, and each to JSON and back."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from routing.events.calls import (
    AttemptFailed,
    AttemptFinished,
    AttemptStarted,
    FirstToken,
    ReasoningDelta,
    Reserved,
    Settled,
    TextDelta,
    ToolCallDelta,
)
from routing.events.confidence import ConfidenceMeasured, SecondOpinion
from routing.events.ending import Compared, Copied, Degraded, DraftTaken, Rated, RatingAsked, TurnFinished
from routing.events.limits import CapReached, CapWarned, RouteFrozen, Throttled
from routing.events.path import (
    BreakerChanged,
    Escalated,
    FailedOver,
    HedgeCut,
    HedgeStarted,
    RetryScheduled,
    SteppedDown,
)
from routing.events.request import Advised, ContextCut, Prechecked, RequestAnalysed, RouteDecided, TurnStarted

Event = Annotated[
    TurnStarted
    | RequestAnalysed
    | Advised
    | RouteDecided
    | Reserved
    | AttemptStarted
    | FirstToken
    | TextDelta
    | ReasoningDelta
    | ToolCallDelta
    | AttemptFinished
    | AttemptFailed
    | RetryScheduled
    | BreakerChanged
    | HedgeStarted
    | HedgeCut
    | Prechecked
    | ContextCut
    | Throttled
    | RouteFrozen
    | CapWarned
    | ConfidenceMeasured
    | SecondOpinion
    | Escalated
    | FailedOver
    | SteppedDown
    | CapReached
    | Degraded
    | Settled
    | TurnFinished
    | DraftTaken
    | RatingAsked
    | Rated
    | Compared
    | Copied,
    Field(discriminator="type"),
]
Delta = TextDelta | ReasoningDelta | ToolCallDelta

_ADAPTER: TypeAdapter[Any] = TypeAdapter(Event)


def dump(event: Event) -> bytes:
    """The event as JSON."""
    return _ADAPTER.dump_json(event)


def load(body: bytes | str) -> Event:
    """The event back from its JSON. Raises pydantic's ValidationError when it is none."""
    event: Event = _ADAPTER.validate_json(body)
    return event
