"""The file of examples: what it says of models, and what is told of its mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.errors import ConfigurationError
from routing.registry.model import UNRANKED, Model
from routing.strategies.neighbours.estimate import estimate
from routing.strategies.neighbours.index import Index
from routing.strategies.neighbours.library import Example, add_examples, read_library

TIERS = ("small", "mid", "large")
MODELS = tuple(
    Model(f"{provider}/{name}", provider, name, tier)
    for provider, name, tier in (
        ("a", "tiny", "small"),
        ("a", "middling", "mid"),
        ("b", "middling", "mid"),
        ("b", "huge", "large"),
        ("c", "odd", UNRANKED),
    )
)
YAML = """\
# mine
- text: |
    Set the points
    for the goods train.
  tier: mid
  note: the small ones forget the lever
- {text: 'What is 2 + 2?', model: a/tiny}
"""
JSON = """\
{"text": "Set the points\\nfor the goods train.\\n", "tier": "mid", "note": "the small ones forget the lever"}

{"text": "What is 2 + 2?", "model": "a/tiny", "note": null}
"""


def library(folder: Path, content: str | bytes, name: str = "examples.yaml") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def told(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_library(path, TIERS)
    return str(caught.value).replace(str(path), "FILE").split("\n")


@pytest.mark.parametrize(("content", "name"), [(YAML, "mine.yaml"), (JSON, "mine.jsonl"), ("\ufeff" + JSON, "b.jsonl")])
def test_both_forms_say_the_same(tmp_path: Path, content: str, name: str) -> None:
    assert read_library(library(tmp_path, content, name), TIERS) == (
        Example(
            "example:1",
            "Set the points\nfor the goods train.\n",
            tier="mid",
            note="the small ones forget the lever",
        ),
        Example("example:2", "What is 2 + 2?", model="a/tiny"),
    )


@pytest.mark.parametrize("name", ["none.yaml", "none.jsonl"])
def test_an_empty_file_has_no_examples(tmp_path: Path, name: str) -> None:
    assert read_library(library(tmp_path, "", name), TIERS) == ()


@pytest.mark.parametrize(
    ("example", "outcomes"),
    [
        (Example("", "x", tier="mid"), {"a/tiny": 0.0, "a/middling": 1.0, "b/middling": 1.0, "b/huge": 1.0}),
        (Example("", "x", tier="small"), {"a/tiny": 1.0, "a/middling": 1.0, "b/middling": 1.0, "b/huge": 1.0}),
        (Example("", "x", model="b/middling"), {"a/tiny": 0.0, "b/middling": 1.0, "b/huge": 1.0}),
        (Example("", "x", model="middling"), {"a/tiny": 0.0, "a/middling": 1.0, "b/middling": 1.0, "b/huge": 1.0}),
        (Example("", "x", model="a/*"), {"a/tiny": 1.0, "a/middling": 1.0, "b/huge": 1.0}),
        (Example("", "x", model="c/odd"), {"c/odd": 1.0}),
        (Example("", "x", model="gone"), {}),
    ],
)
def test_what_is_enough_says_what_is_more_and_what_is_less(example: Example, outcomes: dict[str, float]) -> None:
    assert example.outcomes(MODELS, TIERS) == outcomes


def test_an_example_counts_for_more_than_a_turn(tmp_path: Path) -> None:
    index = Index()
    index.add("turn", "What is 2 + 2?", {"a/tiny": 0.0})
    add_examples(index, read_library(library(tmp_path, YAML), TIERS), iter(MODELS), TIERS)
    found = estimate(index.near("What is 2 + 2?", 100), {"a/tiny": 0.5}, ["a/tiny"])
    assert len(index) == 3
    assert found["a/tiny"] > 0.5


def test_a_file_that_is_read_again_takes_the_place_of_itself(tmp_path: Path) -> None:
    index = Index()
    examples = read_library(library(tmp_path, YAML), TIERS)
    add_examples(index, examples, MODELS, TIERS)
    add_examples(index, examples, MODELS, TIERS)
    assert len(index) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("- tier: mid", "FILE:1: has no column `text`; it has 'tier'"),
        ("- {text: ' ', tier: mid}", "FILE:1: `text` is empty; write the request that this is an example of"),
        ("- {text: 7, tier: mid}", "FILE:1: `text` is 7; it must be text"),
        ("- text: a", "FILE:1: has neither `model` nor `tier`; write the one that is enough"),
        ("- {text: a, tier: mid, model: b}", "FILE:1: has both `model` and `tier`; write the one that is enough"),
        ("\n- {text: a, tier: midd}", "FILE:2: there is no tier 'midd'; write 'mid'"),
        ("- {text: a, tier: mid, nte: b}", "FILE:1: unknown key 'nte'; write 'note'"),
        ("- {text: a, model: [b]}", "FILE:1: `model` is ['b']; it must be text"),
        ("- a", "FILE:1: is 'a', no example; write it as {text: …, tier: …}"),
        ("text: a\ntier: mid", "FILE:1: is no list; begin each example with “- text: …”"),
        ("- {text: a, tier: mid", "FILE:1: this is not YAML: a bracket or a comma is missing; look for"),
        (b"- text: \xff", "FILE: is not text in UTF-8; save it as UTF-8"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    (line,) = told(library(tmp_path, content))
    assert line.startswith(sentence)


def test_every_mistake_is_told_in_the_order_of_lines(tmp_path: Path) -> None:
    assert [one.split(":")[1] for one in told(library(tmp_path, "- text: a\n- tier: mid\n  tier: large\n- b"))] == [
        "1", "2", "3", "4",
    ]  # fmt: skip
    rows = '{"text": "a", "tier": "small"}\n{"text": \nnull\n[1]\n{"text": "a"}'
    assert [one.split(":")[1] for one in told(library(tmp_path, rows, "mine.jsonl"))] == ["2", "3", "4", "5"]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    assert told(tmp_path) == ["FILE: cannot be read: it is no regular file"]
    assert told(tmp_path / "gone.yaml") == ["FILE: cannot be read: No such file or directory"]
    assert told(library(tmp_path, b" " * 600_000)) == ["FILE: cannot be read: it is larger than 512 KB"]
