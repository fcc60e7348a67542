"""What each panel says of each kind of turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.content import Content

from app.panels import confidence, ladder, latency, spend, status
from app.panels.spend import Spending
from routing.events import ConfidencePart, RequestAnalysed
from routing.trace import Trace
from tests.app.traces import DOLLAR, MID, OTHER, SMALL, Script, a_trace, candidate, decision, rung

WIDTHS = [30, 38, 78]
SPENDING = Spending(
    session_nusd=41_200_000, day_nusd=412_000_000, cap_nusd=2 * DOLLAR, held_nusd=21_000_000, simulated=True
)


def text(lines: Sequence[Content]) -> str:
    return "\n".join(line.plain for line in lines)


def row(lines: Sequence[Content], word: str) -> str:
    return next(line.plain for line in lines if word in line.plain)


def measured(*parts: ConfidencePart) -> Trace:
    """An answer whose confidence has these parts."""
    trace = a_trace("accepted")
    (attempt,) = trace.attempts
    assert attempt.confidence is not None
    return replace(trace, attempts=(replace(attempt, confidence=replace(attempt.confidence, parts=parts)),))


class TestLadder:
    def test_nothing_of_the_request_is_cut_in_the_rail(self) -> None:
        script = Script().precheck()
        prompt = next(event for event in script.events if isinstance(event, RequestAnalysed))
        for task in ("reasoning", "conversation", "transform"):
            features = replace(prompt.features, task=task, language="en")
            shown = text(ladder.lines(replace(script.trace, features=features), 38))
            assert f"{task} · risk" in shown
            assert " · en" in shown
            assert "replaced by" in shown
            assert "…" not in shown.replace(" · … ", "")

    @pytest.mark.parametrize("width", WIDTHS)
    def test_an_accepted_answer_leaves_the_rungs_above_unused(self, width: int) -> None:
        lines = ladder.lines(a_trace("accepted"), width)
        assert row(lines, "pebble  ").startswith("1 ✓")
        assert "kept" in text(lines)
        assert ".87" in text(lines)
        assert "$0.0004 sim" in text(lines)
        assert row(lines, "2 ·").split()[2:] == ([MID, "unused"] if width < 36 else [MID, "mid", "unused"])

    @pytest.mark.parametrize("width", WIDTHS)
    def test_an_escalation_shows_what_was_too_low(self, width: int) -> None:
        lines = ladder.lines(a_trace("escalated"), width)
        assert row(lines, "1 ↑")
        assert ".41" in row(lines, "escalated")
        assert row(lines, "2 ✓")
        assert "$0.0007 sim" in row(lines, "kept")

    def test_the_need_stands_beside_the_number_where_there_is_room(self) -> None:
        assert "escalated  .41 < .66" in text(ladder.lines(a_trace("escalated"), 38))

    @pytest.mark.parametrize("width", WIDTHS)
    def test_a_live_turn_shows_what_is_held_and_what_waits(self, width: int) -> None:
        lines = ladder.lines(a_trace("live"), width)
        assert "held $0.0021 sim" in row(lines, "live")
        assert "2.4 s" in row(lines, "2 ▸")
        assert "waiting" in row(lines, "3 ·")

    @pytest.mark.parametrize("width", WIDTHS)
    def test_a_retry_stands_under_its_rung(self, width: int) -> None:
        lines = ladder.lines(a_trace("retried"), width)
        assert "↻ retried" in text(lines)
        assert row(lines, "1 ✗")
        assert row(lines, "  ✓ sim-north/pebble")

    def test_a_failover_names_the_failure_and_both_providers(self) -> None:
        lines = ladder.lines(a_trace("failed_over"), 38)
        assert "server error → failed over" in text(lines)
        assert "sim-north/summit" in row(lines, "1 ✗")
        assert OTHER in row(lines, "  ✓")

    def test_a_step_down_is_no_escalation(self) -> None:
        lines = ladder.lines(a_trace("stepped_down"), 38)
        assert "1.9 s" in row(lines, "1 ↓")
        assert "stepped down" in text(lines)
        assert "escalated" not in text(lines)

    @pytest.mark.parametrize("height", [1, 3, 12])
    @pytest.mark.parametrize(
        ("name", "banner"),
        [
            ("degraded", "! degraded"),
            ("nothing_fits", "! degraded"),
            ("capped", "■ simulated day cap reached"),
            ("below_floor", "! below the floor"),
        ],
    )
    def test_what_went_wrong_is_never_left_out(self, name: str, banner: str, height: int) -> None:
        assert ladder.lines(a_trace(name), 30, height)[0].plain.startswith(banner)

    def test_with_few_rows_the_path_stays_longest(self) -> None:
        full = text(ladder.lines(a_trace("escalated"), 38))
        few = text(ladder.lines(a_trace("escalated"), 38, 2))
        assert "4 fit" in full
        assert "time" in full
        assert [line[:3] for line in few.splitlines()] == ["1 ↑", "2 ✓"]

    def test_a_price_that_is_not_known_is_a_bound(self) -> None:
        assert "≤ $0.0310" in text(ladder.lines(a_trace("unknown_price"), 38))

    def test_a_rung_below_the_first_shows_only_when_it_was_asked(self) -> None:
        plan = decision(rung(MID), below=(rung(SMALL, threshold=None),))
        assert SMALL not in text(ladder.lines(Script(plan).trace, 38))
        asked = Script(plan).start(SMALL, 0.5, on=1).trace
        assert SMALL in text(ladder.lines(asked, 38))

    def test_only_those_that_may_be_asked_fit(self) -> None:
        plan = decision(rung(SMALL))
        judged = replace(plan, candidates=(*plan.candidates, *(candidate(one.model) for one in plan.excluded)))
        assert "1 fit  pebble  " in row(ladder.lines(Script(judged).trace, 38), "2 out")

    @pytest.mark.parametrize("name", ["below_floor", "broken_off"])
    def test_what_is_not_vouched_for_is_never_ticked(self, name: str) -> None:
        trace = a_trace(name)
        told = text([*ladder.lines(trace, 38), *status.status_lines(trace, SPENDING, 78)])
        assert "✓" not in told
        assert {"below_floor": "! pebble", "broken_off": "✂ pebble"}[name] in told

    def test_a_paid_call_that_is_no_answer_is_no_rung(self) -> None:
        judged = Script().start(SMALL, 0.1).start(OTHER, 0.2, purpose="judge").trace
        assert [attempt.model for step in ladder.steps(judged) for attempt in step.attempts] == [SMALL]


class TestConfidence:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_number_need_and_parts(self, width: int) -> None:
        lines = confidence.lines(a_trace("accepted"), width, 7)
        assert lines[0].plain.startswith(".87   need .66")
        assert "✓ enough" in lines[0].plain
        assert row(lines, "mean logpr").rstrip().endswith("+0.92")
        assert row(lines, "hedging wo").rstrip().endswith("−0.15")

    def test_the_gauge_puts_the_score_beyond_the_need(self) -> None:
        gauge = confidence.lines(a_trace("accepted"), 38)[1].plain
        assert gauge.index("┊") < gauge.index("●")
        gauge = confidence.lines(a_trace("capped"), 38)[1].plain
        assert gauge.index("●") < gauge.index("┊")

    def test_a_provisional_number_says_so(self) -> None:
        head = confidence.lines(a_trace("live"), 38)[0].plain
        assert head.startswith(".70?")
        assert "▸ so far" in head

    def test_the_draft_that_was_left_stays_visible(self) -> None:
        assert "draft 1  .41 < .66  pebble" in text(confidence.lines(a_trace("escalated"), 38, 7))

    def test_too_low_and_no_need(self) -> None:
        assert "! too low" in text(confidence.lines(a_trace("below_floor"), 38))
        assert "any answer stays" in text(confidence.lines(a_trace("failed_over"), 38))

    def test_what_is_below_the_floor_is_never_enough(self) -> None:
        trace = a_trace("failed_over")
        assert trace.finished is not None
        below = replace(trace, finished=replace(trace.finished, below_floor=True))
        assert "✓ enough" in text(confidence.lines(trace, 38))
        assert "! below floor" in text(confidence.lines(below, 38))

    def test_without_an_answer_no_number_is_made_up(self) -> None:
        for name in ("degraded", "nothing_fits", "cancelled"):
            assert "." not in text(confidence.lines(a_trace(name), 38)).replace("judge.", "")

    @pytest.mark.parametrize("width", WIDTHS)
    def test_before_the_first_answer_it_says_all_of_what_will_be_drawn(self, width: int) -> None:
        told = " ".join(line.plain for line in confidence.lines(None, width))
        assert "and the signals behind both are drawn here." in " ".join(told.split())

    @pytest.mark.parametrize("width", [38, 46])
    def test_no_name_of_a_signal_is_cut_in_the_rail_and_what_was_read_is_told_whole_or_not_at_all(
        self, width: int
    ) -> None:
        names = ("tail-10 % logprob", "weakest 32 tokens", "first token's margin", "speaks of the question")
        parts = [ConfidencePart(name, "the second-weakest of all", -0.5) for name in names]
        shown = text(confidence.lines(measured(*parts, ConfidencePart("base", "as asked", 1.6)), width))
        assert "…" not in shown
        assert all(name in shown for name in names)

    def test_what_was_read_is_told_where_there_is_room(self) -> None:
        shown = text(confidence.lines(measured(ConfidencePart("mean logprob", "−0.1 nats", 0.4)), 38))
        assert "−0.1 nats" in shown

    def test_signals_without_room_are_counted(self) -> None:
        lines = confidence.lines(a_trace("accepted"), 38, 4)
        assert "mean logprob" in lines[2].plain
        assert lines[3].plain == "and 3 weaker signals"


class TestLatency:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_first_token_and_total_against_the_budget(self, width: int) -> None:
        last = latency.lines(a_trace("accepted"), width, 5)[-1].plain
        assert "0.4 s" in last
        assert "1.2 s of 20 s" in last

    def test_the_first_token_is_that_of_the_answer_which_is_shown(self) -> None:
        last = latency.lines(a_trace("escalated"), 38, 5)[-1].plain
        assert last.startswith("answer from 1.8 s")
        wide = latency.lines(a_trace("escalated"), 78, 5)[-1].plain
        assert wide.startswith("first token of the answer 1.8 s")
        waiting = Script().start(SMALL, 0.1).token(0.4).end(1.0).weigh(1.0, 0.41).escalate(1.0, SMALL, MID)
        assert latency.lines(waiting.start(MID, 1.0, on=1).trace, 38, 5)[-1].plain.startswith("answer from –")

    def test_phases_follow_each_other(self) -> None:
        first, second = (row(latency.lines(a_trace("retried"), 78), f"{n} sim-north") for n in (1, 2))
        assert "✗" in first
        assert "█" not in first
        assert first.index("✗") <= second.index("░") < second.index("▒") < second.index("█")

    def test_what_was_cut_and_what_still_runs_is_marked(self) -> None:
        assert "█✂" in text(latency.lines(a_trace("cancelled"), 38))
        assert "█▸" in text(latency.lines(a_trace("live"), 38))

    def test_more_than_the_time_allowed_is_said(self) -> None:
        assert "2.8 s over 2.0 s" in text(latency.lines(a_trace("stepped_down"), 38))

    @pytest.mark.parametrize("height", [1, 2, 3])
    def test_the_total_is_never_left_out_and_the_last_attempts_stay(self, height: int) -> None:
        lines = latency.lines(a_trace("escalated"), 38, height)
        assert "of 20 s" in lines[-1].plain
        assert height < 2 or lines[-2].plain.startswith("2 ")


class TestSpend:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_turn_session_and_day(self, width: int) -> None:
        lines = spend.lines(a_trace("escalated"), SPENDING, width, 4)
        assert "$0.0008 sim" in row(lines, "turn")
        assert "$0.0412 sim" in row(lines, "session")
        assert "$0.4120 of $2.00 sim" in row(lines, "day")
        assert lines[-1].plain.rstrip().endswith("22%")

    def test_held_is_drawn_after_spent(self) -> None:
        gauge = spend.lines(a_trace("live"), SPENDING, 78)[-1].plain
        assert gauge.index("█") < gauge.index("▒") < gauge.index("·")

    def test_real_money_is_not_called_simulated(self) -> None:
        real = replace(SPENDING, simulated=False, held_nusd=0)
        assert "sim" not in text(spend.lines(a_trace("unknown_price"), real, 38)).replace("simulated", "")

    def test_a_price_that_is_not_known_says_so(self) -> None:
        assert "≤ $0.0310, price unknown" in text(spend.lines(a_trace("unknown_price"), SPENDING, 38))

    def test_no_cap_has_no_gauge(self) -> None:
        lines = spend.lines(None, replace(SPENDING, cap_nusd=None, held_nusd=0), 38)
        assert "no cap" in lines[-1].plain

    def test_the_cap_that_was_reached_is_never_left_out(self) -> None:
        lines = spend.lines(a_trace("capped"), SPENDING, 38, 2)
        assert lines[0].plain.startswith("■ simulated day cap reached")
        assert lines[1].plain.startswith("day")

    def test_a_full_cap_says_so(self) -> None:
        full = replace(SPENDING, day_nusd=2 * DOLLAR)
        assert "■ cap" in text(spend.lines(None, full, 38))


class TestStatus:
    def test_two_lines_tell_path_confidence_time_and_money(self) -> None:
        path, figures = (line.plain for line in status.status_lines(a_trace("live"), SPENDING, 78))
        assert path.startswith("1 ↑ pebble .41 ─ 2 ▸ boulder .70? ─ 3 · summit")
        assert path.endswith("attempt 2")
        assert figures.startswith("conf .70? need .66   3.4 s of 20 s   $0.0001 sim   day $0.4120 of $2.00 sim")

    @pytest.mark.parametrize("width", [40, 50, 60, 72])
    def test_the_model_its_number_and_the_cap_stay_in_the_one_line(self, width: int) -> None:
        line = status.status_line(a_trace("escalated"), SPENDING, width).plain
        for word in ("✓ boulder", ".87", "22% of $2.00 sim"):
            assert word in line

    @pytest.mark.parametrize("width", [72, 120])
    def test_alarms_come_first(self, width: int) -> None:
        assert status.status_lines(a_trace("degraded"), SPENDING, width)[0].plain.startswith("! degraded")
        assert status.status_lines(a_trace("capped"), SPENDING, width)[0].plain.startswith("■ simulated day cap")
        assert status.status_line(a_trace("degraded"), SPENDING, width).plain.startswith("! degraded")

    def test_calls_are_counted_of_the_model_that_is_named(self) -> None:
        assert "×" not in status.status_lines(a_trace("failed_over"), SPENDING, 78)[0].plain
        assert "pebble" in status.status_lines(a_trace("retried"), SPENDING, 78)[0].plain
        assert "×2" in status.status_lines(a_trace("retried"), SPENDING, 78)[0].plain

    def test_a_long_path_keeps_the_rung_that_answered(self) -> None:
        path = status.status_lines(a_trace("escalated"), SPENDING, 34)[0].plain
        assert "2 ✓ boulder" in path
