"""Turns from the front door: what is asked of whom, what is told, what is stored and what is paid."""

from __future__ import annotations

import pytest

from routing import events as ev
from routing.analysis.features import Features
from routing.errors import ConfigurationError
from routing.execution.context import Caps
from routing.ledger.journal import Journal
from routing.messages import FinishChunk, Limits, ReasoningChunk, TextChunk, ToolCall, ToolCallChunk, Usage, ask
from routing.money import cost
from routing.policy.model import Range, Requirements, Rule, When
from tests.fakes import (
    CASCADE,
    DOLLAR,
    PRICES,
    FakeClock,
    Wait,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    days,
    fails,
    kinds,
    only,
    says,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")
HELLO = ask("Hello there, how are you today?", chat_id="c1")
SMALL, MID, LARGE = "north/small", "north/mid", "north/large"
MOVES = (ev.RetryScheduled, ev.Escalated, ev.FailedOver, ev.SteppedDown, ev.CapReached, ev.Degraded, ev.BreakerChanged)
PRIVATE = ask("What does this mean?", chat_id="c1", tags=(("private", "yes"),))


def told(events: list) -> ev.TurnFinished:
    return events[-1]


# ---------------------------------------------------------------- answers
async def test_a_cheap_answer_that_is_sure_enough_stays(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("All ", "well.")], MID: [says("no")], LARGE: [says("no")]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.model, end.reply, end.confidence) == ("answered", SMALL, "All well.", 0.95)
    assert end.path == ("north/small answered",)
    assert kinds(events) == [
        "TurnStarted",
        "RequestAnalysed",
        "Advised",
        "RouteDecided",
        "Reserved",
        "AttemptStarted",
        "FirstToken",
        "TextDelta",
        "TextDelta",
        "AttemptFinished",
        "Settled",
        "ConfidenceMeasured",
        "TurnFinished",
    ]
    price = PRICES["small"]
    assert end.spend_nusd == cost(10, price.input_nusd_per_mtok) + cost(20, price.output_nusd_per_mtok)
    assert not end.simulated
    assert only(events, ev.Settled)[0].basis == "reported"
    assert line.calls("north") == ["small"]


async def test_an_answer_below_the_threshold_is_superseded_and_kept(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("A guess.", score=0.5)], MID: [says("Sure.", score=0.71)], LARGE: [says("x")]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.model, end.reply) == ("answered", MID, "Sure.")
    assert end.path == ("north/small superseded", "north/mid answered")
    moved = only(events, ev.Escalated)[0]
    assert (moved.attempt, moved.from_model, moved.to_model) == ("s1.1.1", SMALL, MID)
    drafts = [event.text for event in only(journal.events("s1.1"), ev.TextDelta) if event.attempt == "s1.1.1"]
    assert drafts == ["A guess."]
    assert line.calls("north") == ["small", "mid"]


async def test_a_score_that_just_meets_the_threshold_stays(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Fine.", score=0.8)], MID: [says("no")], LARGE: [says("no")]})
    assert told(await line.ask(HELLO)).model == SMALL


async def test_the_whole_ladder_is_climbed_when_nobody_is_sure(journal: Journal) -> None:
    line = a_line(journal, {model: [says(model, score=0.4)] for model in (SMALL, MID, LARGE)})
    end = told(await line.ask(HELLO))
    assert (end.status, end.model, end.below_floor) == ("answered", LARGE, False)
    assert end.path == ("north/small superseded", "north/mid superseded", "north/large answered")


async def test_an_answer_below_the_floor_is_shown_as_such(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("hm", score=0.2)]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.below_floor, end.reply, end.confidence) == ("degraded", True, "hm", 0.2)
    assert only(events, ev.Degraded)[0].level == "kept_draft"
    assert end.path == ("north/small kept",)


async def test_a_better_draft_is_not_lost_to_a_worse_one_below_the_floor(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("half sure", score=0.6)], MID: [says("what?", score=0.1)]})
    end = told(await line.ask(HELLO))
    assert (end.status, end.model, end.reply) == ("answered", SMALL, "half sure")


