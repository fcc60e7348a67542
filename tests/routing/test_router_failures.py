"""Turns in which something breaks: retry, failover, breakers, time that runs out, and the card at the end."""

from __future__ import annotations

import pytest

from routing import events as ev
from routing.ledger.journal import Journal
from routing.messages import FinishChunk, Limits, TextChunk, ToolCall, ToolCallChunk, ask
from tests.fakes import (
    CASCADE,
    HELLO,
    LARGE,
    MID,
    MOVES,
    SMALL,
    Never,
    Wait,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    fails,
    kinds,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")


# ---------------------------------------------------------------- failures
async def test_a_failed_call_is_tried_once_more(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("server_error", status=500), says("There.")]})
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).path) == ("answered", ("north/small failed", "north/small answered"))
    assert kinds(events, *MOVES) == ["RetryScheduled"]
    assert only(events, ev.AttemptFailed)[0].next == "retry"
    assert [event.try_ for event in only(events, ev.AttemptStarted)] == [1, 2]
    assert 0 <= line.clock.slept[0] <= 0.5
    assert [event.spend_nusd > 0 for event in only(events, ev.Settled)] == [False, True]


async def test_a_call_is_retried_no_more_often_than_the_route_says(journal: Journal) -> None:
    none = a_policy(a_route(a_rung("small"), retries=0))
    line = a_line(journal, {SMALL: [fails("server_error")]}, none)
    assert kinds(await line.ask(HELLO), *MOVES) == ["Degraded"]


async def test_a_broken_provider_is_failed_over(journal: Journal) -> None:
    scripts = {SMALL: [fails("connection", sent=False)], "south/small": [says("Here.")]}
    policy = a_policy(a_route(a_rung("small")))
    line = a_line(journal, scripts, policy)
    events = await line.ask(HELLO)
    assert told(events).path == ("north/small failed", "north/small failed", "south/small answered")
    assert kinds(events, *MOVES) == ["RetryScheduled", "FailedOver"]
    assert [event.next for event in only(events, ev.AttemptFailed)] == ["retry", "failover"]
    moved = only(events, ev.FailedOver)[0]
    assert (moved.from_model, moved.to_model) == (SMALL, "south/small")


async def test_the_share_of_retries_is_limited(journal: Journal) -> None:
    """In one minute one retry is always free; the second needs ten calls."""
    line = a_line(journal, {SMALL: [fails("overloaded"), says("a"), fails("overloaded"), says("b")]})
    assert "RetryScheduled" in kinds(await line.ask(HELLO))
    assert "RetryScheduled" not in kinds(await line.ask(HELLO))
    line.clock.pass_s(61)
    await line.ask(HELLO)


