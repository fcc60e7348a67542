"""Failure patterns: what one answer says of its model, when it is enough to warn, and what is kept and written."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.confidence.measure import measure
from routing.confidence.patterns import known, observed
from routing.decision.model import Pattern, PatternKind
from routing.events import Observation
from routing.ledger.patterns import note_patterns, read_patterns, write_patterns_file
from routing.ledger.store import Store
from routing.messages import Reply, ToolCall, ask

PROSE = (
    "A heat pump moves heat from outside into the house: a refrigerant takes it in, and a compressor warms it, so that "
    "the heating has more heat than the current alone would give."
)
GERMAN = (
    "Eine Wärmepumpe bringt die Wärme von draußen in das Haus: ein Kältemittel nimmt sie auf, und ein Verdichter macht "
    "sie wärmer, so dass die Heizung mehr Wärme hat, als der Strom allein geben würde."
)


def seen(
    prompt: str, text: str, *, finish: str = "stop", calls: tuple[ToolCall, ...] = (), **fields: str
) -> set[Observation]:
    request = ask(prompt, **fields)
    features = analyse(request)
    reply = Reply(text, tool_calls=calls, finish=finish)
    measurement = measure(request, features, reply)
    return set(observed(features, reply, measurement.parts, measurement.valid))


def of(prompt: str, text: str, *, finish: str = "stop", **fields: str) -> dict[str, bool]:
    return {one.kind: one.failed for one in seen(prompt, text, finish=finish, **fields)}


EXPLAIN = "Explain how a heat pump works in the house."


def test_a_plain_answer_could_go_wrong_in_three_ways_and_did_not() -> None:
    assert seen(EXPLAIN, PROSE) == {
        Observation("refusal", analyse(ask(EXPLAIN)).task.value, False),
        Observation("length", analyse(ask(EXPLAIN)).task.value, False),
        Observation("language", "en", False),
    }


def test_another_language() -> None:
    assert of(EXPLAIN, GERMAN) == {"refusal": False, "length": False, "language": True}
    assert "language" not in of("Translate to German: A heat pump moves heat.", GERMAN)
    assert "language" not in of(EXPLAIN, "Yes.")


def test_a_refusal_says_nothing_else() -> None:
    assert of(EXPLAIN, "I'm sorry, but I can't help with that.") == {"refusal": True}
    assert of(EXPLAIN, PROSE, finish="content_filter") == {"refusal": True}
    assert of("Give the colours as JSON", "I'm sorry, but I can't help with that.") == {"refusal": True}


def test_json_that_did_not_come() -> None:
    wanted = "List three colours as JSON"
    assert of(wanted, '["red", "green", "blue"]') == {"refusal": False, "length": False, "format": False}
    assert of(wanted, "red, green, blue") == {"refusal": False, "length": False, "format": True}
    assert Observation("format", "json", True) in seen(wanted, "red, green, blue")
    schema = '{"type": "array", "items": {"type": "integer"}}'
    assert Observation("format", "json_schema", True) in seen(wanted, '["red"]', schema=schema)


def test_a_wrong_length() -> None:
    assert of(EXPLAIN, PROSE * 60)["length"] is True
    assert of(EXPLAIN, PROSE, finish="length")["length"] is True
    assert "format" not in of("List three colours as JSON", '["red", "gre', finish="length")


def test_nothing_said_is_no_pattern() -> None:
    assert of(EXPLAIN, "") == {}
    call = ToolCall(0, "a", "look_up", "{}")
    assert {one.kind for one in seen(EXPLAIN, "", calls=(call,))} == {"refusal"}


# The lower end of the interval, found by solving |share - p| = z * sqrt(p (1 - p) / n) for p, not by its formula.
def lower_end(seen: int, of: int) -> float:
    share, low, high = seen / of, 0.0, seen / of
    for _ in range(60):
        middle = (low + high) / 2
        if share - middle > 1.645 * (middle * (1 - middle) / of) ** 0.5:
            low = middle
        else:
            high = middle
    return low


@given(st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_pattern_is_known_when_chance_does_not_explain_it(counts: tuple[int, int]) -> None:
    seen, of = counts
    if abs(lower_end(seen, of) - 0.4) > 1e-9:
        assert known(Pattern("m", "format", "json", seen, of)) == (of >= 5 and lower_end(seen, of) > 0.4)


@pytest.mark.parametrize(
    ("seen", "of", "enough"),
    [
        (4, 4, False),
        (5, 5, True),
        (4, 5, True),
        (3, 5, False),
        (6, 10, False),
        (7, 10, True),
        (48, 100, False),
        (49, 100, True),
    ],
)
def test_where_known_begins(seen: int, of: int, enough: bool) -> None:
    assert known(Pattern("m", "refusal", "code", seen, of)) is enough


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "ledger.db")
    yield store
    store.close()


def note(store: Store, model: str, kind: PatternKind, subject: str, *failed: bool) -> None:
    for one in failed:
        store.write_now(lambda db, one=one: note_patterns(db, model, [Observation(kind, subject, one)]))


def test_the_ledger_counts(store: Store) -> None:
    assert read_patterns(store) == ()
    note(store, "b/two", "format", "json", True, False, True)
    note(store, "b/two", "format", "json_schema", True)
    note(store, "a/one", "language", "de", False)
    assert read_patterns(store) == (
        Pattern("a/one", "language", "de", 0, 1),
        Pattern("b/two", "format", "json", 2, 3),
        Pattern("b/two", "format", "json_schema", 1, 1),
    )


def test_the_file_is_read_by_people_and_programs(tmp_path: Path) -> None:
    path = tmp_path / "failure_patterns.yaml"
    write_patterns_file(path, ())
    assert yaml.safe_load(path.read_text("utf-8")) == {"patterns": []}
    patterns = [
        Pattern("b/two", "refusal", "code", 1, 9),
        Pattern("b/two", "format", "json", 5, 5),
        Pattern("a/one", "language", "de", 4, 4),
    ]
    write_patterns_file(path, patterns)
    text = path.read_text("utf-8")
    assert text.startswith("# What models got wrong before")
    assert yaml.safe_load(text)["patterns"] == [
        {"model": "b/two", "kind": "format", "subject": "json", "seen": 5, "of": 5, "known": True},
        {"model": "b/two", "kind": "refusal", "subject": "code", "seen": 1, "of": 9, "known": False},
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_patterns_file(path, reversed(patterns))
    assert path.read_text("utf-8") == text
