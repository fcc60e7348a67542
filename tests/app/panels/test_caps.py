"""What is said of caps: how far each is taken, and what the next prompt could take of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.chat.track import worst_nusd
from app.panels import ladder, spend, status
from app.panels.model_facts import state
from app.panels.reasons import sentence
from app.panels.spend import Spending
from routing.budget.caps import CapKind
from routing.budget.standing import Standing, State
from routing.decision.model import Closed, Health, Reason
from tests.app.traces import CASCADE, DOLLAR, SMALL, Script, a_trace
from tests.fakes import a_model

HALF = Spending(session_nusd=DOLLAR, day_nusd=DOLLAR, cap_nusd=2 * DOLLAR, held_nusd=0, simulated=False)


def standing(cap: CapKind, name: str, share: float, state: State) -> Standing:
    taken = int(share * DOLLAR)
    return Standing(cap, name, "day", taken - DOLLAR // 10, DOLLAR // 10, DOLLAR, 0, share, state)


def row(spending: Spending, word: str, width: int = 40) -> str:
    return next(line.plain for line in spend.lines(None, spending, width) if line.plain.startswith(word))


def gauge(spending: Spending) -> str:
    """Its forty cells."""
    return spend.lines(None, spending, 46)[3].plain


@pytest.mark.parametrize(
    ("share", "mark", "said"), [(0.79, "", ""), (0.80, "!", "! over 80%"), (0.99, "!", "! over 80%"), (1, "■", "■ cap")]
)
def test_the_day_says_in_a_sign_and_words_how_far_it_is(share: float, mark: str, said: str) -> None:
    spending = replace(HALF, day_nusd=int(2 * DOLLAR * share))
    assert spending.mark == mark
    assert row(spending, "day").rstrip().endswith(said or "of $2.00")
    figures = status.status_lines(None, spending, 78)[1].plain
    assert ("! " in figures, "■ " in figures) == (mark == "!", mark == "■")


def test_a_profile_that_warns_early_is_heeded() -> None:
    assert "! over 40%" in row(replace(HALF, warn_at=0.4), "day")
    assert replace(HALF, warn_at=1.0).mark == ""


def test_the_gauge_shows_spent_held_and_next_and_where_the_warning_is() -> None:
    drawn = gauge(replace(HALF, held_nusd=DOLLAR // 10, next_nusd=DOLLAR // 5))
    assert drawn.index("█") < drawn.index("▒") < drawn.index("░") < drawn.index("┊")
    assert len(drawn) == len(gauge(HALF))
    assert gauge(HALF).index("┊") == 32


def test_what_is_held_by_whom_is_told_where_it_belongs() -> None:
    """The turn's line has what the turn holds itself, the day's what this program and others hold."""
    live = Script().start(SMALL, 0.1, held_nusd=7_000_000)
    spending = replace(HALF, held_nusd=DOLLAR // 100, simulated=True)
    for width in (38, 60):
        shown = [line.plain for line in spend.lines(live.trace, spending, width)]
        assert [line for line in shown if "held $0.0070 sim" in line] == [shown[0]]
        assert [line for line in shown if "held $0.0100" in line] == [shown[-1]]
        shown = [line.plain for line in spend.lines(None, spending, width)]
        assert "held" not in shown[0]
        assert "held $0.0100" in shown[-1]
        uncapped = [line.plain for line in spend.lines(None, replace(spending, cap_nusd=None), width)]
        assert uncapped[-1].rstrip().endswith("held $0.0100")


def test_amounts_of_one_column_have_their_digits_in_common() -> None:
    spending = replace(HALF, session_nusd=20_000_000, day_nusd=24_000_000)
    session, day = row(spending, "session").split(), row(spending, "day").split()
    assert (session[1], day[1]) == ("$0.0200", "$0.0240")


def test_what_comes_next_never_passes_the_end_of_the_gauge() -> None:
    assert len(gauge(replace(HALF, held_nusd=DOLLAR, next_nusd=5 * DOLLAR))) == len(gauge(HALF))


def test_the_next_prompt_is_told_beside_the_session() -> None:
    assert row(replace(HALF, next_nusd=DOLLAR // 20), "session").rstrip().endswith("next ≤ $0.05")
    assert row(replace(HALF, next_nusd=0), "session").rstrip().endswith("next free")
    assert "next" not in row(HALF, "session")


def test_the_next_prompt_costs_at_most_a_call_on_every_rung_within_the_credit() -> None:
    assert worst_nusd(CASCADE) == 3 * 2_100_000
    assert worst_nusd(replace(CASCADE, hedge_after_s=1.8)) == 4 * 2_100_000
    assert worst_nusd(replace(CASCADE, credit_nusd=5_000_000)) == 5_000_000
    assert worst_nusd(replace(CASCADE, ladder=())) is None, "nothing may be asked, which is not for free"


def test_caps_of_the_profile_stand_below_the_fullest_first() -> None:
    caps = (
        replace(standing("session", "", 0.5, "free"), period="session"),
        standing("provider", "sim-north", 0.3, "free"),
        standing("premium", "large", 0.9, "warned"),
        standing("route", "hard", 1.0, "reached"),
    )
    lines = [line.plain for line in spend.lines(None, replace(HALF, caps=caps), 46)]
    assert lines[1].startswith("session  $1.00 of $1.00")
    assert [line.split("  ")[0] for line in lines[-3:]] == ["quota of hard", "large share", "sim-north cap"]
    assert [line[-6:] for line in lines[-3:]] == ["■ 100%", "!  90%", "   30%"]


def test_a_cap_that_fills_takes_the_place_of_the_session() -> None:
    caps = (standing("premium", "large", 0.9, "warned"), standing("provider", "sim-north", 0.3, "free"))
    rows = [line.plain[:5] for line in spend.lines(None, replace(HALF, caps=caps), 46, 4)]
    assert [rows[0], rows[1], rows[3]] == ["turn ", "day  ", "large"]


def test_with_few_rows_the_day_stays_longest() -> None:
    caps = (standing("provider", "sim-north", 0.3, "free"),)
    assert [line.plain[:4] for line in spend.lines(None, replace(HALF, caps=caps), 46, 1)] == ["day "]


def test_a_limit_that_is_no_money_is_not_told_in_dollars() -> None:
    trace = a_trace("capped")
    assert trace.cap is not None
    over = replace(trace, cap=replace(trace.cap, cap="attempts", needed_nusd=7, left_nusd=0))
    assert spend.lines(over, HALF, 60)[0].plain == "■ limit of calls reached"
    assert ladder.lines(over, 60)[0].plain.startswith("■ limit of calls reached")


def test_an_estimate_is_marked_and_a_report_is_not() -> None:
    assert "≈ $0.0021 sim" in spend.turn_cost(a_trace("stepped_down"))
    assert spend.turn_cost(a_trace("accepted")) == "$0.0004 sim"
    assert spend.turn_cost(a_trace("unknown_price")).startswith("≤ ")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            Reason("provider_cap", "2100000", "400000", "sim-north"),
            "One call may cost up to $0.0021; today's cap on sim-north leaves $0.0004.",
        ),
        (
            Reason("session_cap", "2100000", "0"),
            "One call may cost up to $0.0021; the session's cap leaves $0.00.",
        ),
        (
            Reason("pattern", "language", "6 of 8 (de)"),
            "It got the language wrong before: 6 of 8 (de).",
        ),
    ],
)
def test_a_cap_that_keeps_a_model_out_is_named(reason: Reason, said: str) -> None:
    assert sentence(reason) == said


def test_a_model_that_rests_leaves_the_others_of_its_provider_alone() -> None:
    resting, other = a_model("north/small"), a_model("north/large")
    health = Health(closed=(Closed("north", "3 failures in a row", 12.0, resting.id),))
    assert state(resting, health)[2] == "rests 12 s"
    assert state(other, health)[2] == "ready"
