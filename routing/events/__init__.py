"""Every event of a turn: the one stream that the ledger keeps and that every screen, report and test reads.

An event is committed to the ledger before it is published (text, reasoning and tool-call deltas alone are
journalled in batches). `seq` counts from 1 within a turn; `at_s` is monotonic seconds since the turn began,
`wall_s` the Unix time.
"""

from __future__ import annotations

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
from routing.events.confidence import ConfidenceMeasured, ConfidencePart, Observation, SecondOpinion
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
from routing.events.request import Advised, ContextCut, Finding, Prechecked, RequestAnalysed, RouteDecided, TurnStarted
from routing.events.stamp import Basis, NextStep, Purpose, Role, Stamp, Status
from routing.events.union import Delta, Event, dump, load

__all__ = [
    "Advised",
    "AttemptFailed",
    "AttemptFinished",
    "AttemptStarted",
    "Basis",
    "BreakerChanged",
    "CapReached",
    "CapWarned",
    "Compared",
    "ConfidenceMeasured",
    "ConfidencePart",
    "ContextCut",
    "Copied",
    "Degraded",
    "Delta",
    "DraftTaken",
    "Escalated",
    "Event",
    "FailedOver",
    "Finding",
    "FirstToken",
    "HedgeCut",
    "HedgeStarted",
    "NextStep",
    "Observation",
    "Prechecked",
    "Purpose",
    "Rated",
    "RatingAsked",
    "ReasoningDelta",
    "RequestAnalysed",
    "Reserved",
    "RetryScheduled",
    "Role",
    "RouteDecided",
    "RouteFrozen",
    "SecondOpinion",
    "Settled",
    "Stamp",
    "Status",
    "SteppedDown",
    "TextDelta",
    "Throttled",
    "ToolCallDelta",
    "TurnFinished",
    "TurnStarted",
    "dump",
    "load",
]
