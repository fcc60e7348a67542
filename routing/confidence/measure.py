"""How likely an answer is to be a good one, from itself alone: a sum of log-odds that can be read part by part.

score = σ(base + Σ parts). Priors stand in the modules that read the signals; nothing here asks a model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from routing.analysis.features import Features
from routing.analysis.phrases import words_of
from routing.analysis.reading import head_and_tail, read
from routing.confidence.calibration import UNRATED, Calibration
from routing.confidence.form import HARD, form_parts, is_mostly_code
from routing.confidence.logprobs import content_tokens, logprob_parts, unweighed
from routing.confidence.structured import Structured, read_structured
from routing.confidence.substance import substance_parts
from routing.confidence.wording import without_doubts, wording_parts
from routing.decision.model import Record
from routing.events import ConfidencePart
from routing.messages import Reply, Request

# A plain answer that nothing speaks against is kept about 83 times in 100.
BASE = 1.6
# An answer with a hard fault never scores above σ(−1.5) = .18, whatever else speaks for it.
HARD_CEILING = -1.5
PSEUDO_TURNS = 20
PSEUDO_RATINGS = 5
CALIBRATION, CEILING = "calibration", "ceiling"
"""Parts that come after what was measured: labels are learned from the sum without them."""
_RECORD_MOST, _RECORD_LEAST = 0.4, -0.8
# The band is ± this many log-odds for one unit of evidence, and narrows with its square root.
_SPREAD = 1.2
_HEAD, _TAIL = 24_000, 8_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """`score` 0..1 with its likely band; the parts' log-odds sum to the score's. `fault` says why an answer that had
    to be JSON is none, or not what its schema wants; `valid` is None when that was not asked or could not be checked.
    """

    score: float
    low: float
    high: float
    parts: tuple[ConfidencePart, ...]
    valid: bool | None = None
    fault: str = ""


def measure(
    request: Request,
    features: Features,
    reply: Reply,
    record: Record | None = None,
    *,
    constrained: bool = False,
    calibration: Calibration = UNRATED,
    model: str = "",
) -> Measurement:
    """The confidence in `reply`, its parts, and a band that shows how much evidence there is. Pure; the first schema
    takes its time, as the validator is loaded for it.

    `constrained`: the server let the model choose only tokens that keep to the format, while the probabilities that it
    tells may be those of a free choice, so they are not weighed. `calibration` is what ratings say of the scores of
    `model`; with n of them behind it, it counts n / (n + 5).

    The band is ± 1.2 / √units in log-odds; units: 1 for the prior, up to 1 for words read (100), up to 2 for logprobs
    (100 tokens), up to 2 for the model's record (40 turns).
    """
    text = head_and_tail(reply.text, _HEAD, _TAIL).lower().replace("’", "'")
    plain = without_doubts(text)
    said = words_of(plain)
    says_nothing = not any(character.isalnum() or ord(character) > 0x2000 for character in plain)
    parts = [ConfidencePart("base", "a plain answer", BASE)]
    parts += _record(record)
    structured = _structured(request, features, reply)
    parts += form_parts(reply, structured, says_nothing=says_nothing)
    logprobs = list(logprob_parts(reply.logprobs, code=is_mostly_code(plain, len(said))))
    parts += unweighed(logprobs) if constrained else logprobs
    parts += wording_parts(text, len(said))
    if not says_nothing:
        parts += substance_parts(read(request).ask, features, plain, said)
    parts += _calibrated(sum(part.log_odds for part in parts), calibration, model, features.task)
    parts += _ceiling(parts)
    log_odds = sum(part.log_odds for part in parts)
    tokens = 0 if constrained else content_tokens(reply.logprobs)
    spread = _SPREAD / math.sqrt(_evidence(len(said), tokens, record))
    return Measurement(
        score=sigmoid(log_odds),
        low=sigmoid(log_odds - spread),
        high=sigmoid(log_odds + spread),
        parts=tuple(parts),
        valid=None if structured is None or structured.unchecked else not structured.fault,
        fault=structured.fault if structured is not None else "",
    )


def _structured(request: Request, features: Features, reply: Reply) -> Structured | None:
    """The answer as JSON where JSON was asked for. A call of a tool is another kind of answer."""
    if features.response_format == "text" or (reply.tool_calls and not reply.text.strip()):
        return None
    return read_structured(reply.text, request.schema)


def sigmoid(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _record(record: Record | None) -> Iterator[ConfidencePart]:
    """The share of this model's answers of this kind that were kept, drawn to the base by 20 pseudo-turns."""
    if record is None or record.answered <= 0:
        return
    kept = min(max(record.kept, 0), record.answered)
    pooled = (kept + PSEUDO_TURNS * sigmoid(BASE)) / (record.answered + PSEUDO_TURNS)
    pooled = min(pooled, 1 - 1e-9)
    shift = math.log(pooled / (1 - pooled)) - BASE
    yield ConfidencePart("kept before", f"{kept} of {record.answered}", max(_RECORD_LEAST, min(_RECORD_MOST, shift)))


def _calibrated(log_odds: float, calibration: Calibration, model: str, task: str) -> Iterator[ConfidencePart]:
    """The way to what ratings speak for. The score without it is a prior of its own, so nothing jumps at the first."""
    ratings = calibration.overall.labels
    if ratings > 0:
        share = ratings / (ratings + PSEUDO_RATINGS)
        shift = share * (calibration.calibrated(log_odds, model, task) - log_odds)
        yield ConfidencePart(CALIBRATION, f"{ratings:.0f} rating{'s' * (round(ratings) != 1)}", shift)


def _ceiling(parts: list[ConfidencePart]) -> Iterator[ConfidencePart]:
    fault = next((part for part in parts if part.name in HARD), None)
    above = sum(part.log_odds for part in parts) - HARD_CEILING
    if fault is not None and above > 0:
        yield ConfidencePart(CEILING, fault.name, -above)


def _evidence(said: int, tokens: int, record: Record | None) -> float:
    from_words = min(said, 100) / 100
    from_tokens = 1 + min(tokens, 100) / 100 if tokens else 0.0
    from_record = min(max(record.answered, 0), 40) / 20 if record else 0.0
    return 1 + from_words + from_tokens + from_record
