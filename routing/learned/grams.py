"""What a text says, as numbers: its tokens and pairs of neighbours, hashed with a sign (Weinberger et al. 2009)."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise

BUCKETS = 2**15
MOST_CHARACTERS = 20_000
"""Of a longer text only the beginning is read."""

_TOKEN = re.compile(r"[a-z]+|\d+|[^\w\s]|[^\W\d_a-z]+")
_LONGEST_NUMBER = 3


def buckets(text: str) -> dict[int, float]:
    """How often each hashed 1- and 2-gram is there: the sum of sign · (1 + ln n) over the grams that share a bucket.

    A number counts by its length alone. The low bits of a gram's CRC-32 are its bucket, the top bit its sign.
    """
    tokens = [_class_of(token) for token in _TOKEN.findall(text[:MOST_CHARACTERS].lower())]
    counts: Counter[tuple[int, int]] = Counter()
    for gram, n in Counter(chain(tokens, map(" ".join, pairwise(tokens)))).items():
        hashed = zlib.crc32(gram.encode("utf-8", "replace"))
        counts[hashed % BUCKETS, -1 if hashed >> 31 else 1] += n
    found: dict[int, float] = {}
    for (bucket, sign), n in counts.items():
        found[bucket] = found.get(bucket, 0.0) + sign * (1 + math.log(n))
    return found


def weighed(counted: Mapping[int, float], idf: Sequence[float]) -> dict[int, float]:
    """Each bucket times its `idf`, together of length 1 (L2)."""
    found = {bucket: value * idf[bucket] for bucket, value in counted.items()}
    length = math.sqrt(sum(value * value for value in found.values())) or 1.0
    return {bucket: value / length for bucket, value in found.items()}


def _class_of(token: str) -> str:
    return "#" * min(len(token), _LONGEST_NUMBER) if token.isdigit() else token
