"""What a text means, in `BITS` bits: on which side of random planes its embedding lies (SimHash, Charikar 2002).

Of two texts the share of bits that differ is about the angle between their vectors over π. The planes come from a
randomised Hadamard transform, two rounds of it (as in Andoni et al. 2015), which is as good as planes drawn by lot and
takes n log n steps: milliseconds, in plain Python.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

BITS = 384
_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Meaning:
    """A text's bits. Only those of the same `space` can be compared: one model, and one number of dimensions."""

    space: str
    bits: int


def meaning_of(model: str, vector: Sequence[float]) -> Meaning:
    """What the model's embedding of a text says. Takes milliseconds."""
    return Meaning(f"{model}:{len(vector)}", signs(vector))


def signs(vector: Sequence[float]) -> int:
    """The same bits for the same directions, on every machine. `vector` has finite numbers, not all of them 0."""
    size = 1 << (max(len(vector), BITS) - 1).bit_length()
    values = [*vector, *[0.0] * (size - len(vector))]
    for round_ in range(_ROUNDS):
        values = _hadamard([-value if _flips(round_, place) else value for place, value in enumerate(values)])
    return sum(1 << place for place, value in enumerate(values[:BITS]) if value > 0)


def cosine(differing: float) -> float:
    """Of two texts, by how many of their bits differ."""
    return math.cos(math.pi * differing / BITS)


def _hadamard(values: list[float]) -> list[float]:
    """The transform of a power of two of them, in the order of bit reversal."""
    for _ in range(len(values).bit_length() - 1):
        pairs = list(zip(values[::2], values[1::2], strict=True))
        values = [a + b for a, b in pairs] + [a - b for a, b in pairs]
    return values


def _flips(round_: int, place: int) -> bool:
    return bool(crc32(b"%d:%d" % (round_, place)) & 1)
