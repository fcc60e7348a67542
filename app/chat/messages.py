"""The messages of one chat: entries in order, heights, and the few messages that have been read and laid out."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from app.chat.entries import FOLDABLE
from app.chat.heights import HEADER_AND_GAP, Heights, estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.chat.entries import Entry, MessageView
    from app.chat.message import Message

KEPT = 120
"""Messages that stay laid out when they leave the view."""


class Messages:
    """Entries by position and by id. A message is read when its rows are asked for the first time."""

    def __init__(self, load: Callable[[str], MessageView]) -> None:
        self._load = load
        self._entries: list[Entry] = []
        self._index: dict[str, int] = {}
        self._read: OrderedDict[str, Message] = OrderedDict()
        self.heights = Heights()
        self.width = 80

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, identity: str) -> bool:
        return identity in self._index

    def index(self, identity: str) -> int:
        """Raises KeyError for a message that is not here."""
        return self._index[identity]

    def entry(self, index: int) -> Entry:
        return self._entries[index]

    def source(self, identity: str) -> str:
        return self._load(identity).text

    def replace(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)
        self._read.clear()
        self._reindex(0)
        self._estimate()

    def append(self, entry: Entry) -> None:
        self._index[entry.id] = len(self._entries)
        self._entries.append(entry)
        self.heights.append(self._guess(entry))

    def insert(self, index: int, entry: Entry) -> None:
        self._entries.insert(index, entry)
        self.heights.insert(index, self._guess(entry))
        self._reindex(index)

    def remove(self, index: int) -> None:
        entry = self._entries.pop(index)
        self._read.pop(entry.id, None)
        del self._index[entry.id]
        self.heights.remove(index)
        self._reindex(index)

    def resize(self, width: int) -> None:
        """Another width: heights are estimates again, messages are laid out when they are asked for."""
        self.width = width
        self._estimate()

    def known(self, identity: str) -> Message | None:
        """The message, if it has been read."""
        return self._read.get(identity)

    def message(self, index: int) -> Message:
        """The message, read and laid out at the width of the view; its height becomes real."""
        entry = self._entries[index]
        message = self._read.get(entry.id)
        if message is None:
            from app.chat.message import Message

            message = Message(entry, self._load(entry.id), self.width)
            self._read[entry.id] = message
            self._forget()
        elif message.width != self.width:
            message.resize(self.width)
        self._read.move_to_end(entry.id)
        self.heights[index] = len(message.rows)
        return message

    @property
    def read(self) -> set[str]:
        """Messages that have been read and are still kept."""
        return set(self._read)

    def update(self, identity: str) -> None:
        """Lay out what was fed to a message that has been read."""
        self._read[identity].update()
        self.message(self._index[identity])

    def height(self, index: int) -> int:
        """Real rows of the message."""
        return len(self.message(index).rows)

    def reload(self, identity: str, *, afresh: bool = False) -> None:
        """Ask for the message again, if it has been read; `afresh` forgets what was fed to it."""
        message = self._read.get(identity)
        if message is None:
            return
        if afresh:
            del self._read[identity]
        else:
            message.show(self._load(identity))
        self.message(self._index[identity])

    def _forget(self) -> None:
        while len(self._read) > KEPT:
            self._read.popitem(last=False)

    def _reindex(self, begin: int) -> None:
        if not begin:
            self._index = {}
        for index in range(begin, len(self._entries)):
            self._index[self._entries[index].id] = index

    def _estimate(self) -> None:
        self.heights = Heights(map(self._guess, self._entries))

    def _guess(self, entry: Entry) -> int:
        if entry.kind in FOLDABLE:
            return HEADER_AND_GAP + 1
        return estimate(entry.characters, entry.newlines, self.width)
