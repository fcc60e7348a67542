"""What the model's own token probabilities say of its answer.

The statistics are those of token-level cascades (mean, mean of the lowest tenth, weakest window, first margin), each
against what is usual for an answer of that length: the tail of a longer answer reaches lower by chance alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from routing.events import ConfidencePart
from routing.messages import TokenLogprob

WINDOW = 32
# Below this many tokens the tail and the window say nothing that the mean does not.
SHORT = 10
_LOWEST = -20.0
_MOST_TOKENS = 20_000

# (weight in log-odds, usual value, nats that make one step): z = (value − usual) / step, held within −3 .. ceiling.
_MEAN_WEIGHT, _MEAN_USUAL, _MEAN_STEP = 0.5, -0.45, 0.45
_CODE_USUAL = -0.25
_SHORT_FACTOR = 1.6
_TAIL_WEIGHT, _TAIL_STEP = 0.35, 1.4
_WINDOW_WEIGHT, _WINDOW_STEP = 0.3, 0.7
_MARGIN_WEIGHT, _MARGIN_USUAL, _MARGIN_STEP = 0.5, 1.5, 1.5


def logprob_parts(tokens: Sequence[TokenLogprob], *, code: bool) -> Iterator[ConfidencePart]:
    """Parts out of the tokens that carry content; none when there are no such tokens.

    `code`: most of the answer is code, whose tokens are surer.
    """
    content = [token for token in tokens[:_MOST_TOKENS] if token.token.strip() and not math.isnan(token.logprob)]
    if not content:
        return
    values = [_bounded(token.logprob) for token in content]
    count, mean = len(values), sum(values) / len(values)
    weight = _MEAN_WEIGHT * (_SHORT_FACTOR if count < SHORT else 1.0)
    usual = _CODE_USUAL if code else _MEAN_USUAL
    yield _part("mean logprob", mean, weight * _step(mean, usual, _MEAN_STEP, 0.8))
    if count >= SHORT:
        tail = _lowest_tenth(values)
        yield _part("tail-10 % logprob", tail, _TAIL_WEIGHT * _step(tail, usual_tail(count), _TAIL_STEP, 0.6))
        weakest = _weakest_window(values)
        drift = -0.55 - 0.1 * math.log(max(1.0, count / WINDOW))
        yield _part(f"weakest {WINDOW} tokens", weakest, _WINDOW_WEIGHT * _step(weakest, drift, _WINDOW_STEP, 0.6))
    yield from _first_margin(content[0])


def unweighed(parts: Sequence[ConfidencePart]) -> list[ConfidencePart]:
    """What was read, for the record: tokens that a schema chose say nothing of how sure the model was."""
    return [ConfidencePart(part.name, f"{part.raw}, not weighed: the format was forced", 0.0) for part in parts]


def content_tokens(tokens: Sequence[TokenLogprob]) -> int:
    """How many tokens the parts were read from."""
    return sum(bool(token.token.strip()) and not math.isnan(token.logprob) for token in tokens[:_MOST_TOKENS])


def usual_tail(count: int) -> float:
    """The usual mean of the lowest tenth of `count` tokens, in nats."""
    return -1.2 - 0.25 * math.log(count)


def _first_margin(first: TokenLogprob) -> Iterator[ConfidencePart]:
    if first.second is not None and not math.isnan(first.second):
        margin = _bounded(first.logprob) - _bounded(first.second)
        step = _step(margin, _MARGIN_USUAL, _MARGIN_STEP, 0.4, lowest=-1.0)
        yield _part("first token's margin", margin, _MARGIN_WEIGHT * step)


def _lowest_tenth(values: Sequence[float]) -> float:
    lowest = sorted(values)[: max(1, len(values) // 10)]
    return sum(lowest) / len(lowest)


def _weakest_window(values: Sequence[float]) -> float:
    """The lowest mean over consecutive tokens; the mean of all when they are fewer than a window."""
    size = min(WINDOW, len(values))
    running = weakest = sum(values[:size])
    for n in range(size, len(values)):
        running += values[n] - values[n - size]
        weakest = min(weakest, running)
    return weakest / size


def _step(value: float, usual: float, step: float, ceiling: float, lowest: float = -3.0) -> float:
    return max(lowest, min(ceiling, (value - usual) / step))


def _bounded(logprob: float) -> float:
    return max(_LOWEST, min(0.0, logprob))


def _part(name: str, value: float, log_odds: float) -> ConfidencePart:
    return ConfidencePart(name, f"{value:.1f} nats".replace("-", "−"), log_odds)
