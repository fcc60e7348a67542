"""What a text means, as a list of numbers: how the dialects that have such a question ask it. No I/O.

Reference: OpenAI's "Create embeddings", Ollama's "Generate embeddings" and Gemini's "embedContent".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from routing.messages import Usage
from routing.providers.contract import Outgoing, ProviderConfig
from routing.providers.failures import malformed
from routing.registry.model import Model

_MOST_NUMBERS = 16_384


@dataclass(frozen=True, slots=True)
class Embedded:
    """`vector`: finite numbers, not all of them 0. `usage` None: the server does not tell."""

    vector: tuple[float, ...]
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Embedding:
    """A dialect's question for one text. `found` brings out of the answer the numbers and the tokens that were read
    (None: not told); whatever it raises for an answer of another shape is seen to by `embedded`."""

    ask: Callable[[str, Model, ProviderConfig], Outgoing]
    found: Callable[[Any], tuple[Any, Any]]


def embedded(question: Embedding, answer: object) -> Embedded:
    """Raises ProviderError (malformed_stream)."""
    try:
        numbers, tokens = question.found(answer)
        vector = tuple(float(number) for number in numbers[: _MOST_NUMBERS + 1])
        length = math.hypot(*vector)
    except (AttributeError, TypeError, KeyError, IndexError, ValueError, OverflowError):
        raise malformed("its answer holds no embedding") from None
    if not 1 < len(vector) <= _MOST_NUMBERS:
        raise malformed(f"its embedding has {len(vector):,} numbers")
    if not math.isfinite(length) or length == 0 or isinstance(numbers, str):
        raise malformed("its embedding has no direction")
    told = isinstance(tokens, int) and not isinstance(tokens, bool) and 0 < tokens < 10**9
    return Embedded(vector, Usage(input_tokens=tokens, reported=True) if told else None)


OPENAI = Embedding(
    ask=lambda text, model, config: Outgoing("/embeddings", {"model": model.name, "input": text}, config.headers),
    found=lambda answer: (answer["data"][0]["embedding"], answer.get("usage", {}).get("prompt_tokens")),
)
OLLAMA = Embedding(
    ask=lambda text, model, config: Outgoing("/api/embed", {"model": model.name, "input": text}, config.headers),
    found=lambda answer: (answer["embeddings"][0], answer.get("prompt_eval_count")),
)
GEMINI = Embedding(
    ask=lambda text, model, config: Outgoing(
        f"/models/{model.name.removeprefix('models/')}:embedContent",
        {"content": {"parts": [{"text": text}]}},
        config.headers,
    ),
    found=lambda answer: (
        answer["embedding"]["values"],
        answer.get("usageMetadata", {}).get("promptTokenCount"),
    ),
)
