"""The index against a brute force that compares everything with everything."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.learned.grams import buckets
from routing.strategies.neighbours.estimate import novelty
from routing.strategies.neighbours.index import Index

WORDS = ("points", "signal", "lever", "train", "yard", "the", "the a", "set", "9", "?", "plum", "lamp")
texts = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
past = st.lists(texts, max_size=12).map(lambda found: {f"turn-{n}": text for n, text in enumerate(found)})


def index_of(given: Iterable[tuple[str, str]]) -> Index:
    index = Index()
    for turn, text in given:
        index.add(turn, text, {"m": 1.0})
    return index


def oracle(given: Mapping[str, str], query: str, k: int) -> list[tuple[str, float]]:
    """Every cosine, worked out one by one, in the words of the definition."""
    counted = {turn: buckets(text) for turn, text in given.items()}
    seen = Counter(bucket for grams in counted.values() for bucket in grams)

    def weighed(grams: Mapping[int, float]) -> dict[int, float]:
        idf = {bucket: math.log((1 + len(given)) / (1 + seen[bucket])) + 1 for bucket in grams}
        return {bucket: value * idf[bucket] for bucket, value in grams.items()}

    def cosine(one: Mapping[int, float], other: Mapping[int, float]) -> float:
        product = sum(value * other.get(bucket, 0.0) for bucket, value in one.items())
        return product / (math.hypot(*one.values()) * math.hypot(*other.values()) or 1.0)

    asked = weighed(buckets(query))
    found = [(turn, cosine(asked, weighed(grams))) for turn, grams in counted.items()]
    return sorted(((turn, value) for turn, value in found if value > 0), key=lambda one: -one[1])[:k]


@given(past, texts)
@settings(max_examples=50, deadline=None)
def test_finds_what_comparing_with_everything_finds(given: dict[str, str], query: str) -> None:
    found = index_of(given.items()).near(query, 100)
    assert {one.turn: one.likeness for one in found} == pytest.approx(dict(oracle(given, query, 100)), abs=1e-6)
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)


@given(past, texts, st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_the_first_k_are_the_most_alike(given: dict[str, str], query: str, k: int) -> None:
    found = index_of(given.items()).near(query, k)
    assert [one.likeness for one in found] == pytest.approx([value for _, value in oracle(given, query, k)], abs=1e-6)


@given(past, texts, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_in_which_texts_came_changes_nothing(given: dict[str, str], query: str, rng: random.Random) -> None:
    shuffled = rng.sample(list(given.items()), len(given))
    assert index_of(shuffled).near(query, 5) == index_of(given.items()).near(query, 5)


@given(past, past, texts)
@settings(max_examples=50, deadline=None)
def test_what_is_replaced_or_forgotten_was_never_there(
    first: dict[str, str], second: dict[str, str], query: str
) -> None:
    index = index_of([*first.items(), *second.items(), ("gone", query)])
    index.forget("gone")
    index.forget("never there")
    fresh = index_of((first | second).items())
    assert index.near(query, 100) == fresh.near(query, 100)
    assert len(index) == len(fresh) == len(first | second)


def test_a_text_is_most_like_itself_and_brings_its_outcomes() -> None:
    index = Index()
    index.add("same", "Set the points for the goods train.", {"small": 0.0, "large": 1.0}, weight=3.0)
    index.add("other", "Set the table for two.", {"small": 1.0})
    best, second = index.near("Set the points for the goods train.", 5)
    assert (best.turn, best.outcomes, best.weight) == ("same", {"small": 0.0, "large": 1.0}, 3.0)
    assert best.likeness == pytest.approx(1.0)
    assert (second.turn, second.weight) == ("other", 1.0)
    assert 0 < second.likeness < 0.5


def test_what_became_of_a_turn_is_learned_later() -> None:
    index = Index()
    index.add("one", "Why is the signal red?", {"m": 1.0}, weight=2.0)
    index.learn("one", {"m": 0.0, "n": 1.0})
    index.learn("unknown", {"m": 1.0})
    (found,) = index.near("Why is the signal red?", 5)
    assert (found.turn, found.outcomes, found.weight) == ("one", {"m": 0.0, "n": 1.0}, 2.0)


@pytest.mark.parametrize("query", ["", "   ", "zygote quartz", "\N{SNOWMAN}", "\ud800"])
def test_nothing_is_like_what_shares_no_word(query: str) -> None:
    index = index_of([("one", "Set the points."), ("empty", "")])
    assert index.near(query, 5) == ()
    assert novelty(index.near(query, 5)) == 1.0
    assert novelty(Index().near(query, 5)) == 1.0


def test_a_megabyte_is_found_again() -> None:
    rng = random.Random(7)
    words = [f"{rng.choice(WORDS)}{rng.choice('abcdefgh')}{rng.choice('klmnopq')}" for _ in range(150_000)]
    paste = " ".join(words)
    assert len(paste) > 1_000_000
    index = index_of([("paste", paste), ("short", "Set the points.")])
    best, *_ = index.near(paste, 5)
    assert (best.turn, best.likeness) == ("paste", pytest.approx(1.0))


def test_all_of_a_long_text_counts() -> None:
    preface = "You are a careful clerk of the railway. " * 30
    index = index_of((turn, preface + ending * 20) for turn, ending in (("a", "red signal "), ("b", "green lamp ")))
    assert [one.turn for one in index.near(preface + "green lamp " * 20, 5)] == ["b", "a"]


def test_of_ten_thousand_equal_texts_the_first_by_id_are_found() -> None:
    turns = [f"turn-{n:05d}" for n in range(10_000)]
    for order in (turns, turns[::-1]):
        index = index_of((turn, "go on") for turn in order)
        found = index.near("go on", 100)
        assert [one.turn for one in found] == turns[:100]
        assert {round(one.likeness, 5) for one in found} == {1.0}


def test_of_more_equal_texts_than_are_walked_some_are_found() -> None:
    index = index_of((f"turn-{n:05d}", "go on") for n in range(12_000))
    assert len(index.near("go on", 100)) == 100


def test_words_that_are_everywhere_hide_nobody() -> None:
    rng = random.Random(3)
    common = "please tell me in a few short words what you know of the"
    rare = [f"{rng.choice(WORDS)} {''.join(rng.choices('bcdfgaeiou', k=6))}" for _ in range(3_000)]
    index = index_of((f"turn-{n:04d}", f"{common} {words}") for n, words in enumerate(rare))
    for n in range(0, 3_000, 150):
        found = index.near(f"{common} {rare[n]}", 100)
        assert found[0].turn == f"turn-{n:04d}"
        assert len(found) == 100
