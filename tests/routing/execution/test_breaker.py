"""Breakers against an oracle that keeps the whole history and judges it by the rules as they are written down."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing.errors import ErrorKind, ProviderError
from routing.execution.breaker import Breakers, Change
from tests.fakes import a_model

A, B, C, D = "north/a", "north/b", "north/c", "south/d"
MODELS = tuple(a_model(model_id) for model_id in (A, B, C, D))
OF_A_MODEL = ("timeout", "server_error", "malformed_stream")
OF_ALL = ("connection", "overloaded")
ANSWERED = ("content_filter", "context_length", "length", "invalid_request")
NEVER = None


class Hand:
    """A clock that stands still until it is set on."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def wall(self) -> float:
        return self.now_s

    async def sleep(self, s: float) -> None:
        self.now_s += s


class Middle(random.Random):
    """Draws the middle of every range, so that a rest ends when it is due."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def provider_of(model: str) -> str:
    return model.split("/")[0]


@dataclass
class Line:
    """Breakers, with calls that begin and end at once."""

    clock: Hand = field(default_factory=Hand)
    rng: random.Random = field(default_factory=Middle)

    def __post_init__(self) -> None:
        self.breakers = Breakers(self.clock, self.rng)

    def call(self, model: str, outcome: str = "answer", **fields: Any) -> tuple[Change, ...]:
        return (*self.begin(model), *self.end(model, outcome, **fields))

    def begin(self, model: str) -> tuple[Change, ...]:
        return self.breakers.called(provider_of(model), model)

    def end(self, model: str, outcome: str, **fields: Any) -> tuple[Change, ...]:
        if outcome == "answer":
            return self.breakers.succeeded(provider_of(model), model)
        error = ProviderError(ErrorKind(outcome), **fields)
        return self.breakers.failed(provider_of(model), model, error)

    def shut(self) -> dict[str, float | None]:
        """Who rests, and for how long."""
        closed = self.breakers.health(MODELS).closed
        return {one.model or one.provider: one.again_in_s for one in closed}


# ---------------------------------------------------------------- the rules, one by one
def test_three_in_a_row_of_one_model_close_it_and_nothing_else() -> None:
    line = Line()
    assert [line.call(A, "timeout") for _ in range(2)] == [(), ()]
    assert line.call(A, "timeout") == (Change("north", A, "open", "3 failures in a row", 15.0),)
    assert line.shut() == {A: 15.0}
    assert line.breakers.open("north", A)
    assert not line.breakers.open("north")
    assert not line.breakers.open("north", B)


def test_half_of_four_close_a_model_although_it_answers_in_between() -> None:
    line = Line()
    for outcome in ("answer", "timeout", "answer"):
        assert line.call(A, outcome) == ()
    (change,) = line.call(A, "server_error")
    assert (change.model, change.why) == (A, "2 of 4 calls failed")


@pytest.mark.parametrize("calls", ["......xx.xx.x", "x....xx.xx"])
def test_ten_calls_are_looked_at(calls: str) -> None:
    """The last call makes it half of the last ten: of nine or eleven it would not be."""
    line = Line()
    changes = [line.call(A, "timeout" if mark == "x" else "answer") for mark in calls]
    assert [bool(one) for one in changes] == [False] * (len(calls) - 1) + [True]


def test_a_model_that_failed_and_answered_since_does_not_speak_against_its_provider() -> None:
    line = Line()
    for model, outcome in ((A, "timeout"), (A, "answer"), (B, "timeout"), (B, "timeout")):
        assert line.call(model, outcome) == ()


@pytest.mark.parametrize("kind", OF_ALL)
def test_what_speaks_of_the_provider_closes_all_of_it(kind: str) -> None:
    line = Line()
    line.call(A, kind)
    line.call(A, kind)
    (change,) = line.call(A, kind)
    assert (change.provider, change.model) == ("north", None)
    assert line.shut() == {"north": 15.0}
    assert line.breakers.open("north", C)
    assert not line.breakers.open("south", D)


def test_two_models_that_fail_are_a_provider_that_fails() -> None:
    line = Line()
    line.call(A, "timeout")
    line.call(A, "timeout")
    changes = line.call(B, "timeout")
    assert [(one.model, one.state) for one in changes] == [(None, "open")]
    assert line.shut() == {"north": 15.0}


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.booleans(), st.sampled_from([0.0, 16.0, 400.0])), max_size=60))
def test_one_bad_model_never_keeps_the_others_out(calls: list[tuple[str, bool, float]]) -> None:
    line = Line()
    for model, bad, pass_s in calls:
        line.call(model, "timeout" if model == A and bad else "answer")
        line.clock.now_s += pass_s
        assert set(line.shut()) <= {A}


def test_only_one_call_probes_and_its_answer_closes() -> None:
    line = Line()
    for _ in range(3):
        line.call(A, "timeout")
    line.clock.now_s += 15
    assert not line.breakers.open("north", A)
    assert line.begin(A) == (Change("north", A, "half_open", "one call is let through"),)
    assert line.breakers.open("north", A)
    assert line.end(A, "answer") == (Change("north", A, "closed", "it answered"),)
    assert line.shut() == {}
    assert [line.call(A, "timeout") for _ in range(2)] == [(), ()], "what was before is forgotten"


def test_a_probe_that_is_not_heard_of_makes_room_for_one_more() -> None:
    line = Line()
    for _ in range(3):
        line.call(A, "timeout")
    line.clock.now_s += 15
    line.begin(A)
    line.clock.now_s += 15
    assert line.begin(A) == ()
    assert line.breakers.open("north", A), "and for one only"


def test_a_probe_that_is_stopped_makes_room_at_once() -> None:
    line = Line()
    for _ in range(3):
        line.call(A, "timeout")
    line.clock.now_s += 15
    line.call(A, "cancelled")
    assert not line.breakers.open("north", A)
    assert [one.state for one in line.call(A)] == ["closed"]


def test_a_probe_of_a_bad_model_does_not_hold_the_provider_back() -> None:
    line = Line()
    for _ in range(3):
        line.call(B, "connection")
    line.clock.now_s += 15
    assert [one.state for one in line.call(A, "server_error")] == ["half_open"]
    assert line.shut() == {}
    assert [one.state for one in line.call(B)] == ["closed"]


def test_rests_double_up_to_five_minutes_and_halve_again_after_a_stretch_of_answers() -> None:
    line = Line()
    line.call(A, "timeout")
    line.call(A, "timeout")
    rests = []
    for _ in range(7):
        rests.append(line.call(A, "timeout")[-1].again_in_s)
        line.clock.now_s += rests[-1] or 0
    assert rests == [15, 30, 60, 120, 240, 300, 300]
    for _ in range(1 + 5 * 6):
        line.call(A)
    line.call(A, "timeout")
    line.call(A, "timeout")
    assert line.call(A, "timeout")[-1].again_in_s == 30


@pytest.mark.parametrize(("stretch", "rest_s"), [("....", 30), (".....", 15), ("...x..", 30), ("...x.....", 15)])
def test_a_stretch_is_five_answers_in_a_row(stretch: str, rest_s: float) -> None:
    line = Line()
    for _ in range(3):
        line.call(A, "timeout")
    line.clock.now_s += 15
    line.call(A)
    changes = [line.call(A, "timeout" if mark == "x" else "answer") for mark in f"{stretch}xxx"]
    assert changes[-1][0].again_in_s == rest_s


@given(st.integers(), st.integers(0, 8))
def test_rests_vary_by_a_tenth(seed: int, reopened: int) -> None:
    line = Line(rng=random.Random(seed))
    for _ in range(2):
        line.call(A, "timeout")
    for due in [min(300, 15 * 2**k) for k in range(reopened + 1)]:
        again_in_s = line.call(A, "timeout")[-1].again_in_s
        assert again_in_s is not None
        assert 0.9 * due - 0.1 <= again_in_s <= 1.1 * due + 0.1
        line.clock.now_s += again_in_s + 0.1


def test_programs_do_not_come_back_together() -> None:
    rests = set()
    for seed in range(20):
        line = Line(rng=random.Random(seed))
        rests.add([line.call(A, "timeout") for _ in range(3)][-1][0].again_in_s)
    assert len(rests) > 10


def test_a_rate_limit_rests_the_provider_for_as_long_as_it_said() -> None:
    line = Line()
    assert line.call(A, "rate_limit", retry_after_s=40.0) == (Change("north", None, "open", "rate limit", 40.0),)
    assert line.end(B, "rate_limit", retry_after_s=7.0) == ()
    assert line.shut() == {"north": 40.0}
    line.end(B, "rate_limit", retry_after_s=70.0)
    line.end(C, "answer")
    assert line.shut() == {"north": 70.0}, "an answer to what was asked before changes nothing"
    assert Line().call(A, "rate_limit")[0].again_in_s == 10.0


@pytest.mark.parametrize("kind", ["auth", "quota"])
def test_a_refused_key_rests_until_the_configuration_changes(kind: str) -> None:
    line = Line()
    line.call(A, "rate_limit", retry_after_s=40.0)
    assert [one.again_in_s for one in line.end(B, kind)] == [None]
    line.clock.now_s += 1e6
    assert line.shut() == {"north": None}
    assert line.breakers.again_in_s("north", A) is None
    line.breakers.reset()
    assert line.shut() == {}


def test_one_model_that_is_not_permitted_leaves_the_others_open() -> None:
    line = Line()
    (change,) = line.call(A, "permission")
    assert (change.model, change.again_in_s) == (A, None)
    assert line.shut() == {A: None}


def test_a_model_that_is_not_there_is_gone_and_its_provider_answers() -> None:
    line = Line()
    line.call(A, "not_found")
    health = line.breakers.health(MODELS)
    assert (health.gone, health.closed) == ((A,), ())
    line.breakers.reset()
    assert line.breakers.health(MODELS).gone == ()


def test_what_says_no_to_one_model_lets_the_provider_go_on() -> None:
    line = Line()
    for _ in range(3):
        line.call(B, "connection")
    line.clock.now_s += 15
    assert [(one.model, one.state) for one in line.call(A, "permission")] == [
        (None, "half_open"),
        (None, "closed"),
        (A, "open"),
    ]


def test_a_probe_that_meets_a_rate_limit_leaves_its_model_to_the_next() -> None:
    line = Line()
    for _ in range(3):
        line.call(A, "timeout")
    line.clock.now_s += 15
    line.call(A, "rate_limit", retry_after_s=5.0)
    line.clock.now_s += 5
    assert line.shut() == {}


def test_a_probe_of_a_model_that_meets_a_dead_provider_tells_nothing_of_the_model() -> None:
    line = Line()
    for _ in range(3):
        line.call(A, "timeout")
    line.clock.now_s += 15
    assert [(one.model, one.state) for one in line.call(A, "connection")] == [(A, "half_open")]
    assert line.shut() == {}


def test_answers_to_what_was_asked_before_count_for_nothing_while_it_rests() -> None:
    line = Line()
    for _ in range(3):
        line.call(A, "timeout")
    for _ in range(5):
        line.end(A, "answer")
    line.clock.now_s += 15
    assert line.call(A, "timeout")[-1].again_in_s == 30


def test_the_longer_of_two_rests_counts() -> None:
    line = Line()
    for _ in range(3):
        line.call(A, "timeout")
    line.call(B, "rate_limit", retry_after_s=40.0)
    assert line.breakers.again_in_s("north", A) == 40.0
    assert line.breakers.again_in_s("north") == 40.0
    assert line.breakers.again_in_s("south", D) is None


# ---------------------------------------------------------------- everything at once
@dataclass
class Expected:
    """What is expected of one guard: its whole history since it last closed, and until when it rests."""

    history: list[tuple[str, str]] = field(default_factory=list)
    state: str = "closed"
    until: float | None = 0.0
    doubled: int = 0
    answers: int = 0

    def rests(self, now: float) -> bool:
        return self.state != "closed" and (self.until is NEVER or now < self.until)

    def judge(self) -> bool:
        """Whether the failure that just came opens it: `x` is a failure that counts, `.` an answer."""
        window = self.history[-10:]
        failing = set()
        for model in {model for model, _ in window}:
            own = "".join(what[0] for one, what in window if one == model)
            if "m" in own.rpartition("a")[2]:
                failing.add(model)
        counted = [what for _, what in window if what != "model" or len(failing) >= 2]
        if window[-1][1] == "model" and len(failing) < 2:
            return False
        marks = "".join("." if what == "answer" else "x" for what in counted)
        return self.state == "half" or marks.endswith("xxx") or (len(marks) >= 4 and marks.count("x") * 2 >= len(marks))


class BreakersMachine(RuleBasedStateMachine):
    """Calls that begin, end late and interleave, of four models of two providers."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.guards = {name: Expected() for name in ("north", "south", A, B, C, D)}
        self.changes: dict[str, str] = {}

    @property
    def now(self) -> float:
        return self.line.clock.now_s

    @rule(pass_s=st.sampled_from([1, 7, 14, 15, 16, 30, 60, 299, 300]))
    def time_passes(self, pass_s: int) -> None:
        self.line.clock.now_s += pass_s

    @rule(model=st.sampled_from([A, B, C, D]))
    def begins(self, model: str) -> None:
        half = []
        for name in (provider_of(model), model):
            guard = self.guards[name]
            if guard.state == "open" or (guard.state == "half" and not guard.rests(self.now)):
                half += [name] if guard.state == "open" else []
                guard.state, guard.until = "half", self.now + 15
        self.told(self.line.begin(model), dict.fromkeys(half, "half_open"))

    @rule(model=st.sampled_from([A, B, C, D]), kind=st.sampled_from(["answer", *ANSWERED]), times=st.integers(1, 6))
    def answers(self, model: str, kind: str, times: int) -> None:
        for _ in range(times):
            self.answers_once(model, kind)

    def answers_once(self, model: str, kind: str) -> None:
        told: dict[str, str] = {}
        for name in (provider_of(model), model):
            self.good(name, model, told)
        self.told(self.line.end(model, kind), told)

    @rule(model=st.sampled_from([A, B, C, D]), kind=st.sampled_from([*OF_A_MODEL, *OF_ALL]), times=st.integers(1, 3))
    def fails(self, model: str, kind: str, times: int) -> None:
        for _ in range(times):
            self.fails_once(model, kind)

    def fails_once(self, model: str, kind: str) -> None:
        told: dict[str, str] = {}
        if kind in OF_ALL:
            self.bad(provider_of(model), (model, "whole"), told)
            self.untold(model)
        else:
            self.bad(provider_of(model), (model, "model"), told)
            self.bad(model, (model, "x"), told)
        self.told(self.line.end(model, kind), told)

    @rule(model=st.sampled_from([A, B, C, D]), wait=st.sampled_from([5, 40, 400]))
    def is_limited(self, model: str, wait: int) -> None:
        told: dict[str, str] = {}
        self.untold(model)
        self.close(provider_of(model), self.now + wait, told)
        self.told(self.line.end(model, "rate_limit", retry_after_s=float(wait)), told)

    @rule(model=st.sampled_from([A, B, C, D]))
    def is_stopped(self, model: str) -> None:
        self.untold(provider_of(model))
        self.untold(model)
        self.told(self.line.end(model, "cancelled"), {})

    @rule(model=st.sampled_from([A, D]), kind=st.sampled_from(["auth", "permission"]))
    def is_refused(self, model: str, kind: str) -> None:
        told: dict[str, str] = {}
        if kind == "permission":
            self.good(provider_of(model), model, told)
            self.close(model, NEVER, told)
        else:
            self.close(provider_of(model), NEVER, told)
        self.told(self.line.end(model, kind), told)

    @rule()
    def configuration_changes(self) -> None:
        if NEVER in [guard.until for guard in self.guards.values()]:
            self.line.breakers.reset()
            self.guards = {name: Expected() for name in self.guards}

    @invariant()
    def who_rests_is_as_expected(self) -> None:
        resting = {name: guard for name, guard in self.guards.items() if guard.rests(self.now)}
        waits = {name: None if one.until is NEVER else one.until - self.now for name, one in resting.items()}
        assert self.line.shut() == waits
        for model in (A, B, C, D):
            own = [name for name in (provider_of(model), model) if name in waits]
            assert self.line.breakers.open(provider_of(model), model) == bool(own)
            longest = max((waits[name] or 1e9 for name in own if waits[name] is not NEVER), default=None)
            expected = None if NEVER in [waits[name] for name in own] else longest
            assert self.line.breakers.again_in_s(provider_of(model), model) == expected

    def good(self, name: str, model: str, told: dict[str, str]) -> None:
        guard = self.guards[name]
        if guard.state == "half":
            guard.state, guard.history, guard.answers = "closed", [], 0
            told[name] = "closed"
        elif guard.state == "closed":
            guard.history.append((model, "answer"))
            guard.answers += 1
            if guard.answers in range(5, 10_000, 5):
                guard.doubled = max(guard.doubled - 1, 0)

    def bad(self, name: str, outcome: tuple[str, str], told: dict[str, str]) -> None:
        guard = self.guards[name]
        if guard.state == "open":
            return
        guard.history.append(outcome)
        guard.answers = 0
        if guard.judge():
            told[name] = "open"
            guard.state, guard.until = "open", self.now + [15, 30, 60, 120, 240, 300][min(guard.doubled, 5)]
            guard.doubled = min(guard.doubled + 1, 10)
        elif guard.state == "half":
            guard.until = self.now

    def untold(self, name: str) -> None:
        if self.guards[name].state == "half":
            self.guards[name].until = self.now

    def close(self, name: str, until: float | None, told: dict[str, str]) -> None:
        guard = self.guards[name]
        if guard.state != "open" or (until is NEVER and guard.until is not NEVER):
            told[name] = "open"
            guard.until = until
        elif guard.until is not NEVER and until is not NEVER:
            guard.until = max(guard.until, until)
        guard.state = "open"

    def told(self, changes: tuple[Change, ...], expected: dict[str, str]) -> None:
        """Every change is told, once."""
        assert len(changes) == len(expected)
        assert {one.model or one.provider: one.state for one in changes} == expected


BreakersMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestBreakers = BreakersMachine.TestCase
