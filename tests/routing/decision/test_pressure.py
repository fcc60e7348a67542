"""More pressure never picks something dearer to ask first: tighter caps, more taken, a spike that is slowed, and a
higher price of money."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.budget.scopes import Sum
from routing.decision.decide import decide
from routing.decision.model import Acceptance, BudgetView, Candidate, Decision, Pattern, World
from routing.policy.model import ClassCap, ProfileCaps
from tests.fakes import CASCADE, PRICES, a_model, a_policy, a_registry, a_snapshot, some_features
from tests.routing.decision import oracle
from tests.routing.decision.worlds import BOUNDS, Asked, Generator, cases

many = settings(max_examples=300, deadline=None)
SHORTER = 3
"""From this step of the throttle on, everything reserves less."""


def under(asked: Asked, budget: BudgetView) -> Asked:
    features, world, snapshot = asked
    return features, world, replace(snapshot, budget=budget)


def chosen(decision: Decision) -> Candidate | None:
    return None if decision.chosen is None else decision.candidate(decision.chosen)


def both(asked: Asked, tighter: Asked) -> tuple[Candidate, Candidate] | None:
    """Who is asked first before and after; None when nobody is any more. Where nobody was, nobody is."""
    before, after = chosen(decide(*asked)), chosen(decide(*tighter))
    assert before is not None or after is None
    return None if before is None or after is None else (before, after)


@many
@given(
    cases(),
    st.sampled_from(BOUNDS),
    st.sampled_from(["day_left_nusd", "simulated_day_left_nusd", "request_credit_nusd"]),
)
def test_a_tighter_cap_never_picks_something_dearer(asked: Asked, bound: int, cap: str) -> None:
    """Real and simulated money are not compared: for a day's cap only the money that it caps counts."""
    budget = asked[2].budget
    now = getattr(budget, cap)
    found = both(asked, under(asked, replace(budget, **{cap: bound if now is None else min(now, bound)})))
    if found is not None and (cap == "request_credit_nusd" or found[0].simulated == found[1].simulated):
        assert found[1].worst_nusd <= found[0].worst_nusd


@many
@given(cases(), st.sampled_from([1, 2, 3]), st.booleans())
def test_more_that_is_taken_never_picks_something_dearer(asked: Asked, times: int, lower: bool) -> None:
    """Of the models that one cap of the profile speaks of: to keep within a provider's cap another provider's dearer
    model may be asked, and then no cap was passed for it. So one cap alone is looked at, with more taken under it, or
    with less left."""
    features, world, snapshot = asked
    for only in alone(world.policy.caps):
        world = replace(world, policy=replace(world.policy, caps=only))
        one = features, world, snapshot
        more = [replace(sum_, nusd=sum_.nusd * times) for sum_ in snapshot.budget.taken if sum_.scope != "all"]
        more += [replace(sum_, nusd=sum_.nusd * times) for sum_ in snapshot.budget.taken if sum_.period == "session"]
        kept = [sum_ for sum_ in snapshot.budget.taken if sum_.scope == "all" and sum_.period == "day"]
        tighter = under(one, replace(snapshot.budget, taken=(*more, *kept)))
        if lower:
            tighter = features, replace(world, policy=replace(world.policy, caps=halved(only))), snapshot
        found = both(one, tighter)
        if found is not None and all(is_covered(candidate, one) for candidate in found):
            assert found[1].worst_nusd <= found[0].worst_nusd


def alone(caps: ProfileCaps) -> list[ProfileCaps]:
    """Each of the caps by itself."""
    found = [] if caps.session_nusd is None else [ProfileCaps(session_nusd=caps.session_nusd)]
    found += [ProfileCaps(providers=(one,)) for one in caps.providers]
    return found + [ProfileCaps(classes=(one,)) for one in caps.classes]


