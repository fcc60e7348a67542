"""What the shipped profiles and the policies of the fixtures compile to, and where they send a request."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from routing.analysis.features import Features, Risk, TaskClass
from routing.policy.folders import profiles, shipped_folder
from routing.policy.loading import load_policy
from routing.policy.match import match
from routing.policy.model import Policy, Requirements, Route, Rung, Selector, Timeouts

SHIPPED = ("balanced", "economy", "private", "quality")
RANK = {"small": 0, "mid": 1, "large": 2}
# What the confidence model gives a plain good answer, and a weak one, on a server that sends no logprobs.
PLAIN_GOOD, WEAK = 0.80, 0.50

Make = Callable[..., Features]


def chosen(policy: Policy, features: Features, time_budget_s: float | None = None) -> Route:
    rule = match(policy.rules, features, time_budget_s)
    return policy.route(rule.route if rule else policy.default_route)


def tiers(route: Route) -> list[str | None]:
    return [rung.selectors[0].tier for rung in route.ladder]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Policy]:
    return {name: load_policy(path) for name, path in profiles().items()}


@pytest.fixture
def policy(fixtures: Path, request: pytest.FixtureRequest) -> Policy:
    return load_policy(fixtures / f"{request.param}.yaml")


def test_four_profiles_ship_and_each_has_one_line_to_say_what_it_does(shipped: dict[str, Policy]) -> None:
    assert tuple(shipped) == SHIPPED
    for policy in shipped.values():
        assert 10 < len(policy.title) <= 70
        assert "\n" not in policy.title
    assert len({policy.hash for policy in shipped.values()}) == len(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_profiles_name_tiers_never_models(shipped: dict[str, Policy], name: str) -> None:
    policy = shipped[name]
    assert policy.aliases == ()
    for route in policy.routes:
        for rung in route.ladder:
            assert [(s.model, s.provider) for s in rung.selectors] == [(None, None)]
        # A server that has models of one tier only must be usable, whichever the tier is.
        if route.name != "last":
            assert set(tiers(route)) == set(RANK)


@pytest.mark.parametrize("name", SHIPPED)
def test_without_logprobs_a_plain_good_answer_stays_and_a_weak_one_climbs(
    shipped: dict[str, Policy], name: str
) -> None:
    thresholds = [r.threshold for route in shipped[name].routes for r in route.ladder if r.threshold is not None]
    assert thresholds
    assert all(WEAK < threshold < PLAIN_GOOD for threshold in thresholds)
    assert all(route.floor <= WEAK for route in shipped[name].routes)


@pytest.mark.parametrize(
    ("name", "fields", "ladder"),
    [
        ("balanced", {}, ["small", "mid", "large"]),
        ("balanced", {"task": TaskClass.CODE}, ["mid", "large", "small"]),
        ("balanced", {"multi_step": True}, ["mid", "large", "small"]),
        ("balanced", {"complexity": 0.6}, ["mid", "large", "small"]),
        ("balanced", {"complexity": 0.59}, ["small", "mid", "large"]),
        ("balanced", {"risk": Risk.HIGH}, ["mid", "large", "small"]),
        ("balanced", {"risk": Risk.HIGH, "task": TaskClass.REASONING}, ["large", "mid", "small"]),
        ("economy", {"task": TaskClass.CODE, "multi_step": True}, ["small", "mid", "large"]),
        ("economy", {"risk": Risk.HIGH}, ["small", "mid", "large"]),
        ("quality", {}, ["mid", "large", "small"]),
        ("quality", {"task": TaskClass.CREATIVE}, ["large", "mid", "small"]),
        ("quality", {"risk": Risk.HIGH}, ["large", "mid", "small"]),
        ("private", {}, ["small", "mid", "large"]),
        ("private", {"task": TaskClass.CODE}, ["mid", "large", "small"]),
    ],
)
def test_where_the_shipped_profiles_begin(
    shipped: dict[str, Policy], features: Make, name: str, fields: dict[str, object], ladder: list[str]
) -> None:
    assert tiers(chosen(shipped[name], features(**fields))) == ladder


def test_economy_climbs_beyond_mid_only_when_the_risk_is_high(shipped: dict[str, Policy], features: Make) -> None:
    def last_climbed_to(route: Route) -> str | None:
        rungs = zip(tiers(route), route.ladder, strict=True)
        return next(tier for tier, rung in rungs if rung.threshold is None and not rung.gain)

    assert last_climbed_to(chosen(shipped["economy"], features(complexity=1.0))) == "mid"
    assert last_climbed_to(chosen(shipped["economy"], features(risk=Risk.HIGH))) == "large"


def test_quality_puts_premium_first_when_the_risk_is_high(shipped: dict[str, Policy], features: Make) -> None:
    assert chosen(shipped["quality"], features(risk=Risk.HIGH)).mode == "premium_first"
    assert chosen(shipped["quality"], features()).mode == "cascade"


def test_every_route_of_private_stays_on_this_machine(shipped: dict[str, Policy]) -> None:
    assert all(route.require.local for route in shipped["private"].routes)
    assert not any(route.require.local for route in shipped["balanced"].routes)


def test_economy_is_capped_lowest_and_quality_highest(shipped: dict[str, Policy]) -> None:
    def caps(name: str) -> tuple[int, int]:
        return shipped[name].request_credit_nusd, shipped[name].day_cap_nusd or 0

    assert caps("economy") < caps("balanced") < caps("quality")
    assert caps("balanced") == (100_000_000, 2_000_000_000)


LARGE_AT_ALPHA = Rung("large at alpha", (Selector("large", None, "alpha"),))
SMALL_AT_08 = Rung("small", (Selector("small"),), 0.8)


@pytest.mark.parametrize("policy", ["climb_and_branch"], indirect=True)
@pytest.mark.parametrize(
    ("fields", "route"),
    [
        ({}, "everyday"),
        ({"task": TaskClass.CODE}, "strong"),
        ({"multi_step": True}, "strong"),
        ({"user_tier": "premium"}, "strong"),
        ({"input_tokens": 128_000}, "everyday"),
        ({"input_tokens": 128_001}, "elsewhere"),
        ({"task": TaskClass.CREATIVE}, "elsewhere"),
        ({"tools": 5}, "everyday"),
        ({"tools": 6}, "elsewhere"),
        ({"tools": 6, "task": TaskClass.CODE}, "elsewhere"),
        ({"latency": "batch"}, "batch"),
        ({"latency": "batch", "task": TaskClass.CODE}, "strong"),
    ],
)
def test_climb_and_branch(policy: Policy, features: Make, fields: dict[str, object], route: str) -> None:
    assert chosen(policy, features(**fields)).name == route


@pytest.mark.parametrize("policy", ["climb_and_branch"], indirect=True)
def test_climb_and_branch_compiles_to(policy: Policy) -> None:
    assert policy.route("everyday").ladder == (SMALL_AT_08, LARGE_AT_ALPHA)
    assert policy.route("strong").ladder == (LARGE_AT_ALPHA,)
    assert policy.route("elsewhere").ladder == (Rung("large, not at alpha", (Selector("large", None, "!alpha"),)),)
    assert policy.route("batch").timeouts == Timeouts(5.0, 600.0, 300.0, 3600.0)
    assert [rule.name for rule in policy.rules] == [*["unusual"] * 3, *["hard"] * 3, "latency is batch"]


@pytest.mark.parametrize("policy", ["cascade"], indirect=True)
def test_cascade_compiles_to(policy: Policy, features: Make) -> None:
    assert chosen(policy, features()) == Route(
        "cascade",
        (SMALL_AT_08, Rung("mid", (Selector("mid"),), 0.7), Rung("large", (Selector("large"),))),
    )


@pytest.mark.parametrize("policy", ["priorities"], indirect=True)
def test_providers_by_priority_are_one_rung(policy: Policy, features: Make) -> None:
    (rung,) = chosen(policy, features()).ladder
    assert rung.selectors == tuple(Selector(provider=name) for name in ("alpha", "beta", "gamma"))
    assert rung.name == "alpha, then beta, then gamma"


@pytest.mark.parametrize("policy", ["fast_or_controlled"], indirect=True)
@pytest.mark.parametrize(
    ("fields", "time_budget_s", "route"),
    [
        ({"task": TaskClass.FAQ}, 1.9, "fast"),
        ({"task": TaskClass.SUMMARY}, 1.9, "fast"),
        ({"task": TaskClass.FAQ}, 2.0, "everyday"),
        ({"task": TaskClass.FAQ}, None, "everyday"),
        ({"task": TaskClass.CODE}, 1.9, "everyday"),
        ({"task": TaskClass.FAQ, "risk": Risk.HIGH}, 1.9, "controlled"),
    ],
)
def test_fast_or_controlled(
    policy: Policy, features: Make, fields: dict[str, object], time_budget_s: float | None, route: str
) -> None:
    assert chosen(policy, features(**fields), time_budget_s).name == route


@pytest.mark.parametrize("policy", ["fast_or_controlled"], indirect=True)
def test_fast_or_controlled_compiles_to(policy: Policy) -> None:
    controlled = policy.route("controlled")
    assert controlled.require == Requirements("strong", "none", False, None, ("managed",))
    assert controlled.temperature == 0
    assert policy.route("fast").ladder == (Rung("quickest", (Selector(model="*/small-*"),)),)
    assert policy.aliases == (("quickest", "*/small-*"),)


@pytest.mark.parametrize("policy", ["premium_first"], indirect=True)
def test_premium_first_compiles_to(policy: Policy, features: Make) -> None:
    route = chosen(policy, features())
    assert (route.mode, route.time_budget_s) == ("premium_first", 6.0)
    assert tiers(route) == ["large", "mid", "small"]


def test_a_users_profile_wins_over_the_shipped_one_of_that_name(tmp_path: Path) -> None:
    mine = tmp_path / "balanced.yaml"
    mine.write_text((shipped_folder() / "balanced.yaml").read_text())
    (tmp_path / "aside.txt").write_text("no profile")
    (tmp_path / "own.yml").write_text("id: own")
    found = profiles([tmp_path, tmp_path / "missing"])
    assert found["balanced"] == mine
    assert found["own"] == tmp_path / "own.yml"
    assert list(found) == sorted([*SHIPPED, "own"])


def test_matching_and_listing_profiles_need_neither_pydantic_nor_yaml() -> None:
    script = (
        "import sys, routing.policy.match, routing.policy.folders, routing.policy.model;"
        "routing.policy.folders.profiles();"
        "sys.exit(bool({'pydantic', 'yaml'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
