"""How unlike the chat so far a prompt is."""

from __future__ import annotations

from routing.analysis.phrases import words_of
from routing.messages import Request, TextPart

_LAST_MESSAGES = 20
_LOOK_AT = 1_000


def novelty(request: Request) -> float:
    """1 − the largest Jaccard overlap of its words with one of the user's last 20 messages; 1 in a new chat."""
    words = frozenset(words_of(request.text[:_LOOK_AT].lower()))
    earlier = [message for message in request.history[-2 * _LAST_MESSAGES :] if message.role == "user"]
    likeness = 0.0
    for message in earlier:
        text = " ".join(part.text[:_LOOK_AT] for part in message.content if isinstance(part, TextPart))
        others = frozenset(words_of(text[:_LOOK_AT].lower()))
        if words or others:
            likeness = max(likeness, len(words & others) / len(words | others))
    return round(1.0 - likeness, 3)
