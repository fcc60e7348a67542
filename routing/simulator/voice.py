"""How a simulated model speaks: text cut into tokens, each with a log-probability."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

_TOKEN = re.compile(r" ?[^\W\d_]{1,8}|\d{1,3}|[ \t]+|\n+|.", re.DOTALL)
_SLICE = 8_000
_ALTERNATIVES = 20
_FLOOR = -6.0
_LONG = 20
_DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `alternatives` are (text, logprob), the most likely first, the token itself among them."""

    text: str
    logprob: float
    alternatives: tuple[tuple[str, float], ...]


def split_tokens(text: str) -> list[str]:
    """Pieces of about four characters that join to the text again."""
    return _TOKEN.findall(text)


async def count_tokens(text: str) -> int:
    """The tokens of a prompt, counted in slices so that a long one holds nobody up."""
    count = 0
    for start in range(0, len(text), _SLICE):
        count += len(split_tokens(text[start : start + _SLICE]))
        if start:
            await asyncio.sleep(0)
    return count


class Voice:
    """Gives each piece of an answer its log-probability: on average -0.1 where sure, -2 where not."""

    def __init__(self, text: str, sure: bool, rng: Random) -> None:
        self.pieces = split_tokens(text)
        self._sure, self._rng = sure, rng

    def say(self, piece: str) -> Token:
        rng = self._rng
        if not self._sure:
            logprob = -abs(rng.gauss(2.1, 0.9))
        elif len(self.pieces) >= _LONG and rng.random() < _DOUBT:
            logprob = -rng.uniform(0.4, 1.1)
        else:
            logprob = -abs(rng.gauss(0, 0.09))
        logprob = round(max(_FLOOR, min(logprob, -0.0001)), 6)
        return Token(piece, logprob, _alternatives(piece, logprob, self.pieces, rng))


def _alternatives(piece: str, logprob: float, pieces: Sequence[str], rng: Random) -> tuple[tuple[str, float], ...]:
    """Other pieces of the same answer share what probability is left, each half of the one before."""
    left = 1 - math.exp(logprob)
    others = dict.fromkeys(rng.choice(pieces) for _ in range(4))
    others.pop(piece, None)
    ranked = [(piece, logprob)]
    for other in others:
        left /= 2
        ranked.append((other, round(math.log(left), 6)))
    return tuple(sorted(ranked, key=lambda pair: -pair[1])[:_ALTERNATIVES])
