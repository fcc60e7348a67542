"""What the model's own token probabilities say of its answer.

The statistics are those of token-level cascades (mean, mean of the lowest tenth, weakest window, first margin), each
against what is usual for an answer of that length: the tail of a longer answer reaches lower by chance alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from routing.confidence.usual import WINDOW, LogprobStatistic, Statistic, UsualLogprobs, line_of, step, usual
from routing.events import ConfidencePart
from routing.messages import TokenLogprob

# Below this many tokens the tail and the window say nothing that the mean does not.
SHORT = 10
_LOWEST = -20.0
_MOST_TOKENS = 20_000

# (weight in log-odds, ceiling): z = (value − usual) / step, held within −3 .. ceiling.
_WEIGHTS: dict[Statistic, tuple[float, float]] = {"mean": (0.5, 0.8), "tail": (0.35, 0.6), "weakest": (0.3, 0.6)}
_NAMES: dict[Statistic, str] = {
    "mean": "mean logprob",
    "tail": "tail-10 % logprob",
    "weakest": f"weakest {WINDOW} tokens",
}
_SHORT_FACTOR = 1.6
_MARGIN_WEIGHT, _MARGIN_USUAL, _MARGIN_STEP = 0.5, 1.5, 1.5


def logprob_statistics(tokens: Sequence[TokenLogprob], *, code: bool) -> tuple[LogprobStatistic, ...]:
    """The statistics of the tokens that carry content; none when there are no such tokens.

    `code`: most of the answer is code, whose tokens are surer.
    """
    values = [_bounded(token.logprob) for token in tokens[:_MOST_TOKENS] if carries_content(token)]
    if not values:
        return ()
    found: dict[Statistic, float] = {"mean": sum(values) / len(values)}
    if len(values) >= SHORT:
        found |= {"tail": _lowest_tenth(values), "weakest": _weakest_window(values)}
    return tuple(LogprobStatistic(name, value, len(values), code) for name, value in found.items())


def logprob_parts(
    statistics: Sequence[LogprobStatistic],
    tokens: Sequence[TokenLogprob],
    lines: Sequence[UsualLogprobs] = (),
    model: str = "",
) -> Iterator[ConfidencePart]:
    """What the statistics of `tokens` add, each against what is usual: of `model` where there is a line of its own."""
    for one in statistics:
        weight, ceiling = _WEIGHTS[one.name]
        if one.tokens < SHORT:
            weight *= _SHORT_FACTOR
        own = line_of(lines, model, one.name, code=one.code)
        expected = usual(one.name, one.tokens, code=one.code, own=own)
        yield _part(_NAMES[one.name], one.value, weight * _step(one.value, expected, step(one.name), ceiling))
    first = next(filter(carries_content, tokens), None)
    if first is not None:
        yield from _first_margin(first)


def unweighed(parts: Sequence[ConfidencePart]) -> list[ConfidencePart]:
    """What was read, for the record: tokens that a schema chose say nothing of how sure the model was."""
    return [ConfidencePart(part.name, f"{part.raw}, not weighed: the format was forced", 0.0) for part in parts]


def content_tokens(tokens: Sequence[TokenLogprob]) -> int:
    """How many tokens the parts were read from."""
    return sum(map(carries_content, tokens[:_MOST_TOKENS]))


def carries_content(token: TokenLogprob) -> bool:
    return bool(token.token.strip()) and not math.isnan(token.logprob)


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
