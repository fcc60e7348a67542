"""What a text means to the simulated providers: the sum of a direction for each of its words, which a hash chooses.

Texts that share words point alike, and any two have something in common, as with embeddings of real models.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from typing import Any

NUMBERS = 256
_COMMON = 0.5
_WORD = re.compile(r"\w+")


def answer(model: str, text: str) -> dict[str, Any]:
    """As OpenAI's service gives it, labelled."""
    tokens = max(1, len(text.encode()) // 4)
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": vector(text)}],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        "simulated": True,
    }


def vector(text: str) -> list[float]:
    """Always the same for a text; of length 1."""
    counted = Counter(_WORD.findall(text.lower()))
    sums = [_COMMON * math.sqrt(max(1, len(counted)))] * NUMBERS
    for word, n in counted.items():
        digits = hashlib.shake_128(word.encode("utf-8", "replace")).digest(NUMBERS)
        weight = 1 + math.log(n)
        sums = [total + weight * (digit - 127.5) / 74 for total, digit in zip(sums, digits, strict=True)]
    length = math.hypot(*sums)
    return [round(total / length, 7) for total in sums]
