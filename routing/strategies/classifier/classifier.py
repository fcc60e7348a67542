"""The strategy: asks once for a text, remembers what it heard, and leaves a classifier alone that gave no answer."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakValueDictionary

from routing.budget.throttle import NO_EXTRAS
from routing.clock import Clock
from routing.messages import Request
from routing.strategies.classifier.classification import Classification, read_classification, reread
from routing.strategies.classifier.prompt import classifying_request
from routing.strategies.classifier.stakes import worthwhile
from routing.strategies.contract import Ask, Question, Word
from routing.trace import Trace

REMEMBERED = 512
REST_S = 60.0
"""After an answer that did not come or was none: a broken classifier must not slow every turn."""


@dataclass(frozen=True, slots=True)
class _Heard:
    said: Classification
    model: str
    turn: str


class Classifier:
    """Asks a model of the lowest rung for task, complexity, risk, format and latency. Not asked: where the user chose
    the model or the rung, where no answer could change the decision by more than it costs, while a spike of spend is
    slowed, and a while after it failed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard = _Memory(REMEMBERED)
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._rests_until_s = float("-inf")

    def known(self, question: Question) -> Word | None:
        """What it said of the same text before."""
        heard = None if _is_steered(question) else self._heard.get(_key(question))
        return None if heard is None else _word(question, heard, f"asked {heard.model} before: {heard.said}")

    async def advise(self, question: Question, ask: Ask) -> Word | None:
        """What it said before, or says now where it is worth asking. Raises what `ask` raises."""
        known = self.known(question)
        if known is not None or self._rests or not _may_be_asked(question):
            return known
        request = await asyncio.to_thread(lambda: worthwhile(question, classifying_request(question)))
        if request is None:
            return None
        async with self._asking.setdefault(_key(question), asyncio.Lock()):
            known = self.known(question)
            return known if known is not None or self._rests else await self._hear(question, request, ask)

    async def _hear(self, question: Question, request: Request, ask: Ask) -> Word | None:
        trace = await ask(request, "classifier")
        heard = _heard(trace)
        if heard is None:
            self._rests_until_s = self._clock.monotonic() + REST_S
            return None
        self._heard.put(_key(question), heard)
        return _word(question, heard, f"asked {heard.model}: {heard.said}")

    @property
    def _rests(self) -> bool:
        return self._clock.monotonic() < self._rests_until_s


class _Memory:
    """The latest of what was heard, by key; read from any thread."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heard: OrderedDict[str, _Heard] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> _Heard | None:
        with self._lock:
            heard = self._heard.get(key)
            if heard is not None:
                self._heard.move_to_end(key)
            return heard

    def put(self, key: str, heard: _Heard) -> None:
        with self._lock:
            self._heard[key] = heard
            self._heard.move_to_end(key)
            if len(self._heard) > self._size:
                self._heard.popitem(last=False)


def _is_steered(question: Question) -> bool:
    """Whether the user chose the model or the rung."""
    return question.snapshot.pin is not None or question.snapshot.nudge != 0


def _may_be_asked(question: Question) -> bool:
    slowed = question.snapshot.budget.throttle >= NO_EXTRAS
    return not slowed and not _is_steered(question) and bool(question.request.text.strip())


def _key(question: Question) -> str:
    return hashlib.sha256(question.request.text.encode("utf-8", "replace")).hexdigest()


def _heard(trace: Trace) -> _Heard | None:
    finished = trace.finished
    if finished is None or finished.status != "answered" or finished.model is None:
        return None
    said = read_classification(finished.reply)
    return None if said is None else _Heard(said, finished.model.rpartition("/")[2], trace.turn)


def _word(question: Question, heard: _Heard, evidence: str) -> Word:
    features = reread(question.features, heard.said)
    return Word(evidence, features=features, turn=heard.turn)
