"""How hard a request is (0..1), and whether it asks for several steps."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from routing.analysis.features import Signal, TaskClass
from routing.analysis.phrases import PhraseIndex
from routing.analysis.reading import Reading
from routing.analysis.terms.english import IMPERATIVES
from routing.analysis.terms.rows import parse

# In log-odds, for a plain request of the class.
_BASE = {
    TaskClass.TRANSFORM: -2.6,
    TaskClass.CLASSIFICATION: -2.4,
    TaskClass.CONVERSATION: -2.8,
    TaskClass.FAQ: -2.2,
    TaskClass.EXTRACTION: -2.0,
    TaskClass.TRANSLATION: -1.9,
    TaskClass.SUMMARY: -1.7,
    TaskClass.DRAFTING: -1.2,
    TaskClass.CREATIVE: -1.2,
    TaskClass.CODE: -0.9,
    TaskClass.REASONING: 0.5,
}
_HARD_ROWS = parse("""
hard 0.9: prove | proof | derive | architecture | design | trade-off* | tradeoff* | optimi* | benchmark | formal proof
hard 0.9: concurren* | distributed | thread-safe | root cause | in depth | in-depth | rigorous* | comprehensive*
hard 0.9: thorough* | edge cases | scalab* | beweise | démontre | demuestra | архитектур* | докажи
hard 0.7: compare | evaluate | analyse | analyze | refactor | migrate | migration | strategy | justify | argue
hard 0.7: critique | both sides | vergleiche | comparez
hard 0.5: without breaking | must | at least | at most | constraints | assumptions | exactly | ensure | while also
hard 0.5: as well as | except | explain why | why does | step by step | for each | given that
hard 0.5: schritt für schritt | étape par étape | paso a paso
""")
_HARD_SCRIPTS = ("证明", "架构", "设计", "証明", "設計", "증명", "설계")
_EASY_ROWS = parse("""
easy 0.5: simple | quick | quickly | short | brief | briefly | just | in one sentence | one word | basic | kurz | breve
""")
_STEP_ROWS = parse("""
then 1: then | finally | after that | afterwards | next | secondly | second | step by step | and explain | lastly
then 1: and recommend | dann | danach | anschließend | ensuite | puis | enfin | luego | después | finalmente | poi
then 1: infine | schritt für schritt | étape par étape | paso a paso
first 1: first | firstly | start by | begin by | zuerst | d'abord | primero | prima | step by step
first 1: schritt für schritt | étape par étape | paso a paso
""")
_HARD = PhraseIndex(row[2] for row in _HARD_ROWS)
_EASY = PhraseIndex(row[2] for row in _EASY_ROWS)
_THEN = PhraseIndex(row[2] for row in _STEP_ROWS if row[0] == "then")
_FIRST = PhraseIndex(row[2] for row in _STEP_ROWS if row[0] == "first")
_LIST_LINE = re.compile(r"^[ \t]*(?:\d+[.)]|[-*•])\s+\S", re.MULTILINE)


def steps(reading: Reading, task: TaskClass) -> tuple[bool, tuple[Signal, ...]]:
    """Whether the ask has several parts that build on each other."""
    then = [seen for _, seen in _THEN.find(reading.words)]
    first = [seen for _, seen in _FIRST.find(reading.words)]
    verbs = sorted(IMPERATIVES.intersection(reading.words))
    listed = len(_LIST_LINE.findall(reading.text[:3_000])) if task in (TaskClass.CODE, TaskClass.REASONING) else 0
    seen = []
    if then and (first or len(verbs) >= 2):
        seen.append(", ".join(dict.fromkeys(first[:1] + then[:2])))
    if len(verbs) >= 3:
        seen.append("asks to " + ", ".join(verbs[:4]))
    if listed >= 2:
        seen.append(f"{listed} listed points")
    return bool(seen), tuple(Signal("multi_step", "true", 1.0, text) for text in seen)


def complexity(reading: Reading, multi_step: bool) -> tuple[dict[TaskClass, float], tuple[Signal, ...]]:
    """A logistic of the words, the length, the steps and the class: for each class, what it would be."""
    parts = list(_parts(reading, multi_step))
    shown = sum(weight for weight, _ in parts)
    signals = [Signal("complexity", f"{weight:+.1f}", round(weight, 2), seen) for weight, seen in parts]
    return {task: round(1 / (1 + math.exp(-base - shown)), 3) for task, base in _BASE.items()}, tuple(signals[:6])


def _parts(reading: Reading, multi_step: bool) -> Iterator[tuple[float, str]]:
    hard = {seen: _HARD_ROWS[number][1] for number, seen in _HARD.find(reading.words)}
    hard |= {term: 0.9 for term in _HARD_SCRIPTS if term in reading.ask}
    for n, (seen, weight) in enumerate(sorted(hard.items(), key=lambda item: (-item[1], item[0]))[:4]):
        yield weight * (1.0 if n == 0 else 0.5), seen
    easy = {seen for _, seen in _EASY.find(reading.words)}
    if easy:
        yield -0.5, sorted(easy)[0]
    if multi_step:
        yield 1.0, "several steps"
    asked = len(reading.words)
    if asked > 25:
        yield min(1.2, 0.5 * math.log2(asked / 25)), f"an ask of {asked} words"
    if reading.length > 2_000:
        yield min(1.2, 0.35 * math.log2(reading.length / 2_000)), f"{reading.length:,} characters in all"
    questions = reading.ask.count("?")
    if questions > 1:
        yield min(0.6, 0.3 * (questions - 1)), f"{questions} questions"
