"""How sure a feature is, and what is taken instead where it is not: a safe default, told in a signal.

Safe means that a doubtful request is not treated as easier or more harmless than it may be. What is certain to be easy
stays easy: between a question and small talk nothing is dear, so doubt between them changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from routing.analysis.features import Signal, TaskClass

UNSURE = 0.6
"""Below this probability a feature's safe default holds."""

PLAUSIBLE = 0.2
"""Of a doubtful task, the classes with at least this share are reckoned with."""

MIDDLE = 0.5
"""The most that doubt alone can make of a complexity: short of what counts as hard."""

_LANGUAGE_UNSURE = 0.55
# A prompt that nothing is known of, if it is longer than what people say in passing.
_NOTHING_SEEN = 0.25
_IN_PASSING = 60
_BANDS = (0.3, 0.6)


def plausible(task: TaskClass, shares: Mapping[TaskClass, float]) -> tuple[TaskClass, ...]:
    """The classes to reckon with: the task alone when it is sure."""
    if shares[task] >= UNSURE:
        return (task,)
    return (task, *(other for other, share in shares.items() if share >= PLAUSIBLE and other is not task))


def safe_complexity(
    task: TaskClass, shares: Mapping[TaskClass, float], by_task: Mapping[TaskClass, float], length: int
) -> tuple[float, float, tuple[Signal, ...]]:
    """(complexity, its probability, why). A doubtful task is as hard as the hardest plausible one, up to the middle; so
    is a prompt of which nothing was recognised, unless it is short. The probability is the share of the classes that
    would put it in the same third: below .3, below .6, or above."""
    own = by_task[task]
    hardest = max(by_task[other] for other in plausible(task, shares))
    unknown = shares[task] < _NOTHING_SEEN and length > _IN_PASSING
    taken = max(own, min(MIDDLE, MIDDLE if unknown else hardest))
    chance = min(1.0, sum(share for other, share in shares.items() if _band(by_task[other]) == _band(taken)))
    if taken <= own:
        return own, chance, ()
    why = "no known pattern" if unknown else f"unsure of the task ({shares[task]:.0%})"
    return taken, chance, (Signal("complexity", "unsure", round(taken - own, 2), f"{why}: taken as {taken:.2g}"),)


def safe_language(language: str, chance: float, unknown: str) -> tuple[str, tuple[Signal, ...]]:
    """Unknown rather than a guess: then no rule for a language holds."""
    if language == unknown or chance >= _LANGUAGE_UNSURE:
        return language, ()
    return unknown, (Signal("language", "unsure", round(1 - chance, 2), f"unsure of {language} ({chance:.0%})"),)


def _band(complexity: float) -> int:
    return sum(complexity >= border for border in _BANDS)
