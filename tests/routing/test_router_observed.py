"""What the router learns from answers and heeds at the next turn: rate limits, capabilities, who answers quickly."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.decision.deployments import lot
from routing.ledger.journal import Journal
from routing.messages import LimitsChunk, RateLimit, TextPart, Tool
from routing.registry.model import Model
from tests.fakes import HELLO, MID, SMALL, Wait, a_line, a_model, a_policy, a_route, a_rung, fails, says, told

pytestmark = pytest.mark.usefixtures("scripted_confidence")
NORTH, SOUTH = "north/small", "south/small"
BOTH = a_policy(a_route(a_rung("small")))
TOOL = Tool("look", "Look something up.", '{"type": "object"}')


def announcing(remaining: int, kind: str = "requests", resets_in_s: float | None = 30.0) -> tuple[object, ...]:
    return (LimitsChunk((RateLimit(kind, 60, remaining, resets_in_s),)), *says("Fine."))


# ---------------------------------------------------------------- rate limits
async def test_a_limit_that_is_used_up_is_heeded_before_it_bites(journal: Journal) -> None:
    line = a_line(journal, {NORTH: [announcing(0)], SOUTH: [says("Here.")]}, BOTH)
    assert told(await line.ask(HELLO)).model == NORTH
    events = await line.ask(HELLO)
    assert told(events).model == SOUTH
    (decided,) = [event for event in events if event.type == "RouteDecided"]
    (excluded,) = [one for one in decided.decision.excluded if one.model == NORTH]
    assert [reason.kind for reason in excluded.reasons] == ["rate_limit"]
    line.clock.pass_s(31)
    assert told(await line.ask(HELLO)).model == NORTH


async def test_a_limit_that_does_not_say_when_it_is_full_again_is_one_of_a_minute(journal: Journal) -> None:
    line = a_line(journal, {NORTH: [announcing(0, resets_in_s=None)], SOUTH: [says("Here.")]}, BOTH)
    await line.ask(HELLO)
    line.clock.pass_s(55)
    assert told(await line.ask(HELLO)).model == SOUTH
    line.clock.pass_s(10)
    assert told(await line.ask(HELLO)).model == NORTH


async def test_what_was_announced_is_used_up_by_the_calls_that_follow(journal: Journal) -> None:
    line = a_line(journal, {NORTH: [announcing(2), says("Fine.")], SOUTH: [says("Here.")]}, BOTH)
    assert [told(await line.ask(HELLO)).model for _ in range(4)] == [NORTH, NORTH, NORTH, SOUTH]


async def test_when_nobody_is_left_the_card_says_when_the_limit_ends(journal: Journal) -> None:
    line = a_line(journal, {NORTH: [announcing(0)]}, BOTH)
    await line.ask(HELLO)
    events = await line.ask(HELLO)
    (degraded,) = [event for event in events if event.type == "Degraded"]
    assert 28 < degraded.again_in_s <= 30
    assert "rate limit" in degraded.cause


async def test_new_providers_have_neither_limits_nor_refusals(journal: Journal) -> None:
    first = (LimitsChunk((RateLimit("requests", 60, 0, 30.0),)), *fails("invalid_request", refused="logprobs"))
    line = a_line(journal, {NORTH: [first, announcing(0)]}, BOTH)
    await line.ask(HELLO)
    assert told(await line.ask(HELLO)).status == "degraded"
    setup = line.router.setup
    line.router.configure(replace(setup, providers=dict(setup.providers)))
    assert told(await line.ask(HELLO)).model == NORTH
    assert [model.capabilities >= {"logprobs"} for model in line.providers["north"].models] == [True, False, True]


async def test_tokens_that_are_left_must_hold_what_goes_in(journal: Journal) -> None:
    line = a_line(journal, {NORTH: [announcing(100, "input-tokens")], SOUTH: [says("Here.")]}, BOTH)
    await line.ask(HELLO)
    assert told(await line.ask(HELLO)).model == NORTH
    assert told(await line.ask(replace(HELLO, content=(TextPart("word " * 2_000),)))).model == SOUTH


async def test_a_limit_that_the_user_states_is_counted_here(journal: Journal) -> None:
    models = [a_model(NORTH, requests_per_minute=2), a_model(SOUTH)]
    line = a_line(journal, {NORTH: [says("Fine.")], SOUTH: [says("Here.")]}, BOTH, models=models)
    assert [told(await line.ask(HELLO)).model for _ in range(3)] == [NORTH, NORTH, SOUTH]
    line.clock.pass_s(61)
    assert told(await line.ask(HELLO)).model == NORTH


async def test_tokens_of_a_minute_are_counted_as_they_are_used(journal: Journal) -> None:
    models = [a_model(NORTH, tokens_per_minute=40), a_model(SOUTH)]
    line = a_line(journal, {NORTH: [says("Fine.")], SOUTH: [says("Here.")]}, BOTH, models=models)
    assert [told(await line.ask(HELLO)).model for _ in range(2)] == [NORTH, SOUTH]


async def test_the_announcement_is_told(journal: Journal) -> None:
    line = a_line(journal, {NORTH: [announcing(7)]}, BOTH)
    (finished,) = [event for event in await line.ask(HELLO) if event.type == "AttemptFinished"]
    assert finished.limits == (RateLimit("requests", 60, 7, 30.0),)


# ---------------------------------------------------------------- what a model turns out not to take
async def test_a_model_is_asked_once_more_without_what_it_refused_and_never_with_it_again(journal: Journal) -> None:
    model = a_model(NORTH, capabilities=frozenset({"logprobs", "json"}))
    line = a_line(journal, {NORTH: [fails("invalid_request", refused="logprobs"), says("Fine.")]}, BOTH, models=[model])
    end = told(await line.ask(HELLO))
    assert (end.status, end.path) == ("answered", (f"{NORTH} failed", f"{NORTH} answered"))
    assert line.clock.slept in ([], [0.0])
    await line.ask(HELLO)
    assert [sorted(asked.capabilities) for asked in line.providers["north"].models] == [
        ["json", "logprobs"],
        ["json"],
        ["json"],
    ]


async def test_what_the_request_needs_is_not_left_out(journal: Journal) -> None:
    tools = frozenset({"tools"})
    scripts = {NORTH: [fails("invalid_request", refused="tools")], SOUTH: [says("Here.")]}
    models = [a_model(NORTH, capabilities=tools), a_model(SOUTH, capabilities=tools)]
    line = a_line(journal, scripts, BOTH, models=models)
    end = told(await line.ask(replace(HELLO, tools=(TOOL,))))
    assert end.model == SOUTH
    assert line.calls("north") == ["small"]
    assert told(await line.ask(replace(HELLO, tools=(TOOL,)))).path == (f"{SOUTH} answered",)


async def test_a_model_that_goes_on_refusing_is_asked_no_third_time(journal: Journal) -> None:
    line = a_line(journal, {NORTH: [fails("invalid_request", refused="logprobs")], MID: [says("Here.")]})
    await line.ask(HELLO)
    assert line.calls("north")[:2] == ["small", "small"]
    assert line.calls("north").count("small") == 2


@pytest.mark.parametrize("refused", ["temperature", "seed"])
async def test_an_answer_that_must_repeat_is_not_asked_for_without_temperature_and_seed(
    journal: Journal, refused: str
) -> None:
    scripts = {NORTH: [fails("invalid_request", refused=refused), says("Once.")], SOUTH: [says("Always.")]}
    models = [a_model(name, determinism="seed") for name in (NORTH, SOUTH)]
    line = a_line(journal, scripts, BOTH, models=models)
    regulated = replace(HELLO, tags=(("regulated", "yes"),))
    assert told(await line.ask(regulated)).model == SOUTH
    assert line.calls("north") == ["small"]
    assert told(await line.ask(regulated)).path == (f"{SOUTH} answered",)


# ---------------------------------------------------------------- deployments
def deployment(model_id: str, **fields: object) -> Model:
    return a_model(model_id, deployment_of="one", **fields)


@given(st.floats(0.001, 1e6), st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_a_lot_is_a_number_for_every_weight_and_pace(weight: float, first_token_s: float, draw: float) -> None:
    place = lot(deployment("a/m", weight=weight, first_token_s=first_token_s), {}, draw)
    assert 0 <= place < math.inf


@pytest.mark.parametrize(("measured", "share"), [({}, 0.6), ({"a/m": 6.0}, 0.2)])
def test_shares_follow_weight_over_measured_latency(measured: dict[str, float], share: float) -> None:
    """The same draw stands for every deployment; one that is left out leaves the order of the others as it was."""
    weights = {"a/m": 3.0, "b/m": 1.0, "c/m": 1.0}
    models = [deployment(model_id, weight=weight, first_token_s=1.0) for model_id, weight in weights.items()]
    rng, first = random.Random(1), Counter[str]()
    for _ in range(4_000):
        draw = rng.random()
        first[min(models, key=lambda model, at=draw: lot(model, measured, at)).id] += 1
    assert abs(first["a/m"] / 4_000 - share) < 0.03
    assert abs(first["b/m"] - first["c/m"]) < 200


async def test_the_pace_of_deployments_is_a_moving_average_of_their_answers(journal: Journal) -> None:
    models = [deployment(NORTH), a_model(SOUTH)]
    line = a_line(journal, {NORTH: [(Wait(1.0), *says("A.")), (Wait(2.0), *says("B."))]}, BOTH, models=models)
    for _ in range(3):
        await line.ask(replace(HELLO, model=NORTH))
    (*_, decided) = [one for one in journal.events("s1.3") if one.type == "RouteDecided"]
    (pace,) = decided.snapshot.health.first_token_s
    assert pace == (NORTH, pytest.approx(1.3, abs=0.02))


async def test_both_deployments_are_asked(journal: Journal) -> None:
    models = [deployment(NORTH), deployment(SOUTH)]
    line = a_line(journal, {NORTH: [says("North.")], SOUTH: [says("South.")]}, BOTH, models=models)
    answered = Counter([told(await line.ask(HELLO)).model for _ in range(40)])
    assert min(answered[NORTH], answered[SOUTH]) >= 8


async def test_each_deployment_stands_in_for_the_other(journal: Journal) -> None:
    models = [deployment(NORTH), deployment(SOUTH)]
    line = a_line(journal, {NORTH: [fails("server_error")], SOUTH: [says("South.")]}, BOTH, models=models)
    assert {told(await line.ask(HELLO)).model for _ in range(4)} == {SOUTH}


# ---------------------------------------------------------------- a provider's own patience
async def test_timeouts_of_the_provider_stand_over_those_of_the_route(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("Fine.")]})
    provider = line.providers["north"]
    provider.config = replace(provider.config, timeouts=(("first_token_s", 55.0),))
    await line.ask(HELLO)
    (_, _, timeouts), *_ = provider.calls
    assert timeouts.first_token_s == pytest.approx(55.0)
