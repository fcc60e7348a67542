"""What the composer's edge says of a prompt that is not sent yet."""

from __future__ import annotations

from app.chat.track import fitted

SAID = "→ mid railcar · ! an e-mail address: sent as it is · ≈ $0.0003 sim · 2 s · may climb to large"


def test_a_part_is_told_whole_or_not_at_all() -> None:
    parts = SAID.split(" · ")
    for room in range(120):
        told = fitted(SAID, room)
        assert told.split(" · ") == parts[: len(told.split(" · "))]
        assert len(told) <= max(room, len(parts[0]))
    assert fitted(SAID, len(SAID)) == SAID
    assert fitted(SAID, len(SAID) - 1) == " · ".join(parts[:-1])
