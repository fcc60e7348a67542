"""Data sets of both schemas, and each way in which a file can be wrong."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ConfigurationError
from routing.evaluation.datasets import Dataset, Outcome, read
from routing.evaluation.rows import DataError

A: Mapping[str, Any] = {"id": "1", "set": "s", "task": "t", "prompt": "Hi", "score": {"small": 0, "large": 0.5}}
B: Mapping[str, Any] = {"id": "1", "prompt": "Hi", "model": "small", "correct": 1, "response": "Yes.", "pred": "yes"}


def _write(path: Path, *rows: Mapping[str, Any] | str | bytes) -> Path:
    lines = [row if isinstance(row, str | bytes) else json.dumps(row) for row in rows]
    body = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    path.write_bytes(gzip.compress(body) if path.name.endswith(".gz") else body)
    return path


def _wrong(path: Path) -> list[str]:
    """What is told about a file, one sentence for each mistake, without the folder."""
    with pytest.raises(DataError) as caught:
        read(path)
    assert isinstance(caught.value, ConfigurationError)
    return str(caught.value).replace(f"{path.parent}{os.sep}", "").splitlines()


@pytest.mark.parametrize("name", ["set.jsonl", "set.jsonl.gz"])
def test_one_row_for_each_prompt(tmp_path: Path, name: str) -> None:
    path = _write(
        tmp_path / name,
        {**A, "fold": 3, "flag": None, "cost_usd": {"small": 0.25}, "out_chars": {"large": 9}, "more": [1]},
        "",
        {**A, "id": "2", "task": "u", "score": {"large": 1.0, "third": None}, "cost_usd": None},
    )
    data = read(path)
    assert (data.name, data.models, data.has_answers) == ("set", ("small", "large", "third"), False)
    assert data.outcomes == {
        "small": (Outcome(0.0, cost_usd=0.25), None),
        "large": (Outcome(0.5, characters=9), Outcome(1.0)),
        "third": (None, None),
    }
    first = data.prompts[0]
    assert (first.id, first.set, first.task, first.text, first.fold) == ("1", "s", "t", "Hi", 3)
    assert first.fields == {"id": "1", "set": "s", "task": "t", "fold": 3, "flag": None}
    assert data.group("task") == ("t", "u")


@pytest.mark.parametrize("name", ["set.jsonl", "set.jsonl.gz"])
def test_one_row_for_each_prompt_and_model(tmp_path: Path, name: str) -> None:
    path = _write(
        tmp_path / name,
        {**B, "gold": "yes", "level": 3, "note": "a"},
        {**B, "gold": "yes", "level": 3, "note": "b", "model": "large", "correct": False, "pred": 7, "response": None},
        {**B, "id": "2", "prompt": "Ho", "response_chars": 900, "truncated": True, "pred": None, "cost_usd": 0.1},
    )
    data = read(path)
    assert data.has_answers
    assert data.outcomes == {
        "small": (
            Outcome(1.0, None, 4, "Yes.", "yes", False),
            Outcome(1.0, 0.1, 900, "Yes.", None, True),
        ),
        "large": (Outcome(0.0, None, None, None, "7", False), None),
    }
    assert [prompt.text for prompt in data.prompts] == ["Hi", "Ho"]
    assert (data.prompts[0].set, data.prompts[0].task) == ("set", "set")
    assert data.prompts[0].fields == {
        "id": "1",
        "gold": "yes",
        "level": 3,
        "set": "set",
        "fold": data.prompts[0].fold,
    }


def test_a_pair_keeps_what_both_answered_and_who_else_did(tmp_path: Path) -> None:
    rows = [
        {**A, "id": str(n), "score": dict.fromkeys(names, n / 4)}
        for n, names in enumerate((["a", "b", "c"], ["a"], ["b", "c"], ["b", "a"]))
    ]
    both = read(_write(tmp_path / "set.jsonl", *rows)).pair("a", "b")
    assert [prompt.id for prompt in both.prompts] == ["0", "3"]
    assert both.outcomes == {
        "a": (Outcome(0.0), Outcome(0.75)),
        "b": (Outcome(0.0), Outcome(0.75)),
        "c": (Outcome(0.0), None),
    }


@pytest.fixture
def small(tmp_path: Path) -> Dataset:
    return read(_write(tmp_path / "set.jsonl", A, {**A, "id": "2", "score": {"third": 1}, "flag": None}))


@pytest.mark.parametrize(
    ("weak", "strong", "told"),
    [
        ("small", "huge", "set: there is no model 'huge'; there are 'small', 'large', 'third'"),
        ("small", "small", "set: 'small' is both the weak and the strong model; name two"),
        ("small", "third", "set: no prompt was answered by both 'small' and 'third'"),
    ],
)
def test_a_pair_that_cannot_be(small: Dataset, weak: str, strong: str, told: str) -> None:
    with pytest.raises(DataError) as caught:
        small.pair(weak, strong)
    assert str(caught.value) == told


def test_a_group_that_is_not_there(small: Dataset) -> None:
    with pytest.raises(DataError) as caught:
        small.group("flag")
    assert str(caught.value) == "set: prompt '1' has no field 'flag'; it has 'id', 'set', 'task', 'fold'"


def test_a_field_without_a_value_is_a_group(tmp_path: Path) -> None:
    data = read(_write(tmp_path / "set.jsonl", {**A, "flag": None}, {**A, "id": "2", "flag": "x"}))
    assert data.group("flag") == ("null", "x")


@given(st.lists(st.text(alphabet="abcÄя1 .,?\n", min_size=1), min_size=1, max_size=20))
def test_the_same_words_share_a_fold(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    text = " ".join(words)
    variants = [text, text.upper(), f"\t{text}\n", "  ".join(words), f"{text}?!", ", ".join(words)]
    rows = [{**A, "id": str(n), "prompt": variant} for n, variant in enumerate(variants)]
    data = read(_write(tmp_path_factory.mktemp("fold") / "set.jsonl", *rows))
    assert len({prompt.fold for prompt in data.prompts}) == 1


def test_folds_are_of_like_size(tmp_path: Path) -> None:
    rows = [{**A, "id": str(n), "prompt": f"Question {n}, {chr(0x4E00 + n)}"} for n in range(1000)]
    folds = [prompt.fold for prompt in read(_write(tmp_path / "set.jsonl", *rows)).prompts]
    assert all(150 < folds.count(fold) < 250 for fold in range(5))


AMOUNT = "it must be a number, 0 or more, or null"
EMPTY = "write a number, or null where there is none"
SCALE = "outside 0 to 1; scale it to that range"
NUMBER = "it must be a number from 0 to 1"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{", "is no JSON, or is cut short; each line must be one object"),
        ("[" * 100_000, "is no JSON, or is cut short; each line must be one object"),
        ("[1]", 'is no object; each line must be {"id": …, "prompt": …}'),
        (b'{"id": "\xff"}', "is not UTF-8; save the file with that encoding"),
        ("{}", "has no column `id`; it has none at all"),
        ({"score": {"m": 1}, "id": "9"}, "has no column `prompt`; it has 'score', 'id'"),
        ({**A, "id": 7}, "`id` is 7; it must be text"),
        ({**A, "prompt": None}, "`prompt` is null; it must be text"),
        ({**A, "id": "1"}, "the id '1' stands twice; there is one row for each prompt"),
        ({"id": "2", "prompt": "x"}, "has no column `score`; it has 'id', 'prompt'"),
        ({**A, "id": "2", "score": 1}, "`score` is 1; it must be an object with a number for each model"),
        ({**A, "id": "2", "score": {}}, "`score` names no model; it must be {model: 0 to 1}"),
        ({**A, "id": "2", "score": {"m": "1"}}, f"the score of 'm' is '1'; {NUMBER}"),
        ({**A, "id": "2", "score": {"m": True}}, f"the score of 'm' is true; {NUMBER}"),
        ({**A, "id": "2", "score": {"m": 1.01}}, f"the score of 'm' is 1.01, {SCALE}"),
        ({**A, "id": "2", "score": {"m": -1}}, f"the score of 'm' is -1, {SCALE}"),
        ('{"id": "2", "prompt": "", "score": {"m": 1e999}}', f"the score of 'm' is inf, {SCALE}"),
        ('{"id": "2", "prompt": "", "score": {"m": NaN}}', f"NaN is no number; {EMPTY}"),
        ('{"id": "2", "prompt": "", "score": {"m": 1, "m": 0}}', "'m' stands twice; keep one"),
        ({**A, "id": "2", "score": {"\x1b[31m": 2}}, f"the score of '\\x1b[31m' is 2, {SCALE}"),
        ({**A, "id": "2", "fold": 5}, "`fold` is 5; it must be 0 to 4, or missing"),
        ({**A, "id": "2", "fold": "1"}, "`fold` is '1'; it must be 0 to 4, or missing"),
        ({**A, "id": "2", "cost_usd": {"small": -1}}, f"`cost_usd` of 'small' is -1; {AMOUNT}"),
        ({**A, "id": "2", "cost_usd": 3}, "`cost_usd` is 3; it must be an object with a number for each model"),
        ({**A, "id": "2", "out_chars": {"small": "x"}}, f"`out_chars` of 'small' is 'x'; {AMOUNT}"),
        ({**A, "id": "2", "task": 3}, "`task` is 3; it must be text"),
    ],
)
def test_a_wrong_row_of_schema_a(tmp_path: Path, row: Mapping[str, Any] | str | bytes, told: str) -> None:
    assert _wrong(_write(tmp_path / "set.jsonl", A, row)) == [f"set.jsonl:2: {told}"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({**B, "id": "1"}, "'small' answers '1' twice; keep one row"),
        ({**B, "model": "large", "prompt": "Ho"}, "the id '1' has another prompt than before; give it its own id"),
        ({"id": "2", "prompt": "Ho", "correct": 1}, "has no column `model`; it has 'id', 'prompt', 'correct'"),
        ({"id": "2", "prompt": "Ho", "model": "m"}, "has no column `correct`; it has 'id', 'prompt', 'model'"),
        ({**B, "id": "2", "correct": None}, f"`correct` is null; {NUMBER}"),
        ({**B, "id": "2", "correct": 2}, f"`correct` is 2, {SCALE}"),
        ({**B, "id": "2", "response": 4}, "`response` is 4; it must be text"),
        ({**B, "id": "2", "truncated": 1}, "`truncated` is 1; it must be true or false"),
        ({**B, "id": "2", "pred": ["a"]}, "`pred` is ['a']; it must be text, a number or null"),
        ({**B, "id": "2", "response_chars": -4}, f"`response_chars` is -4; {AMOUNT}"),
    ],
)
def test_a_wrong_row_of_schema_b(tmp_path: Path, row: Mapping[str, Any], told: str) -> None:
    assert _wrong(_write(tmp_path / "set.jsonl", B, row)) == [f"set.jsonl:2: {told}"]


def test_every_mistake_is_told_and_rows_after_it_are_read(tmp_path: Path) -> None:
    path = _write(tmp_path / "set.jsonl.gz", {"id": "0"}, A, "{", {**A, "id": "2"}, {**A, "id": "2"})
    told = _wrong(path)
    assert [line.split(" ")[0] for line in told] == ["set.jsonl.gz:1:", "set.jsonl.gz:3:", "set.jsonl.gz:5:"]
    assert "has neither a column `score` nor `correct`; it needs `score`" in told[0]


def test_a_file_without_rows(tmp_path: Path) -> None:
    assert _wrong(_write(tmp_path / "set.jsonl", "", "  ")) == ["set.jsonl: has no rows; it needs one for each prompt"]


def test_a_compressed_file_that_is_cut_short(tmp_path: Path) -> None:
    rows = [{**A, "id": os.urandom(9).hex()} for _ in range(3_000)]
    path = _write(tmp_path / "set.jsonl.gz", *rows)
    whole = path.read_bytes()
    no_such_block = whole[:10] + b"\x07" + whole[11:]
    for body in (whole[: len(whole) // 2], whole[:-3], whole[:5], b"{}", whole[:-9] + bytes(9), no_such_block):
        path.write_bytes(body)
        (told,) = _wrong(path)
        assert told.endswith("the compressed file is cut short or damaged; fetch it again")
    path.write_bytes(b"")
    assert _wrong(path) == ["set.jsonl.gz: has no rows; it needs one for each prompt"]


def test_what_is_no_file_of_data(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    no_file = "is no file; name one that ends in .jsonl or .jsonl.gz"
    assert _wrong(tmp_path / "none.jsonl") == ["none.jsonl: is not there; check the name"]
    assert _wrong(tmp_path / "folder.jsonl") == [f"folder.jsonl: {no_file}"]
    assert _wrong(tmp_path / "pipe.jsonl") == [f"pipe.jsonl: {no_file}"]
    (told,) = _wrong(_write(tmp_path / "set.csv", A))
    assert told == "set.csv: is no data set by its name; it must end in .jsonl or .jsonl.gz"


def test_a_byte_order_mark_and_half_a_character_are_no_mistake(tmp_path: Path) -> None:
    data = read(_write(tmp_path / "set.jsonl", b"\xef\xbb\xbf" + json.dumps({**A, "prompt": "\ud800"}).encode()))
    assert data.prompts[0].text == "\ud800"


def test_a_prompt_of_a_megabyte(tmp_path: Path) -> None:
    long = "word " * 200_000
    assert read(_write(tmp_path / "set.jsonl", {**A, "prompt": long})).prompts[0].text == long
