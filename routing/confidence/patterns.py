"""How models fail, again and again: in format, in language, in length, by refusing. What one answer says of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from routing.analysis.features import Features, TaskClass
from routing.analysis.language import UNKNOWN
from routing.decision.model import Pattern
from routing.events import ConfidencePart, Observation
from routing.messages import Reply

LEAST_ANSWERS = 5
KNOWN_SHARE = 0.4
# The standard normal's quantile at .95: both ends of a 90 % interval.
_Z = 1.645
# A shorter answer has no language to be wrong in.
_LANGUAGE_CHARS = 60
_REFUSED = frozenset({"refusal", "content filter"})
_WRONG_LENGTH = frozenset({"length", "cut off"})


def observed(
    features: Features, reply: Reply, parts: Iterable[ConfidencePart], valid: bool | None
) -> tuple[Observation, ...]:
    """What `measure` found in the reply, as observations; `parts` and `valid` are its measurement's.

    A refusal says nothing of form, and an answer that was cut off says nothing of its format.
    """
    names = {part.name for part in parts}
    return tuple(_observed(features, reply, names, valid))


def known(pattern: Pattern) -> bool:
    """Whether there is enough evidence to warn: at least 5 answers, and the lower end of the 90 % Wilson score
    interval (Wilson 1927; two-sided, z = 1.645) of seen / of is at least .4."""
    return pattern.of >= LEAST_ANSWERS and _wilson_lower(pattern.seen, pattern.of) >= KNOWN_SHARE


def _observed(features: Features, reply: Reply, names: set[str], valid: bool | None) -> Iterator[Observation]:
    refused, task = not _REFUSED.isdisjoint(names), features.task.value
    if "empty" in names and not refused:
        return
    yield Observation("refusal", task, refused)
    if refused or not reply.text.strip():
        return
    yield Observation("length", task, not _WRONG_LENGTH.isdisjoint(names))
    if valid is not None and "cut off" not in names:
        yield Observation("format", features.response_format, not valid)
    if "language" in names or _has_language(features, reply):
        yield Observation("language", features.language, "language" in names)


def _has_language(features: Features, reply: Reply) -> bool:
    """Whether the answer is long enough, and prose, in a language that was known and not to be left."""
    told = features.language != UNKNOWN and features.task is not TaskClass.TRANSLATION
    return told and features.response_format == "text" and len(reply.text) >= _LANGUAGE_CHARS


def _wilson_lower(seen: int, of: int) -> float:
    share, z2 = seen / of, _Z**2
    centre = share + z2 / (2 * of)
    margin = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return (centre - margin) / (1 + z2 / of)
