"""Logprobs near 0 beside a bad answer: a model that is sure of every word of a mistake moves its score no further than
docs/confidence.md says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.confidence.measure import HARD_CEILING, measure, sigmoid
from routing.messages import Reply, TokenLogprob, ask

MOST = 1.0
"""By how many log-odds sure tokens may raise a score."""
USUAL, LOW = 0.66, 0.42
"""A threshold of the shipped profiles, and what an answer must score from its text alone to come up to it."""
PROMPTS = ("how does a heat pump work?", "17 * 23", "write a python function that adds", "name a fruit as JSON")
PIECES = (
    "I don't know.",
    "Perhaps",
    "maybe",
    "it is 300",
    "Wait, no:",
    "the pump",
    "moves heat",
    "```python\ndef f(:\n```",
    "{",
    "I'm sorry, but I can't help with that.",
    "Das weiß ich nicht.",
)
BAD = (
    ("how does a heat pump work?", ""),
    ("how does a heat pump work?", "I'm sorry, but I can't help with that."),
    ("how does a heat pump work?", "Eine Wärmepumpe nimmt die Wärme aus der Luft und gibt sie an das Haus ab."),
    ("17 * 23", "I'm not sure, but I think it might be around 400."),
    ("name a fruit as JSON", "Sure! An apple."),
)


def score(prompt: str, text: str, logprobs: list[float], second: float | None = None) -> float:
    request = ask(prompt)
    tokens = tuple(TokenLogprob(f"t{n}", value, second) for n, value in enumerate(logprobs))
    return measure(request, analyse(request), Reply(text=text, logprobs=tokens, finish="stop")).score


def log_odds(share: float) -> float:
    return math.log(share / (1 - share))


answers = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)
near_0 = st.lists(st.floats(-0.05, 0), min_size=1, max_size=120)


@given(st.sampled_from(PROMPTS), answers, near_0, st.sampled_from([None, -0.1, -6.0, -20.0]))
def test_planted_surety_moves_no_score_further_than_is_said(
    prompt: str, text: str, logprobs: list[float], second: float | None
) -> None:
    before, after = score(prompt, text, []), score(prompt, text, logprobs, second)
    assert log_odds(after) - log_odds(before) <= MOST
    if before < LOW:
        assert after < USUAL


@pytest.mark.parametrize(("prompt", "text"), BAD)
@pytest.mark.parametrize("count", [1, 9, 10, 60, 400])
def test_what_is_plainly_bad_stays_bad_however_sure_the_model_was(prompt: str, text: str, count: int) -> None:
    assert score(prompt, text, [-0.001] * count, second=-12.0) < USUAL


def test_sure_tokens_do_not_lift_a_hard_fault() -> None:
    planted = score("name a fruit as JSON", "Sure! An apple.", [0.0] * 100, second=-12.0)
    assert planted <= sigmoid(HARD_CEILING) + 1e-9
