"""Text of others inside a prompt of ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.analysis.personal import find_personal
from routing.enclosing import enclosed

FOUND = ["anna.meier@example.org", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111"]
MOST = 400


@given(st.sampled_from(FOUND), st.integers(150, 260), st.booleans())
def test_no_cut_goes_through_personal_data(value: str, at: int, last: bool) -> None:
    """Half of a number would be masked by nobody."""
    filler = "so it goes " * 200
    text = f"{filler[:at]} {value} {filler}"
    text = f"{filler} {value} {filler[:at]}" if last else text
    assert [text[one.start : one.end] for one in find_personal(text)] == [value]
    shown = enclosed("prompt", text, MOST)
    assert value in shown or not any(value[n : n + 6] in shown for n in range(len(value) - 5))
