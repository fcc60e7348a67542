"""`decide()` on generated worlds, judged by an oracle that shares no code with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.analysis.features import Features, Needs
from routing.decision.decide import decide
from routing.decision.model import Advice, Decision, World
from routing.decision.storage import replay
from routing.ledger.journal import Journal
from routing.messages import ask
from routing.policy.model import Policy, Range, Requirements, Rule, Rung, Selector, When
from tests.fakes import (
    CASCADE,
    DOLLAR,
    PRICES,
    a_line,
    a_model,
    a_policy,
    a_registry,
    a_route,
    a_rung,
    a_snapshot,
    only,
    says,
    some_features,
)
from tests.routing.decision import oracle
from tests.routing.decision.worlds import Asked, cases

many = settings(max_examples=300, deadline=None)


def on_ladder(decision: Decision) -> list[str]:
    return [model for rung in decision.ladder for model in rung.models]


def below(decision: Decision) -> list[str]:
    return [model for rung in decision.below for model in rung.models]


@many
@given(cases())
def test_every_model_is_asked_or_excluded_with_reasons_that_hold(asked: Asked) -> None:
    """Of a profile's own caps one that has no room is told of; all other reasons are."""
    features, world, snapshot = asked
    decision = decide(*asked)
    route = oracle.route_for(features, world.policy, snapshot)
    models = {model.id: model for model in world.registry.models}
    places = {model.id: oracle.rung_of(model, route, world.policy) for model in models.values()}
    free = snapshot.pin is not None
    broken, allowed = who_may(decision, asked)
    excluded = {one.model: {reason.kind for reason in one.reasons} for one in decision.excluded}
    kept = on_ladder(decision) + below(decision)

    assert decision.route == route.name
    assert Counter([*kept, *excluded]) == Counter(places.keys())
    routed = {model for model in allowed if free or places[model] is not None}
    assert set(kept) == (routed or allowed)
    for model, reasons in excluded.items():
        expected = set() if model in allowed else broken[model]
        expected = expected | ({"not_on_route"} if not free and places[model] is None else set())
        assert reasons - oracle.CAPS == expected - oracle.CAPS
        assert len(reasons & oracle.CAPS) == min(1, len(expected & oracle.CAPS))
        assert reasons <= expected
    for candidate in decision.candidates:
        found = models[candidate.model]
        assert candidate.worst_nusd == oracle.worst_nusd(features, found, world.policy, route, snapshot.budget)
        assert candidate.latency_s == oracle.latency_s(features, found)
        assert (
            candidate.cost_nusd <= candidate.worst_nusd
            or features.output_tokens > found.max_output
            or features.output_tokens > oracle.most_output(features, world.policy, route, snapshot.budget)
        )


def who_may(decision: Decision, asked: Asked) -> tuple[dict[str, set[str]], set[str]]:
    """The hard rules that each model breaks, and who may be asked, by the oracle: with the whole chat, else without
    it, else whoever is out for a reason that passes."""
    features, world, snapshot = asked
    models = {model.id: model for model in world.registry.models}
    known = world.acceptance.patterns

    def judged(as_it_goes: Features) -> dict[str, set[str]]:
        return {
            name: oracle.violated(as_it_goes, world.policy, snapshot, model, known) for name, model in models.items()
        }

    whole = judged(features)
    cut = judged(oracle.without_history(features)) if features.needs.history_tokens else whole
    for broken, pruned in ((whole, False), (cut, True)):
        usable = oracle.allowed(features, world, broken)
        if usable:
            assert (decision.pruned, decision.forgiven) == (pruned, False)
            return broken, usable
    for broken, pruned in ((whole, False), (cut, True)):
        forgiven = oracle.forgiven(broken, models, snapshot)
        if forgiven:
            assert (decision.pruned, decision.forgiven) == (pruned, True)
            return broken, forgiven
    assert not decision.forgiven
    return cut, set()


@many
@given(cases())
def test_what_a_turn_may_do_is_what_the_policy_says(asked: Asked) -> None:
    features, world, snapshot = asked
    decision = decide(*asked)
    route = oracle.route_for(features, world.policy, snapshot)
    chosen = None if decision.chosen is None else world.registry.get(decision.chosen)
    assert decision.attempts == world.policy.caps.attempts
    assert decision.max_output_tokens == oracle.most_output(features, world.policy, route, snapshot.budget)
    assert decision.hedge_after_s == oracle.hedge_after_s(features, world.policy, snapshot, chosen)
    assert decision.credit_nusd <= min(snapshot.budget.request_credit_nusd, route.credit_nusd or DOLLAR**2)


