"""What must hold of the confidence in an answer, and where good and bad ones land."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.confidence.measure import BASE, Measurement, measure
from routing.decision.model import Record
from routing.messages import Reply, TokenLogprob, ToolCall, ask

PLAIN: list[dict[str, str]] = yaml.safe_load((Path(__file__).parent / "plain.yaml").read_text("utf-8"))
HEAT = "A heat pump moves heat from outside into the house: a refrigerant takes it in, and a compressor warms it."
KEEPS = 0.66


def confidence(
    prompt: str,
    text: str,
    logprobs: list[float] | None = None,
    *,
    finish: str = "stop",
    record: Record | None = None,
    second: float | None = None,
    **fields: Any,
) -> Measurement:
    request = ask(prompt, **fields)
    tokens = tuple(TokenLogprob(f"t{n}", value, second) for n, value in enumerate(logprobs or ()))
    return measure(request, analyse(request), Reply(text=text, logprobs=tokens, finish=finish), record)


def named(measurement: Measurement) -> dict[str, float]:
    return {part.name: part.log_odds for part in measurement.parts}


def log_odds(score: float) -> float:
    return math.log(score / (1 - score))


answers = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from([*HEAT.split(), "perhaps", "I think", "```python", "\n", "x = (1", "{}", "1."]), max_size=60
    ).map(" ".join),
)
prompts = st.sampled_from(
    ["how does a heat pump work?", "list three fruits as JSON", "write a python function", "hi", "给我三个建议"]
)
values = st.lists(st.floats(-12, 0), max_size=80)


@given(prompts, answers, values)
def test_the_parts_sum_to_a_score_within_its_band(prompt: str, text: str, logprobs: list[float]) -> None:
    found = confidence(prompt, text, logprobs)
    assert 0 <= found.low <= found.score <= found.high <= 1
    assert sum(part.log_odds for part in found.parts) == pytest.approx(log_odds(found.score), abs=1e-6)
    assert found == confidence(prompt, text, logprobs)


@given(prompts, answers, st.sampled_from(["Perhaps.", "I think, maybe.", "I'm not sure.", "Possibly?"]))
def test_a_hedge_never_raises(prompt: str, text: str, hedge: str) -> None:
    assert confidence(prompt, f"{text}\n\n{hedge}").score <= confidence(prompt, text).score + 1e-9


@given(st.dictionaries(st.text("abc", min_size=1), st.one_of(st.integers(), st.text(max_size=40)), min_size=1))
def test_breaking_json_never_raises_and_falls_under_any_threshold(value: dict[str, Any]) -> None:
    sound = json.dumps(value)
    whole = confidence("describe it", sound, response_format="json")
    broken = confidence("describe it", sound[:-1], response_format="json")
    assert broken.score < whole.score
    assert broken.score < 0.2


@given(st.lists(st.floats(-12, 0), min_size=1, max_size=80), st.data())
def test_lower_logprobs_never_raise(logprobs: list[float], data: st.DataObject) -> None:
    lower = [value - data.draw(st.floats(0, 6)) for value in logprobs]
    assert (
        confidence("hi", HEAT, lower, second=-3.0).score <= confidence("hi", HEAT, logprobs, second=-3.0).score + 1e-9
    )


@pytest.mark.parametrize(
    ("mean", "least", "most"),
    [
        (-0.05, 0.87, 0.95),
        (-0.1, 0.87, 0.95),
        (-0.3, 0.8, 0.93),
        (-1.5, 0.2, 0.62),
        (-2.0, 0.1, 0.5),
        (-5.6, 0.0, 0.25),
    ],
)
@pytest.mark.parametrize("count", [12, 60, 400])
def test_logprobs_decide(mean: float, least: float, most: float, count: int) -> None:
    wavering = [mean * (1.5 if n % 2 else 0.5) for n in range(count)]
    assert least <= confidence("how does a heat pump work?", HEAT, wavering).score <= most


def test_one_weak_passage_is_seen_in_a_sure_answer() -> None:
    sure = [-0.1] * 300
    weak = [-0.1] * 150 + [-3.0] * 32 + [-0.1] * 118
    found = confidence("hi", HEAT, weak)
    assert found.score < confidence("hi", HEAT, sure).score - 0.05
    assert ("weakest 32 tokens", "−3.0 nats") in {(part.name, part.raw) for part in found.parts}


def test_tokens_of_white_space_say_nothing() -> None:
    request = ask("hi")
    words = (TokenLogprob("Hello", -0.1),)
    spaced = (TokenLogprob("\n", -9.0), *words, TokenLogprob(" ", -9.0))
    found = [measure(request, analyse(request), Reply("Hello", logprobs=tokens)) for tokens in (words, spaced)]
    assert found[0] == found[1]


def test_a_close_runner_up_for_the_first_token_lowers() -> None:
    close = confidence("is it?", "Yes.", [-0.7], second=-0.72)
    clear = confidence("is it?", "Yes.", [-0.7], second=-5.0)
    assert close.score < clear.score


@pytest.mark.parametrize("odd", [float("nan"), float("-inf"), -9999.0, 1.0])
def test_odd_logprobs_do_no_harm(odd: float) -> None:
    found = confidence("hi", "Hello", [odd, -0.1])
    assert 0 < found.score < 1


@pytest.mark.parametrize(
    ("prompt", "text", "fields", "part"),
    [
        ("how does a heat pump work?", "", {}, "empty"),
        ("how does a heat pump work?", " \n ", {}, "empty"),
        ("how does a heat pump work?", HEAT[:40], {"finish": "length"}, "cut off"),
        ("how does a heat pump work?", HEAT[:40], {"finish": "content_filter"}, "content filter"),
        ("how does a heat pump work?", "I'm sorry, but I can't help with that.", {}, "refusal"),
        ("how does a heat pump work?", "Es tut mir leid, aber ich kann das nicht beantworten.", {}, "refusal"),
        ("how does a heat pump work?", "I don't know. Perhaps it is magic.", {}, "admits not to know"),
        ("17 * 23", "I'm not sure, but I think it might be around 400.", {}, "admits not to know"),
        ("17 * 23", "Perhaps it could be 300, or maybe 400. It seems it might be 350, or probably more.", {}, "hedges"),
        ("name a fruit as JSON", "Sure! An apple.", {}, "JSON"),
        ("name a fruit", '{"fruit": ', {"response_format": "json"}, "JSON"),
        ("write a python function that adds", "```python\ndef add(a, b:\n    return a\n```", {}, "code does not parse"),
        ("write a rust function", "```rust\nfn f() { g(1;\n```", {}, "code does not parse"),
        (
            "how does a heat pump work?",
            "Eine Wärmepumpe nimmt die Wärme aus der Luft und gibt sie an das Haus ab.",
            {},
            "language",
        ),
        ("how does a heat pump work?", "the pump takes the heat and " * 30, {}, "repeats itself"),
    ],
)
def test_bad_answers_are_not_kept(prompt: str, text: str, fields: dict[str, Any], part: str) -> None:
    found = confidence(prompt, text, **fields)
    assert named(found)[part] < 0
    assert found.score < 0.6


@pytest.mark.parametrize(
    ("prompt", "text", "part"),
    [
        ("give me five tips for sleep", "1. Go to bed early.\n2. No screens.\n3. Cool rooms.", "items"),
        ("how does a heat pump work?", HEAT + " Wait, no: I was wrong, it makes the heat itself.", "changes its mind"),
        ("how does a heat pump work?", "It could be that heat is moved, or so I think.", "hedges"),
        ("how does a heat pump work?", "Bees live in hives, and honey is sweet. " * 3, "speaks of the question"),
    ],
)
def test_weaknesses_lower(prompt: str, text: str, part: str) -> None:
    assert named(confidence(prompt, text))[part] < 0


@pytest.mark.parametrize(
    ("prompt", "text", "fields"),
    [
        (
            "Translate to German: where is the big station in this old town, please?",
            "Wo ist bitte der große Bahnhof in dieser alten Stadt?",
            {},
        ),
        (
            "answer in French: what is the capital of Italy and where does it lie?",
            "La capitale de l'Italie est Rome, et elle se trouve dans le centre du pays.",
            {},
        ),
        ("name a fruit as JSON", '```json\n{"fruit": "apple"}\n```', {}),
        ("name a fruit", '{"fruit": null}', {"schema": '{"type": "object", "required": ["fruit"]}'}),
        ("does it hold?", "👍", {}),
        (
            "how far is the moon?",
            "On average about 384,400 kilometres, which light covers in probably 1.3 seconds.",
            {},
        ),
        ("show me async python", "```python\nresult = await fetch(url)\n```", {}),
        ("write a rust function", "```rust\nfn first<'a>(s: &'a str) -> &'a str { &s[..1] } // :)\n```", {}),
        ("what did she say?", "She wrote: \"I'm sorry, but I can't come.\"", {}),
    ],
)
def test_good_answers_are_kept(prompt: str, text: str, fields: dict[str, Any]) -> None:
    assert confidence(prompt, text, **fields).score >= 0.75


def test_a_schema_asks_for_its_keys() -> None:
    schema = '{"type": "object", "required": ["name", "age"]}'
    found = confidence("who?", '{"name": "Ada"}', schema=schema)
    assert named(found)["schema"] < 0
    assert found.score < 0.6


def test_nothing_outweighs_a_hard_fault() -> None:
    liked = Record("m", "faq", 400, 400)
    assert confidence("a fruit?", '{"fruit": ', [-0.01] * 60, record=liked, response_format="json").score < 0.2
    assert confidence("a fruit?", "", record=liked).score < 0.2


def test_a_call_of_a_tool_is_an_answer_when_its_arguments_parse() -> None:
    request = ask("what is the weather?")
    sound = Reply("", tool_calls=(ToolCall(0, "1", "weather", '{"city": "Rome"}'),), finish="tool_calls")
    broken = Reply("", tool_calls=(ToolCall(0, "1", "weather", '{"city": '),), finish="tool_calls")
    assert measure(request, analyse(request), sound).score > KEEPS
    assert measure(request, analyse(request), broken).score < 0.2


def test_a_record_moves_the_score_a_little() -> None:
    plain = confidence("hi", HEAT).score
    liked = confidence("hi", HEAT, record=Record("m", "faq", 40, 40)).score
    disliked = confidence("hi", HEAT, record=Record("m", "faq", 5, 40)).score
    assert disliked < plain < liked < 0.9
    assert confidence("hi", HEAT, record=Record("m", "faq", 0, 0)).score == plain


def test_more_evidence_narrows_the_band() -> None:
    few = confidence("hi", "Hello!")
    many = confidence("hi", "Hello!", [-0.1] * 100)
    assert many.high - many.low < few.high - few.low


def test_every_part_says_what_was_read() -> None:
    found = confidence("how does a heat pump work?", HEAT, [-2.9] * 40)
    assert found.parts[0].log_odds == BASE
    assert ("tail-10 % logprob", "−2.9 nats") in {(part.name, part.raw) for part in found.parts}


@settings(max_examples=1, deadline=None)
@given(st.sampled_from(["```x\n", "{", "/*", "`", "word ", "\n", "maybe ", "1. a\n", "éa"]))
def test_a_megabyte_is_measured(unit: str) -> None:
    assert 0 < confidence("why, as JSON?", unit * (1_000_000 // len(unit))).score < 1


def test_plain_answers_without_logprobs_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    scores = [confidence(pair["ask"], pair["answer"]).score for pair in PLAIN]
    under = sum(score < KEEPS for score in scores)
    usual = sum(0.78 <= score <= 0.9 for score in scores)
    with capsys.disabled():
        print(f"\nplain answers without logprobs: {under} of {len(scores)} under {KEEPS}; {usual} within .78–.90")
    assert len(PLAIN) >= 100
    assert under <= 0.1 * len(PLAIN)
    assert usual >= 0.9 * len(PLAIN)
