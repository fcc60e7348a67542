"""Slowing of spend: in steps, with cause, with hysteresis, and released in the end."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.budget.pace import QUARTERS, Pace, projected_nusd, rate_nusd, usual_nusd
from routing.budget.throttle import DOES, STEPS, Reading, Throttle, faded, read, throttled
from tests.fakes import DOLLAR

MINUTE = 60.0
LEVELS = st.sampled_from([0.0, 0.5, 0.79, 0.8, 0.95, 1.0, 1.01, 2.0, 50.0])
READINGS = st.tuples(LEVELS, LEVELS)
CALM, NEAR, SPIKING, OVER = Reading(), Reading(0.9, 0.9), Reading(4.0, 0.0), Reading(4.0, 1.5)


def follow(readings: list[Reading], state: Throttle | None = None, apart_s: float = MINUTE) -> list[Throttle]:
    """The states after looks that are so far apart, the last look of `state` being at time 0."""
    states, now = [state or Throttle(looked_s=0.0)], 0.0
    for reading in readings:
        now += apart_s
        states.append(throttled(states[-1], reading, now))
    return states[1:]


@given(st.lists(st.tuples(READINGS, READINGS), max_size=60))
def test_whoever_spends_more_is_never_slowed_less(pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> None:
    less = follow([Reading(min(a, c), min(b, d)) for (a, b), (c, d) in pairs])
    more = follow([Reading(max(a, c), max(b, d)) for (a, b), (c, d) in pairs])
    for one, other in zip(less, more, strict=True):
        assert one.step <= other.step
        if one.step == other.step:
            assert one.pressure <= other.pressure


@given(st.lists(READINGS, max_size=80))
def test_never_up_without_cause_and_never_by_more_than_one(levels: list[tuple[float, float]]) -> None:
    before = 0
    for (spike, course), state in zip(levels, follow([Reading(*pair) for pair in levels]), strict=True):
        assert 0 <= state.step <= STEPS
        assert 0.0 <= state.pressure <= 5.0
        assert abs(state.step - before) <= 1
        if state.step > before:
            assert (course if state.step > 3 else max(spike, course)) > 1
        if state.step < before:
            assert (course if before > 3 else max(spike, course)) < 0.8
        if state.step == 0:
            assert state.pressure == 0.0
        before = state.step


@given(st.lists(READINGS, max_size=60))
def test_it_is_let_go_in_the_end_one_step_in_ten_minutes(levels: list[tuple[float, float]]) -> None:
    last = [Throttle(looked_s=0.0), *follow([Reading(*pair) for pair in levels])][-1]
    began = last.looked_s or 0.0
    state, now = last, began
    for _ in range(STEPS * 11 + 1):
        now += MINUTE
        state = throttled(state, CALM, now)
    assert (state.step, state.pressure) == (0, 0.0)


def test_each_look_over_the_trigger_is_one_step_up_and_the_last_two_need_the_course() -> None:
    assert [state.step for state in follow([OVER] * 7)] == [1, 2, 3, 4, 5, 5, 5]
    assert [state.step for state in follow([SPIKING] * 7)] == [1, 2, 3, 3, 3, 3, 3]
    assert [state.step for state in follow([Reading(0, 1.5)] * 6)] == [1, 2, 3, 4, 5, 5]


def test_looks_within_a_minute_change_nothing() -> None:
    state = follow([OVER])[-1]
    assert throttled(state, OVER, 60.0 + 59.9) == state
    assert throttled(state, OVER, 60.0 + 60.0).step == 2


def test_between_the_two_thresholds_a_step_stays_and_the_calm_begins_anew() -> None:
    high = follow([OVER] * 2)[-1]
    assert {state.step for state in follow([NEAR] * 60, high)} == {2}
    almost = [*[CALM] * 9, NEAR]
    assert {state.step for state in follow(almost * 4, high)} == {2}
    steps = [state.step for state in follow([CALM] * 23, high)]
    assert steps == [2] * 10 + [1] * 10 + [0] * 3, "ten calm minutes for each step"


def test_pressure_follows_the_pacer() -> None:
    rising = follow([Reading(3.0)] * 4)
    assert [round(state.pressure, 6) for state in rising] == [0.1, 0.2, 0.3, 0.4]
    assert follow([Reading(1_000.0)])[-1].pressure == 5.0
    assert follow([CALM] * 3, rising[-1])[-1].pressure == pytest.approx(0.4 - 3 * 0.05)


def test_silence_is_calm() -> None:
    """Nobody looks while nothing is asked: whoever comes back is not slowed for what was hours ago."""
    state = follow([OVER] * 5)[-1]
    looked = state.looked_s or 0.0
    assert [faded(state, looked + s).step for s in (0, 599, 600, 1_300, 3_000, 90_000)] == [5, 5, 4, 3, 0, 0]
    assert faded(state, looked + 90_000).pressure == 0.0
    assert throttled(state, CALM, looked + 1_300).step == 3


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), READINGS), max_size=40))
def test_a_clock_that_jumps_breaks_nothing(looks: list[tuple[float, tuple[float, float]]]) -> None:
    state = Throttle()
    for now, pair in looks:
        after = throttled(state, Reading(*pair), now)
        assert after.step <= state.step + 1
        if state.looked_s is not None and now < state.looked_s:
            assert after.step >= state.step, "time that ran backwards is no calm time"
        state = after
    end = looks[-1][0] if looks else 0.0
    for minute in range(1, 60):
        state = throttled(state, CALM, end + minute * MINUTE)
    assert state.step == 0


def test_calm_that_began_in_what_is_now_the_future_begins_anew() -> None:
    state = throttled(follow([OVER] * 2)[-1], CALM, 3 * MINUTE)
    back = -50_000.0
    steps = []
    for minute in range(12):
        state = throttled(state, CALM, back + minute * MINUTE)
        steps.append(state.step)
    assert steps == [2] * 10 + [1] * 2


def test_every_step_says_what_it_does() -> None:
    assert len(set(DOES)) == STEPS + 1
    assert Throttle(4).does == "No large models"


# Readings


def a_day(**quarters: int) -> tuple[int, ...]:
    day = [0] * QUARTERS
    for name, nusd in quarters.items():
        day[int(name[1:])] = nusd
    return tuple(day)


def a_pace(recent: float, taken: int, days: int = 5, quarter: int = 41) -> Pace:
    """Past days took 100 m$ in the hour from 10 to 11, and 300 m$ in the evening."""
    past = a_day(q40=60_000_000, q42=40_000_000, q80=300_000_000)
    return Pace(recent, taken, quarter, (past,) * days)


def test_a_spike_is_three_times_what_the_hour_usually_takes() -> None:
    pace = a_pace(recent=100_000_000, taken=110_000_000)
    assert usual_nusd(pace) == 100_000_000
    assert rate_nusd(pace) == 400_000_000
    assert read(pace, 2 * DOLLAR).spike == pytest.approx(4 / 3)
    assert "$0.40 an hour are spent now, and usually $0.10" in read(pace, 2 * DOLLAR).why


def test_the_course_of_a_day_is_what_it_will_have_taken_over_its_cap() -> None:
    """Usual: 60 of 400 m$ by a quarter past ten. Today took 1,000: one usual day and today, over what was to be
    expected of both, scale the rest: (400 + 1000) / (400 + 60) × 340."""
    pace = a_pace(recent=0, taken=1_000_000_000)
    expected = 1_000_000_000 + 1_400 / 460 * 340_000_000
    assert projected_nusd(pace) == pytest.approx(expected)
    found = read(pace, 2 * DOLLAR)
    assert (found.spike, found.course) == (0.0, pytest.approx(expected / (2 * DOLLAR)))
    assert found.why == "today would end at $2.03, and the cap is $2.00"


def test_a_usual_day_ends_as_usual() -> None:
    assert projected_nusd(a_pace(0, 60_000_000)) == pytest.approx(400_000_000)


@pytest.mark.parametrize(
    ("pace", "cap"),
    [
        (a_pace(DOLLAR, DOLLAR, days=2), 2 * DOLLAR),
        (a_pace(99_999_999, 99_999_999), 2 * DOLLAR),
        (a_pace(19_999_999, 19_999_999), None),
        (a_pace(0, 0), 0),
        (a_pace(0, 0), 2 * DOLLAR),
    ],
    ids=["two past days", "under a twentieth of the cap", "of a usual day, without one", "a cap of nothing", "nothing"],
)
def test_on_too_little_evidence_nothing_is_slowed(pace: Pace, cap: int | None) -> None:
    assert (read(pace, cap).spike, read(pace, cap).course, read(pace, cap).why) == (0.0, 0.0, "")


def test_an_hour_in_which_nothing_was_ever_spent_says_nothing_of_a_spike() -> None:
    found = read(a_pace(DOLLAR, DOLLAR, quarter=12), 10 * DOLLAR)
    assert (found.spike, found.course > 0) == (0.0, True)


def test_without_a_cap_a_spike_is_one_all_the_same() -> None:
    found = read(a_pace(DOLLAR, DOLLAR), None)
    assert (found.spike > 1, found.course) == (True, 0.0)


@given(st.lists(st.integers(0, 50), min_size=0, max_size=28), st.integers(0, QUARTERS - 1))
def test_the_usual_of_an_hour_is_the_median_of_the_days_that_took_anything_in_it(amounts: list[int], at: int) -> None:
    days = tuple(tuple(amount if quarter == at else 0 for quarter in range(QUARTERS)) for amount in amounts)
    spent = [amount for amount in amounts if amount]
    assert usual_nusd(Pace(0, 0, at, days)) == (median(spent) if len(spent) >= 3 else None)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, QUARTERS - 1), st.data())
def test_more_spent_never_reads_less(less: int, more: int, at: int, data: st.DataObject) -> None:
    day = st.lists(st.integers(0, 10**7), min_size=QUARTERS, max_size=QUARTERS).map(tuple)
    days = tuple(data.draw(st.lists(day, max_size=4)))
    low, high = sorted((less, more))
    one, other = (read(Pace(amount, amount, at, days), DOLLAR) for amount in (low, high))
    assert one.spike <= other.spike
    assert one.course <= other.course
