"""Turns from the front door: what is asked of whom, and what is told and stored of it."""

from __future__ import annotations

import pytest

from routing import events as ev
from routing.analysis.features import Features
from routing.errors import ConfigurationError, StorageError
from routing.ledger.journal import Journal
from routing.messages import FinishChunk, ReasoningChunk, TextChunk, ToolCall, ToolCallChunk, ask
from routing.money import cost
from routing.policy.model import Range, Requirements, Rule, When
from tests.fakes import (
    CASCADE,
    HELLO,
    LARGE,
    MID,
    PRICES,
    PRIVATE,
    SMALL,
    StoppingJournal,
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
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")


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

    monkeypatch.setattr("routing.execution.judging.measure", measure)
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
    assert "north/small would take a private prompt off this machine" in only(events, ev.Degraded)[0].cause
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
    card = only(events, ev.Degraded)[0]
    assert card.cause == "no model is called gpt-99, which you pinned"
    assert card.do.startswith("take off the pin (`/model`")


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


async def test_regulated_output_is_asked_of_a_model_that_repeats_itself(journal: Journal) -> None:
    models = [a_model(SMALL, quality=0.99), a_model("south/small", determinism="seed")]
    line = a_line(journal, {SMALL: [says("no")], "south/small": [says("yes")]}, models=models)
    regulated = ask("Hello there, how are you today?", chat_id="c1", tags=(("regulated", "yes"),))
    assert told(await line.ask(regulated)).model == "south/small"
    call = line.providers["south"].calls[0][1]
    assert (call.temperature, call.seed) == (0.0, 0)
    assert told(await line.ask(HELLO)).model == SMALL


async def test_a_profile_that_does_not_exist(journal: Journal) -> None:
    with pytest.raises(ConfigurationError, match=r"no profile 'fast': choose one of balanced\."):
        await a_line(journal, {SMALL: [says("x")]}).ask(ask("Hello", profile="fast"))


# ---------------------------------------------------------------- explaining
async def test_explaining_stores_and_reserves_nothing(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("a")], MID: [says("b")]})
    explained = line.router.explain(HELLO)
    assert isinstance(explained.features, Features)
    assert explained.decision.chosen == SMALL
    events = await line.ask(HELLO)
    assert only(events, ev.RouteDecided)[0].decision == explained.decision
    assert journal.store.read(lambda db: db.execute("SELECT COUNT(*) FROM turn").fetchone()[0]) == 1


async def test_what_a_full_disk_left_held_is_settled_before_the_next_turn(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("One."), says("Two.")]})
    full = [False]

    def at_write() -> None:
        if full[0]:
            raise StorageError("The disk is full.")

    assert isinstance(journal, StoppingJournal)
    journal.at_write = at_write
    line.providers["north"].at_step = lambda: full.__setitem__(0, True)
    with pytest.raises(StorageError):
        [event async for event in line.router.send(HELLO)]
    assert sum(held for _, held in days(journal.store).values()) > 0
    full[0], line.providers["north"].at_step = False, lambda: None
    events = [event async for event in line.router.send(HELLO)]
    assert told(events).reply == "Two."
    assert all(held == 0 for _, held in days(journal.store).values())