async def test_an_escalation_that_fails_leaves_the_draft(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("half sure", score=0.6)], MID: [fails("quota")], LARGE: [fails("quota")]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.reply, end.attempt) == ("answered", "half sure", "s1.1.1")
    assert end.path[0] == "north/small answered"


async def test_a_reply_of_tool_calls_alone_is_an_answer(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    from routing.confidence.measure import measure

    monkeypatch.setattr("routing.execution.ladder.measure", measure)
    call = [
        ToolCallChunk(ToolCall(0, "t1", "weather", '{"ci')),
        ToolCallChunk(ToolCall(0, "", "", 'ty": "Bern"}')),
        FinishChunk("tool_calls"),
    ]
    line = a_line(journal, {SMALL: [call], MID: [says("no")], LARGE: [says("no")]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.model, end.reply) == ("answered", SMALL, "")
    assert "".join(event.call.arguments for event in only(events, ev.ToolCallDelta)) == '{"city": "Bern"}'
    settled = only(events, ev.Settled)[0]
    assert settled.usage.output_tokens >= 4, "arguments are output, and billed as such"


async def test_reasoning_is_told_apart_from_the_answer(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [(ReasoningChunk("hm, "), TextChunk("Yes."), FinishChunk("stop"))]})
    events = await line.ask(HELLO)
    assert told(events).reply == "Yes."
    assert [event.text for event in only(events, ev.ReasoningDelta)] == ["hm, "]
    assert only(events, ev.Settled)[0].basis == "estimated"


async def test_text_that_no_encoding_carries_is_mended(journal: Journal) -> None:
    script = (TextChunk("a\ud800b\x00c"), ReasoningChunk("\udfff"), FinishChunk("stop"))
    line = a_line(journal, {SMALL: [script, says("again")]})
    request = ask("why \ud800?", chat_id="c1", tags=(("k", "\udc00"),), model="north/small")
    assert told(await line.ask(request)).reply == "a\ufffdb\x00c"
    assert told(await line.ask(HELLO)).reply == "again"


async def test_words_of_an_error_that_no_encoding_carries_are_mended(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [fails("invalid_request", words="bad \ud800")]})
    assert told(await line.ask(HELLO)).status == "failed"


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
    ("wait_s", "retried"), [(2.0, True), (5.0, True), (6.0, False), (None, False)], ids=["short", "5", "long", "none"]
)
async def test_a_rate_limit_is_waited_for_when_the_wait_is_short(
    journal: Journal, wait_s: float | None, retried: bool
) -> None:
    scripts = {SMALL: [fails("rate_limit", retry_after_s=wait_s), says("a")], "south/small": [says("b")]}
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


async def test_an_answer_that_the_provider_declined_is_a_failure(journal: Journal) -> None:
    declined = (TextChunk("I cannot help with that."), FinishChunk("content_filter"))
    line = a_line(journal, {SMALL: [declined], MID: [says("x")], LARGE: [says("x")]})
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.reply) == ("failed", "I cannot help with that.")
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
    assert len(only(events, ev.TextDelta)) < 100
    assert only(events, ev.AttemptFinished)[0].finish == "length"
    assert settled.spend_nusd <= reserved.amount_nusd
    assert line.providers["north"].running == 0


async def test_runaway_tool_calls_are_cut_too(journal: Journal) -> None:
    piece = ToolCallChunk(ToolCall(0, "t", "f", "x" * 5000))
    events = await a_line(journal, {SMALL: [[piece] * 100 + [FinishChunk("stop")]]}).ask(HELLO)
    assert len(only(events, ev.ToolCallDelta)) < 100


# ---------------------------------------------------------------- breakers
async def test_three_failures_open_a_breaker_and_one_probe_closes_it(journal: Journal) -> None:
    scripts = {SMALL: [fails("timeout")] * 3 + [says("back")], "south/small": [says("south")]}
    policy = a_policy(a_route(a_rung("small")))
    line = a_line(journal, scripts, policy)
    for _ in range(2):
        assert "BreakerChanged" not in kinds(await line.ask(HELLO))
    opened = only(await line.ask(HELLO), ev.BreakerChanged)[0]
    assert (opened.provider, opened.state, opened.again_in_s) == ("north", "open", 15.0)
    events = await line.ask(HELLO)
    assert told(events).path == ("south/small answered",)
    excluded = only(events, ev.RouteDecided)[0].decision.excluded
    assert [(one.model, one.reasons[0].kind) for one in excluded] == [(SMALL, "breaker")]
    line.clock.pass_s(15.1)
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
    assert waits == [15.0, 30.0, 60.0, 120.0, 240.0, 300.0, 300.0]


