"""What a wrong answer may cost: words of dangerous fields, and whether somebody means to act on the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from routing.analysis.features import Risk, Signal, TaskClass
from routing.analysis.phrases import PhraseIndex
from routing.analysis.reading import Reading
from routing.analysis.terms.stakes import ADVICE, DOMAINS

HIGH, MEDIUM = 1.6, 0.8
_ADVICE_FACTOR = 0.8
_IN_MATERIAL = 0.4
_SPREAD = 0.35
# The same words mean less where nobody acts on them: a poem, a translation, code that kills a process.
_TASK_FACTOR = {
    TaskClass.CREATIVE: 0.3,
    TaskClass.TRANSLATION: 0.5,
    TaskClass.TRANSFORM: 0.5,
    TaskClass.CODE: 0.4,
    TaskClass.EXTRACTION: 0.6,
    TaskClass.CLASSIFICATION: 0.6,
    TaskClass.SUMMARY: 0.6,
    TaskClass.DRAFTING: 0.6,
}

_DOMAIN_INDEX = PhraseIndex(row[2] for row in DOMAINS)
_ADVICE_INDEX = PhraseIndex(row[2] for row in ADVICE)
_SCRIPT_TERMS = tuple(
    (domain, weight, term) for domain, weight, terms in DOMAINS for term in terms if term[0] >= "\u0590"
)
_SCRIPT_ADVICE = tuple(term for _, _, terms in ADVICE for term in terms if term[0] >= "\u0590")


@dataclass(frozen=True, slots=True)
class Stakes:
    """`danger`: the strongest word's weight, with a little for each further one; `irreversible` counts in code too."""

    danger: float
    irreversible: bool
    advice: bool
    signals: tuple[Signal, ...]

    @property
    def score(self) -> float:
        return self.danger * (1 + _ADVICE_FACTOR * self.advice)


def stakes(reading: Reading) -> Stakes:
    """What the words alone say, before the task is known."""
    found: dict[str, tuple[float, str]] = {}
    for words, emphasis in ((reading.words, 1.0), (reading.material_words, _IN_MATERIAL)):
        for number, seen in _DOMAIN_INDEX.find(words):
            domain, weight, _ = DOMAINS[number]
            found.setdefault(seen, (weight * emphasis, domain))
    if not reading.ask.isascii():
        found |= {term: (weight, domain) for domain, weight, term in _SCRIPT_TERMS if term in reading.ask}
    weights = sorted((weight for weight, _ in found.values()), reverse=True)
    danger = weights[0] + 0.3 * min(len(weights) - 1, 3) if weights else 0.0
    advice = next((seen for _, seen in _ADVICE_INDEX.find(reading.words)), None) or next(
        (term for term in _SCRIPT_ADVICE if term in reading.ask), None
    )
    signals = [Signal("risk", domain, round(weight, 2), seen) for seen, (weight, domain) in found.items()]
    signals.sort(key=lambda signal: (-signal.weight, signal.seen))
    if advice and found:
        signals.insert(0, Signal("risk", "advice", _ADVICE_FACTOR, advice))
    return Stakes(
        danger=danger,
        irreversible=any(domain == "irreversible" and weight >= 1 for weight, domain in found.values()),
        advice=advice is not None,
        signals=tuple(signals[:6]),
    )


def assess(stakes: Stakes, task: TaskClass) -> tuple[Risk, float]:
    """(risk, its probability). The probability is a logistic of the distance to the nearest border."""
    factor = 1.0 if stakes.irreversible and task is TaskClass.CODE else _TASK_FACTOR.get(task, 1.0)
    score = stakes.score * factor
    level = Risk.HIGH if score >= HIGH else Risk.MEDIUM if score >= MEDIUM else Risk.LOW
    distance = min(abs(score - HIGH), abs(score - MEDIUM))
    return level, 1 / (1 + math.exp(-distance / _SPREAD))
