"""What the transcript posts. Handlers are named `on_transcript_…`; the classes are also `Transcript.…`."""

from __future__ import annotations

from textual.message import Message


class CursorMoved(Message, namespace="transcript"):
    """The cursor is on another message, or on none."""

    def __init__(self, id: str | None) -> None:
        self.id = id
        super().__init__()


class FollowChanged(Message, namespace="transcript"):
    """Following the end began or ended, or text arrived `below` the view of a reader who does not follow."""

    def __init__(self, following: bool, below: bool) -> None:
        self.following = following
        self.below = below
        super().__init__()


class LinkOpened(Message, namespace="transcript"):
    """A link was clicked."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__()


class FoldToggled(Message, namespace="transcript"):
    """The reader asks to fold or unfold a message: change its view, then call `refresh_message`."""

    def __init__(self, id: str) -> None:
        self.id = id
        super().__init__()
