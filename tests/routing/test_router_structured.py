"""Structured output from the front door: an answer that is not the JSON asked for is asked again or climbed past, never
taken for an answer; and what each model made of it is kept for the next decision."""

from __future__ import annotations

import json
from typing import Any

import pytest

from routing import events as ev
from routing.budget.caps import Caps
from routing.decision.model import Acceptance, FormatRecord
from routing.decision.prediction import JSON_MODE, NATIVE_SCHEMA, PRIOR_ASKED
from routing.decision.storage import replay
from routing.folding import fold
from routing.ledger.acceptance import read_acceptance
from routing.ledger.journal import Journal
from routing.ledger.pages import draft_sizes
from routing.ledger.store import Store
from routing.messages import FilePart, FinishChunk, ImagePart, Message, Request, TextChunk, TextPart, Tool, ask
from routing.policy.model import Policy
from routing.registry.model import Model
from tests.fakes import (
    CASCADE,
    LARGE,
    MID,
    SMALL,
    Line,
    Script,
    StoppingJournal,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    check_turn,
    days,
    fails,
    kinds,
    only,
    says,
    told,
)

SCHEMA = json.dumps(
    {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"], "additionalProperties": False}
)
GOOD, WRONG, BROKEN = '{"age": 36}', '{"age": "old"}', "She is 36."
RETRY = a_policy(a_route(a_rung("small", 0.6), a_rung("mid", 0.6), a_rung("large"), invalid="retry"))
ESCALATE = a_policy(a_route(a_rung("small", 0.6), a_rung("mid", 0.6), a_rung("large")))
NATIVE = frozenset({"tools", "json", "json_schema", "vision", "logprobs"})
WHO = ask("How old is Ada, who was born 36 years ago?", chat_id="c1", response_format="json_schema", schema=SCHEMA)


def answering(journal: Journal, policy: Policy, small: list[str], mid: str = GOOD, large: str = GOOD) -> Line:
    scripts: dict[str, list[Script]] = {SMALL: [says(text) for text in small], MID: [says(mid)], LARGE: [says(large)]}
    return a_line(journal, scripts, policy)


# ---------------------------------------------------------------- retry or escalate
async def test_a_valid_answer_stays(journal: Journal) -> None:
    events = await answering(journal, ESCALATE, [GOOD]).ask(WHO)
    assert (told(events).status, told(events).model, told(events).reply) == ("answered", SMALL, GOOD)
    assert only(events, ev.ConfidenceMeasured)[0].valid is True


@pytest.mark.parametrize(
    ("wrong", "why"), [(WRONG, "schema: $.age is not an integer"), (BROKEN, "JSON: does not parse")]
)
async def test_an_invalid_answer_climbs_and_says_what_is_wrong(journal: Journal, wrong: str, why: str) -> None:
    line = answering(journal, ESCALATE, [wrong])
    events = await line.ask(WHO)
    assert (told(events).status, told(events).model, told(events).reply) == ("answered", MID, GOOD)
    assert line.calls("north") == ["small", "mid"]
    assert only(events, ev.Escalated)[0].why == why
    assert [event.valid for event in only(events, ev.ConfidenceMeasured)] == [False, True]
    assert "was not the JSON asked for" in told(events).sentence


async def test_no_threshold_is_low_enough_for_an_invalid_answer(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small", 0.01), a_rung("large")))
    line = a_line(journal, {SMALL: [says(WRONG)], LARGE: [says(GOOD)]}, policy)
    assert told(await line.ask(WHO)).model == LARGE


async def test_with_retry_the_same_model_is_asked_once_more(journal: Journal) -> None:
    line = answering(journal, RETRY, [WRONG, GOOD])
    events = await line.ask(WHO)
    assert (told(events).status, told(events).model) == ("answered", SMALL)
    assert line.calls("north") == ["small", "small"]
    (again,) = only(events, ev.RetryScheduled)
    assert (again.attempt, again.model, again.wait_s) == ("s1.1.1", SMALL, 0.0)
    assert again.why == "schema: $.age is not an integer"
    assert [one.outcome for one in fold(events[: events.index(again) + 1]).attempts] == ["superseded"]
    assert [event.try_ for event in only(events, ev.AttemptStarted)] == [1, 2]
    assert told(events).path == ("north/small superseded", "north/small answered")
    assert [draft.attempt for draft in draft_sizes(journal.store, "c1")] == ["s1.1.1"]


async def test_after_the_retry_the_next_rung_is_asked(journal: Journal) -> None:
    line = answering(journal, RETRY, [WRONG, BROKEN], mid=WRONG)
    events = await line.ask(WHO)
    assert line.calls("north") == ["small", "small", "mid", "mid", "large"]
    assert kinds(events, ev.RetryScheduled, ev.Escalated) == ["RetryScheduled", "Escalated"] * 2
    assert (told(events).status, told(events).model) == ("answered", LARGE)


async def test_a_retry_that_the_credit_does_not_allow_is_not_made(journal: Journal) -> None:
    line = answering(journal, RETRY, [WRONG, GOOD], mid=GOOD)
    worst = line.router.explain(WHO).decision.candidate(SMALL).worst_nusd
    policy = a_policy(a_route(a_rung("small", 0.6), invalid="retry"), request_credit_nusd=worst)
    alone = a_line(journal, {SMALL: [says(WRONG), says(GOOD)]}, policy)
    events = await alone.ask(WHO)
    assert alone.calls("north") == ["small"]
    assert kinds(events, ev.CapReached, ev.RetryScheduled) == ["CapReached"]
    assert told(events).below_floor


async def test_a_day_cap_that_refuses_the_retry_leaves_the_next_rung(journal: Journal) -> None:
    scripts = {SMALL: [says(WRONG), says(GOOD)], "home/local": [says(GOOD)]}
    policy = a_policy(a_route(a_rung("small", 0.6), a_rung("local"), invalid="retry"))
    worst = a_line(journal, scripts, policy).router.explain(WHO).decision.candidate(SMALL).worst_nusd
    line = a_line(journal, scripts, policy, caps=Caps(day_nusd=worst))
    events = await line.ask(WHO)
    assert (told(events).status, told(events).model) == ("answered", "home/local")
    assert kinds(events, ev.CapReached, ev.RetryScheduled, ev.Escalated) == ["CapReached", "Escalated"]


async def test_premium_first_never_climbs_down_for_an_invalid_answer(journal: Journal) -> None:
    """Not even when the day's cap refuses the second try: only time moves it down."""
    scripts = {LARGE: [says(WRONG), says(GOOD)], "home/local": [says(GOOD)]}
    policy = a_policy(a_route(a_rung("large"), a_rung("local"), mode="premium_first", invalid="retry"))
    worst = a_line(journal, scripts, policy).router.explain(WHO).decision.candidate(LARGE).worst_nusd
    line = a_line(journal, scripts, policy, caps=Caps(day_nusd=worst))
    events = await line.ask(WHO)
    assert (told(events).status, told(events).model) == ("degraded", LARGE)
    assert kinds(events, ev.CapReached, ev.RetryScheduled, ev.Escalated, ev.SteppedDown) == ["CapReached"]


# ---------------------------------------------------------------- never taken for an answer
@pytest.mark.parametrize("policy", [RETRY, ESCALATE])
async def test_with_no_rung_left_it_is_shown_as_below_the_floor(journal: Journal, policy: Policy) -> None:
    line = answering(journal, policy, [WRONG], mid=WRONG, large=BROKEN)
    events = await line.ask(WHO)
    end = told(events)
    assert (end.status, end.below_floor) == ("degraded", True)
    assert "no answer was the JSON asked for" in only(events, ev.Degraded)[0].cause
    assert "not the JSON asked for" in end.sentence


async def test_no_floor_makes_an_invalid_answer_good(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small"), floor=0.0))
    end = told(await a_line(journal, {SMALL: [says(WRONG)]}, policy).ask(WHO))
    assert (end.status, end.below_floor, end.reply) == ("degraded", True, WRONG)


async def test_a_valid_draft_is_not_lost_to_an_invalid_one(journal: Journal) -> None:
    unsure = (*says(GOOD, score=0.001),)
    policy = a_policy(a_route(a_rung("small", 0.9), a_rung("large"), floor=0.0))
    request = ask("How old is Ada? Answer as JSON", chat_id="c1")
    line = a_line(journal, {SMALL: [unsure], LARGE: [says("{")]}, policy)
    events = await line.ask(request)
    assert line.calls("north") == ["small", "large"]
    assert (told(events).status, told(events).reply) == ("answered", GOOD)


async def test_json_wished_for_in_the_prompt_must_parse_too(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no JSON")], MID: [says("[36]")], LARGE: [says("[]")]}, ESCALATE)
    events = await line.ask(ask("List the ages as JSON.", chat_id="c1"))
    assert (told(events).model, told(events).reply) == (MID, "[36]")


# ---------------------------------------------------------------- a forced format
@pytest.mark.parametrize("way", ["json", "json_schema"])
async def test_logprobs_of_a_forced_format_have_no_weight(journal: Journal, way: str) -> None:
    models = [a_model(SMALL, capabilities=frozenset({"logprobs", way}))]
    line = a_line(journal, {SMALL: [says(GOOD, score=0.001)]}, ESCALATE, models=models)
    (measured,) = only(await line.ask(WHO), ev.ConfidenceMeasured)
    (part,) = [part for part in measured.parts if part.name == "mean logprob"]
    assert part.log_odds == 0
    assert "not weighed" in part.raw


async def test_logprobs_of_json_asked_in_words_are_weighed(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("[1]", score=0.1)]}, a_policy(a_route(a_rung("small"))))
    (measured,) = only(await line.ask(ask("List one number as JSON", chat_id="c1")), ev.ConfidenceMeasured)
    assert any(part.name == "mean logprob" and part.log_odds < 0 for part in measured.parts)


# ---------------------------------------------------------------- stopped
async def test_stopped_anywhere_on_the_way_to_a_second_try_it_is_settled(store: Store) -> None:
    """Also while the answer is held against its schema in another thread."""

    async def run(at: int) -> tuple[ev.TurnFinished, int]:
        journal, seen = StoppingJournal(store, f"at{at}"), 0
        line = answering(journal, RETRY, [WRONG, GOOD])
        turn = line.router.start(WHO)

        def count() -> None:
            nonlocal seen
            seen += 1
            if seen == at:
                turn.cancel()

        journal.at_write = line.providers["north"].at_step = count
        events = [event async for event in turn.events()]
        check_turn(journal, events)
        assert sum(held for _, held in days(store).values()) == 0
        return told(events), seen

    whole, points = await run(0)
    assert (whole.status, points > 10) == ("answered", True)
    ends = [(await run(at))[0].status for at in range(1, points + 1)]
    assert set(ends) <= {"cancelled", "answered"}
    assert ends.count("cancelled") >= points - 3


# ---------------------------------------------------------------- the rate is kept and read
async def test_the_rate_of_valid_json_is_kept_for_each_model(journal: Journal) -> None:
    line = answering(journal, RETRY, [WRONG, GOOD, GOOD])
    for _ in range(2):
        await line.ask(WHO)
    await line.ask(ask("Hello there, how are you?", chat_id="c1"))
    found = read_acceptance(journal.store)
    assert found.formats == (FormatRecord(SMALL, 2, 3),)
    assert read_acceptance(journal.store) == found
    await journal.store.write(lambda db: db.execute("UPDATE attempt SET valid = 1 WHERE valid = 0").rowcount)
    mended = read_acceptance(journal.store)
    assert mended.records == found.records
    assert mended.hash != found.hash


async def test_the_decision_prefers_who_gives_valid_json_and_tells_the_chance(journal: Journal) -> None:
    models = [a_model("a/small", capabilities=NATIVE), a_model("b/small", capabilities=NATIVE)]
    line = a_line(journal, {"a/small": [says(GOOD)], "b/small": [says(GOOD)]}, ESCALATE, models=models)
    assert line.router.explain(WHO).decision.chosen == "a/small"
    spoilt = Acceptance((), "spoilt", (FormatRecord("a/small", 10, 20),))
    line.router.configure(_with_acceptance(line, spoilt))
    decision = line.router.explain(WHO).decision
    assert decision.chosen == "b/small"
    chances = {one.model: one.valid for one in decision.candidates}
    assert chances == {
        "a/small": round((NATIVE_SCHEMA * PRIOR_ASKED + 10) / (PRIOR_ASKED + 20), 4),
        "b/small": NATIVE_SCHEMA,
    }
    plain = line.router.explain(ask("Hello there")).decision
    assert plain.chosen == "a/small"
    assert {one.valid for one in plain.candidates} == {None}


async def test_a_model_without_a_native_schema_is_expected_to_fail_more_often(journal: Journal) -> None:
    models = [a_model("a/small"), a_model("b/small", capabilities=NATIVE)]
    line = a_line(journal, {"a/small": [says(GOOD)], "b/small": [says(GOOD)]}, ESCALATE, models=models)
    decision = line.router.explain(WHO).decision
    assert decision.chosen == "b/small"
    assert decision.candidate("a/small").valid == JSON_MODE


async def test_the_decision_is_the_same_again_out_of_the_ledger(journal: Journal) -> None:
    line = answering(journal, RETRY, [WRONG])
    await line.ask(WHO)
    line.router.configure(_with_acceptance(line, read_acceptance(journal.store)))
    turn = (await line.ask(WHO))[0].turn
    stored = journal.events(turn)
    (analysed,), (decided,) = only(stored, ev.RequestAnalysed), only(stored, ev.RouteDecided)
    assert decided.decision.candidate(SMALL).valid < JSON_MODE
    assert replay(analysed, decided, journal.blob) == decided.decision


def _with_acceptance(line: Line, acceptance: Acceptance) -> Any:
    from dataclasses import replace

    return replace(line.router.setup, acceptance=acceptance)


# ---------------------------------------------------------------- who cannot is out, with the reason
PICTURE = ImagePart("image/png", "aGVsbG8=", name="a.png")
TOOL = Tool("find", "Find it.", '{"type": "object"}')


def picture(**fields: Any) -> Request:
    return Request((TextPart("What is this?"), PICTURE), **fields)


@pytest.mark.parametrize(
    ("request_", "lacking", "kind", "needed"),
    [
        (WHO, {"capabilities": frozenset({"tools", "vision"})}, "capability", "json or json_schema"),
        (picture(), {"capabilities": frozenset({"tools", "json"})}, "capability", "vision"),
        (
            ask("And now?", history=(Message("user", picture().content), Message("assistant", (TextPart("A cat."),)))),
            {"capabilities": frozenset({"json"})},
            "capability",
            "vision",
        ),
        (ask("Find it", tools=(TOOL,)), {"capabilities": frozenset({"json", "vision"})}, "capability", "tools"),
        (ask("word " * 40_000), {"context_window": 8_000}, "context", None),
        (Request((TextPart("What are these?"), *[PICTURE] * 12)), {"context_window": 8_000}, "context", None),
        (Request((TextPart("Sum up"), FilePart("a.txt", "w " * 40_000))), {"context_window": 8_000}, "context", None),
        (ask("Hello", tags=(("region", "eu"),)), {"region": "us"}, "region", "eu"),
        (ask("Hello", tags=(("determinism", "strong"),)), {"determinism": "seed"}, "determinism", "strong"),
    ],
    ids=["schema", "image", "image before", "tools", "long", "many images", "long file", "region", "determinism"],
)
async def test_a_model_that_cannot_is_out_with_that_reason(
    journal: Journal, request_: Request, lacking: dict[str, Any], kind: str, needed: str | None
) -> None:
    able: dict[str, Any] = {"context_window": 400_000, "region": "eu", "determinism": "strong", "capabilities": NATIVE}
    models: list[Model] = [a_model("a/small", **(able | lacking)), a_model("b/small", **able)]
    line = a_line(journal, {"a/small": [says("x")], "b/small": [says("x")]}, a_policy(CASCADE), models=models)
    decision = line.router.explain(request_).decision
    assert decision.chosen == "b/small"
    (out,) = decision.excluded
    assert out.model == "a/small"
    assert [reason.kind for reason in out.reasons] == [kind]
    assert needed in (None, out.reasons[0].needed)


async def test_a_schema_is_met_by_either_way_of_asking(journal: Journal) -> None:
    models = [a_model(f"{way}/small", capabilities=frozenset({way})) for way in ("json", "json_schema")]
    line = a_line(journal, {model.id: [says(GOOD)] for model in models}, ESCALATE, models=models)
    assert line.router.explain(WHO).decision.excluded == ()


async def test_output_that_must_repeat_is_asked_for_at_temperature_zero_with_a_seed(journal: Journal) -> None:
    models = [a_model("a/small", determinism="seed"), a_model("b/small", determinism="strong")]
    line = a_line(journal, {"a/small": [says("Yes.")], "b/small": [says("Yes.")]}, ESCALATE, models=models)
    await line.ask(ask("Is it so?", chat_id="c1", tags=(("determinism", "strong"),)))
    ((_, call, _),) = line.providers["b"].calls
    assert (call.temperature, call.seed) == (0, 0)
    assert line.calls("a") == []


# ---------------------------------------------------------------- never in two halves
async def test_json_that_broke_off_is_written_anew(journal: Journal) -> None:
    """A model that must give JSON begins with a brace: it cannot go on with half of it."""
    policy = a_policy(a_route(a_rung("small"), retries=0, broken="continue"))
    lost = fails("connection", TextChunk('{"age": '))
    line = a_line(journal, {SMALL: [lost], "south/small": [says(GOOD)]}, policy)
    events = await line.ask(WHO)
    assert (told(events).status, told(events).reply) == ("answered", GOOD)


async def test_json_that_reached_its_most_tokens_is_not_gone_on_with(journal: Journal) -> None:
    cut = (TextChunk('{"age": '), FinishChunk("length"))
    policy = a_policy(a_route(a_rung("small", 0.6), a_rung("mid"), cut="continue"))
    line = a_line(journal, {SMALL: [cut, says(GOOD)], MID: [says(GOOD)]}, policy)
    events = await line.ask(WHO)
    assert (told(events).status, told(events).model) == ("answered", MID)
    assert line.calls("north") == ["small", "mid"]
