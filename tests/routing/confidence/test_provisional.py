"""What an answer that is still coming gives away: the same however it is cut, and never of a good one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.confidence.measure import measure_so_far
from routing.confidence.provisional import Abort, Watch
from routing.messages import TokenLogprob, ask

PLAIN: list[dict[str, str]] = yaml.safe_load((Path(__file__).parent / "plain.yaml").read_text("utf-8"))
HEAT = "Explain in detail how a heat pump warms a house in winter, step by step, and what it costs."
PROSE = (
    "A heat pump moves heat from outside into the house. A refrigerant takes it in where it is cold, a compressor "
    "warms it, and a second exchanger gives it to the water of the heating. Then it expands and cools, and begins anew."
)
GERMAN = "Eine Wärmepumpe bringt die Wärme von draußen in das Haus, und ein Verdichter macht sie dann noch wärmer."
REFUSAL = "I'm sorry, but I can't assist with that request."
CIRCLE = "We can use the given values to find the coefficient of the x term. "
NEEDED = 0.66
LONG = " ".join(f"Part {n} of the house is warmed by the water, which then goes back to the pump." for n in range(60))

Piece = tuple[str, tuple[TokenLogprob, ...]]


def a_watch(prompt: str = HEAT, *, forced: bool = False, needed: float = NEEDED, **fields: Any) -> Watch:
    request = ask(prompt, **fields)
    features = analyse(request)

    def sure(text: str, tokens: Sequence[TokenLogprob]) -> float:
        return measure_so_far(text, tokens, features).score

    return Watch(request, features, needed, sure, forced=forced)


def fed(watch: Watch, pieces: Sequence[Piece]) -> tuple[Abort | None, int]:
    """The verdict, and how many characters had come when it was given."""
    came = 0
    for text, tokens in pieces:
        came += len(text)
        found = watch.feed(text, tokens)
        if found is not None:
            return found, came
    return None, came


def verdict(text: str, prompt: str = HEAT, **fields: Any) -> Abort | None:
    return fed(a_watch(prompt, **fields), [(text, ())])[0]


def fault(text: str, prompt: str = HEAT, **fields: Any) -> str | None:
    found = verdict(text, prompt, **fields)
    return None if found is None else found.fault


def tokens_of(text: str, logprobs: Sequence[float]) -> list[Piece]:
    words = [f"{word} " for word in text.split()]
    return [(word, (TokenLogprob(word, value),)) for word, value in zip(words, logprobs, strict=False)]


texts = st.lists(
    st.sampled_from(
        [
            REFUSAL,
            GERMAN,
            PROSE,
            CIRCLE,
            CIRCLE * 4,
            "I will not\n" * 5,
            "  \n",
            "ha ha ha " * 9,
            "x" * 70,
            "’",
            "\n",
            "我不知道这个问题",
            '{"a": 1}',
            "I think perhaps it might be so; I'm not sure. ",
            "I can’t help you.",
        ]
    )
    | st.text(max_size=30),
    max_size=9,
).map("".join)


@given(texts, st.lists(st.integers(1, 90), max_size=30), st.booleans())
@example(CIRCLE * 6, [7, 1, 64, 90], False)
@example(REFUSAL, [3, 20], False)
@example("  " + GERMAN, [2, 79], False)
def test_the_verdict_does_not_depend_on_how_the_text_is_cut(text: str, cuts: list[int], wants_json: bool) -> None:
    form: dict[str, Any] = {"response_format": "json", "forced": True} if wants_json else {}
    pieces, rest = [], text
    for size in cuts:
        pieces.append((rest[:size], ()))
        rest = rest[size:]
    one_by_one, came = fed(a_watch(**form), [(character, ()) for character in text])
    assert fed(a_watch(**form), [*pieces, (rest, ())])[0] == one_by_one
    assert one_by_one is None or one_by_one.at == came


@given(
    st.lists(st.sampled_from([-0.05, -1.0, -2.5, -6.0]), min_size=1, max_size=60).map(lambda values: values * 6),
    st.lists(st.integers(1, 50), max_size=20),
)
def test_nor_on_how_the_tokens_come(logprobs: list[float], sizes: list[int]) -> None:
    single = tokens_of(LONG, logprobs)
    pieces, rest = [], single
    for size in [*sizes, len(single)]:
        pieces.append(("".join(text for text, _ in rest[:size]), tuple(token for _, (token,) in rest[:size])))
        rest = rest[size:]
    one_by_one, came = fed(a_watch(), single)
    assert fed(a_watch(), pieces)[0] == one_by_one
    assert one_by_one is None or one_by_one.at == came


@given(texts, texts)
def test_a_verdict_stands(text: str, more: str) -> None:
    watch = a_watch()
    found = watch.feed(text)
    assert found is None or watch.feed(more) == found


@pytest.mark.parametrize("pair", PLAIN, ids=lambda pair: pair["ask"][:30])
def test_a_good_answer_is_heard_out(pair: dict[str, str]) -> None:
    assert verdict(pair["answer"], pair["ask"]) is None
    sure = tokens_of(pair["answer"], [-0.1] * 200)
    assert fed(a_watch(pair["ask"]), sure)[0] is None


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    "text",
    [
        REFUSAL,
        "I’m sorry, I can’t help with that.",
        "I cannot provide instructions for this.",
        "Unfortunately, I am unable to assist you with it.",
        "As an AI language model, I cannot create such a text.",
        "Es tut mir leid, aber ich kann dir dabei nicht helfen. Frag bitte jemand anderen.",
    ],
)
def test_a_refusal_is_seen_as_soon_as_its_verb_is_whole(text: str) -> None:
    found = verdict(text)
    assert found is not None
    assert (found.fault, found.why) == ("refusal", "it began to refuse")
    assert found.at <= 60


@pytest.mark.parametrize(
    "text",
    [
        "I can't recommend this book enough: it explains everything.",
        "I can't wait to see your garden, which sounds lovely.",
        "Sorry to hear that! Here is what you can do.",
        "Cannot allocate memory is what the kernel says when it has none left.",
        f"{PROSE[:70]} I can't help with that.",
    ],
)
def test_what_only_sounds_like_one_is_heard_out(text: str) -> None:
    assert verdict(text) is None


@pytest.mark.parametrize(
    "prompt",
    [
        "Write a mail that politely declines the invitation.",
        "What does a chat bot say when it refuses? Give one example.",
        "How do I say “I can't help you” more kindly?",
    ],
)
def test_who_asks_for_a_refusal_gets_it(prompt: str) -> None:
    assert verdict(REFUSAL, prompt) is None


def test_where_much_is_at_stake_a_refusal_is_heard_out() -> None:
    assert (
        verdict(REFUSAL, "How many paracetamol tablets may I take at once? I took ten already, should I worry?") is None
    )


# ---------------------------------------------------------------- the form asked for
@pytest.mark.parametrize("text", ['{"a": 1}', "[1, 2]", "  \n{", "```json\n{}\n```", "Here you are:\n```json\n{}\n```"])
def test_what_may_be_json_is_heard_out(text: str) -> None:
    assert verdict(f"{text}{' ' * 90}", response_format="json", forced=True) is None


def test_words_are_no_json() -> None:
    found = verdict(PROSE, response_format="json", forced=True)
    assert found == Abort(80, "format", "it did not begin as JSON")
    assert verdict(f"\n {PROSE}", response_format="json", forced=True) == Abort(
        82, "format", "it did not begin as JSON"
    )


def test_a_model_that_was_asked_in_words_may_think_aloud_first() -> None:
    assert verdict(PROSE, response_format="json", forced=False) is None


def test_a_schema_may_want_a_number() -> None:
    assert verdict("42" + " " * 90, schema='{"type": "integer"}', response_format="json_schema", forced=True) is None


# ---------------------------------------------------------------- language
def test_another_language_is_seen_after_80_characters() -> None:
    assert verdict(GERMAN) == Abort(80, "language", "it began in another language (de)")
    assert verdict(GERMAN[:79]) is None


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (GERMAN, "Translate to German: A heat pump brings heat from outside into the house."),
        (GERMAN, "How would you explain a heat pump in German?"),
        (f"```\n{GERMAN}\n```", HEAT),
        ("Kim rode 135 miles in 9 weeks, so she rode 135/9 = 15 miles per week.\nEric rode 102 in 6.", HEAT),
        ("Per capita figures adjust for population size, providing a more accurate measure of wealth.", HEAT),
        (GERMAN, "Wie funktioniert eine Wärmepumpe im Winter, und was kostet sie?"),
    ],
)
def test_a_language_that_may_be_the_right_one_is_heard_out(text: str, prompt: str) -> None:
    assert verdict(text, prompt) is None


# ---------------------------------------------------------------- loops
def test_a_loop_is_seen_at_its_fourth_round() -> None:
    found = verdict(PROSE + " " + CIRCLE * 8)
    assert found is not None
    assert (found.fault, found.why) == ("loop", "it went round in circles")
    assert found.at <= len(PROSE) + 1 + 4 * len(CIRCLE) + 64
    assert fault(PROSE + " " + CIRCLE * 3) is None


def test_a_loop_of_lines_of_one_word_and_without_spaces() -> None:
    assert fault("All is well.\n" * 20) == "loop"
    assert fault("All is well.\n" * 8) is None
    assert fault("ha " * 80) == "loop"
    assert fault("我可以用给定的值来找到系数。" * 20, "请解释一下热泵是怎样工作的") == "loop"


@pytest.mark.parametrize(
    "text",
    [
        "| --- | --- | --- | --- | --- | --- |\n" * 20,
        "0, 0, 0, 0, 0, 0, 0, 0,\n" * 20,
        "}\n" * 30,
        "".join(
            f"{verse}. And then {verse} came\nThe rain it raineth every day,\nHey ho, the wind and the rain.\n" * 1
            for verse in [
                "When that I was",
                "But when I came, alas, to wive",
                "A great while ago the world begun, long ago",
                "So",
            ]
        ),
        LONG,
    ],
    ids=["table", "numbers", "brackets", "refrain", "list"],
)
def test_what_comes_back_is_no_loop(text: str) -> None:
    assert verdict(text) is None


def test_who_asks_for_the_same_again_gets_it() -> None:
    assert verdict("I will be good.\n" * 20, "Write “I will be good.” 20 times.") is None


# ---------------------------------------------------------------- weak windows
def test_two_weak_windows_in_a_row_end_it_while_little_has_come() -> None:
    found, _ = fed(a_watch(), tokens_of(LONG, [-3.0] * 300))
    assert found is not None
    assert (found.fault, found.why) == ("weak", "it was not sure of its own words")
    assert found.at == sum(len(text) for text, _ in tokens_of(LONG, [0.0] * 64))


@pytest.mark.parametrize(
    "logprobs",
    [
        [-3.0] * 32 + [-0.1] * 32 + [-3.0] * 32 + [-0.1] * 204,
        [-0.1] * 300,
        [-1.0] * 300,
    ],
    ids=["by turns", "sure", "not quite sure"],
)
def test_one_weak_window_ends_nothing(logprobs: list[float]) -> None:
    assert fed(a_watch(), tokens_of(LONG, logprobs))[0] is None


def test_what_is_well_under_way_is_heard_out() -> None:
    expected = analyse(ask(HEAT)).output_tokens
    early = math.ceil(0.4 * expected / 32) * 32
    logprobs = [-0.1] * early + [-6.0] * 200
    assert fed(a_watch(), tokens_of(LONG, logprobs))[0] is None


def test_windows_are_read_once_and_only_at_the_beginning() -> None:
    """The work does not grow with what came before."""
    read: list[int] = []

    def sure(text: str, tokens: Sequence[TokenLogprob]) -> float:
        read.append(len(text))
        return 0.9

    request = ask(HEAT)
    features = analyse(request)
    watch = Watch(request, features, NEEDED, sure, forced=False)
    for word in f"{PROSE} {HEAT} " * 200:
        watch.feed(word)
    assert read == [128] * int(0.4 * features.output_tokens // 32)
