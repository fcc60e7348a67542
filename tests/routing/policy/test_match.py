"""The first rule that holds, against an oracle that reads the rules as written, not as compiled."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.analysis.features import Features, Needs, Risk, TaskClass
from routing.errors import ConfigurationError
from routing.policy.conditions import covers
from routing.policy.loading import load_policy
from routing.policy.match import holds, match
from routing.policy.model import Policy, Range, When
from routing.policy.ranges import can_hold, inside

SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
LANGUAGES = ("en", "en-GB", "de", "und")
TIERS = ("standard", "premium")


def comparison(numbers: list[float]) -> st.SearchStrategy[str]:
    return st.builds(lambda sign, number: f"{sign} {number}", st.sampled_from([">=", "<="]), st.sampled_from(numbers))


def some(words: Any) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([str(word) for word in words]), min_size=1, max_size=3, unique=True)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "task": some(TaskClass),
    "complexity": comparison([0.2, 0.5, 0.8]),
    "multi_step": st.booleans(),
    "risk": some(Risk),
    "input_tokens": comparison([100, 1000]),
    "tools": comparison([1, 3]),
    "language": some(LANGUAGES),
    "format": some(["text", "json"]),
    "tags": st.dictionaries(st.sampled_from("ab"), some("xy"), min_size=1),
    "user_tier": some(TIERS),
    "latency": some(["interactive", "batch"]),
    "time_budget_s": comparison([1, 5]),
    "novelty": comparison([0.3, 0.9]),
}
# Few keys at a time: a condition with many hardly ever holds, and then tells nothing.
CONDITION = st.sets(st.sampled_from(list(FIELDS)), max_size=2).flatmap(
    lambda keys: st.fixed_dictionaries({key: FIELDS[key] for key in sorted(keys)})
)
FEATURES = st.builds(
    Features,
    task=st.sampled_from(TaskClass),
    task_p=st.just(0.9),
    intent=st.just(""),
    complexity=st.sampled_from([0.0, 0.2, 0.5, 0.6, 0.8, 1.0]),
    multi_step=st.booleans(),
    risk=st.sampled_from(Risk),
    risk_p=st.just(0.9),
    response_format=st.sampled_from(["text", "json", "json_schema"]),
    latency=st.sampled_from(["interactive", "batch"]),
    language=st.sampled_from([*LANGUAGES, "EN-us", "eng"]),
    novelty=st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]),
    input_tokens=st.sampled_from([0, 100, 500, 1000, 5000]),
    output_tokens=st.just(10),
    needs=st.builds(Needs, tools=st.integers(0, 4)),
    tags=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=3).map(tuple),
    user_tier=st.sampled_from(TIERS),
)
BUDGET = st.sampled_from([None, 0.5, 1.0, 3.0, 5.0, 60.0])


def in_range(text: str, value: float | None) -> bool:
    sign, number = text.split()
    return SIGNS[sign](float("inf") if value is None else value, float(number))


def oracle(when: dict[str, Any], asked: Features, budget: float | None) -> bool:
    def speaks(wanted: str) -> bool:
        own, other = asked.language.lower().split("-"), wanted.lower().split("-")
        return own[: len(other)] == other

    checks: dict[str, Callable[[Any], bool]] = {
        "task": lambda v: asked.task.value in v,
        "complexity": lambda v: in_range(v, asked.complexity),
        "multi_step": lambda v: asked.multi_step is v,
        "risk": lambda v: asked.risk.value in v,
        "input_tokens": lambda v: in_range(v, asked.input_tokens),
        "tools": lambda v: in_range(v, asked.needs.tools),
        "language": lambda v: any(map(speaks, v)),
        "format": lambda v: asked.response_format in v,
        "tags": lambda v: all(any((key, word) in asked.tags for word in words) for key, words in v.items()),
        "user_tier": lambda v: asked.user_tier in v,
        "latency": lambda v: asked.latency in v,
        "time_budget_s": lambda v: in_range(v, budget),
        "novelty": lambda v: in_range(v, asked.novelty),
    }
    options = when.get("any") or [{}]
    shared = {key: value for key, value in when.items() if key != "any"}
    return any(all(checks[key](value) for key, value in {**shared, **option}.items()) for option in options)


def compiled(whens: list[dict[str, Any]]) -> Policy | None:
    """None when one of the rules can never be reached."""
    rules = [{"when": when, "route": f"r{number}"} for number, when in enumerate(whens)]
    routes = {name: {"ladder": ["small"]} for name in ["rest", *(f"r{number}" for number in range(len(whens)))]}
    document = {"id": "x", "title": "x", "default": "rest", "rules": rules, "routes": routes}
    try:
        return load_policy(yaml.safe_dump(document))
    except ConfigurationError as error:
        if all("never be reached" in problem.what for problem in error.problems):
            return None
        raise


@st.composite
def whens(draw: st.DrawFn) -> dict[str, Any]:
    shared = draw(CONDITION)
    if draw(st.booleans()):
        return shared
    options = draw(st.lists(CONDITION, min_size=1, max_size=3))
    inside = {key for option in options for key in option}
    return {**{key: value for key, value in shared.items() if key not in inside}, "any": options}


@settings(max_examples=80)
@given(st.lists(whens(), max_size=4), FEATURES, BUDGET)
def test_the_first_rule_that_holds_names_the_route(
    documents: list[dict[str, Any]], asked: Features, budget: float | None
) -> None:
    policy = compiled(documents)
    expected = next((f"r{n}" for n, when in enumerate(documents) if oracle(when, asked, budget)), None)
    assume(policy is not None)
    assert policy
    found = match(policy.rules, asked, budget)
    assert (found.route if found else None) == expected


@pytest.mark.parametrize("key", FIELDS)
@settings(max_examples=40)
@given(data=st.data(), asked=FEATURES, budget=BUDGET)
def test_each_field_holds_as_it_is_written(
    key: str, data: st.DataObject, asked: Features, budget: float | None
) -> None:
    written = {key: data.draw(FIELDS[key])}
    policy = compiled([written])
    assert policy
    assert holds(policy.rules[0].when, asked, budget) == oracle(written, asked, budget)


@pytest.mark.parametrize(
    ("wanted", "spoken", "held"),
    [("en", "en", True), ("en", "en-GB", True), ("en-gb", "EN-GB", True), ("en", "eng", False), ("en-GB", "en", False)],
)
def test_a_language_takes_its_regions_and_nothing_else(
    features: Callable[..., Features], wanted: str, spoken: str, held: bool
) -> None:
    assert holds(When(language=(wanted,)), features(language=spoken), None) == held


def test_every_tag_that_is_named_must_be_there_with_one_of_its_values(
    features: Callable[..., Features],
) -> None:
    when = When(tags=(("team", "legal"), ("team", "press"), ("draft", "true")))
    assert holds(when, features(tags=(("team", "press"), ("draft", "true"))), None)
    assert not holds(when, features(tags=(("team", "press"),)), None)
    assert not holds(when, features(tags=(("team", "sales"), ("draft", "true"))), None)


RANGES = st.builds(
    Range, *[st.sampled_from([None, None, 0.0, 1.0, 2.0, 3.0]) for _ in ("at least", "more", "at most", "less")]
)
NUMBERS = [n / 2 for n in range(-1, 9)]


@given(RANGES, RANGES)
def test_a_range_inside_another_holds_nowhere_else(inner: Range, outer: Range) -> None:
    if inside(inner, outer):
        assert all(outer.holds(number) for number in NUMBERS if inner.holds(number))
    elif can_hold(inner, -1, 5, whole=False):
        assert any(inner.holds(number) and not outer.holds(number) for number in [*NUMBERS, -9, 9])


@given(RANGES, st.booleans())
def test_a_range_can_hold_when_some_number_does(wanted: Range, whole: bool) -> None:
    numbers = [number for number in NUMBERS if 0 <= number <= 2 and (not whole or number.is_integer())]
    assert can_hold(wanted, 0, 2, whole=whole) == any(map(wanted.holds, numbers))


@settings(max_examples=60)
@given(CONDITION, CONDITION, FEATURES, BUDGET)
def test_a_rule_is_called_unreachable_only_where_an_earlier_one_always_holds(
    first: dict[str, Any], second: dict[str, Any], asked: Features, budget: float | None
) -> None:
    if compiled([first, second]) is None and oracle(second, asked, budget):
        assert oracle(first, asked, budget)


@settings(max_examples=40)
@given(CONDITION, FEATURES, BUDGET)
def test_a_condition_covers_itself_and_the_empty_one_covers_all(
    document: dict[str, Any], asked: Features, budget: float | None
) -> None:
    policy = compiled([document])
    assert policy is not None
    when = policy.rules[0].when
    assert covers(when, when)
    assert covers(When(), when)
    assert holds(When(), asked, budget)
    assert covers(when, When()) == (when == When())