def halved(caps: ProfileCaps) -> ProfileCaps:
    return replace(
        caps,
        session_nusd=None if caps.session_nusd is None else caps.session_nusd // 2,
        providers=tuple((name, most // 2) for name, most in caps.providers),
        classes=tuple(replace(one, day_nusd=one.day_nusd // 2) for one in caps.classes),
    )


def is_covered(candidate: Candidate, asked: Asked) -> bool:
    """Whether the one cap there is speaks of the model; of the route's quota all are, of whose money it is one kind."""
    features, world, _ = asked
    caps, model = world.policy.caps, world.registry.get(candidate.model)
    assert model is not None
    if candidate.simulated:
        return False
    of_class = [one for one in caps.classes if one.task == features.task and oracle.of_class(one, model, world.policy)]
    of_provider = [name for name, _ in caps.providers if name == candidate.provider]
    return caps.session_nusd is not None or bool(of_class or of_provider)


@many
@given(cases(by_tier=True), st.integers(0, 5), st.integers(0, 5))
def test_a_higher_step_of_the_throttle_never_picks_something_dearer(asked: Asked, one: int, other: int) -> None:
    """Steps that answer less reserve less for everybody, so that a model fits that did not: they are looked at by
    themselves."""
    low, high = sorted((one, other))
    if (low < SHORTER) != (high < SHORTER):
        low = SHORTER
    budget = asked[2].budget
    found = both(under(asked, replace(budget, throttle=low)), under(asked, replace(budget, throttle=high)))
    if found is not None:
        assert found[1].worst_nusd <= found[0].worst_nusd


@many
@given(cases(), st.sampled_from([0.0, 0.1, 1.0]), st.sampled_from([0.5, 1.0, 5.0]))
def test_dearer_money_never_picks_what_costs_more(asked: Asked, pressure: float, more: float) -> None:
    """λ weighs what a call is expected to cost. A draw among the deployments of one model looks at no price."""
    features, world, snapshot = asked
    asked = features, world, replace(snapshot, draw=0.0)
    budget = snapshot.budget
    found = both(
        under(asked, replace(budget, pressure=pressure)), under(asked, replace(budget, pressure=pressure + more))
    )
    if found is not None:
        assert found[1].cost_nusd <= found[0].cost_nusd


def test_a_cap_on_the_best_lets_nobody_in_who_is_known_for_an_error_and_dearer() -> None:
    models = [
        a_model("north/small", quality=0.5),
        a_model("south/small", quality=0.8, price=PRICES["mid"]),
        a_model("north/large", quality=0.9),
    ]
    policy, registry = a_policy(CASCADE), a_registry(*models)
    wrong = Acceptance(patterns=(Pattern("south/small", "language", "en", 9, 12),))
    world = World(policy, registry, wrong)
    free = decide(some_features(), world, a_snapshot(policy, registry))
    cap = free.candidate("north/large").worst_nusd - 1
    tight = decide(some_features(), world, a_snapshot(policy, registry, day_left_nusd=cap))
    assert (free.chosen, tight.chosen) == ("north/small", "north/small")


def test_a_frozen_route_stays_on_its_first_rung() -> None:
    policy, registry = a_policy(CASCADE), a_registry(*(a_model(f"north/{tier}") for tier in ("small", "mid", "large")))
    snapshot = a_snapshot(policy, registry)
    frozen = replace(snapshot, budget=replace(snapshot.budget, frozen=("main",)))
    decision = decide(some_features(), World(policy, registry), frozen)
    assert [(rung.models, rung.threshold) for rung in decision.ladder] == [(("north/small",), None)]
    assert [rung.models for rung in decision.below] == [("north/mid",), ("north/large",)]


def test_a_cap_may_name_a_model_by_its_alias() -> None:
    caps = ProfileCaps(classes=(ClassCap("conversation", 0, model="best"),))
    policy = a_policy(CASCADE, caps=caps, aliases=(("best", "north/large"),))
    registry = a_registry(a_model("north/small"), a_model("north/large"))
    decision = decide(some_features(), World(policy, registry), a_snapshot(policy, registry))
    excluded = {one.model: [reason.kind for reason in one.reasons] for one in decision.excluded}
    assert excluded == {"north/large": ["class_cap"]}


def test_pressure_does_choose_what_is_cheaper() -> None:
    """The properties above hold for a decision that never looks at pressure, too."""
    moved = dict.fromkeys(("pressure", "throttle", "taken"), 0)
    full = tuple(Sum("session", "all", kind, 10**15) for kind in (False, True))
    for seed in range(300):
        features, world, snapshot = Generator(seed, by_tier=True).case(8)
        calm = replace(snapshot.budget, pressure=0.0, throttle=0, taken=())
        first = decide(features, world, replace(snapshot, budget=calm)).chosen
        for name, value in (("pressure", 5.0), ("throttle", 4), ("taken", full)):
            tight = replace(calm, **{name: value})
            moved[name] += decide(features, world, replace(snapshot, budget=tight)).chosen != first
    assert all(moved.values()), moved
