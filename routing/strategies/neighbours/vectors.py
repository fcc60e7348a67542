"""The meanings of past requests: which of them are most like another.

Bits of one text are compared with those of all others, fifty thousand in milliseconds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from routing.strategies.neighbours.signs import BITS, Meaning, cosine

FEW = 50
"""With fewer of them, which likeness is usual cannot be told."""
_SAMPLED = 1_500


@dataclass(slots=True)
class _Space:
    turns: list[str] = field(default_factory=list)
    bits: list[int] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)


class Vectors:
    """Meanings by turn, in each space. Any thread may call it."""

    def __init__(self) -> None:
        self._spaces: defaultdict[str, _Space] = defaultdict(_Space)
        self._lock = Lock()

    def __len__(self) -> int:
        """How many there are in the largest space."""
        with self._lock:
            return max((len(space.turns) for space in self._spaces.values()), default=0)

    def add(self, turn: str, meaning: Meaning) -> None:
        with self._lock:
            space = self._spaces[meaning.space]
            place = space.places.setdefault(turn, len(space.turns))
            if place == len(space.turns):
                space.turns.append(turn)
                space.bits.append(meaning.bits)
            space.bits[place] = meaning.bits

    def forget(self, turn: str) -> None:
        """Takes it out of every space; the last one takes its place."""
        with self._lock:
            for space in self._spaces.values():
                if (place := space.places.pop(turn, None)) is not None:
                    last, bits = space.turns.pop(), space.bits.pop()
                    if last != turn:
                        space.turns[place], space.bits[place], space.places[last] = last, bits, place

    def has(self, turn: str, space: str) -> bool:
        with self._lock:
            return space in self._spaces and turn in self._spaces[space].places

    def near(self, meaning: Meaning) -> Mapping[str, float] | None:
        """The likeness, 0 to 1, of every turn in the space: those that are left out have none. None: too few to tell.

        Embeddings of any two texts have something in common, some models' much, and among n texts the likest of them
        that are not alike at all still looks so by chance: at √(2 ln n) standard deviations of the bits (the largest of
        n normal numbers). Likeness is the cosine beyond that of both together, as a share of what there is up to 1.
        """
        with self._lock:
            space = self._spaces.get(meaning.space)
            if space is None or len(space.turns) < FEW:
                return None
            bits, every = meaning.bits, space.bits
            sample = every[:: -(-len(every) // _SAMPLED)]
            most = chance(sum((bits ^ other).bit_count() for other in sample) / len(sample), len(every))
            found = [(place, d) for place, other in enumerate(every) if (d := (bits ^ other).bit_count()) <= most]
            return {space.turns[place]: _beyond(cosine(most), cosine(differing)) for place, differing in found}


def _beyond(least: float, found: float) -> float:
    return 1.0 if found == 1.0 else (found - least) / (1 - least)


def chance(usual: float, count: int) -> float:
    """So few bits of two texts may differ by chance, where `usual` ones do and there are so many texts."""
    share = usual / BITS
    return max(0.0, usual - math.sqrt(2 * math.log(count) * BITS * share * (1 - share)))
