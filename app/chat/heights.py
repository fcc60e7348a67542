"""Heights of all messages, real or estimated: a Fenwick tree, so that any position is found in log n."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER_AND_GAP = 2


def estimate(characters: int, newlines: int, width: int) -> int:
    """Rows that a message may take, before its text is read: header, lines, wraps, and the gap after it."""
    return HEADER_AND_GAP + max(1, newlines + 1 + characters // max(1, width))


class Heights:
    """A list of heights in rows with the sum of any prefix, in log n."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._rows = list(heights)
        self._tree = self._build()

    def _build(self) -> list[int]:
        tree = [0, *self._rows]
        for index in range(1, len(tree)):
            parent = index + (index & -index)
            if parent < len(tree):
                tree[parent] += tree[index]
        return tree

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> int:
        return self._rows[index]

    def __setitem__(self, index: int, rows: int) -> None:
        change = rows - self._rows[index]
        if not change:
            return
        self._rows[index] = rows
        at = index + 1
        while at < len(self._tree):
            self._tree[at] += change
            at += at & -at

    @property
    def total(self) -> int:
        return self.prefix(len(self._rows))

    def prefix(self, count: int) -> int:
        """Rows of the first `count` messages."""
        rows = 0
        while count:
            rows += self._tree[count]
            count &= count - 1
        return rows

    def find(self, y: int) -> tuple[int, int]:
        """The message that holds row `y`, and the row within it; rows past the end belong to the last one."""
        at, left = 0, max(0, y)
        step = 1 << len(self._rows).bit_length()
        while step:
            if at + step < len(self._tree) and self._tree[at + step] <= left:
                at += step
                left -= self._tree[at]
            step >>= 1
        if at == len(self._rows):
            last = len(self._rows) - 1
            return (last, self._rows[last] - 1) if at else (0, 0)
        return at, left

    def append(self, rows: int) -> None:
        self._rows.append(rows)
        index = len(self._rows)
        below = self.prefix(index - 1) - self.prefix(index - (index & -index))
        self._tree.append(below + rows)

    def insert(self, index: int, rows: int) -> None:
        self._rows.insert(index, rows)
        self._tree = self._build()

    def remove(self, index: int) -> None:
        del self._rows[index]
        self._tree = self._build()
