"""Rows out of a damaged SQLite file, read page by page without following what leads to a page.

One bad page then costs what stands on it and nothing else. The format is https://www.sqlite.org/fileformat.html
(sections 1.6 b-tree pages, 2.1 records, 4 the write-ahead log).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Value = str | int | float | None
Row = tuple[Value, ...]

_MAGIC = b"SQLite format 3\0"
_USUAL_PAGE = 4096
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR = 0x0D, 0x0A, 0x02
"""The pages that hold rows: those of tables without row ids have the shape of an index."""
_MOST_VALUES = 64


@dataclass(frozen=True, slots=True)
class Image:
    """The pages of a file as its last commit left them, those in the log above those in the file."""

    body: bytes
    log: dict[int, bytes]
    size: int
    usable: int

    def page(self, number: int) -> bytes:
        """Pages count from 1; one that is not there is empty."""
        return self.log.get(number) or self.body[(number - 1) * self.size : number * self.size]

    @property
    def count(self) -> int:
        return max([-(-len(self.body) // self.size), *self.log])


def read_image(path: Path) -> Image:
    """The file and the log beside it. Raises OSError."""
    body = path.read_bytes()
    size, reserved = _USUAL_PAGE, 0
    if body.startswith(_MAGIC):
        told = int.from_bytes(body[16:18], "big")
        if told == 1 or (told >= 512 and told & (told - 1) == 0):
            size, reserved = 65536 if told == 1 else told, body[20]
    wal = path.with_name(f"{path.name}-wal")
    log = _log_pages(wal.read_bytes(), size) if wal.exists() else {}
    return Image(body, log, size, size - reserved if reserved <= size // 2 else size)


def carve(image: Image) -> Iterator[Row]:
    """Every row that can be read in any page of tables, in no order; some may be of indexes or stand twice."""
    for number in range(1, image.count + 1):
        page = image.page(number)
        head = 100 if number == 1 else 0
        if len(page) < head + 8 or page[head] not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR):
            continue
        kind = page[head]
        first = head + (12 if kind == _INDEX_INTERIOR else 8)
        for n in range(min(int.from_bytes(page[head + 3 : head + 5], "big"), (len(page) - first) // 2)):
            at = int.from_bytes(page[first + 2 * n : first + 2 * n + 2], "big")
            try:
                yield _record(_payload(image, page, at, kind))
            except (ValueError, IndexError, struct.error):  # this cell is damaged, the next one may not be
                continue


def _log_pages(wal: bytes, size: int) -> dict[int, bytes]:
    """The frames that belong to the log's present round, up to its last commit."""
    committed: dict[int, bytes] = {}
    waiting: dict[int, bytes] = {}
    salt = wal[16:24]
    for at in range(32, len(wal) - 24 - size + 1, 24 + size):
        number, commit = struct.unpack(">II", wal[at : at + 8])
        if wal[at + 8 : at + 16] != salt or not 0 < number < 2**24:
            break
        waiting[number] = wal[at + 24 : at + 24 + size]
        if commit:
            committed.update(waiting)
            waiting.clear()
    return committed


def _payload(image: Image, page: bytes, at: int, kind: int) -> bytes:
    """The bytes of a cell's record, with those that flow over into further pages. Raises ValueError."""
    if kind == _INDEX_INTERIOR:
        at += 4
    length, at = _varint(page, at)
    if kind == _TABLE_LEAF:
        _, at = _varint(page, at)
    usable = image.usable
    most = usable - 35 if kind == _TABLE_LEAF else (usable - 12) * 64 // 255 - 23
    if length <= most:
        return _exactly(page[at : at + length], length)
    least = (usable - 12) * 32 // 255 - 23
    here = least + (length - least) % (usable - 4)
    here = here if here <= most else least
    parts = [_exactly(page[at : at + here], here)]
    left, following = length - here, int.from_bytes(page[at + here : at + here + 4], "big")
    while left > 0:
        if not 0 < following <= image.count:
            raise ValueError("the chain of pages is broken")
        flow = image.page(following)
        parts.append(_exactly(flow[4 : 4 + min(left, usable - 4)], min(left, usable - 4)))
        left -= len(parts[-1])
        following = int.from_bytes(flow[:4], "big")
    return b"".join(parts)


def _record(payload: bytes) -> Row:
    """Raises ValueError when the bytes are no record."""
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if at != end or len(kinds) > _MOST_VALUES:
        raise ValueError("no record")
    values = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        values.append(value)
    if at != len(payload):
        raise ValueError("no record")
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind in (0, 8, 9):
        return (None, 0, 1)[(0, 8, 9).index(kind)], at
    if kind < 7:
        end = at + (1, 2, 3, 4, 6, 8)[kind - 1]
        return int.from_bytes(_exactly(payload[at:end], end - at), "big", signed=True), end
    if kind == 7:
        return struct.unpack(">d", payload[at : at + 8])[0], at + 8
    if kind < 13 or kind % 2 == 0:
        raise ValueError("no table of a ledger holds such a value")
    end = at + (kind - 13) // 2
    return _exactly(payload[at:end], end - at).decode("utf-8"), end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n in range(9):
        byte = data[at + n]
        if n == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    raise ValueError("no number")


def _exactly(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise ValueError("cut off")
    return data
