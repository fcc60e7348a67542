"""What a user says of a turn once it has ended: events that follow its last. Each function looks at all events of a
turn and gives the one that is to be added, or None where there is nothing to say it of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from routing import events as ev

Afterword = ev.DraftTaken | ev.RatingAsked | ev.Rated


def take_draft(told: Sequence[ev.Event], wall_s: float) -> ev.DraftTaken | None:
    """The user takes what a degraded turn shows for its answer. None when it shows no model's text, was taken already,
    or is no degraded turn."""
    end = end_of(told)
    taken = any(isinstance(event, ev.DraftTaken) for event in told)
    if end is None or end.status != "degraded" or end.attempt is None or taken:
        return None
    return ev.DraftTaken(**_stamp(told, end, wall_s), attempt=end.attempt)


def ask_rating(told: Sequence[ev.Event], wall_s: float, propensity: float) -> ev.RatingAsked | None:
    """The user is asked about the answer. None where a turn has none, was asked about, or is rated."""
    end = end_of(told)
    known = any(isinstance(event, ev.RatingAsked | ev.Rated) for event in told)
    if end is None or end.status != "answered" or end.attempt is None or known or not _answers(told):
        return None
    return ev.RatingAsked(**_stamp(told, end, wall_s), attempt=end.attempt, propensity=propensity)


def rate(told: Sequence[ev.Event], wall_s: float, good: bool, attempt: str | None = None) -> ev.Rated | None:
    """The user finds an answer good or bad: that of the turn, or of one of its attempts. None where that one gave no
    answer that was measured, or is rated so already."""
    end = end_of(told)
    rated = attempt or (end.attempt if end is not None else None)
    measured = any(isinstance(event, ev.ConfidenceMeasured) and event.attempt == rated for event in told)
    if end is None or rated is None or not measured or not _answers(told) or rating_of(told, rated) is good:
        return None
    asked = any(isinstance(event, ev.RatingAsked) and event.attempt == rated for event in told)
    return ev.Rated(**_stamp(told, end, wall_s), attempt=rated, good=good, solicited=asked)


def rating_of(told: Sequence[ev.Event], attempt: str) -> bool | None:
    """The last word on an attempt's answer."""
    words = [event.good for event in told if isinstance(event, ev.Rated) and event.attempt == attempt]
    return words[-1] if words else None


def end_of(told: Sequence[ev.Event]) -> ev.TurnFinished | None:
    """The last event that the turn itself told; None while it runs."""
    return next((event for event in reversed(told) if isinstance(event, ev.TurnFinished)), None)


def _answers(told: Sequence[ev.Event]) -> bool:
    """Whether the turn answers somebody: a drill or a summary answers nobody."""
    return bool(told) and isinstance(told[0], ev.TurnStarted) and told[0].purpose == "answer"


def _stamp(told: Sequence[ev.Event], end: ev.TurnFinished, wall_s: float) -> dict[str, Any]:
    return {"turn": end.turn, "seq": told[-1].seq + 1, "at_s": end.at_s, "wall_s": wall_s}
