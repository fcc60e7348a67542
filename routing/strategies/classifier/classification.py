"""What a model says a request is, and what becomes of the router's own reading with it.

A model that was talked round by the request can do no more than send it to another rung: all it may say are words of
fixed lists and shares, its risk counts only above the router's own, and what keeps a request on the machine stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from routing.analysis.features import Features, Risk, Signal, TaskClass
from routing.confidence.structured import read_structured
from routing.strategies.classifier.prompt import FORMATS, LATENCIES

BELIEVED, SURE = 0.5, 0.8
"""From these probabilities on a word counts: `SURE` where it changes more than the route, as a format or a time does
that nobody set."""
RISKS = tuple(Risk)
_SEEN = "the classifier"


class _OutOfLineError(ValueError):
    """A value that the schema does not have."""


@dataclass(frozen=True, slots=True)
class Classification:
    """Each with the probability, 0 to 1, that the model itself gives it."""

    task: TaskClass
    task_p: float
    complexity: float
    complexity_p: float
    risk: Risk
    risk_p: float
    format: Literal["text", "json"]
    format_p: float
    latency: Literal["interactive", "batch"]
    latency_p: float

    def __str__(self) -> str:
        """``code .9, complexity .7, risk low``."""
        return f"{self.task} {_share(self.task_p)}, complexity {_share(self.complexity)}, risk {self.risk}"


def read_classification(text: str) -> Classification | None:
    """The model's answer; None where it is no such JSON, lacks something, or has a value that is not on offer."""
    structured = read_structured(text, None)
    if structured.fault:
        return None
    said = json.loads(structured.text)
    try:
        return _read(said)
    except _OutOfLineError:
        return None


def reread(features: Features, said: Classification) -> Features:
    """The router's features with what the classifier said and is believed of it."""
    found = features
    if said.task_p >= BELIEVED:
        intent = features.intent if said.task is features.task else said.task.value
        found = replace(found, task=said.task, task_p=round(said.task_p, 4), intent=intent)
    if said.complexity_p >= BELIEVED:
        found = replace(found, complexity=round(said.complexity, 3))
    if said.risk_p >= BELIEVED and RISKS.index(said.risk) > RISKS.index(features.risk):
        found = replace(found, risk=said.risk, risk_p=round(said.risk_p, 4))
    if said.latency_p >= SURE and said.latency == "batch":
        found = replace(found, latency="batch")
    return replace(found, signals=(*features.signals, *_signals(features, found, said)))


def _signals(before: Features, after: Features, said: Classification) -> Iterator[Signal]:
    if said.task_p >= BELIEVED:
        yield Signal("task", after.task, round(said.task_p, 2), _SEEN)
    if said.complexity_p >= BELIEVED:
        yield Signal("complexity", f"{after.complexity:.2f}", round(said.complexity_p, 2), _SEEN)
    if after.risk is not before.risk:
        yield Signal("risk", after.risk, round(said.risk_p, 2), _SEEN)
    if said.format != before.response_format and said.format_p >= SURE:
        yield Signal("format", said.format, round(said.format_p, 2), f"{_SEEN}: told, and not acted on")
    if after.latency != before.latency:
        yield Signal("latency", after.latency, round(said.latency_p, 2), _SEEN)


def _read(said: Any) -> Classification:
    if not isinstance(said, dict):
        raise _OutOfLineError
    return Classification(
        task=TaskClass(_word(said, "task", tuple(TaskClass))),
        task_p=_number(said, "task_p"),
        complexity=_number(said, "complexity"),
        complexity_p=_number(said, "complexity_p"),
        risk=Risk(_word(said, "risk", RISKS)),
        risk_p=_number(said, "risk_p"),
        format=cast(Literal["text", "json"], _word(said, "format", FORMATS)),
        format_p=_number(said, "format_p"),
        latency=cast(Literal["interactive", "batch"], _word(said, "latency", LATENCIES)),
        latency_p=_number(said, "latency_p"),
    )


def _word(said: Mapping[str, Any], key: str, offered: tuple[str, ...]) -> str:
    value = said.get(key)
    if not isinstance(value, str) or value not in offered:
        raise _OutOfLineError(key)
    return value


def _number(said: Mapping[str, Any], key: str) -> float:
    value = said.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _OutOfLineError(key)
    return float(value)


def _share(p: float) -> str:
    return f"{p:.1f}".removeprefix("0")
