"""What the router knows of a request before it asks anybody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from routing.messages import ResponseFormat


class TaskClass(StrEnum):
    """What kind of work a request is. `TRANSFORM` has one right answer that a program could compute."""

    TRANSFORM = "transform"
    EXTRACTION = "extraction"
    CLASSIFICATION = "classification"
    SUMMARY = "summary"
    TRANSLATION = "translation"
    FAQ = "faq"
    CONVERSATION = "conversation"
    DRAFTING = "drafting"
    CREATIVE = "creative"
    CODE = "code"
    REASONING = "reasoning"


class Risk(StrEnum):
    """What a wrong answer may cost the person who asked."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing seen in the request that spoke for (or, below zero, against) a feature's value."""

    feature: str
    value: str
    weight: float
    seen: str


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model must be able to do for this request. Context is in tokens, room for an answer of `answer_tokens`
    included: a model that writes less needs less room, one that thinks needs more. `history_tokens` of it are the chat
    so far. Region None means anywhere. Answers that must repeat ask for temperature 0 and a `seed`; with
    `determinism`, for a model that promises to keep to them."""

    tools: int = 0
    json: bool = False
    vision: bool = False
    context_tokens: int = 0
    answer_tokens: int = 0
    history_tokens: int = 0
    region: str | None = None
    determinism: bool = False
    seed: bool = False
    local_only: bool = False


@dataclass(frozen=True, slots=True)
class Features:
    """The analysed request. Probabilities are 0..1; `intent` is a finer word inside the task class;
    `language` is BCP-47 (`und` when unknown); `novelty` is 0 (seen often) .. 1 (like nothing before)."""

    task: TaskClass
    task_p: float
    intent: str
    complexity: float
    multi_step: bool
    risk: Risk
    risk_p: float
    response_format: ResponseFormat
    latency: Literal["interactive", "batch"]
    language: str
    novelty: float
    input_tokens: int
    output_tokens: int
    needs: Needs
    tags: tuple[tuple[str, str], ...] = ()
    user_tier: str = "standard"
    signals: tuple[Signal, ...] = ()
    complexity_p: float = 1.0
    format_p: float = 1.0
    latency_p: float = 1.0
    language_p: float = 1.0
