"""What a wrong answer may cost: words of dangerous fields, and whether somebody means to act on the answer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from routing.analysis.certainty import UNSURE
from routing.analysis.features import Risk, Signal, TaskClass
from routing.analysis.phrases import PhraseIndex
from routing.analysis.reading import Reading
from routing.analysis.terms.hazards import KINDS, SHAPES, TERMS
from routing.analysis.terms.stakes import ADVICE
from routing.analysis.terms.stakes import DOMAINS as CONSEQUENCES

HIGH, MEDIUM = 1.6, 0.8
_ADVICE_FACTOR = 0.8
_IN_MATERIAL = 0.4
_SPREAD = 0.25
_MARGIN = _SPREAD * math.log(UNSURE / (1 - UNSURE))
# Programs kill their children, attack, inject and steal locks.
_HAZARD_IN_CODE = 0.2
_MONEY = "money"
_NO_REASONING = KINDS | {_MONEY}
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

DOMAINS = CONSEQUENCES + TERMS
_SHAPES = tuple((kind, weight, told, re.compile(pattern)) for kind, weight, told, pattern in SHAPES)
_LOOK_AT = 1_500
_DOMAIN_INDEX = PhraseIndex(row[2] for row in DOMAINS)
_ADVICE_INDEX = PhraseIndex(row[2] for row in ADVICE)
_SCRIPT_TERMS = tuple(
    (domain, weight, term) for domain, weight, terms in DOMAINS for term in terms if term[0] >= "\u0590"
)
_SCRIPT_ADVICE = tuple(term for _, _, terms in ADVICE for term in terms if term[0] >= "\u0590")


@dataclass(frozen=True, slots=True)
class Stakes:
    """`danger`: the strongest word's weight, with a little for each further one; `irreversible` counts in code too.
    `hazard`: that word tells of harm to somebody, `consequence`: of a field in which advice must be thought
    about, which the use of a bank card need not."""

    danger: float
    irreversible: bool
    advice: bool
    hazard: bool
    consequence: bool
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
    found |= {told: (weight, kind) for kind, weight, told in _shapes(reading.ask[:_LOOK_AT])}
    if not reading.ask.isascii():
        found |= {term: (weight, domain) for domain, weight, term in _SCRIPT_TERMS if term in reading.ask}
    strongest = max((weight for weight, _ in found.values()), default=0.0)
    # A bank card is spoken of in many words; that makes it no graver.
    further = sum(domain != _MONEY for _, domain in found.values()) - 1
    danger = strongest + 0.3 * max(0, min(further, 3))
    advice = next((seen for _, seen in _ADVICE_INDEX.find(reading.words)), None) or next(
        (term for term in _SCRIPT_ADVICE if term in reading.ask), None
    )
    signals = [Signal("risk", domain, round(weight, 2), seen) for seen, (weight, domain) in found.items()]
    signals.sort(key=lambda signal: (-signal.weight, signal.seen))
    if advice and found:
        signals.insert(0, Signal("risk", "advice", _ADVICE_FACTOR, advice))
    leading = max(found.values(), default=(0.0, ""))[1]
    return Stakes(
        danger=danger,
        irreversible=any(domain == "irreversible" and weight >= 1 for weight, domain in found.values()),
        advice=advice is not None,
        hazard=leading in KINDS,
        consequence=leading not in _NO_REASONING,
        signals=tuple(signals[:6]),
    )


def _shapes(text: str) -> Iterator[tuple[str, float, str]]:
    for kind, weight, told, pattern in _SHAPES:
        if pattern.search(text):
            yield kind, weight, told


@dataclass(frozen=True, slots=True)
class Assessed:
    """`p` is a logistic of the distance to the nearest border; `safe` is the higher risk where a border is so near
    above that p is below `certainty.UNSURE`, else the risk itself."""

    risk: Risk
    p: float
    safe: Risk


def assess(stakes: Stakes, task: TaskClass) -> Assessed:
    """What the same stakes come to in a task of the class."""
    factor = _TASK_FACTOR.get(task, 1.0)
    if task is TaskClass.CODE and stakes.irreversible:
        factor = 1.0
    elif task is TaskClass.CODE and stakes.hazard:
        factor = _HAZARD_IN_CODE
    score = stakes.score * factor
    distance = min(abs(score - HIGH), abs(score - MEDIUM))
    return Assessed(_level(score), 1 / (1 + math.exp(-distance / _SPREAD)), _level(score + _MARGIN))


def _level(score: float) -> Risk:
    return Risk.HIGH if score >= HIGH else Risk.MEDIUM if score >= MEDIUM else Risk.LOW
