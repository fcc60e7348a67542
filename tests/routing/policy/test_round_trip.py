"""A policy that is written, read and compiled says what was written, however it was laid out."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.policy.loading import load_policy
from routing.policy.model import Policy, Range, Route, Selector

NAMES = ("everyday", "hard", "night", "no", "1")
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["C", "Z"]), min_size=1)
SHARES = st.integers(0, 100).map(lambda n: n / 100)
USD = st.integers(0, 5_000).map(lambda n: n / 1000)
SECONDS = st.integers(1, 9_000).map(lambda n: n / 10)
NUMBERED = st.sampled_from(["> 128K", ">= 2 and < 5", "<= 1.5M", "< 2", ">= 2.5"])


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def ladders(draw: st.DrawFn) -> list[Any]:
    selectors = draw(
        st.lists(
            optional(tier=st.sampled_from(["small", "mid", "large"]), provider=st.sampled_from(["a", "!b"])),
            min_size=1,
            max_size=4,
            unique_by=lambda selector: str(sorted(selector.items())),
        )
    )
    chosen = [selector for selector in selectors if selector] or [{"model": "a/*"}]
    return [{**selector, **draw(optional(threshold=SHARES))} for selector in chosen]


ROUTES = st.dictionaries(
    st.sampled_from(NAMES),
    st.builds(
        lambda ladder, rest: {"ladder": ladder, **rest},
        ladders(),
        optional(
            mode=st.sampled_from(["cascade", "premium_first"]),
            floor=SHARES,
            time_budget_s=SECONDS,
            cost_ceiling_usd=USD,
            retries=st.integers(0, 5),
            invalid=st.sampled_from(["retry", "escalate"]),
            declined=st.sampled_from(["stop", "failover"]),
            temperature=SHARES,
            max_output_tokens=st.integers(1, 10_000),
            degraded=WORDS,
            timeouts=optional(connect_s=SECONDS, first_token_s=SECONDS, idle_s=SECONDS, total_s=SECONDS),
            require=optional(
                determinism=st.sampled_from(["seed", "strong"]),
                retention=st.just("none"),
                local=st.booleans(),
                region=st.sampled_from(["eu", "no"]),
                lifecycle=st.lists(st.sampled_from(["managed", "experimental"]), min_size=1, unique=True),
            ),
        ),
    ),
    min_size=1,
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    routes = draw(ROUTES)
    names = st.sampled_from(sorted(routes))
    tasks = draw(st.lists(st.sampled_from(["code", "faq", "creative"]), unique=True))
    rules = [
        {"when": {"task": task, "input_tokens": draw(NUMBERED), "language": "no"}, "route": draw(names)}
        for task in tasks
    ]
    return {
        "id": "made",
        "title": draw(WORDS),
        "default": draw(names),
        "routes": routes,
        "rules": rules,
        **draw(optional(value_usd=USD, second_usd=USD, request_s=SECONDS, assumed_usd_per_mtok=USD)),
        "caps": draw(optional(request_usd=USD, day_usd=USD)),
        "aliases": draw(st.dictionaries(st.sampled_from(["fast", "best"]), st.just("*/x-*"))),
    }


def nusd(amount: float | None) -> int | None:
    return None if amount is None else int(Decimal(str(amount)) * 10**9)


def check_route(route: Route, said: dict[str, Any]) -> None:
    plain = ("mode", "floor", "time_budget_s", "retries", "temperature", "max_output_tokens", "invalid", "declined")
    defaults = Route("", ())
    for key in plain:
        assert getattr(route, key) == said.get(key, getattr(defaults, key)), key
    assert route.credit_nusd == nusd(said.get("cost_ceiling_usd"))
    assert route.degraded_text == said.get("degraded", "")
    for key, value in said.get("timeouts", {}).items():
        assert getattr(route.timeouts, key) == value
    for key, value in said.get("require", {}).items():
        assert getattr(route.require, key) == (tuple(value) if isinstance(value, list) else value)
    assert [(rung.selectors, rung.threshold) for rung in route.ladder] == [
        ((Selector(rung.get("tier"), rung.get("model"), rung.get("provider")),), rung.get("threshold"))
        for rung in said["ladder"]
    ]


RANGES = {
    "> 128K": Range(more_than=128_000),
    ">= 2 and < 5": Range(at_least=2, less_than=5),
    "<= 1.5M": Range(at_most=1_500_000),
    "< 2": Range(less_than=2),
    ">= 2.5": Range(at_least=2.5),
}


def check(policy: Policy, said: dict[str, Any]) -> None:
    assert (policy.id, policy.title, policy.default_route) == (said["id"], said["title"], said["default"])
    assert policy.value_nusd == nusd(said.get("value_usd", 0.02))
    assert policy.second_nusd == nusd(said.get("second_usd", 0.0004))
    assert policy.request_credit_nusd == nusd(said["caps"].get("request_usd", 0.05))
    assert policy.day_cap_nusd == nusd(said["caps"].get("day_usd"))
    assert policy.assumed_nusd_per_mtok == nusd(said.get("assumed_usd_per_mtok", 30))
    assert policy.request_s == said.get("request_s", 60)
    assert dict(policy.aliases) == said["aliases"]
    assert {route.name for route in policy.routes} == set(said["routes"])
    for name, route in said["routes"].items():
        check_route(policy.route(name), route)
    assert [(rule.route, rule.when.task, rule.when.input_tokens, rule.when.language) for rule in policy.rules] == [
        (rule["route"], (rule["when"]["task"],), RANGES[rule["when"]["input_tokens"]], ("no",))
        for rule in said["rules"]
    ]


@settings(max_examples=50)
@given(documents(), st.randoms(use_true_random=False))
def test_what_is_written_is_what_is_compiled(said: dict[str, Any], shuffle: random.Random) -> None:
    written = yaml.safe_dump(said, sort_keys=True, allow_unicode=True)
    policy = load_policy(written)
    check(policy, said)

    keys = list(said)
    shuffle.shuffle(keys)
    laid_out = yaml.safe_dump({key: said[key] for key in keys}, default_flow_style=True, sort_keys=False, width=60)
    again = load_policy(f"# another layout\n{laid_out}")
    check(again, said)
    assert again.hash == policy.hash


def test_the_hash_is_of_what_is_said() -> None:
    text = "id: a\ntitle: t\ndefault: r\nroutes: {r: {ladder: [small]}, s: {ladder: [mid]}}\n"
    policy = load_policy(text)
    assert len(policy.hash) == 12
    assert int(policy.hash, 16) >= 0
    spaced = "# said\nroutes:\n  s:\n    ladder: [{tier: mid}]\n  r: {ladder: [small]}\ndefault: r\ntitle: t\nid: a"
    assert load_policy(spaced).hash == policy.hash
    assert load_policy(text.replace("small", "large")).hash != policy.hash
    assert load_policy(text.replace("[mid]", "[{tier: mid, threshold: 0.5}]")).hash != policy.hash
