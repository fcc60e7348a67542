"""Finding a few hundred phrases in a text at the cost of a dictionary look-up per word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

# Letters and digits with inner apostrophes, and the two names that end in signs: C++ and C#.
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*(?:\+\+|#)?")


def words_of(text: str) -> list[str]:
    """The words of a lower-case text; hyphens divide, apostrophes do not."""
    return _WORD.findall(text.replace("’", "'"))


class PhraseIndex:
    """Phrases of words, each with the number of the row that it came from; `word*` matches as a prefix."""

    def __init__(self, rows: Iterable[Iterable[str]]) -> None:
        self._exact: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._prefix: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for number, row in enumerate(rows):
            for phrase in row:
                self._add(phrase, number)
        self._lengths = sorted({len(stem) for stem in self._prefix})

    def _add(self, phrase: str, number: int) -> None:
        pieces: list[str] = []
        for piece in phrase.split():
            words = words_of(piece)
            pieces += words[:-1]
            pieces += [words[-1] + "*" if piece.endswith("*") else words[-1]] if words else []
        head, rest = pieces[0], tuple(pieces[1:])
        if head.endswith("*"):
            self._prefix.setdefault(head[:-1], []).append((rest, number))
        else:
            self._exact.setdefault(head, []).append((rest, number))

    def at(self, words: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
        """(row, words seen) of each phrase that begins at `start`."""
        word = words[start]
        for rest, number in self._exact.get(word, ()):
            if _follows(words, start + 1, rest):
                yield number, " ".join(words[start : start + 1 + len(rest)])
        for length in self._lengths:
            for rest, number in self._prefix.get(word[:length], ()) if length <= len(word) else ():
                if _follows(words, start + 1, rest):
                    yield number, " ".join(words[start : start + 1 + len(rest)])

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """(row, words seen) of each phrase, wherever it begins."""
        for start in range(len(words)):
            yield from self.at(words, start)


def _follows(words: Sequence[str], start: int, rest: tuple[str, ...]) -> bool:
    if len(words) - start < len(rest):
        return False
    return all(
        words[start + n].startswith(piece[:-1]) if piece.endswith("*") else words[start + n] == piece
        for n, piece in enumerate(rest)
    )
