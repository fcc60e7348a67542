"""What ratings say of the confidence that was shown: held against the figures of the evaluation, and put in words."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.confidence.trust import LEAST, MOST, Rating, Trust, assess
from routing.evaluation import calibration as evaluation

scores = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]))
ratings = st.lists(st.builds(Rating, scores, st.booleans(), st.booleans()), max_size=60)


def told(seed: int, count: int, off: float = 0.0, *, solicited: bool = False) -> list[Rating]:
    """Ratings of answers that are good with a probability `off` below what is shown."""
    generator = random.Random(seed)
    shown = [generator.uniform(0.3, 0.95) for _ in range(count)]
    return [Rating(score, generator.random() < score - off, solicited) for score in shown]


def assessed(found: list[Rating], seed: int = 0) -> Trust:
    return assess(found, random.Random(seed))


# ---------------------------------------------------------------- in words
def test_too_few_ratings_tell_nothing() -> None:
    assert assessed([]).told == "no ratings yet"
    assert assessed(told(1, 1)).told == "1 rating: too few to tell"
    assert assessed(told(1, 12, off=0.3)).told == "12 ratings: too few to tell"
    assert "too few" not in assessed(told(1, LEAST)).told


def test_a_calibrated_confidence_is_called_wrong_at_most_one_time_in_twenty() -> None:
    sentences = [assessed(told(seed, 31), seed).told for seed in range(100)]
    right = sentences.count("31 ratings; not distinguishable from calibrated")
    assert right >= 0.92 * len(sentences)


def test_a_confidence_that_is_too_sure_is_told_by_how_much() -> None:
    found = [assessed(told(seed, 200, off=0.2)) for seed in range(20)]
    assert all(trust.told.startswith("200 ratings; too sure by .") for trust in found)
    assert np.mean([trust.excess for trust in found if trust.excess is not None]) == pytest.approx(0.2, abs=0.02)
    assert assessed(told(0, 200, off=-0.25)).told.startswith("200 ratings; too unsure by .")


def test_an_error_to_both_sides_is_not_hidden_by_its_mean() -> None:
    """As often bad where it is sure as good where it is not. The middle one of five bins holds both, and is right."""
    low, high = (
        [Rating(0.2, place % 2 == 0) for place in range(60)],
        [Rating(0.8, place % 2 == 0) for place in range(60)],
    )
    trust = assessed([*low, *high])
    assert trust.excess == pytest.approx(0)
    assert trust.told == "120 ratings; off by .24, to both sides"
    assert not trust.usable


def test_ratings_that_were_asked_for_are_judged_alone_where_there_are_enough() -> None:
    """Who rates unasked rates the bad ones: that says nothing of the confidence."""
    unasked = [Rating(0.9, good=False)] * 40
    few = assessed([*told(2, LEAST - 1, solicited=True), *unasked])
    enough = assessed([*told(2, 40, solicited=True), *unasked])
    assert few.told.startswith("59 ratings; too sure")
    assert enough.told == "40 ratings asked for; not distinguishable from calibrated"
    assert (enough.judged, enough.solicited, enough.volunteered) == (40, 40, 40)
    assert assessed(told(2, 40, solicited=True)).told == "40 ratings; not distinguishable from calibrated"


def test_only_the_last_thousand_count() -> None:
    trust = assessed([*[Rating(0.9, good=False)] * 500, *told(3, MOST)])
    assert trust.judged == MOST
    assert trust.told == "1000 ratings; not distinguishable from calibrated"


def test_usable_is_what_knows_more_than_the_share_of_good_answers() -> None:
    generator = random.Random(4)
    sharp = [Rating(score, generator.random() < score) for score in (generator.choice([0.1, 0.95]) for _ in range(60))]
    blunt = [Rating(0.6, generator.random() < 0.6) for _ in range(200)]
    assert assessed(sharp).usable
    assert not assessed(blunt).usable
    assert not assessed([Rating(0.9, good=True)] * 50).usable


# ---------------------------------------------------------------- figures
@settings(deadline=None, max_examples=40)
@given(ratings.filter(len))
def test_the_figures_are_those_of_the_evaluation(found: list[Rating]) -> None:
    trust = assessed(found)
    solicited = [rating for rating in found if rating.solicited]
    judged = solicited if len(solicited) >= LEAST else found
    shown, good = [rating.score for rating in judged], [rating.good for rating in judged]
    assert trust.judged == len(judged)
    assert trust.ece == pytest.approx(evaluation.ece(shown, good).value, abs=1e-9)
    area, skill = evaluation.auroc(shown, good), evaluation.brier_skill(shown, good)
    assert trust.auroc == pytest.approx(area.value)
    assert (trust.auroc_low, trust.auroc_high) == (pytest.approx(area.low), pytest.approx(area.high))
    assert trust.skill == (None if skill.value is None else pytest.approx(skill.value))


def test_the_floor_is_that_of_the_evaluation_and_comes_with_the_generator() -> None:
    for count in (50, 320):
        found = told(5, count)
        floor = evaluation.ece_floor([rating.score for rating in found]).value
        assert assessed(found).floor == pytest.approx(floor, rel=0.05)
    assert assessed(found, 1) == assessed(found, 1)
    assert assessed(found, 1).floor != assessed(found, 2).floor


def test_the_lower_end_of_the_skill_is_near_that_of_the_bootstrap() -> None:
    for seed in range(5):
        found = told(seed, 150)
        trust = assessed(found)
        skill = evaluation.brier_skill([rating.score for rating in found], [rating.good for rating in found])
        assert skill.low is not None
        assert trust.skill_low == pytest.approx(skill.low, abs=0.04)


def test_shuffled_ratings_tell_good_from_bad_no_better_than_chance() -> None:
    areas = []
    for seed in range(40):
        found = told(seed, 100)
        goods = [rating.good for rating in found]
        random.Random(seed).shuffle(goods)
        trust = assessed([Rating(rating.score, good) for rating, good in zip(found, goods, strict=True)])
        assert trust.auroc is not None
        areas.append(trust.auroc)
    assert np.mean(areas) == pytest.approx(0.5, abs=0.03)


@settings(deadline=None, max_examples=40)
@given(st.data(), ratings.filter(len))
def test_whatever_the_ratings_are_the_figures_are_in_bounds_and_in_any_order(
    data: st.DataObject, found: list[Rating]
) -> None:
    trust = assessed(found)
    again = assessed(data.draw(st.permutations(found)))
    for name in ("ece", "auroc", "skill", "excess", "floor"):
        assert getattr(again, name) == pytest.approx(getattr(trust, name), abs=1e-9)
    rising = [trust.auroc_low, trust.auroc, trust.auroc_high]
    known = [0.0, *(value for value in rising if value is not None), 1.0]
    assert all(low <= high for low, high in pairwise(known))
    assert trust.ece is not None
    assert trust.floor is not None
    assert trust.excess is not None
    assert 0 <= trust.ece <= 1
    assert 0 <= trust.floor <= 1
    assert abs(trust.excess) <= trust.ece + 1e-9
    assert trust.skill is None or trust.skill <= 1
    assert trust.skill_low is None or (trust.skill is not None and trust.skill_low <= trust.skill)
