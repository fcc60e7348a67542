from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.layout import Mode, drawer_rows, mode, rail_panels, rail_width, status_rows

ROOM = [Mode.TINY, Mode.STRIP, Mode.MID, Mode.FULL]
sizes = st.tuples(st.integers(1, 240), st.integers(1, 80))


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (120, 40, Mode.FULL),
        (120, 36, Mode.FULL),
        (120, 35, Mode.MID),
        (119, 40, Mode.MID),
        (100, 28, Mode.MID),
        (100, 27, Mode.STRIP),
        (80, 24, Mode.STRIP),
        (72, 18, Mode.STRIP),
        (72, 17, Mode.TINY),
        (60, 18, Mode.TINY),
        (20, 5, Mode.TINY),
        (240, 10, Mode.TINY),
    ],
)
def test_the_size_of_the_terminal_names_the_mode(width: int, height: int, expected: Mode) -> None:
    assert mode(width, height) is expected


@given(sizes, st.integers(0, 60), st.integers(0, 30))
def test_more_room_never_shows_less(size: tuple[int, int], wider: int, higher: int) -> None:
    width, height = size
    assert ROOM.index(mode(width + wider, height + higher)) >= ROOM.index(mode(width, height))


@given(sizes)
def test_there_is_either_a_rail_or_a_line_of_state(size: tuple[int, int]) -> None:
    shape = mode(*size)
    assert (rail_width(shape) > 0) is bool(rail_panels(shape))
    assert (rail_width(shape) > 0) is not (status_rows(shape) > 0)


@given(sizes)
def test_what_is_shown_fits_and_leaves_room_to_chat(size: tuple[int, int]) -> None:
    width, height = size
    shape = mode(width, height)
    assert width - rail_width(shape) >= min(width, 60)
    assert 0 < drawer_rows(shape, height) <= height


def test_a_rail_of_less_room_drops_the_latency_only() -> None:
    assert set(rail_panels(Mode.FULL)) - set(rail_panels(Mode.MID)) == {"latency"}
