"""The shape of an answer: finite for any text; final answers and sums are found."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.learned.answer_shape import ANSWER_SHAPE, Answered, answer_shape, final_answer, same_answer
from routing.learned.answer_sums import checked_sums

ASKED = "What is 6 * 7?\nA. 41 apples\nB. 42 oranges\nC. 43 pears"


def _shape(response: str, answer: str | None = None, prompt: str = ASKED) -> dict[str, float]:
    answered = Answered(prompt, response, len(response), False, answer)
    return dict(zip(ANSWER_SHAPE, answer_shape(answered), strict=True))


def test_there_are_74_numbers_with_names() -> None:
    assert len(set(ANSWER_SHAPE)) == len(ANSWER_SHAPE) == 74


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("So the answer is (B).", "B"),
        ("**The answer is: **C**", "C"),
        ("The answer is a matter of taste.", None),
        ('{"reasoning": "6 * 7 = 42", "answer": "42"}', "42"),
        ('{"answer": 42}', "42"),
        ("Thus \\boxed{x^2} it is.", "x^2"),
        ("First \\boxed{1}, then \\boxed{2}.", "2"),
        ("#### 1,234", "1,234"),
        ("Answer: forty-two\nand so on", "forty-two"),
        ("I do not know.", None),
        ("", None),
        ("word " * 200_000 + "\n#### 7", "7"),
    ],
)
def test_the_final_answer_is_what_is_called_so_last(response: str, answer: str | None) -> None:
    assert final_answer(response) == answer


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("B", "b", True),
        ("'ab c'", '"abc"', True),
        ("$\\frac{1}{2}$", "frac12", True),
        ("42", "43", False),
        ("", "", False),
        (None, None, False),
        ("{}", "''", False),
        ("1", None, False),
    ],
)
def test_answers_are_the_same_but_for_their_dress(one: str | None, other: str | None, same: bool) -> None:
    assert same_answer(one, other) is same
    assert same_answer(other, one) is same


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("6 * 7 = 42", (1, 0)),
        ("6 * 7 = 43", (1, 1)),
        ("2 + 3 * 4 = 14 and 2 + 3 * 4 = 20", (2, 1)),
        ("20 - 5 - 3 = 12; 5-3=2; 5 - -3 = 8; -5 + 3 = -2", (4, 0)),
        ("$1,200 / 4 = $300", (1, 0)),
        ("3 \\times 4 = 12, 3 \\cdot 4 ≈ 13, 8 ÷ 2 = 4", (3, 1)),
        ("2 / 3 = 0.67 and 1 / 4 = 25%", (2, 0)),
        ("1 / 0 = 5", (0, 0)),
        ("x = 5, 3 + 4, y + 1 = 2", (0, 0)),
        ("9" * 400 + " * 2 = 3", (0, 0)),
        ("1 + 2 + 3 then 4 + 5 = 9", (1, 0)),
    ],
)
def test_sums_are_done_again(text: str, sums: tuple[int, int]) -> None:
    assert checked_sums(text) == sums


def test_what_an_answer_shows() -> None:
    shape = _shape("Perhaps 6 * 7 = 42 oranges. Wait, 6 * 7 = 41? The answer is (B).")
    assert shape["hedges"] == shape["second thoughts"] == 1
    assert shape["sums"] == pytest.approx(math.log1p(2))
    assert shape["wrong sums"] == pytest.approx(math.log1p(1))
    assert shape["options"] == 3
    assert shape["place of the chosen option"] == pytest.approx(0.1)
    assert shape["the chosen option stands before"] == 1
    assert shape["the chosen number comes last"] == 1
    assert shape["coverage above another's"] > 0
    assert shape["no final answer"] == shape["it is a number"] == 0


def test_a_final_number_is_looked_for_before() -> None:
    shape = _shape("We get -2.5 twice: -2.5 it is.\n#### -2.5", prompt="How much?")
    assert shape["it is a number"] == shape["it is negative"] == shape["it is a fraction or a root"] == 1
    assert shape["it is a whole number"] == shape["it stands in the prompt"] == 0
    assert shape["times it stands before"] == pytest.approx(math.log1p(2))
    assert shape["its size"] == pytest.approx(math.log1p(2.5))


@pytest.mark.parametrize(("answer", "is_number"), [("nan", 0), ("inf", 0), ("1e999", 0), ("1e300", 1), ("-2e15", 1)])
def test_the_size_of_a_number_out_of_this_world_does_not_count(answer: str, is_number: int) -> None:
    shape = _shape("It is large.", answer=answer)
    assert shape["it is a number"] == is_number
    assert shape["its size"] == shape["it is a whole number"] == 0


def test_no_final_answer_is_told_from_one_that_was_not_looked_for() -> None:
    said = "The answer is (B)."
    assert _shape(said)["no final answer"] == 0
    assert _shape(said, answer="")["no final answer"] == 1
    assert _shape("Who knows?")["no final answer"] == 1
    assert _shape("Who knows?", answer="C")["no final answer"] == 0


def test_without_options_theirs_are_0() -> None:
    shape = _shape("The answer is (B).", prompt="Is it A or B?")
    first = ANSWER_SHAPE.index("options")
    assert [shape[name] for name in ANSWER_SHAPE[first:]] == [0] * 8


def test_a_long_response_is_read_as_a_data_set_that_cut_it_has_it() -> None:
    whole = "".join(f"Step {step}: {step} * 3 = {step * 3}.\n" for step in range(200))
    cut = f"{whole[:800]}\n[... {len(whole) - 1_600} characters cut ...]\n{whole[-800:]}"
    of_cut = answer_shape(Answered(ASKED, cut, len(whole), True, "B"))
    assert answer_shape(Answered(ASKED, whole, len(whole), False, "B")) == of_cut


PIECES = ["1+", "12 + ", "1", "1,", "\n", '"answer":"', "\\boxed{", "answer is ", "A) x\n", "\ud800", "𝟙", "1e9", " "]


@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_of_anything_is_finite(piece: str) -> None:
    text = piece * (10**6 // len(piece))
    assert all(map(math.isfinite, answer_shape(Answered(text, text, len(text), False, None))))
    assert all(map(math.isfinite, answer_shape(Answered(text, text, len(text), True, text))))


texts = st.text(st.characters(codec=None)) | st.lists(st.sampled_from([*PIECES, "= 7", "nan", "inf", "1e999"])).map(
    "".join
)


@settings(deadline=None)
@given(texts, texts, st.integers(), st.booleans(), st.none() | texts)
def test_any_answer_is_finite(prompt: str, response: str, characters: int, truncated: bool, answer: str | None) -> None:
    shape = answer_shape(Answered(prompt, response, characters, truncated, answer))
    assert len(shape) == 74
    assert all(map(math.isfinite, shape))