@pytest.mark.parametrize(
    ("kind", "wait_s", "retried"),
    [
        ("rate_limit", 2.0, True),
        ("rate_limit", 5.0, True),
        ("rate_limit", 6.0, False),
        ("rate_limit", None, False),
        ("overloaded", 2.0, True),
        ("overloaded", 6.0, False),
    ],
)
async def test_a_wait_that_is_asked_for_is_kept_when_it_is_short(
    journal: Journal, kind: str, wait_s: float | None, retried: bool
) -> None:
    scripts = {SMALL: [fails(kind, retry_after_s=wait_s), says("a")], "south/small": [says("b")]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small"))))
    events = await line.ask(HELLO)
    assert ("RetryScheduled" in kinds(events)) is retried
    assert line.clock.slept == ([wait_s] if retried else [])
    assert told(events).model == (SMALL if retried else "south/small")


async def test_a_stream_cut_after_text_came_is_not_asked_again(journal: Journal) -> None:
    scripts = {SMALL: [fails("malformed_stream", TextChunk("Once upon"))], "south/small": [says("Whole.")]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small"))))
    events = await line.ask(HELLO)
    assert line.calls("north") == ["small"]
    assert told(events).path == ("north/small failed", "south/small answered")
    failed = only(events, ev.AttemptFailed)[0]
    assert failed.shown
    assert only(events, ev.Settled)[0].spend_nusd > 0, "what was cut off is usually billed"


async def test_a_stream_cut_after_a_tool_call_was_shown_is_not_asked_again(journal: Journal) -> None:
    cut = fails("malformed_stream", ToolCallChunk(ToolCall(0, "t", "f", "{")))
    line = a_line(journal, {SMALL: [cut, says("again")]})
    assert "RetryScheduled" not in kinds(await line.ask(HELLO))


async def test_what_came_before_a_cut_is_kept_when_nobody_else_answers(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("malformed_stream", TextChunk("Once upon"))]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.reply, end.attempt) == ("degraded", "Once upon", "s1.1.1")
    assert only(events, ev.Degraded)[0].level == "kept_draft"
    assert end.path == ("north/small kept",)


async def test_all_down_ends_in_a_card_that_says_what_to_do(journal: Journal) -> None:
    scripts = {SMALL: [fails("rate_limit", retry_after_s=40.0)], "south/small": [fails("timeout")]}
    policy = a_policy(a_route(a_rung("small"), degraded_text="Sorry."))
    events = await a_line(journal, scripts, policy).ask(HELLO)
    end, card = told(events), only(events, ev.Degraded)[0]
    assert (end.status, end.attempt, end.model, end.spend_nusd >= 0) == ("degraded", None, None, True)
    assert card.level == "static"
    assert card.cause == "every provider that was asked failed"
    assert card.tried == ("north/small: north/small failed (rate_limit).", "south/small: south/small failed (timeout).")
    assert card.do
    assert card.again_in_s == 40.0
    assert end.reply.startswith("Sorry.")
    assert [event.next for event in only(events, ev.AttemptFailed)] == ["failover", "degrade"]


async def test_no_model_at_all(journal: Journal) -> None:
    events = await a_line(journal, {}, a_policy()).ask(HELLO)
    assert told(events).status == "degraded"
    assert "no model is known" in only(events, ev.Degraded)[0].cause


@pytest.mark.parametrize("kind", ["invalid_request", "content_filter"])
async def test_a_request_that_is_at_fault_is_put_to_nobody_else(journal: Journal, kind: str) -> None:
    scripts = {SMALL: [fails(kind, words="no")], MID: [says("x")], "south/small": [says("x")]}
    line = a_line(journal, scripts)
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.attempt, end.path) == ("failed", "s1.1.1", ("north/small failed",))
    assert only(events, ev.AttemptFailed)[0].next == "stop"
    assert line.calls("south") == []
    assert end.sentence == f"north/small failed ({kind})."


async def test_a_declined_request_goes_elsewhere_only_where_the_route_says_so(journal: Journal) -> None:
    declined = (TextChunk("I cannot help with that."), FinishChunk("content_filter"))
    policy = a_policy(a_route(a_rung("small"), declined="failover"))
    line = a_line(journal, {SMALL: [declined], "south/small": [says("Gladly.")]}, policy)
    end = told(await line.ask(HELLO))
    assert (end.status, end.path) == ("answered", (f"{SMALL} failed", "south/small answered"))


