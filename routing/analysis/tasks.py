"""Which kind of work is asked for: weights of what was seen, and a softmax over the classes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from routing.analysis.features import Signal, TaskClass
from routing.analysis.manners import asks_a_fact
from routing.analysis.mathematics import Sight
from routing.analysis.phrases import PhraseIndex
from routing.analysis.reading import Reading
from routing.analysis.risk import Stakes
from routing.analysis.structure import sights
from routing.analysis.terms import english, languages
from routing.analysis.terms.rows import Row

# In log-odds: what people ask most often when nothing else speaks.
_PRIOR = {TaskClass.FAQ: 0.7, TaskClass.CONVERSATION: 0.6, TaskClass.DRAFTING: 0.2}
# The sum of weights understates what they say together: 1 / temperature (Guo et al. 2017), see docs/analysis.md.
_SHARPNESS = 1.7
# In material, and from a second sentence on, a word says less of what is asked.
_IN_MATERIAL = 0.2
_LATER_SENTENCE = 0.7
# Further terms for the same class add ever less: they often say the same thing twice.
_REPEAT = 0.6
# "How do I …" is only the form of a question: what it is about weighs more.
_FORM_OF_QUESTION = 0.6
# "Which river …" picks out of a text only where there is one.
_NOTHING_TO_PICK_FROM = 0.35
_WEAK = 2.0
# "Hi, …" greets; with work after it, the work is what is wanted.
_BEFORE_WORK = 0.3
_GREETING_WORDS = 7
# Who wrote the song: it was written long ago.
_ASKED_ABOUT = 0.35
_CLEAR = 2.0
_MOST_PHRASES = 60
_QUESTIONS = (TaskClass.FAQ, TaskClass.CONVERSATION)
_DEFAULT_INTENT = {
    TaskClass.TRANSFORM: "convert",
    TaskClass.EXTRACTION: "extract",
    TaskClass.CLASSIFICATION: "label",
    TaskClass.SUMMARY: "summarise",
    TaskClass.TRANSLATION: "translate",
    TaskClass.FAQ: "fact",
    TaskClass.CONVERSATION: "small_talk",
    TaskClass.DRAFTING: "write",
    TaskClass.CREATIVE: "ideas",
    TaskClass.CODE: "write",
    TaskClass.REASONING: "analysis",
}

_OPENING_ROWS = english.OPENING + languages.OPENING
_ANYWHERE_ROWS = english.ANYWHERE + languages.ANYWHERE
_OPENING = PhraseIndex(row[2] for row in _OPENING_ROWS)
_ANYWHERE = PhraseIndex(row[2] for row in _ANYWHERE_ROWS)


@dataclass(frozen=True, slots=True)
class Judged:
    """`shares` are the probabilities of all classes, together 1."""

    task: TaskClass
    intent: str
    shares: Mapping[TaskClass, float]
    signals: tuple[Signal, ...]

    @property
    def p(self) -> float:
        return self.shares[self.task]


def classify(reading: Reading, stakes: Stakes) -> Judged:
    """Advice with consequences is reasoning; what cannot be undone, and is typed at a shell, is code."""
    seen = strongest([*_in_place(reading, _phrases(reading)), *sights(reading), *_harm(stakes)])
    about = max((group[0][2] for task, group in seen.items() if task not in _QUESTIONS), default=0.0)
    scores = {task: _PRIOR.get(task, 0.0) for task in TaskClass}
    intents: dict[tuple[TaskClass, str], float] = {}
    for task, group in seen.items():
        for n, (_, intent, weight, _) in enumerate(group):
            emphasis = _FORM_OF_QUESTION if task is TaskClass.FAQ and about >= _CLEAR else 1.0
            scores[task] += weight * emphasis * _REPEAT**n
            intents[task, intent] = intents.get((task, intent), 0.0) + weight
    best = max(TaskClass, key=lambda task: scores[task])
    odds = {task: math.exp((score - scores[best]) * _SHARPNESS) for task, score in scores.items()}
    shares = {task: odd / sum(odds.values()) for task, odd in odds.items()}
    named = {intent: weight for (task, intent), weight in intents.items() if task is best}
    intent = max(named, key=lambda name: (named[name], name)) if named else _DEFAULT_INTENT[best]
    return Judged(best, intent, shares, _signals(seen))


def strongest(found: Iterable[Sight]) -> dict[TaskClass, list[Sight]]:
    """By class, heaviest first, each thing seen once."""
    heaviest: dict[tuple[str, str], Sight] = {}
    for sight in found:
        key = (sight[0], sight[3])
        if key not in heaviest or sight[2] > heaviest[key][2]:
            heaviest[key] = sight
    groups: dict[TaskClass, list[Sight]] = {}
    for sight in sorted(heaviest.values(), key=lambda sight: (-sight[2], sight[3])):
        groups.setdefault(TaskClass(sight[0]), []).append(sight)
    return groups


def _in_place(reading: Reading, found: Iterable[Sight]) -> Iterator[Sight]:
    """Each phrase by what stands around it: a text to work on, work after a greeting, a question and no work."""
    bare = not reading.material.strip() and not reading.fenced
    fact = asks_a_fact(reading)
    busy = len(reading.words) > _GREETING_WORDS or not bare
    for task, intent, weight, seen in found:
        factor = 1.0
        if task == TaskClass.EXTRACTION and bare and weight < _WEAK:
            factor = _NOTHING_TO_PICK_FROM
        elif intent in ("greeting", "thanks") and busy:
            factor = _BEFORE_WORK
        elif task == TaskClass.CREATIVE and fact:
            factor = _ASKED_ABOUT
        yield task, intent, weight * factor, seen


def _phrases(reading: Reading) -> Iterator[Sight]:
    for sentence, words in enumerate(reading.openings):
        emphasis = 1.0 if sentence == 0 else _LATER_SENTENCE
        for number, seen in _longest(_OPENING.at(words, 0)):
            yield _sight(_OPENING_ROWS[number], seen, emphasis)
    for number, seen in _whole(_ANYWHERE.find(reading.words)):
        yield _sight(_ANYWHERE_ROWS[number], seen, 1.0)
    for number, seen in _whole(_ANYWHERE.find(reading.material_words)):
        yield _sight(_ANYWHERE_ROWS[number], seen, _IN_MATERIAL)
    if not reading.ask.isascii():
        spelled = [(row, term) for row in languages.SCRIPTS for term in row[2] if term in reading.ask]
        longer = [term for _, term in spelled]
        yield from (
            _sight(row, term, 1.0) for row, term in spelled if not any(term != one and term in one for one in longer)
        )


def _whole(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Without what is only a part of a longer phrase: "json array" is no array, "thank you note" no thanks."""
    matches = list(dict.fromkeys(found))[:_MOST_PHRASES]
    phrases = [f" {seen} " for seen in {seen for _, seen in matches} if " " in seen]
    return [
        (number, seen)
        for number, seen in matches
        if not any(f" {seen} " in phrase and len(phrase) > len(seen) + 2 for phrase in phrases)
    ]


def _longest(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """The rows of the longest phrase: "how do you say" is not also "how do"."""
    matches = list(found)
    length = max((seen.count(" ") for _, seen in matches), default=0)
    return [match for match in matches if match[1].count(" ") == length]


def _sight(row: Row, seen: str, emphasis: float) -> Sight:
    label, weight, _ = row
    task, _, intent = label.partition(".")
    return task, intent, weight * emphasis, seen


def _harm(stakes: Stakes) -> Iterator[Sight]:
    if stakes.irreversible:
        yield "code", "ops", 2.0, "a command that cannot be undone"
    elif stakes.score >= 1 and stakes.consequence:
        yield "reasoning", "advice", 2.2 * min(stakes.score, 2.0), "a wrong answer could do harm"


def _signals(seen: dict[TaskClass, list[Sight]]) -> tuple[Signal, ...]:
    signals = [
        Signal("task", task, round(sight[2], 2), sight[3]) for task, group in seen.items() for sight in group[:4]
    ]
    return tuple(sorted(signals, key=lambda signal: (-signal.weight, signal.value, signal.seen))[:12])
