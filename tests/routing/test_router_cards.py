"""What a turn says that found no answer good enough: what is wrong, and the one thing that helps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing import events as ev
from routing.ledger.journal import Journal
from routing.messages import (
    FilePart,
    FinishChunk,
    ImagePart,
    Limits,
    Message,
    Request,
    TextChunk,
    TextPart,
    Tool,
    ask,
)
from routing.policy.model import Requirements
from tests.fakes import (
    CASCADE,
    HELLO,
    LARGE,
    MID,
    SMALL,
    Line,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    fails,
    only,
    says,
    told,
)

pytestmark = pytest.mark.usefixtures("scripted_confidence")

PIN = "take off the pin (`/model`"
SEE = "F8, or `pointsman check`, shows what each provider says"
IMAGE = ImagePart("image/png", "aGVsbG8=", name="a.png")
PICTURE = Request((TextPart("What is this?"), IMAGE), chat_id="c1")
EARLIER = (Message("user", PICTURE.content), Message("assistant", (TextPart("A cat."),)))


async def card(line: Line, request: Request) -> ev.Degraded:
    events = await line.ask(request)
    assert told(events).status == "degraded"
    (degraded,) = only(events, ev.Degraded)
    return degraded


# ---------------------------------------------------------------- nobody may be asked
TOOL = Tool("find", "Find it.", '{"type": "object"}')


@pytest.mark.parametrize(
    ("request_", "model", "route", "cause", "do"),
    [
        (PICTURE, {"capabilities": frozenset()}, {}, "cannot read images", "add a model that can read images"),
        (ask("And?", history=EARLIER), {"capabilities": frozenset()}, {}, "read images", "begin a new chat without"),
        (ask("Find", tools=(TOOL,)), {"capabilities": frozenset()}, {}, "cannot use tools", "that can use tools"),
        (ask("A", schema="{}"), {"capabilities": frozenset()}, {}, "cannot answer in JSON", "can answer in JSON"),
        (ask("word " * 9_000), {"context_window": 8_000}, {}, "so long a prompt", "shorten the prompt"),
        (ask("Hi", tags=(("region", "eu"),)), {"region": "us"}, {}, "run in eu", "whose region is known"),
        (ask("Hi", tags=(("private", "yes"),)), {}, {}, "off this machine", "a model that runs on this machine"),
        (ask("Hi", tags=(("determinism", "strong"),)), {}, {}, "the same answer twice", "take the tag off"),
        (HELLO, {}, {"require": Requirements(determinism="seed")}, "the same answer twice", "choose another profile"),
        (HELLO, {}, {"require": Requirements(retention="none")}, "may keep the prompt", "choose another profile"),
        (HELLO, {"lifecycle": "retired"}, {}, "would have to be managed or", "choose another profile"),
        (ask("Hi", limits=Limits(total_s=0.1)), {}, {}, "than the 0.1 s that there are", "more time"),
    ],
    ids=str,
)
async def test_what_keeps_the_models_out_is_said_in_words_with_what_helps(
    journal: Journal, request_: Request, model: dict[str, Any], route: dict[str, Any], cause: str, do: str
) -> None:
    policy = a_policy(a_route(a_rung("small"), **route))
    line = a_line(journal, {SMALL: [says("no")]}, policy, models=[a_model(SMALL, **model)])
    degraded = await card(line, replace(request_, chat_id="c1"))
    assert degraded.cause.startswith("no model may be asked: north/small ")
    assert cause in degraded.cause
    assert do in degraded.do
    assert PIN not in degraded.do


async def test_models_are_counted_and_what_keeps_out_the_same_ones_is_one_part(journal: Journal) -> None:
    models = [a_model(one, capabilities=frozenset({"json"}), context_window=8_000) for one in (SMALL, MID)]
    models.append(a_model(LARGE, capabilities=frozenset({"json"})))
    line = a_line(journal, {one.id: [says("no")] for one in models}, models=models)
    degraded = await card(line, replace(PICTURE, content=(*PICTURE.content, FilePart("a.txt", "w " * 9_000))))
    assert degraded.cause == (
        "no model may be asked: all 3 models cannot read images; 2 of 3 models cannot hold so long a prompt"
    )
    assert "shorten" not in degraded.do


async def test_of_a_pin_only_its_own_model_counts(journal: Journal) -> None:
    models = [a_model(SMALL, capabilities=frozenset()), a_model(MID)]
    line = a_line(journal, {SMALL: [says("no")], MID: [says("no")]}, models=models)
    degraded = await card(line, replace(PICTURE, model="small"))
    assert degraded.cause == "no model may be asked: north/small cannot read images"
    assert PIN in degraded.do


@pytest.mark.parametrize(("kind", "waits"), [("auth", False), ("rate_limit", True)])
async def test_a_provider_that_rests_says_why(journal: Journal, kind: str, waits: bool) -> None:
    line = a_line(journal, {SMALL: [fails(kind, retry_after_s=40.0)], "south/small": [says("Here.")]})
    pinned = replace(HELLO, model=SMALL)
    await line.ask(pinned)
    degraded = await card(line, pinned)
    assert degraded.cause.startswith("no model may be asked: north/small must rest (")
    assert SEE in degraded.do
    assert ("wait until" in degraded.do) is waits


# ---------------------------------------------------------------- nobody is known
async def test_a_provider_without_a_list_of_models_says_why_on_the_card(journal: Journal) -> None:
    sentences = ("openai does not accept the key read from OPENAI_API_KEY.", "Cannot reach 127.0.0.1:9.")
    line = a_line(journal, {}, a_policy())
    line.router.configure(replace(line.router.setup, problems=sentences))
    events = await line.ask(HELLO)
    degraded = only(events, ev.Degraded)[0]
    assert degraded.cause == "no model is known: no provider gave a list of its models"
    assert degraded.tried == sentences
    assert degraded.do == "mend what is said above; F8, or `pointsman check`, looks again."
    assert [sentence in told(events).reply for sentence in sentences] == [True, True]


async def test_a_model_that_was_pinned_may_be_at_a_provider_without_a_list(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("no")]})
    line.router.configure(replace(line.router.setup, problems=("Cannot reach 127.0.0.1:9.",)))
    degraded = await card(line, replace(HELLO, model="gpt-99"))
    assert degraded.cause == "no model is called gpt-99, which you pinned"
    assert degraded.tried == ("Cannot reach 127.0.0.1:9.",)


async def test_models_on_no_tier_are_not_taken_for_none(journal: Journal) -> None:
    line = a_line(journal, {"north/x": [says("no")]}, models=[a_model("north/x", tier="unranked")])
    degraded = await card(line, HELLO)
    assert degraded.cause == "no model that is known is on a tier"
    assert "`tiers` in config.yaml" in degraded.do


# ---------------------------------------------------------------- everybody failed
@pytest.mark.parametrize(
    ("kind", "fields", "do"),
    [
        ("context_length", {}, "begin a new chat (Ctrl-N)"),
        ("auth", {}, SEE),
        ("server_error", {}, "ask again, or see why: F8"),
        ("server_error", {"simulated": True}, "mend the simulated faults (`/fault all:`"),
    ],
)
async def test_after_failures_the_advice_fits_them(
    journal: Journal, kind: str, fields: dict[str, Any], do: str
) -> None:
    line = a_line(journal, {SMALL: [fails(kind)]}, models=[a_model(SMALL, **fields)])
    degraded = await card(line, HELLO)
    assert degraded.do.startswith(do)
    assert PIN not in degraded.do
    other = await card(line, replace(HELLO, model=SMALL))
    assert PIN in other.do


# ---------------------------------------------------------------- half an answer, or one that is not sure
async def test_half_an_answer_is_not_said_twice_and_says_what_to_do(journal: Journal) -> None:
    events = await a_line(journal, {SMALL: [fails("malformed_stream", TextChunk("Once upon"))]}).ask(HELLO)
    assert told(events).sentence == (
        "The answer of north/small broke off before its end; what came of it is shown: ask again (/retry)."
    )
    assert only(events, ev.Degraded)[0].tried == ("north/small: north/small failed (malformed_stream).",)


async def test_the_sentence_names_the_model_whose_answer_is_shown(journal: Journal) -> None:
    """Not the last one that was asked, which failed."""
    scripts = {SMALL: [says("hm", score=0.2)], MID: [fails("not_found")], LARGE: [fails("not_found")]}
    end = told(await a_line(journal, scripts).ask(HELLO))
    assert (end.model, end.below_floor) == (SMALL, True)
    assert end.sentence.endswith(
        "north/large does not have the model; north/small answered with confidence 0.20, below the floor: check it."
    )


async def test_a_better_draft_is_named_when_a_worse_one_came_last(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [says("half sure", score=0.6)], MID: [says("what?", score=0.1)]})
    end = told(await line.ask(HELLO))
    assert end.model == SMALL
    assert end.sentence.split("; ")[1:] == [
        "north/small was not sure enough (0.60)",
        "north/mid was not sure enough (0.10)",
        "north/small's answer stays with confidence 0.60: nothing better came, +$0.0001.",
    ]


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        (0.9, "north/small answered with confidence 0.90, cut off after 20 tokens: ask it to go on."),
        (0.2, "north/small answered with confidence 0.20, cut off after 20 tokens, below the floor: check it."),
    ],
)
async def test_an_answer_that_reached_its_limit_says_so(journal: Journal, score: float, sentence: str) -> None:
    cut = (*says("Once upon a", score=score)[:-1], FinishChunk("length", "req-1"))
    end = told(await a_line(journal, {SMALL: [cut]}, a_policy(CASCADE)).ask(HELLO))
    assert end.sentence == f"Started small; {sentence}"
