"""The shape of a prompt: finite for any text, and true of some."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.learned.grams import MOST_CHARACTERS
from routing.learned.prompt_shape import PROMPT_SHAPE, prompt_shape

OF_OPTIONS = (
    "options",
    "mean length of an option",
    "range of option lengths",
    "every option has a digit",
    "all or none of the above",
    "an option stands twice",
    "words that stem and options share",
)


def _shape(text: str) -> dict[str, float]:
    return dict(zip(PROMPT_SHAPE, prompt_shape(text), strict=True))


def test_there_are_44_numbers_with_names() -> None:
    assert len(set(PROMPT_SHAPE)) == len(PROMPT_SHAPE) == 44


def test_a_question_with_options() -> None:
    shape = _shape("Q: How many planets are NOT following a circle of 3 km?\n\nA. 12 planets\nB. 12 planets\n(C) 7")
    assert shape["options"] == 3
    assert shape["every option has a digit"] == shape["an option stands twice"] == 1
    assert shape["mean length of an option"] == pytest.approx(math.log1p((10 + 10 + 1) / 3))
    assert shape["range of option lengths"] == pytest.approx(math.log1p(9))
    assert shape["words that stem and options share"] == pytest.approx(1 / 2)
    assert shape["a negation"] == shape["says following"] == shape["a unit"] == shape["begins with how"] == 1
    assert shape["asks for a quantity"] == 1
    assert shape["largest number"] == pytest.approx(math.log1p(3))
    another = _shape("Which?\nA. one\nB. none of the above")
    assert another["all or none of the above"] == 1
    assert another["an option stands twice"] == another["every option has a digit"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Write a poem about all of these.",
        "A. Only one line looks like an option",
        "A walk\nB walk",
        "e.g. A. and B. in one line",
    ],
)
def test_without_options_their_numbers_are_0(text: str) -> None:
    shape = _shape(text)
    assert [shape[name] for name in OF_OPTIONS] == [0] * len(OF_OPTIONS)


def test_a_long_text_is_cut() -> None:
    text = "What is 3 + 4? " * 70_000
    assert len(text) > 10**6
    assert prompt_shape(text) == prompt_shape(text[:MOST_CHARACTERS])


@pytest.mark.parametrize("piece", ["\n", " ", "1", "A) x\n", "\nA. ", "é", "\ud800", "9.9", "a", "\x00", "_", "𝟙"])
def test_a_megabyte_of_anything_is_finite(piece: str) -> None:
    assert all(map(math.isfinite, prompt_shape(piece * (10**6 // len(piece)))))


@settings(deadline=None)
@given(st.text(st.characters(codec=None)), st.integers(1, 10**5))
def test_any_text_is_finite(text: str, times: int) -> None:
    shape = prompt_shape(text * min(times, 10**6 // max(1, len(text))))
    assert len(shape) == 44
    assert all(map(math.isfinite, shape))
