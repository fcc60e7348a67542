"""A chat that outgrows every window: its oldest messages are left out, and that is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import events as ev
from routing.analysis.analyse import analyse
from routing.analysis.tokens import history_tokens
from routing.decision.prediction import room
from routing.execution.pruning import kept_history
from routing.ledger.journal import Journal
from routing.messages import Message, TextPart, ask
from tests.fakes import HELLO, SMALL, a_line, a_model, a_policy, a_route, a_rung, only, says, told

ONE = a_policy(a_route(a_rung("small")))


def chat(turns: int, words: int = 60) -> tuple[Message, ...]:
    return tuple(
        Message(role, (TextPart(f"{role} {turn} " + "word " * words),))
        for turn in range(turns)
        for role in ("user", "assistant")
    )


@given(st.integers(0, 12), st.integers(1, 200), st.integers(200, 4_000), st.integers(16, 3_000), st.booleans())
def test_what_is_kept_is_the_end_of_the_chat_and_fits(
    turns: int, words: int, window: int, most: int, thinks: bool
) -> None:
    request = ask("Go on.", history=chat(turns, words))
    needs = analyse(request).needs
    able = frozenset({"reasoning"} if thinks else ())
    model = a_model(context_window=window, max_output=most, capabilities=able)
    longest = room(model, needs.answer_tokens)
    kept = kept_history(request.history, needs, model)
    assert kept == request.history[len(request.history) - len(kept) :]
    assert not kept or kept[0].role == "user"
    goes_in = needs.context_tokens - needs.answer_tokens - needs.history_tokens + history_tokens(kept)
    assert not kept or goes_in + longest <= window
    whole = needs.context_tokens - needs.answer_tokens + longest
    if whole + len(request.history) <= window:  # each message may be rounded up
        assert kept == request.history


@pytest.mark.usefixtures("scripted_confidence")
async def test_the_oldest_messages_give_way_when_nobody_can_hold_the_chat(journal: Journal) -> None:
    model = a_model(SMALL, context_window=512, max_output=128)
    line = a_line(journal, {SMALL: [says("Fine.")]}, ONE, models=[model])
    request = ask("And now?", chat_id="c1", history=chat(4))
    events = await line.ask(request)
    (call,) = [call for _, call, _ in line.providers["north"].calls]
    assert 0 < len(call.messages) < 1 + len(request.history)
    assert call.messages[-1].content == request.content
    (started,) = only(events, ev.AttemptStarted)
    assert started.left_out == len(request.history) + 1 - len(call.messages)
    assert f"its first {started.left_out} messages were left out" in told(events).sentence
    assert only(events, ev.RouteDecided)[0].decision.pruned


@pytest.mark.usefixtures("scripted_confidence")
async def test_a_model_that_can_hold_it_all_is_asked_instead(journal: Journal) -> None:
    small, large = a_model(SMALL, context_window=512, max_output=128), a_model("south/large", tier="large")
    policy = a_policy(a_route(a_rung("small"), a_rung("large")))
    line = a_line(journal, {SMALL: [says("no")], "south/large": [says("Fine.")]}, policy, models=[small, large])
    request = ask("And now?", chat_id="c1", history=chat(4))
    assert told(await line.ask(request)).model == "south/large"
    assert len(line.providers["south"].calls[0][1].messages) == 1 + len(request.history)


@pytest.mark.usefixtures("scripted_confidence")
async def test_a_prompt_that_is_too_long_by_itself_is_still_refused(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]}, ONE, models=[a_model(SMALL, context_window=512, max_output=128)])
    events = await line.ask(ask("word " * 3_000, chat_id="c1", history=chat(1)))
    assert told(events).status == "degraded"
    assert not only(events, ev.RouteDecided)[0].decision.pruned


@pytest.mark.usefixtures("scripted_confidence")
async def test_a_short_chat_loses_nothing(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Fine.")]}, ONE)
    events = await line.ask(HELLO)
    assert only(events, ev.AttemptStarted)[0].left_out == 0
    assert "left out" not in told(events).sentence


@pytest.mark.usefixtures("scripted_confidence")
async def test_a_long_chat_is_not_blamed_for_what_else_keeps_the_models_out(journal: Journal) -> None:
    model = a_model(SMALL, context_window=512, max_output=128, capabilities=frozenset())
    line = a_line(journal, {SMALL: [says("no")]}, ONE, models=[model])
    events = await line.ask(ask("And now?", chat_id="c1", history=chat(4), schema="{}"))
    (degraded,) = only(events, ev.Degraded)
    assert degraded.cause == "no model may be asked: north/small cannot answer in JSON"
    assert "chat" not in degraded.do
    assert not only(events, ev.RouteDecided)[0].decision.pruned


@pytest.mark.usefixtures("scripted_confidence")
async def test_a_model_that_thinks_has_the_room_for_it_in_its_window(journal: Journal) -> None:
    """Its longest answer fits beside the prompt, or the prompt goes to another."""
    thinking = a_model(SMALL, context_window=4_000, max_output=3_500, capabilities=frozenset({"reasoning"}))
    scripts = {SMALL: [says("no")], "south/small": [says("Fine.")]}
    line = a_line(journal, scripts, ONE, models=[thinking, a_model("south/small", context_window=4_000)])
    assert told(await line.ask(ask("word " * 900, chat_id="c1"))).model == "south/small"
