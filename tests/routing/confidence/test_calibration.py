"""What a calibration makes of labels whose truth is known, and what must hold whatever the labels are."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.confidence.calibration import (
    KEPT_WEIGHT,
    PRIOR,
    REASK_WEIGHT,
    SELECTION,
    Calibration,
    Label,
    Line,
    fit,
)
from routing.confidence.measure import measure, sigmoid
from routing.decision.model import Record
from routing.evaluation.calibration import auroc
from routing.messages import Reply, TokenLogprob, ask

numbers = st.floats(-40, 40)
labels = st.builds(
    Label,
    model=st.sampled_from(["small", "large"]),
    task=st.sampled_from(["code", "faq"]),
    log_odds=numbers,
    good=st.sampled_from([0.0, 1.0, 0.5]),
    weight=st.sampled_from([1.0, 1.0, REASK_WEIGHT, KEPT_WEIGHT]),
    solicited=st.booleans(),
)
histories = st.lists(labels, max_size=25)

Truth = Callable[[float], float]


def a_line(slope: float, intercept: float) -> Truth:
    return lambda x: slope * x + intercept


def told(seed: int, count: int, truth: Truth, model: str = "m", task: str = "faq") -> list[Label]:
    """Ratings that were asked for, of answers that are good with the log-odds that `truth` says."""
    generator = random.Random(seed)
    return [
        Label(model, task, x, float(generator.random() < sigmoid(truth(x))), solicited=True)
        for x in (generator.gauss(1.3, 1.2) for _ in range(count))
    ]


def error(calibration: Calibration, truth: Truth, model: str = "m", task: str = "faq") -> float:
    """How far from the truth the confidence is in the mean, over the scores that occur."""
    scores = [1.3 + 1.2 * step / 2 for step in range(-4, 5)]
    return sum(abs(sigmoid(calibration.calibrated(x, model, task)) - sigmoid(truth(x))) for x in scores) / len(scores)


def mean_error(count: int, truth: Truth) -> float:
    return sum(error(fit(told(seed, count, truth)), truth) for seed in range(25)) / 25


# ---------------------------------------------------------------- towards the truth
@pytest.mark.parametrize(
    "truth",
    [
        pytest.param(lambda x: 0.3 * x - 0.6, id="too sure"),
        pytest.param(lambda x: 0.2 * x + 2.0, id="too unsure"),
        pytest.param(lambda x: 1.2 * x - 0.8, id="steeper"),
        pytest.param(lambda x: 0.1, id="knows nothing"),
    ],
)
def test_forty_labels_move_it_to_the_truth(truth: Truth) -> None:
    at_first, after = error(Calibration(), truth), mean_error(40, truth)
    assert after < 0.6 * at_first
    # A perfectly calibrated confidence looks this far off by chance, with forty answers in five bins.
    assert after < 0.13
    assert mean_error(400, truth) < min(after, 0.045)


def test_where_it_is_right_already_labels_do_no_harm() -> None:
    right = a_line(PRIOR.slope, PRIOR.intercept)
    assert error(Calibration(), right) == 0
    assert mean_error(10, right) < 0.11
    assert mean_error(400, right) < 0.03


def test_a_model_that_is_surer_than_it_is_right_is_pulled_down_alone() -> None:
    """Sure words, wrong answers: the planted model scores high, and high scores mean nothing there."""
    honest = a_line(0.9, 0.0)
    history = [*told(1, 60, honest, "honest"), *told(2, 60, lambda x: -1.0, "planted")]
    calibration = fit(history)
    assert sigmoid(calibration.calibrated(2.5, "planted", "faq")) < 0.4
    assert sigmoid(calibration.calibrated(2.5, "honest", "faq")) > 0.8
    middle = sigmoid(calibration.calibrated(2.5, "new here", "faq"))
    assert 0.4 < middle < 0.8


def test_token_probabilities_that_are_planted_do_not_fool_it_for_long() -> None:
    """A model that tells of probability 1 for each token, right or wrong, looks surest and is found out by ratings."""
    request = ask("how does a heat pump work?")
    text = "A heat pump moves heat from outside into the house: a refrigerant takes it in, a compressor warms it."

    def log_odds(logprob: float) -> float:
        tokens = tuple(TokenLogprob("t", logprob, logprob - 5) for _ in range(40))
        return sum(part.log_odds for part in measure(request, analyse(request), Reply(text, logprobs=tokens)).parts)

    planted, plain = log_odds(0.0), log_odds(-0.5)
    assert planted > plain
    wrong = [Label("planted", "faq", planted, 0.0, solicited=True)] * 14
    right = [Label("planted", "faq", planted, 1.0, solicited=True)] * 6
    calibration = fit([*wrong, *right, *told(8, 40, lambda x: x, "plain")])
    found = sigmoid(calibration.calibrated(planted, "planted", "faq"))
    assert found < 0.5 < sigmoid(Calibration().calibrated(planted, "planted", "faq"))
    assert found < sigmoid(calibration.calibrated(plain, "plain", "faq"))


def test_classes_are_told_apart_and_lend_to_models_that_are_new_in_them() -> None:
    history = [*told(3, 80, lambda x: x + 1.0, task="faq"), *told(4, 80, lambda x: x - 2.0, task="code")]
    calibration = fit(history)
    assert calibration.calibrated(1.0, "new", "faq") > calibration.calibrated(1.0, "new", "code") + 1.5
    assert calibration.line("new", "code") == next(line for line in calibration.lines if line.task == "code")
    assert calibration.line("new", "poetry") == calibration.overall
    assert calibration.line("m", "code").model == "m"


def test_shuffled_labels_tell_good_from_bad_no_better_than_chance() -> None:
    """What is learned from half of the labels is held against the other half: mean of many shufflings."""
    areas = []
    for seed in range(30):
        history = told(seed, 200, lambda x: x - 1)
        goods = [label.good for label in history]
        random.Random(seed).shuffle(goods)
        shuffled = [replace(label, good=good) for label, good in zip(history, goods, strict=True)]
        calibration = fit(shuffled[:100])
        rest = shuffled[100:]
        seen = [calibration.calibrated(label.log_odds, "m", "faq") for label in rest]
        areas.append(auroc(seen, [label.good for label in rest]).value or math.nan)
    assert np.mean(areas) == pytest.approx(0.5, abs=0.03)


# ---------------------------------------------------------------- who rates, and what is no rating
def biased(seed: int, turns: int, *, asked: bool) -> list[Label]:
    """A person who is pleased in 80 of 100 turns rates each bad answer unasked, but one good answer in ten; one turn
    in eight is asked about."""
    generator = random.Random(seed)
    history = []
    for _ in range(turns):
        x = generator.gauss(1.3, 1.2)
        good = generator.random() < sigmoid(0.6 * x + 0.8)
        if asked and generator.random() < 1 / 8:
            history.append(Label("m", "faq", x, float(good), solicited=True))
        elif not good or generator.random() < 0.1:
            history.append(Label("m", "faq", x, float(good)))
    return history


def test_ratings_given_unasked_do_not_drag_the_confidence_down() -> None:
    truth = a_line(0.6, 0.8)
    corrected = [fit(biased(seed, 300, asked=True)) for seed in range(20)]
    naive = [fit(replace(label, solicited=True) for label in biased(seed, 300, asked=True)) for seed in range(20)]
    assert np.mean([calibration.volunteered for calibration in corrected]) == pytest.approx(math.log(0.1), abs=0.5)
    assert np.mean([error(calibration, truth) for calibration in corrected]) < 0.09
    assert np.mean([error(calibration, truth) for calibration in naive]) > 0.2


def test_where_nobody_was_asked_half_of_the_distance_is_put_down_to_who_rates() -> None:
    calibration = fit(biased(1, 400, asked=False))
    assert calibration.volunteered < -0.5
    assert calibration.volunteered == pytest.approx(calibration.overall.intercept - PRIOR.intercept, abs=1e-6)


def test_who_rates_every_answer_chooses_none() -> None:
    truth = a_line(0.6, -1.2)
    histories = [[replace(label, solicited=False) for label in told(seed, 40, truth)] for seed in range(20)]
    errors = {share: np.mean([error(fit(known, share), truth) for known in histories]) for share in (0.0, 0.5, 1.0)}
    assert errors[1.0] < errors[0.5] < errors[0.0]
    assert errors[1.0] < 0.1
    assert all(abs(fit(known, 1.0).volunteered) < 0.05 for known in histories)


def test_signs_that_are_no_ratings_do_not_outvote_ratings() -> None:
    """A chat that goes on says little: a thousand such turns leave what forty ratings say."""
    ratings = told(5, 40, lambda x: x - 2)
    signs = [Label("m", "faq", label.log_odds, 1.0, KEPT_WEIGHT) for label in told(6, 1_000, lambda x: x)]
    alone, together = fit(ratings), fit([*ratings, *signs])
    moved = abs(sigmoid(together.calibrated(1.3, "m", "faq")) - sigmoid(alone.calibrated(1.3, "m", "faq")))
    assert together.inferred > 0.5
    assert moved < 0.1


def test_who_goes_on_without_a_word_makes_nobody_sure() -> None:
    """Nine parts in ten of what such signs say are put down to who gives them."""
    kept = [Label("m", "faq", label.log_odds, 1.0, KEPT_WEIGHT) for label in told(8, 1_000, lambda x: x)]
    usual = sigmoid(PRIOR.slope * 1.6 + PRIOR.intercept)
    assert usual < sigmoid(fit(kept).calibrated(1.6, "m", "faq")) < usual + 0.12


def test_without_ratings_a_question_asked_again_speaks_against_the_answer() -> None:
    again = [Label("m", "faq", 1.5, 0.0, REASK_WEIGHT)] * 8
    kept = [Label("m", "faq", 1.5, 1.0, KEPT_WEIGHT)] * 8
    assert fit(again).calibrated(1.5, "m", "faq") < PRIOR.slope * 1.5 + PRIOR.intercept
    assert fit(kept).calibrated(1.5, "m", "faq") > PRIOR.slope * 1.5 + PRIOR.intercept


# ---------------------------------------------------------------- beside what was kept before
def measured(record: Record | None, calibration: Calibration) -> float:
    """The score of a plain answer."""
    request = ask("What is the capital of France?")
    return measure(request, analyse(request), Reply("Paris is."), record, calibration=calibration, model="m").score


def test_what_was_found_bad_does_not_count_twice() -> None:
    """It is missing among what was kept, too: that fades as labels of the model come, and of no other."""
    task = analyse(ask("What is the capital of France?")).task
    bad = Record("m", task, 10, 40)
    ratings = [Label("m", task, 1.6, float(n % 2), solicited=True) for n in range(45)]
    moved = {
        name: measured(None, calibration) - measured(bad, calibration)
        for name, calibration in (
            ("unrated", fit([])),
            ("rated", fit(ratings)),
            ("another rated", fit(replace(label, model="another") for label in ratings)),
        )
    }
    assert moved["unrated"] > 0.1
    assert moved["rated"] < moved["unrated"] / 4
    assert moved["another rated"] > moved["unrated"] / 2


# ---------------------------------------------------------------- whatever the labels are
@given(numbers)
def test_without_labels_it_keeps_six_tenths_of_the_log_odds(x: float) -> None:
    bounded = max(-10.0, min(10.0, x))
    assert fit([]).calibrated(x, "any", "any") == pytest.approx(0.6 * bounded + 0.3)


@settings(deadline=None, max_examples=60)
@given(histories, numbers, st.floats(0, 10))
def test_it_is_finite_and_never_falls_where_the_score_rises(history: list[Label], x: float, more: float) -> None:
    calibration = fit(history)
    for model in ("small", "large", "unknown"):
        low, high = (calibration.calibrated(score, model, "faq") for score in (x, x + more))
        assert math.isfinite(low)
        assert low <= high
        assert 0 < sigmoid(low) <= 1


@settings(deadline=None, max_examples=60)
@given(st.data(), histories)
def test_the_order_of_the_labels_changes_no_bit(data: st.DataObject, history: list[Label]) -> None:
    calibration = fit(history)
    again = fit(iter(data.draw(st.permutations(history))))
    assert again == calibration
    assert again.hash == calibration.hash


@settings(deadline=None, max_examples=60)
@given(st.lists(labels.map(lambda label: replace(label, weight=1.0)), min_size=1, max_size=12), st.integers(2, 4))
def test_a_weight_of_n_counts_as_n_labels(history: list[Label], times: int) -> None:
    heavy = fit([replace(label, weight=float(times)) for label in history])
    many = fit(history * times)
    assert list(numbers_of(heavy)) == pytest.approx(list(numbers_of(many)), abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(histories, labels)
def test_a_weight_of_nothing_counts_for_nothing(history: list[Label], label: Label) -> None:
    assert fit([*history, replace(label, weight=0.0)]) == fit(history)


@settings(deadline=None, max_examples=60)
@given(histories, st.floats(-10, 10), st.booleans())
def test_one_more_rating_moves_the_line_of_all_towards_it(history: list[Label], x: float, good: bool) -> None:
    rating = Label("small", "faq", x, float(good), solicited=True)
    before, after = (fit(found).overall for found in (history, [*history, rating]))
    moved = (after.slope - before.slope) * x + after.intercept - before.intercept
    assert moved >= -1e-6 if good else moved <= 1e-6


def numbers_of(calibration: Calibration) -> Iterator[float]:
    yield from (calibration.volunteered, calibration.inferred)
    for line in (calibration.overall, *calibration.lines):
        yield from (line.slope, line.intercept, line.labels)


def test_it_serialises_and_another_calibration_has_another_hash() -> None:
    calibration = fit(told(7, 30, lambda x: x))
    stored = json.loads(json.dumps(asdict(calibration)))
    overall, lines = Line(**stored.pop("overall")), tuple(Line(**line) for line in stored.pop("lines"))
    assert Calibration(overall, lines, **stored) == calibration
    hashes = {fit(told(seed, 30, lambda x: x)).hash for seed in range(5)} | {Calibration().hash}
    assert len(hashes) == 6
    assert all(len(one) == 12 for one in hashes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"log_odds": math.nan},
        {"log_odds": math.inf},
        {"good": 1.2},
        {"good": math.nan},
        {"weight": -1.0},
        {"weight": math.inf},
    ],
)
def test_what_is_no_label_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no label"):
        Label(**{"model": "m", "task": "faq", "log_odds": 1.0, "good": 1.0, **wrong})


@pytest.mark.parametrize("good", [0.0, 1.0])
def test_a_weight_beyond_measure_moves_it_far_and_breaks_nothing(good: float) -> None:
    calibration = fit([Label("m", "faq", 40.0, good, weight=1e7, solicited=True)])
    found = sigmoid(calibration.calibrated(40.0, "m", "faq"))
    assert found == pytest.approx(good, abs=0.01)


def test_the_selection_is_not_believed_without_end() -> None:
    """All bad, all unasked: the prior keeps both intercepts finite."""
    calibration = fit([Label("m", "faq", 3.0, 0.0)] * 500)
    assert -8 * SELECTION.sd < calibration.volunteered < 0