async def test_while_a_probe_is_under_way_others_stay_away(journal: Journal) -> None:
    scripts = {SMALL: [fails("timeout")] * 3 + [(Wait(1.0), *says("slow"))], "south/small": [says("south")]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small"))))
    for _ in range(3):
        await line.ask(HELLO)
    line.clock.pass_s(15.1)
    second: list = []

    def ask_meanwhile() -> None:
        second.append(line.router.start(HELLO))
        line.clock.at_sleep = lambda: None

    line.clock.at_sleep = ask_meanwhile
    assert told(await line.ask(HELLO)).model == SMALL
    events = [event async for event in second[0].events()]
    assert told(events).model in ("south/small", SMALL)
    assert line.calls("north").count("small") == 3 + 1 + (told(events).model == SMALL)


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
    policy = a_policy(a_route(a_rung("small", 0.8), a_rung("mid")), request_s=15.5)
    line = a_line(journal, {SMALL: [slow], MID: [says("no")]}, policy)
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).path) == ("answered", ("north/small answered",))
    assert "Escalated" not in kinds(events)


async def test_no_attempt_gets_more_time_than_the_request_has(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [(Wait(100.0),)], "south/small": [says("late")]}, a_policy(a_route(a_rung("small"))))
    events = await line.ask(ask("Hello", chat_id="c1", limits=Limits(total_s=8.0)))
    assert line.providers["north"].calls[0][2].total_s <= 8.0
    assert told(events).latency_s < 8.1
    assert line.calls("south") == []


# ---------------------------------------------------------------- where it may go
async def test_a_private_prompt_stays_on_the_machine(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")], "home/local": [says("Here.")], LARGE: [says("no")]}, a_policy(CASCADE))
    events = await line.ask(PRIVATE)
    assert told(events).model == "home/local"
    assert (told(events).spend_nusd, only(events, ev.Settled)[0].basis) == (0, "free")
    assert line.calls("north") == []
    assert "kept on this machine" in told(events).sentence.lower()


async def test_a_private_prompt_is_sent_nowhere_when_nothing_is_local(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]})
    events = await line.ask(PRIVATE)
    assert told(events).status == "degraded"
    assert "1 × local" in only(events, ev.Degraded)[0].cause
    assert line.calls("north") == []


