"""What reads one value that a person or a server wrote: it gives the value, or says what is wrong with it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from routing.policy.mistakes import nearest, quoted

_LARGEST = sys.float_info.max


class WrongValueError(ValueError):
    """What is wrong, what to write instead, and where: `at` leads to the place inside the value that was read."""

    def __init__(self, what: str, instead: str = "", at: tuple[str, ...] = ()) -> None:
        self.what, self.instead, self.at = what, instead, at
        super().__init__(what)


def one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise WrongValueError(f"{quoted(value)} is not allowed here", nearest(str(value), words))
        return str(value)

    return read


def whole(unit: str) -> Callable[[object], int]:
    """A whole number above 0."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise WrongValueError(f"{quoted(value)} is not a number of {unit}", "write a whole number above 0")
        return value

    return read


def between(low: float, high: float) -> Callable[[object], float]:
    """A finite number in the closed range."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= min(high, _LARGEST):
            limits = f"between {low:g} and {high:g}" if math.isfinite(high) else f"from {low:g} up"
            raise WrongValueError(f"{quoted(value)} is not allowed here", f"write a number {limits}")
        return float(value)

    return read


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValueError(f"{quoted(value)} is neither true nor false", "write true or false")
    return value


def word(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WrongValueError(f"{quoted(value)} is not a word", "write a word")
    return value


def some_of(words: tuple[str, ...], kind: str) -> Callable[[object], frozenset[str]]:
    def read(value: object) -> frozenset[str]:
        if not isinstance(value, list | tuple | set | frozenset):
            raise WrongValueError(f"{quoted(value)} is not a list", f"write a list, such as [{', '.join(words[:2])}]")
        for item in value:
            if item not in words:
                raise WrongValueError(f"the {kind} {quoted(item)} is not known", nearest(str(item), words))
        return frozenset(value)

    return read
