"""What texts mean, in bits, and who is near by them."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.strategies.neighbours.signs import BITS, Meaning, cosine, meaning_of, signs
from routing.strategies.neighbours.vectors import FEW, Vectors, chance

SPACE = "north/embed:64"


def direction(rng: random.Random, size: int = 64) -> list[float]:
    return [rng.gauss(0, 1) for _ in range(size)]


def filled(count: int, seed: int = 1) -> tuple[Vectors, list[list[float]]]:
    rng = random.Random(seed)
    vectors, given_ = Vectors(), [direction(rng) for _ in range(count)]
    for number, vector in enumerate(given_):
        vectors.add(f"turn-{number}", Meaning(SPACE, signs(vector)))
    return vectors, given_


@pytest.mark.parametrize("size", [96, 384, 1000])
def test_bits_that_differ_tell_the_angle(size: int) -> None:
    """Off by at most five standard deviations of so many tosses."""
    rng = random.Random(size)
    for share in (0.0, 0.3, 0.7, 1.0):
        one, noise = direction(rng, size), direction(rng, size)
        other = [share * a + (1 - share) * b for a, b in zip(one, noise, strict=True)]
        product = sum(map(math.prod, zip(one, other, strict=True)))
        angle = math.acos(min(1.0, product / math.hypot(*one) / math.hypot(*other)))
        differing = (signs(one) ^ signs(other)).bit_count()
        assert abs(differing - BITS * angle / math.pi) <= 5 * math.sqrt(BITS) / 2


@given(st.lists(st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-6), min_size=2, max_size=70).filter(any))
def test_length_does_not_matter(vector: list[float]) -> None:
    assert signs(vector) == signs([4.0 * value for value in vector])
    assert 0 <= signs(vector) < 1 << BITS


def test_a_space_is_a_model_and_its_dimensions() -> None:
    assert meaning_of("north/embed", [1.0, 0.5]).space == "north/embed:2"


def test_finds_what_is_near_and_leaves_out_what_is_so_by_chance() -> None:
    vectors, given_ = filled(400)
    found = vectors.near(Meaning(SPACE, signs([a + 0.2 * b for a, b in zip(given_[7], given_[8], strict=True)])))
    assert found is not None
    assert max(found, key=found.__getitem__) == "turn-7"
    assert found["turn-7"] > 0.9
    assert sorted(found.values())[-2] < 0.25


def test_likeness_is_one_of_the_same() -> None:
    vectors, given_ = filled(FEW)
    found = vectors.near(Meaning(SPACE, signs(given_[3])))
    assert found is not None
    assert found["turn-3"] == 1.0


def test_what_all_have_in_common_makes_nothing_alike() -> None:
    rng, vectors = random.Random(2), Vectors()
    common = [5 * value for value in direction(rng)]
    for number in range(200):
        vectors.add(str(number), Meaning(SPACE, signs([a + b for a, b in zip(common, direction(rng), strict=True)])))
    found = vectors.near(Meaning(SPACE, signs([a + b for a, b in zip(common, direction(rng), strict=True)])))
    assert found is not None
    assert max(found.values(), default=0.0) < 0.25


def test_says_nothing_where_there_are_few_or_in_another_space() -> None:
    vectors, given_ = filled(FEW)
    bits = signs(given_[0])
    assert vectors.near(Meaning("north/embed:65", bits)) is None
    vectors.forget("turn-9")
    assert vectors.near(Meaning(SPACE, bits)) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=40))
def test_has_what_was_added_and_not_forgotten(steps: list[tuple[bool, int]]) -> None:
    vectors, there = Vectors(), set[int]()
    rng = random.Random(4)
    bits = [rng.getrandbits(BITS) for _ in range(6 + FEW)]
    for adds, number in [*((True, n) for n in range(6, 6 + FEW)), *steps]:
        if adds:
            vectors.add(str(number), Meaning(SPACE, bits[number]))
            there.add(number)
        else:
            vectors.forget(str(number))
            there.discard(number)
    assert {n for n in range(6 + FEW) if vectors.has(str(n), SPACE)} == there
    for number in there:
        assert (vectors.near(Meaning(SPACE, bits[number])) or {})[str(number)] == 1.0


def test_asking_the_same_again_and_again_is_alike() -> None:
    vectors = Vectors()
    for number in range(FEW):
        vectors.add(str(number), Meaning(SPACE, 7))
    assert set((vectors.near(Meaning(SPACE, 7)) or {}).values()) == {1.0}


def test_the_more_there_are_the_more_is_chance() -> None:
    assert chance(BITS / 2, 10) > chance(BITS / 2, 100_000) > 0
    assert cosine(chance(BITS / 2, 100_000)) == pytest.approx(0.375, abs=0.02)
