"""An index of past requests in memory: which of them are most like a text.

The likeness of two texts is the cosine of their hashed 1- and 2-grams, each weighed by idf = ln((1+N)/(1+df)) + 1 over
the N texts that are in the index (the smoothed tf-idf of Salton and Buckley 1988). idf is applied when a text is looked
for, so the index holds counts alone, and the order in which texts came changes no answer.

A look-up has two steps. It walks the lists of the texts in which the rarest grams occur, rarest first, until it has
seen `_WALKED` places; the `_COMPARED` texts that share most with the query are then compared exactly, all their grams
counted. Grams that are everywhere find nobody, but count in the comparison.
"""

from __future__ import annotations

import heapq
import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from operator import truediv
from threading import Lock

from routing.learned.grams import BUCKETS, buckets

Outcomes = Mapping[str, float]
"""For each model that answered: how far its answer was accepted, 0 to 1."""

_KEPT = 64
"""Grams of a text. On MMLU, MMLU-Pro and LLMRouter 64 route as well on average as all of them, in half the room."""
_WALKED = 10_000
_COMPARED = 250
"""Among 100,000 real requests these two find 0.81 of the hundred nearest, and 0.94 of their squared likeness."""


@dataclass(frozen=True, slots=True)
class Near:
    """A text in the index: `likeness` 0 to 1 to the one looked for; `weight` is how much its outcomes count."""

    turn: str
    likeness: float
    outcomes: Outcomes
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of a text beside its grams; equal ones are shared."""

    outcomes: tuple[tuple[str, float], ...]
    weight: float


class Index:
    """Texts by id. Any thread may call it, one at a time is served; a look-up among 100,000 takes milliseconds, so it
    belongs off the event loop.

    A text is a number; its grams stand in `_buckets` and `_values` from `_starts[number]` on.
    """

    def __init__(self) -> None:
        self._turns: list[str] = []
        self._numbers: dict[str, int] = {}
        self._known: list[_Known] = []
        self._shared: dict[_Known, _Known] = {}
        self._buckets = array("H")
        self._values = array("f")
        self._starts = array("Q", [0])
        self._roots = array("f")
        self._numbers_in: dict[int, array[int]] = {}
        self._log_seen = [0.0] * BUCKETS
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, turn: str, text: str, outcomes: Outcomes, weight: float = 1.0) -> None:
        """Puts a text in, in the place of an earlier one with the same id."""
        grams = _kept(text)
        with self._lock:
            self._take_out(turn)
            number = self._numbers[turn] = len(self._turns)
            self._turns.append(turn)
            self._known.append(self._share(outcomes, weight))
            self._buckets.extend(grams)
            self._values.extend(grams.values())
            self._starts.append(len(self._buckets))
            self._roots.append(math.sqrt(len(grams)))
            for bucket in grams:
                self._numbers_in.setdefault(bucket, array("I")).append(number)
                self._count(bucket)

    def learn(self, turn: str, outcomes: Outcomes) -> None:
        """Replaces what became of a text. One that is not in the index stays out of it."""
        with self._lock:
            if (number := self._numbers.get(turn)) is not None:
                self._known[number] = self._share(outcomes, self._known[number].weight)

    def forget(self, turn: str) -> None:
        """Takes a text out, if it is in."""
        with self._lock:
            self._take_out(turn)

    def near(self, text: str, k: int = 100) -> tuple[Near, ...]:
        """At most `k` texts (and `_COMPARED`) that share anything with this one, the most alike first, equally alike
        ones by their id. Of texts with which it shares nothing rarer than what more than `_WALKED` texts have, the
        latest are found."""
        grams = _kept(text)
        with self._lock:
            unseen = math.log(1 + len(self._numbers)) + 1  # the idf of a gram that no text has
            query = {bucket: value * (unseen - self._log_seen[bucket]) for bucket, value in grams.items()}
            length = math.sqrt(sum(value * value for value in query.values()))
            shared = self._walk(query, unseen)
            found = [(self._likeness(number, query, length, unseen), number) for number in self._most(shared)]
            best = heapq.nsmallest(k, ((-likeness, self._turns[number], number) for likeness, number in found))
            return tuple(self._near(number, -below) for below, _, number in best if below < 0)

    def of(self, likeness: Mapping[str, float]) -> list[Near]:
        """Texts that are in, by their ids, with likenesses that were found elsewhere."""
        with self._lock:
            known = ((self._numbers.get(turn), share) for turn, share in likeness.items())
            return [self._near(number, share) for number, share in known if number is not None]

    def _walk(self, query: Mapping[int, float], unseen: float) -> dict[int, float]:
        """By number, how much a text shares with the query in its rarest grams, about in proportion to likeness."""
        shared: defaultdict[int, float] = defaultdict(float)
        left = _WALKED
        met = [bucket for bucket in query if bucket in self._numbers_in]
        for bucket in sorted(met, key=lambda bucket: (len(self._numbers_in[bucket]), bucket)):
            numbers = self._numbers_in[bucket]
            if len(numbers) > left and len(shared) >= _COMPARED:
                break
            part = abs(query[bucket]) * (unseen - self._log_seen[bucket])
            latest = numbers[max(0, len(numbers) - left) :]
            for number in latest:
                shared[number] += part
            left -= len(latest)
        return shared

    def _most(self, shared: Mapping[int, float]) -> list[int]:
        """The `_COMPARED` numbers with the largest parts for their length, equal ones by the id of their text."""
        if len(shared) <= _COMPARED:
            return list(shared)
        parts = list(map(truediv, shared.values(), map(self._roots.__getitem__, shared)))
        least = heapq.nlargest(_COMPARED, parts)[-1]
        most = [(-part, number) for number, part in zip(shared, parts, strict=True) if part >= least]
        if len(most) > _COMPARED:
            most = heapq.nsmallest(_COMPARED, most, key=lambda one: (one[0], self._turns[one[1]]))
        return [number for _, number in most]

    def _likeness(self, number: int, query: Mapping[int, float], length: float, unseen: float) -> float:
        """The cosine, 0 where it is negative or a text has no grams."""
        begin, end = self._starts[number], self._starts[number + 1]
        product = squares = 0.0
        log_seen = self._log_seen
        for bucket, value in zip(self._buckets[begin:end], self._values[begin:end], strict=True):
            weighed = value * (unseen - log_seen[bucket])
            squares += weighed * weighed
            if bucket in query:
                product += weighed * query[bucket]
        return min(1.0, max(0.0, product) / (length * math.sqrt(squares))) if product else 0.0

    def _near(self, number: int, likeness: float) -> Near:
        known = self._known[number]
        return Near(self._turns[number], likeness, dict(known.outcomes), known.weight)

    def _share(self, outcomes: Outcomes, weight: float) -> _Known:
        known = _Known(tuple(sorted(outcomes.items())), weight)
        return self._shared.setdefault(known, known)

    def _take_out(self, turn: str) -> None:
        """The place of its grams stays, emptied."""
        number = self._numbers.pop(turn, None)
        if number is None:
            return
        begin, end = self._starts[number], self._starts[number + 1]
        for bucket in self._buckets[begin:end]:
            numbers = self._numbers_in[bucket]
            del numbers[bisect_left(numbers, number)]
            self._count(bucket)
        self._turns[number], self._known[number] = "", self._share({}, 0.0)
        self._buckets[begin:end] = array("H", bytes(2 * (end - begin)))
        self._values[begin:end] = array("f", bytes(4 * (end - begin)))

    def _count(self, bucket: int) -> None:
        self._log_seen[bucket] = math.log(1 + len(self._numbers_in[bucket]))


def _kept(text: str) -> dict[int, float]:
    """A text's grams; of a long one the `_KEPT` lowest buckets, which are a random sample, the same for every text."""
    grams = buckets(text)
    return {bucket: grams[bucket] for bucket in sorted(grams)[:_KEPT] if grams[bucket]}
