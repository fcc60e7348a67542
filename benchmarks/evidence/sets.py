"""The data sets of a folder, and which pairs of their models are measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from routing.evaluation.datasets import Dataset, normalised, read
from routing.evaluation.pairs import choose

EXPECTED = (
    "routing_mmlu",
    "routing_llmrouter",
    "routing_mmlupro",
    "answers_mmlupro",
    "answers_math",
    "answers_crux",
)
"""Those whose absence is told."""
_PATTERNS = ("routing_*.jsonl*", "answers_*.jsonl*")
_SAME = 0.5


@dataclass(frozen=True, slots=True)
class Pair:
    """`second` is the model that is asked whether it agrees, None where the data has no answers, or no third model."""

    weak: str
    strong: str
    second: str | None = None

    def __str__(self) -> str:
        return f"{self.weak} → {self.strong}"


_NAMED = (
    Pair("mixtral-8x7b-instruct-v0.1", "gpt-4-1106-preview"),
    Pair("mistral-7b-instruct-v0.3", "llama-3.1-nemotron-51b-instruct"),
    Pair("llama-3.1-8b-instruct", "gemini-1.5-pro-002", "mixtral-8x7b-instruct-v0.1"),
    Pair("gemini-1.5-flash-002", "gemini-1.5-pro-002", "llama-3.1-70b-instruct"),
    Pair("mistral-7b-instruct-v0.2", "llama-3.1-70b-instruct", "mixtral-8x7b-instruct-v0.1"),
    Pair("meta-llama-3.1-8b-instruct", "gpt-4o-2024-08-06", "qwen2.5-7b-instruct"),
    Pair("claude-3-5-haiku-20241022", "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"),
)


@dataclass(frozen=True)
class Source:
    """`digest` is the beginning of the file's SHA-256."""

    path: Path
    digest: str

    @cached_property
    def data(self) -> Dataset:
        """Raises ConfigurationError."""
        return read(self.path)

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(".gz").removesuffix(".jsonl")

    @cached_property
    def tasks(self) -> int:
        """How many there are; 0 where a row does not say."""
        tasks = [prompt.fields.get("task") for prompt in self.data.prompts]
        return 0 if None in tasks else len(set(tasks))

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The named ones that the data knows; else the pair with the largest gap, whose second is the model nearest to
        the weak one in quality. Raises ConfigurationError where no model is better than another."""
        known = set(self.data.models)
        wanted = [pair for pair in _NAMED if {pair.weak, pair.strong} <= known]
        pairs = wanted or [Pair(*choose(self.data, None, None))]
        return tuple(
            Pair(pair.weak, pair.strong, self._second(pair) if self.data.has_answers else None) for pair in pairs
        )

    @cached_property
    def questions(self) -> frozenset[str]:
        return frozenset(normalised(prompt.text) for prompt in self.data.prompts)

    def shares(self, other: Source) -> bool:
        """Whether most of its prompts are the other's too."""
        return len(self.questions & other.questions) > _SAME * len(self.questions)

    def _second(self, pair: Pair) -> str | None:
        if pair.second in self.data.models:
            return pair.second
        return nearest(self, pair.weak, {pair.strong})


def quality(source: Source, model: str) -> float:
    """Its mean score."""
    return float(np.mean([one.score for one in source.data.outcomes[model] if one is not None]))


def nearest(source: Source, model: str, without: Iterable[str]) -> str | None:
    """The other model whose quality is nearest; None where there is no other."""
    others = [one for one in source.data.models if one != model and one not in set(without)]
    own = quality(source, model)
    return min(others, key=lambda one: (abs(quality(source, one) - own), one), default=None)


def sources(folder: Path) -> list[Source]:
    """Every set in the folder, the sets of outcomes alone first."""
    return [
        Source(path, hashlib.sha256(path.read_bytes()).hexdigest()[:16])
        for pattern in _PATTERNS
        for path in sorted(folder.glob(pattern))
    ]


def missing(found: Iterable[Source]) -> Iterator[str]:
    names = {source.name for source in found}
    return (name for name in EXPECTED if name not in names)