@many
@given(cases())
def test_the_ladder_stands_in_the_order_that_is_promised(asked: Asked) -> None:
    """Rungs as the route has them; on each, first the selector's priority, then utility, then the id. When a draw is
    made, deployments of one model that one selector selects stand together, where the best of them would.

    A cascade ends at the first rung that keeps any answer. Under the ladder stand the lower rungs, the nearest first,
    then those after its end. Climbed on gain, it may go past rungs in between, which then come before those."""
    features, world, snapshot = asked
    decision = decide(*asked)
    route = oracle.route_for(features, world.policy, snapshot)
    utility = {candidate.model: candidate.utility_nusd for candidate in decision.candidates}
    models = {model.id: model for model in world.registry.models}

    def priority(model_id: str, rung: Rung) -> int:
        return next(n for n, one in enumerate(rung.selectors) if oracle.selects(one, models[model_id], world.policy))

    usual = snapshot.pin is None and any(
        oracle.rung_of(models[model], route, world.policy) is not None for model in on_ladder(decision)
    )

    def place(model_id: str) -> tuple[int, int]:
        on = oracle.rung_of(models[model_id], route, world.policy)
        if snapshot.pin is not None:
            return 0, 0
        return (-1, 0) if on is None else (on, priority(model_id, route.ladder[on]))

    def like(model_id: str) -> tuple[object, ...]:
        return place(model_id), models[model_id].deployment_of or "", models[model_id].deployment_of or model_id

    def leader(model_id: str) -> tuple[float, str]:
        group = [one for one in models if like(one) == like(model_id)] if snapshot.draw else [model_id]
        return min((-utility[one], one) for one in group)

    for rung in (*decision.ladder, *decision.below):
        keys = [(place(model), leader(model)) for model in rung.models]
        assert keys == sorted(keys)
        assert rung.worst_nusd == max(
            oracle.worst_nusd(features, models[model], world.policy, route, snapshot.budget) for model in rung.models
        )
    if not usual:
        assert len(decision.ladder) <= 1
        assert not decision.below
        assert all(rung.threshold is None for rung in decision.ladder)
        return
    places = [oracle.rung_of(models[rung.models[0]], route, world.policy) or 0 for rung in decision.ladder]
    lower = [oracle.rung_of(models[rung.models[0]], route, world.policy) or 0 for rung in decision.below]
    assert len({*places, *lower}) == len(places) + len(lower)
    assert places == sorted(places)
    frozen = route.name in snapshot.budget.frozen
    for rung, place in zip(decision.ladder, places, strict=True):
        if frozen or not route.ladder[place].gain:
            assert rung.threshold == (None if frozen else route.ladder[place].threshold)
    wish = max((advice.first_rung for advice in snapshot.advice), default=0) + snapshot.nudge
    keeps_any = [
        n for n, rung in enumerate(route.ladder) if rung.threshold is None and not rung.gain and route.mode == "cascade"
    ]
    last = min(keeps_any, default=len(route.ladder) - 1)
    start = min(max(wish, 0), last)
    climbed = [place for place in sorted({*places, *lower}) if start <= place <= last]
    under = sorted({place for place in (*places, *lower) if place < start}, reverse=True)
    beyond = sorted(place for place in {*places, *lower} if place > last)
    if frozen:
        climbed, beyond = climbed[:1], [*beyond, *climbed[1:]]
    if climbed:
        passed = [place for place in climbed if place not in places]
        assert (sorted([*places, *passed]), lower) == (climbed, passed + under + beyond)
        assert not passed or any(rung.gain for rung in route.ladder)
        assert not {climbed[0], climbed[-1]} & set(passed)
    else:
        assert [*places, *lower] == under + beyond
        assert len(places) == 1


@many
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_models_changes_nothing(asked: Asked, random: Random) -> None:
    features, world, snapshot = asked
    shuffled = list(world.registry.models)
    random.shuffle(shuffled)
    again = replace(world, registry=replace(world.registry, models=tuple(shuffled)))
    assert decide(features, again, snapshot) == decide(features, world, snapshot)


