"""Finding a few hundred phrases in a text at the cost of a dictionary look-up per word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

# Letters and digits with inner apostrophes, and the two names that end in signs: C++ and C#.
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*(?:\+\+|#)?")

# The same words come again and again; each index looks a word up once.
_REMEMBERED_WORDS = 4_096


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
        self._beginning = lru_cache(maxsize=_REMEMBERED_WORDS)(self._look_up)

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
        letter = words[start + 1][0] if start + 1 < len(words) else ""
        for rest, number in self._beginning(words[start]):
            if not rest or (rest[0][0] == letter and _follows(words, start + 1, rest)):
                yield number, " ".join(words[start : start + 1 + len(rest)])

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """(row, words seen) of each phrase, wherever it begins."""
        for start, word in enumerate(words):
            if self._beginning(word):
                yield from self.at(words, start)

    def _look_up(self, word: str) -> tuple[tuple[tuple[str, ...], int], ...]:
        """What follows the word, and the row, of each phrase that it may begin."""
        found = list(self._exact.get(word, ()))
        for length in self._lengths:
            if length <= len(word):
                found += self._prefix.get(word[:length], ())
        return tuple(found)


def _follows(words: Sequence[str], start: int, rest: tuple[str, ...]) -> bool:
    following = words[start : start + len(rest)]
    if len(following) < len(rest):
        return False
    for word, piece in zip(following, rest, strict=True):
        if word != piece and not (piece.endswith("*") and word.startswith(piece[:-1])):
            return False
    return True
