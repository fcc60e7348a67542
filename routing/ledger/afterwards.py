"""What a user says of a turn once it has ended: events that follow its last. Each function looks at all events of a
turn and gives the one that is to be added, or None where there is nothing to say it of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from routing import events as ev

Afterword = ev.DraftTaken | ev.RatingAsked | ev.Rated | ev.Compared | ev.Copied


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
    if end is None or end.attempt is None or not _may_be_asked(told, end):
        return None
    return ev.RatingAsked(**_stamp(told, end, wall_s), attempt=end.attempt, propensity=propensity)


def ask_of_draft(told: Sequence[ev.Event], wall_s: float, propensity: float) -> ev.RatingAsked | None:
    """The user is asked about the last draft that was left for the answer: nobody else would say whether it was as weak
    as it looked. None where there is no such draft, or where the turn has no answer, was asked about, or is rated."""
    end = end_of(told)
    drafts = [event.attempt for event in told if isinstance(event, ev.Escalated)]
    if end is None or not _may_be_asked(told, end) or not drafts or drafts[-1] == end.attempt:
        return None
    scores = [event for event in told if isinstance(event, ev.ConfidenceMeasured) and event.attempt == drafts[-1]]
    if not scores or scores[-1].provisional:
        return None
    return ev.RatingAsked(**_stamp(told, end, wall_s), attempt=drafts[-1], propensity=propensity)


def rate(told: Sequence[ev.Event], wall_s: float, good: bool, attempt: str | None = None) -> ev.Rated | None:
    """The user finds an answer good or bad: that of the turn, or of one of its attempts. None where that one gave no
    answer that was measured, or is rated so already."""
    end = end_of(told)
    rated = attempt or (end.attempt if end is not None else None)
    if end is None or rated is None or not _judged(told, rated) or rating_of(told, rated) is good:
        return None
    asked = any(isinstance(event, ev.RatingAsked) and event.attempt == rated for event in told)
    return ev.Rated(**_stamp(told, end, wall_s), attempt=rated, good=good, solicited=asked)


def compare(told: Sequence[ev.Event], wall_s: float, draft: str, better: str | None) -> ev.Compared | None:
    """The user finds a draft, or the turn's answer, the `better` of the two; None: neither. None where one of them was
    not measured, or that is known."""
    end = end_of(told)
    if end is None or end.attempt is None or end.attempt == draft or better not in (draft, end.attempt, None):
        return None
    known = [event.better for event in told if isinstance(event, ev.Compared) and event.attempt == draft]
    if not _judged(told, draft) or not _judged(told, end.attempt) or known[-1:] == [better]:
        return None
    return ev.Compared(**_stamp(told, end, wall_s), attempt=draft, other=end.attempt, better=better)


def copy(told: Sequence[ev.Event], wall_s: float, attempt: str | None = None) -> ev.Copied | None:
    """The user copies the answer of the turn, or of one of its attempts. None where that one gave no answer that was
    measured, or was copied before."""
    end = end_of(told)
    copied = attempt or (end.attempt if end is not None else None)
    before = any(isinstance(event, ev.Copied) and event.attempt == copied for event in told)
    if end is None or copied is None or before or not _judged(told, copied):
        return None
    return ev.Copied(**_stamp(told, end, wall_s), attempt=copied)


def rating_of(told: Sequence[ev.Event], attempt: str) -> bool | None:
    """The last word on an attempt's answer."""
    words = [event.good for event in told if isinstance(event, ev.Rated) and event.attempt == attempt]
    return words[-1] if words else None


def end_of(told: Sequence[ev.Event]) -> ev.TurnFinished | None:
    """The last event that the turn itself told; None while it runs."""
    return next((event for event in reversed(told) if isinstance(event, ev.TurnFinished)), None)


def _may_be_asked(told: Sequence[ev.Event], end: ev.TurnFinished) -> bool:
    known = any(isinstance(event, ev.RatingAsked | ev.Rated) for event in told)
    return end.status == "answered" and not known and _answers(told)


def _judged(told: Sequence[ev.Event], attempt: str) -> bool:
    """Whether the attempt answered somebody to its end, or was left for a stronger model, and was measured."""
    scores = [event for event in told if isinstance(event, ev.ConfidenceMeasured) and event.attempt == attempt]
    left = any(isinstance(event, ev.Escalated) and event.attempt == attempt for event in told)
    return bool(scores) and (left or not scores[-1].provisional) and _answers(told)


def _answers(told: Sequence[ev.Event]) -> bool:
    """Whether the turn answers somebody: a drill or a summary answers nobody."""
    return bool(told) and isinstance(told[0], ev.TurnStarted) and told[0].purpose == "answer"


def _stamp(told: Sequence[ev.Event], end: ev.TurnFinished, wall_s: float) -> dict[str, Any]:
    return {"turn": end.turn, "seq": told[-1].seq + 1, "at_s": end.at_s, "wall_s": wall_s}