@many
@given(cases())
def test_when_the_winner_is_gone_the_runner_up_wins(asked: Asked) -> None:
    """Who stands behind the winner on its rung is the runner-up. Without the winner the chat may have to be cut, so
    that others can read it, and what a model is known to get wrong may count no more."""
    features, world, snapshot = asked
    decision = decide(*asked)
    if decision.chosen is None or decision.forgiven:
        assert decision.runner_up is None
        return
    gone = replace(snapshot.health, gone=(*snapshot.health.gone, decision.chosen))
    without = decide(features, world, replace(snapshot, health=gone))
    wrong = {one.model for one in decision.excluded if "pattern" in {reason.kind for reason in one.reasons}}
    if not without.forgiven and without.pruned == decision.pruned and without.chosen not in wrong:
        assert without.chosen == decision.runner_up
    if len(decision.ladder[0].models) > 1:
        assert decision.runner_up == decision.ladder[0].models[1]


@many
@given(cases())
def test_a_decision_is_the_same_again_out_of_its_json(asked: Asked) -> None:
    features, world, snapshot = asked
    decision = decide(*asked)
    stamp = {"turn": "t", "seq": 1, "at_s": 0.0, "wall_s": 0.0, "took_s": 0.0}
    decided = ev.load(ev.dump(ev.RouteDecided(**stamp, decision=decision, snapshot=snapshot)))
    analysed = ev.load(ev.dump(ev.RequestAnalysed(**stamp, features=features)))
    assert isinstance(decided, ev.RouteDecided)
    assert isinstance(analysed, ev.RequestAnalysed)
    assert decided.decision == decision
    assert decide(analysed.features, world, decided.snapshot) == decision


@pytest.mark.usefixtures("scripted_confidence")
async def test_a_decision_is_the_same_again_out_of_the_ledger(journal: Journal) -> None:
    rules = (Rule("big", When(input_tokens=Range(more_than=10_000), tags=(("a", "b"),)), "main"),)
    policy = a_policy(CASCADE, rules=rules, aliases=(("best", "north/large"),), day_cap_nusd=5)
    scripts = {"north/small": [says("a")], "north/large": [says("b")], "home/local": [says("c")]}
    line = a_line(journal, scripts, policy)
    await line.ask(ask("Hello", chat_id="c1", nudge=1))
    events = journal.events("s1.1")
    analysed, decided = only(events, ev.RequestAnalysed)[0], only(events, ev.RouteDecided)[0]
    assert replay(analysed, decided, journal.blob) == decided.decision
    with pytest.raises(LookupError, match="no longer holds"):
        replay(analysed, decided, lambda hash_: None)


def choose(policy: Policy, *names: str, **snapshot: object) -> Decision:
    registry = a_registry(*(a_model(name) for name in names))
    return decide(some_features(), World(policy, registry), a_snapshot(policy, registry, **snapshot))


def test_selectors_fail_over_in_the_order_that_they_are_written() -> None:
    rung = Rung("small", tuple(Selector(tier="small", provider=name) for name in ("south", "north")))
    decision = choose(a_policy(a_route(rung)), "north/small", "south/small", "east/small")
    assert [rung.models for rung in decision.ladder] == [("south/small", "north/small")]
    assert [exclusion.model for exclusion in decision.excluded] == ["east/small"]


def test_deployments_are_drawn_only_among_those_of_one_priority() -> None:
    """Priority is what the policy says; a draw never overrules it."""
    rung = Rung("small", tuple(Selector(tier="small", provider=name) for name in ("south", "north")))
    policy = a_policy(a_route(rung))
    models = [a_model(f"{name}/small", deployment_of="one", weight=w) for name, w in (("south", 0.001), ("north", 9.0))]
    registry = a_registry(*models)
    for draw in (0.1, 0.5, 0.9):
        decision = decide(some_features(), World(policy, registry), a_snapshot(policy, registry, draw=draw))
        assert decision.ladder[0].models == ("south/small", "north/small")


def test_a_deployment_that_is_too_dear_moves_none_of_the_others() -> None:
    """The drawn one stays the first, though the best of its like may no longer be asked and another model is better."""
    dear, cheap = PRICES["large"], PRICES["small"]
    models = [
        a_model("a/mid", tier="small", deployment_of="one", price=dear, quality=0.9),
        a_model("b/mid", tier="small", price=PRICES["mid"], quality=0.8),
        a_model("c/mid", tier="small", deployment_of="one", price=cheap, quality=0.7, weight=1000.0),
    ]
    policy, registry = a_policy(a_route(a_rung("small"))), a_registry(*models)
    free = decide(some_features(), World(policy, registry), a_snapshot(policy, registry, draw=0.5))
    assert free.ladder[0].models == ("c/mid", "a/mid", "b/mid")
    assert free.runner_up == "a/mid"
    cap = free.candidate("b/mid").worst_nusd
    capped = decide(some_features(), World(policy, registry), a_snapshot(policy, registry, draw=0.5, day_left_nusd=cap))
    assert capped.ladder[0].models == ("c/mid", "b/mid")


