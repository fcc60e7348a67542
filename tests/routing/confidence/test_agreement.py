"""How far two answers agree, by what they come to, as JSON, as code and by their words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.analysis.features import Features, TaskClass
from routing.confidence.agreement import Agreement, Kind, agreement, agreement_part, comparable
from routing.messages import ask

PLAIN = replace(analyse(ask("how does a heat pump work?")), task=TaskClass.FAQ, response_format="text", language="en")
AS_JSON = replace(PLAIN, response_format="json")
CODE = replace(PLAIN, task=TaskClass.CODE)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)
pieces = st.sampled_from(
    [
        "The answer is 42.",
        "Answer: {}",
        "the answer is 41",
        "```python\nx = 1\n```",
        "```\nprint(1)",
        "not",
        "Paris",
        "heat pump",
        "热泵",
        "{",
        '{"a": 1}',
    ]
)
answers = st.one_of(st.text(max_size=80), st.lists(pieces, max_size=6).map("\n".join), json_values.map(json.dumps))
wanted = st.sampled_from([PLAIN, AS_JSON, CODE, replace(PLAIN, language="zh"), replace(PLAIN, language="und")])


def fenced(code: str, language: str = "python") -> str:
    return f"Here it is:\n\n```{language}\n{code}\n```\n"


def compared(one: Any, other: Any, features: Features = AS_JSON) -> Agreement:
    return agreement(json.dumps(one), json.dumps(other), features)


# ---------------------------------------------------------------- final answers
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("6 · 7 = 42, so the answer is: 42", "Seven times six.\n\n**Answer: 42.**"),
        ("Hence \\boxed{x+1}", "#### x + 1"),
        ('{"reasoning": "I looked", "answer": "[1, 2]"}', '{"reasoning": "so it goes", "answer": "[1,2]"}'),
        ("The answer is 42, because 6 · 7 is.", "First I thought that the answer is 41. No: the answer must be **42**"),
        ("Because of this the answer is (B).", "Long thoughts. The answer is B"),
    ],
)
def test_what_comes_to_the_same_agrees_however_it_gets_there(one: str, other: str) -> None:
    for features in (PLAIN, AS_JSON):
        found = agreement(one, other, features)
        assert (found.value, found.kind) == (1.0, "answer")
        assert found.why.startswith("both say “")


def test_the_same_words_that_come_to_another_answer_do_not_agree() -> None:
    text = "A train goes 60 km in an hour and 90 km in an hour and a half. The answer is: {}"
    found = agreement(text.format("90 km"), text.format("60 km"), PLAIN)
    assert found == Agreement(0.0, "answer", "“90 km” and “60 km”")


def test_the_end_of_a_longer_sentence_is_no_final_answer() -> None:
    found = agreement("The answer is a bit more complicated than that.", "The answer is not so easy to give.", PLAIN)
    assert found.kind == "words"


def test_only_short_final_answers_are_held_against_each_other_whole() -> None:
    long = "Answer: it depends on the weather, on the season, and on how well the house is kept warm in winter"
    found = agreement(long, long.replace("winter", "a winter storm"), PLAIN)
    assert found.kind == "words"
    assert found.value > 0.8


def test_what_a_model_says_is_quoted_without_what_a_terminal_obeys() -> None:
    found = agreement("Answer: \x1b[31mred\x07", "Answer: " + "blue " * 8, PLAIN)
    assert found.kind == "answer"
    assert found.why.isprintable()
    assert "…" in found.why


# ---------------------------------------------------------------- JSON
@given(json_values)
def test_json_is_the_same_whatever_its_layout_and_the_order_of_its_keys(value: Any) -> None:
    turned = dict.fromkeys(("b", "a"), value)
    found = agreement(json.dumps({"a": value, "b": value}), f"```json\n{json.dumps(turned, indent=3)}\n```", AS_JSON)
    assert (found.value, found.kind, found.why) == (1.0, "JSON", "the same values")


def test_json_agrees_by_the_share_of_values_at_their_places() -> None:
    ada = {"name": "Ada  Lovelace", "born": 1815, "fields": ["maths", "engines"], "alive": False}
    assert compared(ada, {**ada, "name": "ada lovelace", "born": 1815.0}).value == 1
    assert compared(ada, {**ada, "born": 1816}) == Agreement(0.8, "JSON", "80% of the values are the same")
    assert compared([1, 2], [2, 1]).value == 0
    assert compared({"a": True}, {"a": 1}).value == 0
    assert compared({"a": {}}, {"a": []}).value == 0
    assert compared({"a": "1"}, {"a": 1}).value == 0


def test_where_json_was_wanted_what_is_none_agrees_with_none() -> None:
    assert agreement('{"a": 1}', "a is 1", AS_JSON) == Agreement(0.0, "JSON", "only one of them is JSON")
    assert agreement("a is 1", "so a is 1", AS_JSON).kind == "words"
    assert agreement('{"a": 1}', "a is 1", PLAIN).kind == "words"
    assert compared({"a": 1}, {"a": 1}, PLAIN).kind == "JSON"
    assert agreement("42", "42", PLAIN).kind == "words"


# ---------------------------------------------------------------- code
def test_layout_comments_and_documentation_make_no_other_program() -> None:
    one = 'def twice(x):\n    """Twice."""\n    return x * 2  # doubled'
    other = "def twice( x ):\n\n\treturn (x*2)"
    assert agreement(fenced(one), fenced(other), CODE) == Agreement(1.0, "code", "the same program")
    assert agreement(fenced(one, "py"), fenced(other, ""), CODE).value == 1
    c, spread = "int f() { return 1; } // one", "int f()\n{\n  return 1; /* 1 */\n}"
    assert agreement(fenced(c, "c"), fenced(spread, "c"), CODE).value == 1


def test_what_a_program_prints_is_no_final_answer() -> None:
    one = agreement(fenced('print("Answer:", 1)'), fenced('print("Answer:", 2)'), CODE)
    assert one.kind == "code"
    quoting = "The loop runs twice:\n" + fenced("for x in (1, 2): pass") + '{"answer": "2"}'
    assert agreement(quoting, "The answer is 2.", CODE) == Agreement(1.0, "answer", "both say “2”")


def test_other_programs_agree_less_the_less_they_share() -> None:
    one = "def total(values):\n    result = 0\n    for value in values:\n        result += value\n    return result"
    near = agreement(fenced(one), fenced(one.replace("result = 0", "result = 1")), CODE)
    far = agreement(fenced(one), fenced("import sys\n\nprint(sum(map(int, sys.stdin)))"), CODE)
    assert (near.kind, far.kind) == ("code", "code")
    assert 0 <= far.value < 0.4 < near.value < 1
    assert agreement(fenced("if x"), fenced("if y"), CODE).kind == "code"


def test_prose_about_code_is_prose_and_a_bare_program_is_code() -> None:
    prose = "It adds up what it is given, one after the other, and in the end returns the sum of all of them.\n\n"
    assert agreement(prose + fenced("f(1)"), prose + fenced("f(2)"), PLAIN).kind == "words"
    assert agreement(fenced("a = f(1, 2, 3)"), fenced("a = f(1, 2, 4)"), PLAIN).kind == "code"
    assert agreement("no code", fenced("f(1)"), CODE).kind == "words"
    assert agreement(fenced("# nothing"), fenced("# none"), CODE).kind == "words"


# ---------------------------------------------------------------- words
def test_words_agree_by_what_carries_content() -> None:
    paris = agreement("It is Paris.", "The answer would have to be: Paris", PLAIN)
    assert paris.kind == "words"
    assert agreement("It is Paris.", "Paris", PLAIN).value == 1
    assert agreement("It is Paris.", "It is Lyon.", PLAIN).value == 0
    assert agreement("about 1234567 people", "about 1234568 people", PLAIN).value < 1
    assert agreement("It is safe.", "It is not safe.", PLAIN).value < 0.7
    assert agreement("ein Haus und ein Garten", "das Haus, der Garten", replace(PLAIN, language="de")).value == 1


def test_scripts_without_spaces_agree_by_pairs_of_characters() -> None:
    same = agreement("热泵从外面吸收热量", "热泵吸收外面的热量", replace(PLAIN, language="zh")).value
    other = agreement("热泵从外面吸收热量", "今天天气很好", replace(PLAIN, language="zh")).value
    assert other == 0
    assert 0.3 < same < 1


def test_nothing_agrees_with_nothing() -> None:
    assert agreement("", "  ", PLAIN) == Agreement(0.0, "words", "nothing to compare")
    assert agreement("it is", "it is ", PLAIN).value == 1


# ---------------------------------------------------------------- what it is worth
KINDS: tuple[Kind, ...] = ("answer", "JSON", "code", "words")


def worth(kind: Kind, value: float) -> float:
    return agreement_part(Agreement(value, kind, "")).log_odds


def test_a_part_says_what_was_found() -> None:
    part = agreement_part(agreement("The answer is 42.", "Answer: 42", PLAIN))
    assert (part.name, part.raw) == ("agreement", "both say “42”")
    assert 0.5 < part.log_odds <= 1.1
    other = agreement_part(agreement("The answer is 42.", "Answer: 41", PLAIN))
    assert -1.2 <= other.log_odds < -0.5


@given(st.sampled_from(KINDS), st.floats(0, 1), st.floats(0, 1))
def test_the_more_they_agree_the_more_it_is_worth_within_bounds(kind: Kind, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert -0.9 <= worth(kind, low) <= worth(kind, high) <= 1.0
    assert worth(kind, 0) < 0 < worth(kind, 1)


def test_a_short_answer_is_the_best_witness_and_another_program_hardly_one() -> None:
    assert worth("answer", 1) == max(worth(kind, 1) for kind in KINDS)
    assert worth("answer", 0) == min(worth(kind, 0) for kind in KINDS)
    assert worth("code", 0) == max(worth(kind, 0) for kind in KINDS)
    assert worth("words", 1) < worth("JSON", 1)


def test_what_comes_to_something_short_or_has_a_form_can_be_compared() -> None:
    assert comparable("So the answer is 42.", PLAIN)
    assert comparable("def f(): ...", CODE)
    assert comparable("{}", AS_JSON)
    assert not comparable("Heat pumps move heat from the cold outside to the inside.", PLAIN)
    assert not comparable("Answer: it depends on the weather, on the season, and on how well it is kept warm", PLAIN)


# ---------------------------------------------------------------- whatever the answers are
@settings(deadline=None)
@given(answers, answers, wanted)
def test_neither_answer_comes_first_and_the_value_is_a_share(one: str, other: str, features: Features) -> None:
    found, turned = agreement(one, other, features), agreement(other, one, features)
    assert 0 <= found.value <= 1
    assert (found.value, found.kind) == (turned.value, turned.kind)
    assert found.why.isprintable()


@settings(deadline=None)
@given(answers.filter(str.strip), wanted)
def test_an_answer_agrees_with_itself(text: str, features: Features) -> None:
    assert agreement(text, text, features).value == 1


def test_depth_and_length_are_no_way_to_break_it() -> None:
    for text in ("[" * 100_000, "[" * 900 + "]" * 900, "9" * 10_000, "word " * 200_000, "```python\n" + "(" * 60_000):
        assert agreement(text, text, PLAIN).value == 1
        agreement(text, "other", CODE)
        agreement(text, '{"a": 1}', AS_JSON)
