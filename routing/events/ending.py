"""How a turn ended, and what the user said of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.events.stamp import Stamp, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded(Stamp):
    """`level`: kept_draft (the best draft is shown as below the floor), reduced (a labelled extract that was made on
    this machine), static (a card). `tried` are sentences; `again_in_s` None: when it can work is not known."""

    type: Literal["Degraded"] = "Degraded"
    level: Literal["kept_draft", "reduced", "static"]
    cause: str
    tried: tuple[str, ...]
    do: str
    again_in_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFinished(Stamp):
    """The last event that the turn itself tells. `attempt` gave the reply (None: a degraded card).

    `path` tells the models in order with what became of each (`a/small superseded`, `b/large answered`);
    `spend_nusd` is real money, unless every attempt was simulated; `baseline_nusd` is what the dearest model would
    have cost for the same tokens.
    """

    type: Literal["TurnFinished"] = "TurnFinished"
    status: Status
    attempt: str | None
    provider: str | None
    model: str | None
    tier: str | None
    confidence: float | None
    below_floor: bool
    path: tuple[str, ...]
    latency_s: float
    first_token_s: float | None
    spend_nusd: int
    simulated_spend_nusd: int
    baseline_nusd: int
    simulated: bool
    sentence: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTaken(Stamp):
    """After the end: the user takes the text of `attempt`, which the turn could not vouch for, for its answer. `at_s`
    stays that of the end, `wall_s` tells when."""

    type: Literal["DraftTaken"] = "DraftTaken"
    attempt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingAsked(Stamp):
    """After the end: the user is asked whether the answer of `attempt` is good, which happens to a share of turns,
    `propensity`, whatever they are. The attempt is the one that answered, or a draft that was left for it."""

    type: Literal["RatingAsked"] = "RatingAsked"
    attempt: str
    propensity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated(Stamp):
    """After the end: what the user says of the answer of `attempt`; the last word counts. `solicited`: after
    `RatingAsked`, so that it says something of answers that nobody would have rated."""

    type: Literal["Rated"] = "Rated"
    attempt: str
    good: bool
    solicited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Stamp):
    """After the end: the user holds the superseded draft of `attempt` against the answer, that of `other`, and finds
    one of the two `better`; None: neither. The last word counts."""

    type: Literal["Compared"] = "Compared"
    attempt: str
    other: str
    better: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied(Stamp):
    """After the end: the user copies what `attempt` said, for the first time."""

    type: Literal["Copied"] = "Copied"
    attempt: str