def test_an_id_pins_that_one_model_and_a_bare_name_all_of_that_name() -> None:
    models = [a_model("north/small"), replace(a_model("hub/small"), id="hub/north/small", name="north/small")]
    policy, registry = a_policy(), a_registry(*models)

    def pinned(pin: str) -> list[str]:
        return on_ladder(decide(some_features(), World(policy, registry), a_snapshot(policy, registry, pin=pin)))

    assert pinned("north/small") == ["north/small"]
    assert pinned("hub/north/small") == ["hub/north/small"]
    assert sorted(pinned("*north/small")) == ["hub/north/small", "north/small"]
    alone = a_registry(models[1])
    decision = decide(some_features(), World(policy, alone), a_snapshot(policy, alone, pin="north/small"))
    assert on_ladder(decision) == ["hub/north/small"]


def test_a_route_that_requires_determinism_is_asked_at_temperature_zero() -> None:
    policy = a_policy(a_route(require=Requirements(determinism="seed"), temperature=0.7))
    registry = a_registry(a_model("north/small", determinism="seed"))
    assert decide(some_features(), World(policy, registry), a_snapshot(policy, registry)).temperature == 0
    assert choose(a_policy(a_route(temperature=0.7)), "north/small").temperature == 0.7


def test_equals_are_ordered_by_id() -> None:
    assert choose(a_policy(), "b/small", "a/small", "c/small").ladder[0].models == ("a/small", "b/small", "c/small")


def test_when_the_first_rung_is_wanted_higher_the_rest_stands_below() -> None:
    decision = choose(a_policy(CASCADE), "n/small", "n/mid", "n/large", advice=(Advice("rules", 1, ""),), nudge=1)
    assert on_ladder(decision) == ["n/large"]
    assert below(decision) == ["n/mid", "n/small"]
    assert decision.runner_up == "n/mid"


def test_of_two_regions_that_are_wanted_both_count() -> None:
    policy = a_policy(a_route(require=Requirements(region="eu")))
    registry = a_registry(a_model("north/small", region="us"))
    features = some_features(needs=Needs(context_tokens=1_000, region="us"))
    for asked in (features, some_features()):
        assert decide(asked, World(policy, registry), a_snapshot(policy, registry)).chosen is None


def test_a_cap_admits_what_fits_it_exactly() -> None:
    worst = choose(a_policy(), "n/small").candidates[0].worst_nusd
    for cap in ("day_left_nusd", "request_credit_nusd"):
        assert choose(a_policy(), "n/small", **{cap: worst}).chosen == "n/small"
        assert choose(a_policy(), "n/small", **{cap: worst - 1}).chosen is None


def test_what_is_expected_to_take_exactly_the_time_left_is_asked() -> None:
    latency = choose(a_policy(), "n/small").candidates[0].latency_s
    assert choose(a_policy(), "n/small", time_left_s=latency).chosen == "n/small"
    assert choose(a_policy(), "n/small", time_left_s=latency - 0.001).chosen is None


def test_what_a_model_did_before_moves_what_is_expected_of_it() -> None:
    from routing.decision.model import Acceptance, Record

    policy, registry = a_policy(a_route(a_rung("small"))), a_registry(a_model("a/small"), a_model("b/small"))
    records = (Record("b/small", "conversation", 30, 30),)
    world = World(policy, registry, Acceptance(records, "x"))
    assert decide(some_features(), world, a_snapshot(policy, registry)).chosen == "b/small"


@pytest.mark.parametrize(("ladder", "why"), [("north/nosuch", "absent"), ("north/large", "barred"), ("north/*", "")])
def test_a_stand_in_says_whether_its_betters_are_there(ladder: str, why: str) -> None:
    registry = a_registry(
        a_model("north/small"), a_model("south/small"), a_model("north/large", lifecycle="deprecated")
    )
    route = a_route(Rung(ladder, (Selector(model=ladder),)), require=Requirements(lifecycle=("managed",)))
    policy = a_policy(route)
    decision = decide(some_features(), World(policy, registry), a_snapshot(policy, registry))
    assert decision.stands_in == why
    assert bool(why) == (decision.ladder[0].name == "stand-in")
