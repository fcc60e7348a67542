"""Whether a text that is still coming goes round in circles.

A model that is caught in a loop says the same to the letter, round after round. Between the refrains of a song or the
lines of a list there is something new, and a table of noughts holds no words.
"""

from __future__ import annotations

ROUNDS = 4
LEAST = 48
"""Characters: a shorter round is counted as so long."""
_STEP = 64
"""The text is looked at whenever so many characters more have come."""
_MOST = 4_000


class Repeats:
    """Reads a text piece by piece and looks back a fixed way; how the text is cut makes no difference."""

    def __init__(self) -> None:
        self._read = ""
        self._coming = ""
        self._at = 0

    def feed(self, text: str) -> int | None:
        """After how many characters it was clear that the text repeats itself, if it does."""
        self._coming += text
        while len(self._coming) >= _STEP:
            self._read = (self._read + self._coming[:_STEP])[-_MOST:]
            self._coming = self._coming[_STEP:]
            self._at += _STEP
            if self._circles():
                return self._at
        return None

    def _circles(self) -> bool:
        """Whether the text ends in the same round again and again; a round is as long as it is since its end came
        before."""
        text, last = self._read, self._read[-LEAST:]
        before = text.rfind(last, 0, -1)
        lag = len(text) - LEAST - before
        again = (ROUNDS - 1) * max(lag, LEAST)
        if before < 0 or len(text) < again + lag:
            return False
        return text[-again:] == text[-again - lag : -lag] and any(map(str.isalpha, last))
