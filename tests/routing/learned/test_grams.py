"""Hashed grams: what counts as one, and how they weigh."""

from __future__ import annotations

import math
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.learned.grams import BUCKETS, MOST_CHARACTERS, buckets, weighed


def _place(gram: str) -> tuple[int, int]:
    hashed = zlib.crc32(gram.encode())
    return hashed & 0x7FFF, -1 if hashed & 0x80000000 else 1


def test_tokens_and_pairs_of_neighbours() -> None:
    wanted: dict[int, float] = {}
    for gram, n in {"is": 2, "it": 1, "?": 1, "is it": 1, "it is": 1, "is ?": 1}.items():
        bucket, sign = _place(gram)
        wanted[bucket] = wanted.get(bucket, 0) + sign * (1 + math.log(n))
    assert buckets("Is it is?") == pytest.approx(wanted)


def test_a_number_counts_by_its_length() -> None:
    assert buckets("7") == buckets("3") == {_place("#")[0]: _place("#")[1]}
    assert buckets("1789") == buckets("123456") != buckets("12")


def test_words_of_other_scripts_are_tokens() -> None:
    bucket, sign = _place("привет")
    assert buckets("Привет") == {bucket: sign}


def test_a_long_text_is_cut() -> None:
    assert buckets("a " * 500_000) == buckets("a " * (MOST_CHARACTERS // 2))


def test_the_idf_weighs() -> None:
    idf = [1.0] * BUCKETS
    idf[3] = 2.0
    assert weighed({3: 1.5, 4: -4.0}, idf) == pytest.approx({3: 0.6, 4: -0.8})
    assert weighed({}, idf) == {}


@given(st.text(st.characters(codec=None)))
def test_any_text_has_length_one_or_nothing(text: str) -> None:
    found = weighed(buckets(text), [1.0] * BUCKETS)
    assert all(0 <= bucket < BUCKETS for bucket in found)
    length = math.sqrt(sum(value * value for value in found.values()))
    assert length == pytest.approx(1) or not any(found.values())
