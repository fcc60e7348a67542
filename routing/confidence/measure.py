"""How likely an answer is to be a good one, from itself alone: a sum of log-odds that can be read part by part.

score = σ(base + Σ parts). Priors stand in the modules that read the signals; nothing here asks a model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from routing.analysis.features import Features
from routing.analysis.phrases import words_of
from routing.analysis.reading import head_and_tail, read
from routing.confidence.calibration import UNRATED, Calibration
from routing.confidence.form import HARD, form_parts, is_mostly_code
from routing.confidence.logprobs import content_tokens, logprob_parts, logprob_statistics, unweighed
from routing.confidence.structured import Structured, read_structured
from routing.confidence.substance import substance_parts
from routing.confidence.usual import LogprobStatistic, UsualLogprobs
from routing.confidence.wording import without_doubts, wording_parts
from routing.decision.model import Record
from routing.events import ConfidencePart
from routing.messages import Reply, Request, TokenLogprob

# A plain answer that nothing speaks against is kept about 83 times in 100.
BASE = 1.6
# An answer with a hard fault never scores above σ(−1.5) = .18, whatever else speaks for it.
HARD_CEILING = -1.5
PSEUDO_TURNS = 20
PSEUDO_LABELS = 5
RECORD, CALIBRATION, CEILING = "kept before", "calibration", "ceiling"
"""Parts that are not read off the answer: labels are learned from the sum without them."""
_RECORD_MOST, _RECORD_LEAST = 0.4, -0.8
# The band is ± this many log-odds for one unit of evidence, and narrows with its square root.
_SPREAD = 1.2
_HEAD, _TAIL = 24_000, 8_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """`score` 0..1 with its likely band; the parts' log-odds sum to the score's. `fault` says why an answer that had
    to be JSON is none, or not what its schema wants; `valid` is None when that was not asked or could not be checked.
    `logprobs` are the statistics that were weighed.
    """

    score: float
    low: float
    high: float
    parts: tuple[ConfidencePart, ...]
    valid: bool | None = None
    fault: str = ""
    logprobs: tuple[LogprobStatistic, ...] = ()


def measure(
    request: Request,
    features: Features,
    reply: Reply,
    record: Record | None = None,
    *,
    constrained: bool = False,
    calibration: Calibration = UNRATED,
    usual: Sequence[UsualLogprobs] = (),
    model: str = "",
) -> Measurement:
    """The confidence in `reply`, its parts, and a band that shows how much evidence there is. Pure; the first schema
    takes its time, as the validator is loaded for it.

    `constrained`: the server let the model choose only tokens that keep to the format, while the probabilities that it
    tells may be those of a free choice, so they are not weighed. `calibration` is what labels say of the answers of
    `model`; with a weight of n behind it, it counts n / (n + 5), and so much less does what was kept before.
    `usual` are the lines that logprobs are held against.

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
    statistics = logprob_statistics(reply.logprobs, code=is_mostly_code(plain, len(said)))
    logprobs = list(logprob_parts(statistics, reply.logprobs, usual, model))
    parts += unweighed(logprobs) if constrained else logprobs
    parts += wording_parts(text, len(said))
    if not says_nothing:
        parts += substance_parts(read(request).ask, features, plain, said)
    parts += list(_calibrated(parts, calibration, model, features.task))
    parts += _ceiling(parts)
    tokens = 0 if constrained else content_tokens(reply.logprobs)
    return replace(
        _measurement(parts, _evidence(len(said), tokens, record)),
        valid=None if structured is None or structured.unchecked else not structured.fault,
        fault=structured.fault if structured is not None else "",
        logprobs=() if constrained else statistics,
    )


def measure_so_far(
    text: str,
    logprobs: Sequence[TokenLogprob],
    features: Features,
    record: Record | None = None,
    *,
    calibration: Calibration = UNRATED,
    usual: Sequence[UsualLogprobs] = (),
    model: str = "",
) -> Measurement:
    """The confidence in a part of an answer that is still coming, on the same scale: how sure its tokens are, and how
    its words sound. Form and substance show only at the end."""
    text = text.lower().replace("’", "'")
    said = words_of(without_doubts(text))
    parts = [ConfidencePart("base", "a plain answer", BASE)]
    parts += _record(record)
    statistics = logprob_statistics(logprobs, code=is_mostly_code(text, len(said)))
    parts += logprob_parts(statistics, logprobs, usual, model)
    parts += wording_parts(text, len(said))
    parts += list(_calibrated(parts, calibration, model, features.task))
    return _measurement(parts, _evidence(len(said), content_tokens(logprobs), record))


def _measurement(parts: Sequence[ConfidencePart], evidence: float) -> Measurement:
    log_odds, spread = sum(part.log_odds for part in parts), _SPREAD / math.sqrt(evidence)
    return Measurement(sigmoid(log_odds), sigmoid(log_odds - spread), sigmoid(log_odds + spread), tuple(parts))


def with_part(measured: Measurement, part: ConfidencePart) -> Measurement:
    """With one more thing that speaks for or against the answer."""

    def moved(p: float) -> float:
        return sigmoid(math.log(p / (1 - p)) + part.log_odds) if 0 < p < 1 else p

    return replace(
        measured,
        score=moved(measured.score),
        low=moved(measured.low),
        high=moved(measured.high),
        parts=(*measured.parts, part),
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
    yield ConfidencePart(RECORD, f"{kept} of {record.answered}", max(_RECORD_LEAST, min(_RECORD_MOST, shift)))


def _calibrated(
    parts: Iterable[ConfidencePart], calibration: Calibration, model: str, task: str
) -> Iterator[ConfidencePart]:
    """The way from what the answer shows to what labels speak for: ratings, and signs of less weight. The score without
    it is a prior of its own, so nothing jumps at the first. What was kept before fades as labels of this very model
    and task come: what is found bad is missing there, too, and must not count twice."""
    labels = calibration.overall.labels
    if labels <= 0:
        return
    kept = sum(part.log_odds for part in parts if part.name == RECORD)
    shown = sum(part.log_odds for part in parts) - kept
    line = calibration.line(model, task)
    own = line.labels if line.model == model else 0.0
    shift = _share(labels) * (calibration.calibrated(shown, model, task) - shown) - _share(own) * kept
    yield ConfidencePart(CALIBRATION, f"{labels:.3g} label{'s' * (labels != 1)}", shift)


def _share(labels: float) -> float:
    return labels / (labels + PSEUDO_LABELS)


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
