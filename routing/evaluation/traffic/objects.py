"""JSON objects out of a file, one at a time, however large the file: those of a list, or one after another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from routing.errors import Problem
from routing.evaluation.rows import DataError

MOST_BYTES = 64 << 20
"""The largest object that is taken: a chat of a hundred novels."""
_PIECE = 1 << 20
_BETWEEN = re.compile(rb"[\s,]*")
_OUTSIDE_TEXT = re.compile(rb'["{}\[\]]')
_TEXT = re.compile(rb'(?:[^"\\\n]++|\\.)*+', re.DOTALL)
_MARK = b"\xef\xbb\xbf"


def objects(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each object with the line on which it begins. They stand in a list, or without one, as lines of JSON do. Raises
    DataError where the file cannot be cut into objects, and OSError where it cannot be read."""
    scan = _Scan(path)
    with path.open("rb") as file:
        piece = file.read(_PIECE).removeprefix(_MARK)
        while piece:
            yield from scan.feed(piece)
            piece = file.read(_PIECE)
    scan.end()


class _Scan:
    """Where objects begin and end. Only brackets and quotes are looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = bytearray()
        self._line = self._began = 1
        self._depth = 0
        self._in_text = self._escaped = False
        self._list: bool | None = None

    def feed(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        """The objects that end in this piece of the file."""
        at = 0
        while at < len(piece):
            if not self._depth:
                at = self._to_next(piece, at)
                continue
            end = self._to_end(piece, at)
            self._kept += piece[at:end]
            self._line += piece.count(b"\n", at, end)
            if len(self._kept) > MOST_BYTES:
                self._refuse(self._began, f"an object is larger than {MOST_BYTES >> 20} MB;", "take it out of the file")
            if not self._depth:
                yield self._began, bytes(self._kept)
                self._kept.clear()
            at = end

    def end(self) -> None:
        """The file ends here. Raises DataError where it should not."""
        if self._depth:
            self._refuse(self._began, "what begins here has no end: the file is cut short;", "export it again")
        if self._list:
            self._refuse(self._line, "the list has no end: the file is cut short;", "export it again")

    def _to_next(self, piece: bytes, at: int) -> int:
        """Behind what stands between two objects, or behind the bracket that begins one."""
        between = _BETWEEN.match(piece, at)
        assert between is not None  # it matches nothing at all, too
        self._line += piece.count(b"\n", at, between.end())
        at = between.end()
        sign = piece[at : at + 1]
        if sign == b"{":
            self._began, self._depth = self._line, 1
            self._kept += sign
            self._list = self._list or False
        elif sign == b"[" and self._list is None:
            self._list = True
        elif sign == b"]" and self._list:
            self._list = False
        elif sign:
            self._refuse(self._line, "is no JSON object;", 'it must be {"prompt": …}, or a chat of an export')
        return at + 1

    def _to_end(self, piece: bytes, at: int) -> int:
        """Behind the object's last bracket, or at the end of the piece."""
        start = at
        if self._escaped:
            self._escaped = False
            at += 1
        while self._depth and at < len(piece):
            if self._in_text:
                at = self._through_text(piece, start, at)
                continue
            found = _OUTSIDE_TEXT.search(piece, at)
            if found is None:
                return len(piece)
            at = found.end()
            self._in_text = found[0] == b'"'
            if not self._in_text:
                self._depth += 1 if found[0] in b"{[" else -1
        return at

    def _through_text(self, piece: bytes, start: int, at: int) -> int:
        """Behind the closing quote, or at the end of the piece, which may be in the middle of an escape."""
        text = _TEXT.match(piece, at)
        assert text is not None  # it matches nothing at all, too
        at, sign = text.end(), piece[text.end() : text.end() + 1]
        if sign == b"\n":
            line = self._line + piece.count(b"\n", start, at)
            self._refuse(line, "a text has no closing quote;", "write a line break in it as \\n")
        self._in_text, self._escaped = sign != b'"', sign == b"\\"
        return at + len(sign)

    def _refuse(self, line: int, what: str, instead: str) -> NoReturn:
        raise DataError((Problem(str(self._path), line, what, instead),))