async def test_what_may_do_harm_is_never_shown_around(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small"), declined="failover"))
    line = a_line(journal, {SMALL: [fails("content_filter")], "south/small": [says("Gladly.")]}, policy)
    grave = ask("I have chest pain and my left arm is numb, which dose of aspirin should I take?", chat_id="c1")
    assert told(await line.ask(grave)).status == "failed"
    assert line.calls("south") == []


async def test_a_request_that_everybody_declines_has_failed(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small"), declined="failover"))
    line = a_line(journal, {SMALL: [fails("content_filter")], "south/small": [fails("content_filter")]}, policy)
    end = told(await line.ask(HELLO))
    assert (end.status, len(end.path)) == ("failed", 2)


async def test_an_answer_that_the_provider_declined_is_a_failure(journal: Journal) -> None:
    declined = (TextChunk("I would rather not."), FinishChunk("content_filter"))
    line = a_line(journal, {SMALL: [declined], MID: [says("x")], LARGE: [says("x")]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.reply) == ("failed", "I would rather not.")
    assert only(events, ev.AttemptFailed)[0].kind == "content_filter"
    assert line.calls("north") == ["small"]


async def test_a_context_that_is_too_long_goes_to_larger_windows_only(journal: Journal) -> None:
    windows = {"north/small": 8_000, "south/small": 8_000, "east/small": 32_000, "west/small": 8_000, MID: 16_000}
    models = [a_model(name, context_window=window, quality=0.6) for name, window in windows.items()]
    scripts = {
        SMALL: [fails("context_length")],
        "south/small": [says("no")],
        "east/small": [fails("quota")],
        "west/small": [says("no")],
        MID: [says("Long.")],
    }
    policy = a_policy(a_route(a_rung("small", model="north/*"), a_rung("small"), a_rung("mid")))
    line = a_line(journal, scripts, policy, models=models)
    events = await line.ask(HELLO)
    assert told(events).path == ("north/small failed", "east/small failed", "north/mid answered")
    assert line.calls("south") == line.calls("west") == []


async def test_a_model_that_is_gone_is_not_asked_again(journal: Journal) -> None:
    line = a_line(
        journal,
        {SMALL: [fails("not_found", status=404)], "south/small": [says("a")]},
        a_policy(a_route(a_rung("small"))),
    )
    await line.ask(HELLO)
    events = await line.ask(HELLO)
    excluded = {one.model: one.reasons[0].kind for one in only(events, ev.RouteDecided)[0].decision.excluded}
    assert excluded == {SMALL: "gone"}


async def test_a_runaway_stream_is_cut_when_it_costs_more_than_was_held(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [[TextChunk("word " * 1000)] * 100 + [FinishChunk("stop")]]})
    events = await line.ask(HELLO)
    reserved, settled = only(events, ev.Reserved)[0], only(events, ev.Settled)[0]
    assert len(only(events, ev.TextDelta)) == 1
    assert only(events, ev.AttemptFinished)[0].finish == "length"
    assert settled.spend_nusd <= reserved.amount_nusd
    assert line.providers["north"].running == 0


async def test_runaway_tool_calls_are_cut_too(journal: Journal) -> None:
    piece = ToolCallChunk(ToolCall(0, "t", "f", "x" * 5000))
    events = await a_line(journal, {SMALL: [[piece] * 100 + [FinishChunk("stop")]]}).ask(HELLO)
    assert len(only(events, ev.ToolCallDelta)) == 1


# ---------------------------------------------------------------- breakers
async def test_three_failures_open_a_breaker_and_one_probe_closes_it(journal: Journal) -> None:
    scripts = {SMALL: [fails("timeout")] * 3 + [says("back")], "south/small": [says("south")]}
    policy = a_policy(a_route(a_rung("small")))
    line = a_line(journal, scripts, policy)
    for _ in range(2):
        assert "BreakerChanged" not in kinds(await line.ask(HELLO))
    opened = only(await line.ask(HELLO), ev.BreakerChanged)[0]
    assert (opened.provider, opened.model, opened.state) == ("north", SMALL, "open")
    assert 13.5 <= opened.again_in_s <= 16.5
    events = await line.ask(HELLO)
    assert told(events).path == ("south/small answered",)
    excluded = only(events, ev.RouteDecided)[0].decision.excluded
    assert [(one.model, one.reasons[0].kind) for one in excluded] == [(SMALL, "breaker")]
    line.clock.pass_s(16.6)
    events = await line.ask(HELLO)
    assert [event.state for event in only(events, ev.BreakerChanged)] == ["half_open", "closed"]
    assert told(events).model == SMALL
    assert "BreakerChanged" not in kinds(await line.ask(HELLO))


async def test_a_probe_that_fails_doubles_the_rest(journal: Journal) -> None:
    scripts = {SMALL: [fails("timeout")], "south/small": [says("south")]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small"))))
    waits = []
    for _ in range(9):
        changes = only(await line.ask(HELLO), ev.BreakerChanged)
        waits += [change.again_in_s for change in changes if change.state == "open"]
        line.clock.pass_s((waits[-1] if waits else 0) + 0.1)
    assert [wait / whole for wait, whole in zip(waits, (15, 30, 60, 120, 240, 300, 300), strict=True)] == pytest.approx(
        [1.0] * 7, abs=0.11
    )


async def test_while_a_probe_is_under_way_others_stay_away(journal: Journal) -> None:
    endless = (TextChunk("Let me"), Never())
    scripts = {SMALL: [fails("timeout")] * 3 + [endless, says("back")], "south/small": [says("south")]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small"))))
    for _ in range(3):
        await line.ask(HELLO)
    line.clock.pass_s(16.6)
    probe = line.router.start(HELLO)
    async for event in probe.events():
        if isinstance(event, ev.TextDelta):
            break
    assert told(await line.ask(HELLO)).path == ("south/small answered",)
    probe.cancel()
    await probe.wait()
    line.clock.pass_s(16.6)
    assert told(await line.ask(HELLO)).path == ("north/small answered",), (
        "a probe that tells nothing bars nobody for long"
    )


async def test_a_rate_limited_provider_cools_down_for_as_long_as_it_said(journal: Journal) -> None:
    scripts = {SMALL: [fails("rate_limit", retry_after_s=40.0), says("a")], "south/small": [says("b")]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small"))))
    assert told(await line.ask(HELLO)).model == "south/small"
    line.clock.pass_s(39)
    assert told(await line.ask(HELLO)).model == "south/small"
    line.clock.pass_s(2)
    assert told(await line.ask(HELLO)).model == SMALL


async def test_a_refused_key_rests_until_the_configuration_changes(journal: Journal) -> None:
    scripts = {SMALL: [fails("auth", status=401), says("a")], "south/small": [says("b")]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small"))))
    assert told(await line.ask(HELLO)).model == "south/small"
    line.clock.pass_s(100_000)
    assert told(await line.ask(HELLO)).model == "south/small"
    setup = line.router.setup
    line.router.configure(
        type(setup)(
            setup.profiles,
            setup.registry,
            dict(setup.providers),
            setup.caps,
            setup.explain_error,
            setup.acceptance,
            setup.default_profile,
        )
    )
    assert told(await line.ask(HELLO)).model == SMALL


async def test_the_only_provider_is_asked_even_while_it_rests(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("timeout")] * 3 + [says("back")]})
    for _ in range(3):
        await line.ask(HELLO)
    assert told(await line.ask(HELLO)).reply == "back"


async def test_a_failure_that_opens_the_breaker_passes_over_the_same_provider(journal: Journal) -> None:
    """And says so: what comes next is what really comes next."""
    line = a_line(journal, {SMALL: [fails("auth")], MID: [says("no")]}, a_policy(CASCADE))
    events = await line.ask(HELLO)
    assert told(events).status == "degraded"
    assert only(events, ev.AttemptFailed)[0].next == "degrade"
    assert "north/mid: north is resting" in only(events, ev.Degraded)[0].tried


# ---------------------------------------------------------------- time
PREMIUM = a_policy(a_route(a_rung("large"), a_rung("small"), mode="premium_first", time_budget_s=20.0))


async def test_premium_first_steps_down_when_time_runs_out(journal: Journal) -> None:
    line = a_line(journal, {LARGE: [(Wait(100.0),)], SMALL: [says("Quick.")]}, PREMIUM)
    events = await line.ask(HELLO)
    assert told(events).path == ("north/large failed", "north/small answered")
    assert kinds(events, *MOVES) == ["SteppedDown"]
    assert only(events, ev.AttemptFailed)[0].next == "step_down"
    assert told(events).latency_s <= 20.0


async def test_premium_first_never_steps_down_for_quality(journal: Journal) -> None:
    line = a_line(journal, {LARGE: [says("meh", score=0.35)], SMALL: [says("no")]}, PREMIUM)
    events = await line.ask(HELLO)
    assert told(events).path == ("north/large answered",)
    assert kinds(events, *MOVES) == []


async def test_premium_first_passes_over_what_cannot_be_in_time(journal: Journal) -> None:
    models = [a_model(LARGE), a_model("north/mid", first_token_s=18.0), a_model(SMALL)]
    policy = a_policy(
        a_route(a_rung("large"), a_rung("mid"), a_rung("small"), mode="premium_first", time_budget_s=20.0)
    )
    scripts = {LARGE: [(Wait(100.0),)], MID: [says("no")], SMALL: [says("Quick.")]}
    line = a_line(journal, scripts, policy, models=models)
    assert told(await line.ask(HELLO)).path == ("north/large failed", "north/small answered")


async def test_no_escalation_for_which_there_is_no_time(journal: Journal) -> None:
    slow = (Wait(15.0), *says("Slow guess.", score=0.5))
    policy = a_policy(a_route(a_rung("small", 0.8), a_rung("mid")), request_s=21.0)
    models = [a_model(SMALL), a_model(MID, first_token_s=6.5)]
    line = a_line(journal, {SMALL: [slow], MID: [says("no")]}, policy, models=models)
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).path) == ("answered", ("north/small answered",))
    assert "Escalated" not in kinds(events)


async def test_no_attempt_gets_more_time_than_the_request_has(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [(Wait(100.0),)], "south/small": [says("late")]}, a_policy(a_route(a_rung("small"))))
    events = await line.ask(ask("Hello", chat_id="c1", limits=Limits(total_s=8.0)))
    assert line.providers["north"].calls[0][2].total_s <= 8.0
    assert line.calls("south") == ["small"], "a quarter of the time is kept back for who stands in"
    assert told(events).latency_s < 8.1


# ---------------------------------------------------------------- text that came is kept
@pytest.mark.parametrize("kind", ["server_error", "overloaded", "rate_limit"])
async def test_text_of_a_call_that_broke_off_outlives_what_follows(journal: Journal, kind: str) -> None:
    """An error in mid-stream: nobody else has more to say, so what came is what is shown."""
    broken = fails(kind, TextChunk("Half an answer "), retry_after_s=0.1)
    line = a_line(journal, {SMALL: [broken, fails("connection", sent=False)]}, a_policy(a_route(a_rung("small"))))
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).reply) == ("degraded", "Half an answer ")
