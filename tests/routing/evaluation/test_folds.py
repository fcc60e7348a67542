"""Nothing that taught is tested: the same prompt, its group, its part."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.evaluation.datasets import Dataset, Outcome, Prompt, normalised
from routing.evaluation.figures import Array
from routing.evaluation.folds import Fit, Rows, Score, by_fold, by_group, crossed, lessons, nested
from routing.evaluation.rows import DataError

STEM = "Which of these four well known cities is the capital"
TEXTS = st.sampled_from(["one", "two", "three", "One!", f"{STEM}?\nA. x\nB. y", f"{STEM}:\nA. z\nB. w", "four"])
ROWS = st.lists(st.tuples(TEXTS, st.integers(0, 4), st.sampled_from("abcde")), min_size=12, max_size=40)


def data_of(rows: Sequence[tuple[str, int, str]], name: str = "set") -> Dataset:
    prompts = tuple(
        Prompt(str(n), name, group, text, fold, {"task": group, "fold": fold})
        for n, (text, fold, group) in enumerate(rows)
    )
    return Dataset(name, prompts, {"m": tuple(Outcome(1.0) for _ in prompts)})


def distinct(n: int, name: str = "set") -> Dataset:
    return data_of([(f"prompt {name} {number}", number % 5, "abcde"[number // 7 % 5]) for number in range(n)], name)


def same(one: str, other: str) -> bool:
    stems = [text.split("\nA.")[0] for text in (one, other)]
    return normalised(one) == normalised(other) or (STEM in one and normalised(stems[0]) == normalised(stems[1]))


def noting(seen: list[tuple[int, int]]) -> Fit:
    """A router that notes which row had taught when which prompt was scored."""

    def fit(rows: Rows) -> Score:
        def score(at: Rows) -> Array:
            seen.extend((int(teacher), int(pupil)) for teacher in rows for pupil in at)
            return np.zeros((1, len(at)))

        return score

    return fit


@given(ROWS)
def test_no_prompt_is_tested_by_what_taught_it(rows: list[tuple[str, int, str]]) -> None:
    data, seen = data_of(rows), []
    with suppress(DataError):  # one fold alone, or nothing left to learn from
        folds = by_fold(data)
        crossed(noting(seen), lessons(data, data, folds), folds)
    for teacher, pupil in seen:
        one, other = data.prompts[teacher], data.prompts[pupil]
        assert one.fold != other.fold
        assert not same(one.text, other.text)


@given(ROWS)
def test_groups_are_never_split(rows: list[tuple[str, int, str]]) -> None:
    data, seen = data_of([(f"{text} {n}", fold, group) for n, (text, fold, group) in enumerate(rows)]), []
    with suppress(DataError):  # one group alone
        folds = by_group(data, "task")
        crossed(noting(seen), lessons(data, data, folds, "task"), folds)
    assert {pupil for _, pupil in seen} == (set(range(len(rows))) if len({row[2] for row in rows}) > 1 else set())
    assert all(rows[teacher][2] != rows[pupil][2] for teacher, pupil in seen)


def test_a_planted_leak_teaches_nothing() -> None:
    """The same prompt under another fold, and a question that differs in its options alone."""
    planted = [
        ("Prompt set 0!", 3, "a"),
        (f"{STEM}\nA. Paris\nB. Rome", 1, "a"),
        (f"{STEM}?\nA. Lima\nB. Oslo", 2, "a"),
    ]
    data = data_of([(p.text, p.fold, p.task) for p in distinct(20).prompts] + planted)
    folds = by_fold(data)
    taught = lessons(data, data, folds)
    assert 20 not in taught.without(0)
    assert 0 not in taught.without(3)
    assert 22 not in taught.without(1)
    assert 21 not in taught.without(2)
    assert {20, 21, 22} <= set(taught.without(4))


@pytest.mark.parametrize("field", [None, "task"])
def test_nested_scores_know_neither_the_part_nor_the_rows_own(field: str | None) -> None:
    data = distinct(60)
    folds = by_fold(data) if field is None else by_group(data, field)
    marks: dict[tuple[int, ...], float] = {}

    def fit(rows: Rows) -> Score:
        mark = marks.setdefault(tuple(rows), float(len(marks)))
        return lambda at: np.full((1, len(at)), mark)

    found = nested(fit, lessons(data, data, folds, field), folds)
    taught_by = {mark: set(rows) for rows, mark in marks.items()}
    for part in folds.parts:
        for row, own in enumerate(folds.of):
            taught = taught_by[found[part][0][row]]
            assert taught == {n for n, other in enumerate(folds.of) if other not in (part, own)}
    assert len(marks) == 15


def test_another_set_teaches_at_once_where_nothing_is_shared() -> None:
    tested, source, fits = distinct(40), distinct(30, "else"), []

    def fit(rows: Rows) -> Score:
        fits.append(rows)
        return lambda at: np.zeros((1, len(at)))

    folds = by_fold(tested)
    crossed(fit, lessons(source, tested, folds), folds)
    assert [list(rows) for rows in fits] == [list(range(30))]


def test_another_set_that_shares_a_prompt_teaches_without_the_fold() -> None:
    tested = distinct(40)
    source = data_of([(p.text, p.fold, p.task) for p in distinct(20).prompts] + [("something new", 2, "z")])
    taught = lessons(source, tested, by_fold(tested))
    assert [source.prompts[row].fold for row in taught.without(2)] == [0, 1, 3, 4] * 4


def test_another_set_teaches_nothing_of_a_group_that_is_tested() -> None:
    tested, source = distinct(40), distinct(30, "else")
    folds = by_group(tested, "task")
    taught = lessons(source, tested, folds, "task")
    for part in folds.parts:
        groups = {tested.prompts[row].task for row in folds.rows(part)}
        assert not groups & {source.prompts[row].task for row in taught.without(part)}


def test_one_fold_or_one_group_alone_cannot_be_left_out() -> None:
    data = data_of([(f"p{n}", 2, "a") for n in range(9)])
    with pytest.raises(DataError, match="set: all prompts are of fold 2"):
        by_fold(data)
    with pytest.raises(DataError, match="set: `task` is the same in every row"):
        by_group(data, "task")
    with pytest.raises(DataError, match="has no field 'subject'"):
        by_group(data, "subject")