async def test_a_private_prompt_stays_local_when_the_local_model_fails(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")], "home/local": [fails("connection", sent=False)]}, a_policy(CASCADE))
    events = await line.ask(PRIVATE)
    assert told(events).status == "degraded"
    assert line.calls("north") == []


async def test_a_pinned_model_is_asked_and_nobody_else(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")], MID: [says("unsure", score=0.4)], LARGE: [says("no")]})
    events = await line.ask(ask("Hello", chat_id="c1", model="mid"))
    assert told(events).path == ("north/mid answered",)
    assert "as you pinned" in told(events).sentence


async def test_a_pin_that_nothing_matches(journal: Journal) -> None:
    events = await a_line(journal, {SMALL: [says("no")]}).ask(ask("Hello", chat_id="c1", model="gpt-99"))
    assert told(events).status == "degraded"
    assert "1 × pin" in only(events, ev.Degraded)[0].cause


@pytest.mark.parametrize(("nudge", "model"), [(-3, SMALL), (0, SMALL), (1, MID), (2, LARGE), (9, LARGE)])
async def test_a_nudge_moves_the_first_rung(journal: Journal, nudge: int, model: str) -> None:
    line = a_line(journal, {name: [says(name)] for name in (SMALL, MID, LARGE)})
    assert told(await line.ask(ask("Hello", chat_id="c1", nudge=nudge))).model == model


async def test_rungs_below_the_first_are_asked_when_nothing_above_can_be_reached(journal: Journal) -> None:
    scripts = {SMALL: [says("Down here.")], "south/large": [fails("timeout")]}
    line = a_line(journal, scripts)
    assert told(await line.ask(ask("Hello", chat_id="c1", nudge=2))).path == (
        "south/large failed",
        "north/small answered",
    )


async def test_rules_choose_the_route(journal: Journal) -> None:
    rule = Rule("long", When(input_tokens=Range(more_than=500)), "big")
    policy = a_policy(rules=(rule,), routes=(CASCADE, a_route(a_rung("large"), name="big")))
    line = a_line(journal, {SMALL: [says("s")], MID: [says("m")], LARGE: [says("l")]}, policy)
    assert told(await line.ask(HELLO)).model == SMALL
    assert told(await line.ask(ask("word " * 2000, chat_id="c1"))).model == LARGE


async def test_a_route_may_require_what_a_model_promises(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small"), temperature=0.0, require=Requirements(determinism="strong")))
    models = [a_model(SMALL), a_model("south/small", determinism="strong")]
    line = a_line(journal, {SMALL: [says("no")], "south/small": [says("yes")]}, policy, models=models)
    assert told(await line.ask(HELLO)).model == "south/small"
    call = line.providers["south"].calls[0][1]
    assert (call.temperature, call.seed) == (0.0, 0)


async def test_a_profile_that_does_not_exist(journal: Journal) -> None:
    with pytest.raises(ConfigurationError, match=r"no profile 'fast': choose one of balanced\."):
        await a_line(journal, {SMALL: [says("x")]}).ask(ask("Hello", profile="fast"))


# ---------------------------------------------------------------- money
def worst_of(line_events: list, model: str) -> int:
    return next(c.worst_nusd for c in only(line_events, ev.RouteDecided)[0].decision.candidates if c.model == model)


async def test_a_day_cap_that_does_not_fit_leaves_free_models(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")], "home/local": [says("Free.")]}, a_policy(CASCADE), caps=Caps(10))
    events = await line.ask(HELLO)
    assert (told(events).model, told(events).spend_nusd) == ("home/local", 0)
    assert line.calls("north") == []


async def test_a_day_cap_that_is_reached_says_when_it_ends(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, caps=Caps(10))
    events = await line.ask(HELLO)
    card = only(events, ev.Degraded)[0]
    assert card.cause == "a cap on spend is reached"
    assert 0 < (card.again_in_s or 0) <= 24 * 3600
    reached = only(events, ev.CapReached)[0]
    assert (reached.cap, reached.model, reached.left_nusd) == ("day", SMALL, 10)
    assert line.calls("north") == []


async def test_a_day_cap_that_runs_out_during_a_turn_keeps_the_draft(journal: Journal) -> None:
    """Both models fit when the turn begins; the second does not once the first is paid."""
    scripts = {SMALL: [says("A guess.", score=0.5, usage=Usage(100, 400, reported=True))], MID: [says("no")]}
    probe = a_line(journal, scripts).router.explain(HELLO).decision
    line = a_line(journal, scripts, caps=Caps(probe.candidate(MID).worst_nusd))
    events = await line.ask(HELLO)
    end = told(events)
    assert (end.status, end.reply, end.path) == ("answered", "A guess.", ("north/small answered",))
    assert [event.cap for event in only(events, ev.CapReached)] == ["day"]
    assert "Escalated" not in kinds(events), "nobody was asked, so nothing was escalated"
    assert line.calls("north") == ["small"]


async def test_a_profile_may_be_stricter_than_the_machine(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, a_policy(CASCADE, day_cap_nusd=10), caps=Caps(DOLLAR))
    assert told(await line.ask(HELLO)).status == "degraded"
    line = a_line(Journal(journal.store, "s2"), {SMALL: [says("no")]}, a_policy(day_cap_nusd=DOLLAR), caps=Caps(10))
    assert told(await line.ask(HELLO)).status == "degraded"


async def test_a_cap_counts_for_its_day(journal: Journal) -> None:
    clock = FakeClock()
    scripts = {SMALL: [says("a")]}
    worst = a_line(journal, scripts).router.explain(HELLO).decision.candidate(SMALL).worst_nusd
    line = a_line(journal, scripts, caps=Caps(worst), clock=clock)
    assert told(await line.ask(HELLO)).status == "answered"
    assert told(await line.ask(HELLO)).status == "degraded"
    clock.pass_s(24 * 3600)
    assert told(await line.ask(HELLO)).status == "answered"
    assert len(days(journal.store)) == 2


async def test_simulated_money_has_a_cap_and_sums_of_its_own(journal: Journal) -> None:
    models = [a_model("sim/small", simulated=True)]
    line = a_line(journal, {"sim/small": [says("a")]}, models=models, caps=Caps(day_nusd=0))
    end = told(await line.ask(HELLO))
    assert (end.status, end.simulated) == ("answered", True)
    assert end.spend_nusd == end.simulated_spend_nusd > 0
    assert {simulated for _, simulated in days(journal.store)} == {True}
    other = Journal(journal.store, "s2")
    strict = a_line(other, {"sim/small": [says("a")]}, models=models, caps=Caps(simulated_day_nusd=1))
    reached = only(await strict.ask(HELLO), ev.CapReached)
    assert [event.cap for event in reached] == ["simulated_day"]


async def test_no_escalation_for_which_there_is_no_credit(journal: Journal) -> None:
    scripts = {SMALL: [says("A guess.", score=0.5)], MID: [says("no")]}
    probe = a_line(journal, scripts).router.explain(HELLO).decision
    credit = probe.candidate(MID).worst_nusd
    line = a_line(journal, scripts, a_policy(CASCADE, request_credit_nusd=credit))
    events = await line.ask(HELLO)
    assert (told(events).status, told(events).model) == ("answered", SMALL)
    assert [(event.cap, event.model) for event in only(events, ev.CapReached)] == [("request", MID)]
    assert told(events).sentence.endswith("nothing better could be asked.")


async def test_a_request_without_credit_asks_only_what_is_free(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")], "home/local": [says("Free.")]}, a_policy(CASCADE))
    events = await line.ask(ask("Hello", chat_id="c1", limits=Limits(credit_nusd=0)))
    assert told(events).model == "home/local"


async def test_a_request_credit_that_nothing_fits_does_not_wait_for_midnight(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, a_policy(CASCADE, request_credit_nusd=1))
    card = only(await line.ask(HELLO), ev.Degraded)[0]
    assert card.cause == "a cap on spend is reached"
    assert card.again_in_s is None
    assert "midnight" not in card.do


async def test_a_cap_is_not_blamed_for_what_another_rule_forbids(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, caps=Caps(0))
    card = only(await line.ask(PRIVATE), ev.Degraded)[0]
    assert "1 × local" in card.cause


async def test_a_request_may_not_have_more_credit_than_the_profile_gives(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, a_policy(CASCADE, request_credit_nusd=1))
    events = await line.ask(ask("Hello", chat_id="c1", limits=Limits(credit_nusd=DOLLAR)))
    assert told(events).status == "degraded"


async def test_a_model_without_a_price_holds_and_pays_the_assumed_one(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("a")]}, models=[a_model(SMALL, price=None)])
    events = await line.ask(HELLO)
    assert only(events, ev.RouteDecided)[0].decision.candidates[0].price_known is False
    settled = only(events, ev.Settled)[0]
    assert (settled.basis, settled.spend_nusd) == ("estimated", cost(30, 10 * DOLLAR))
    assert only(events, ev.Reserved)[0].amount_nusd >= settled.spend_nusd


async def test_a_limit_on_output_is_passed_on(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("a")]})
    await line.ask(ask("Write a long story about a train.", chat_id="c1", limits=Limits(max_output_tokens=90)))
    assert line.providers["north"].calls[0][1].max_output_tokens == 90


# ---------------------------------------------------------------- explaining
async def test_explaining_stores_and_reserves_nothing(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("a")], MID: [says("b")]})
    explained = line.router.explain(HELLO)
    assert isinstance(explained.features, Features)
    assert explained.decision.chosen == SMALL
    events = await line.ask(HELLO)
    assert only(events, ev.RouteDecided)[0].decision == explained.decision
    assert journal.store.read(lambda db: db.execute("SELECT COUNT(*) FROM turn").fetchone()[0]) == 1
