"""An answer that is still coming: whether it can be seen already that it is not worth waiting for.

What is said here may end an answer, never keep one: that is for the measurement of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from routing.analysis.features import Features
from routing.confidence import openings
from routing.confidence.logprobs import carries_content
from routing.confidence.repeating import Repeats
from routing.confidence.usual import WINDOW
from routing.messages import Request, TokenLogprob

LEAST_NEEDED = 0.5
"""A rung that needs less than this may be content with what would be broken off here."""
WEAK = 0.5
"""A window is weak when it scores below this share of what the rung needs."""
WEAK_WINDOWS = 2
EARLY = 0.4
"""Windows are looked at while less than this share of the expected answer has come."""
_CHARACTERS_PER_TOKEN = 4
_REPETITION_ASKED = ("repeat", " times", "over and over", "again and again", "wiederhol", "répèt", "repite", "ripeti")

Fault = openings.Fault | Literal["loop", "weak"]
Sure = Callable[[str, Sequence[TokenLogprob]], float]
"""How sure a part of an answer is, 0..1, from its text and its tokens."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Why an answer is not worth waiting for, seen after `at` of its characters."""

    at: int
    fault: Fault
    why: str


class Watch:
    """Reads one answer piece by piece, at a cost that does not grow with what came before; the verdict is the same, at
    the same character, however the text is cut. `needed` is the rung's threshold; `forced`: JSON was asked for in the
    model's own way."""

    def __init__(self, request: Request, features: Features, needed: float, sure: Sure, *, forced: bool) -> None:
        self._opening = openings.Opening(request, features, forced=forced)
        self._windows = _Windows(sure, WEAK * needed, EARLY * features.output_tokens)
        asked = request.written.lower()
        self._repeats = None if any(words in asked for words in _REPETITION_ASKED) else Repeats()
        self._found: Abort | None = None

    def feed(self, text: str, logprobs: Sequence[TokenLogprob] = ()) -> Abort | None:
        """A reason to break off, from the piece on in which it is seen; None: there is none so far."""
        if self._found is None:
            opening = self._opening.feed(text)
            weak = self._windows.feed(text, logprobs)
            loop = None if self._repeats is None else self._repeats.feed(text)
            if opening is not None or weak is not None or loop is not None:
                self._found = _first(opening, weak, loop)
        return self._found


def _first(opening: tuple[int, openings.Fault, str] | None, weak: int | None, loop: int | None) -> Abort:
    found = [] if opening is None else [Abort(*opening)]
    if weak is not None:
        found.append(Abort(weak, "weak", "it was not sure of its own words"))
    if loop is not None:
        found.append(Abort(loop, "loop", "it went round in circles"))
    return min(found, key=lambda one: one.at)


class _Windows:
    """An answer in parts of 32 tokens that carry content, or of as many characters where no tokens are told."""

    def __init__(self, sure: Sure, floor: float, most_tokens: float) -> None:
        self._sure = sure
        self._floor = floor
        self._left = int(most_tokens // WINDOW)
        self._weak = 0
        self._tokens: list[TokenLogprob] = []
        self._text = ""
        self._at = 0
        self._told = False

    def feed(self, text: str, logprobs: Sequence[TokenLogprob]) -> int | None:
        """After how many characters a second weak window in a row ended."""
        self._told = self._told or bool(logprobs)
        if self._left <= 0:
            return None
        return self._by_tokens(logprobs) if self._told else self._by_characters(text)

    def _by_tokens(self, logprobs: Sequence[TokenLogprob]) -> int | None:
        for token in logprobs:
            self._at += len(token.token)
            if carries_content(token):
                self._tokens.append(token)
            if len(self._tokens) == WINDOW:
                tokens, self._tokens = self._tokens, []
                if self._ends("".join(token.token for token in tokens), tokens):
                    return self._at
        return None

    def _by_characters(self, text: str) -> int | None:
        size = WINDOW * _CHARACTERS_PER_TOKEN
        self._text += text
        while len(self._text) >= size:
            window, self._text = self._text[:size], self._text[size:]
            self._at += size
            if self._ends(window, ()):
                return self._at
        return None

    def _ends(self, text: str, tokens: Sequence[TokenLogprob]) -> bool:
        self._left -= 1
        if self._left < 0:
            return False
        self._weak = self._weak + 1 if self._sure(text, tokens) < self._floor else 0
        return self._weak >= WEAK_WINDOWS
