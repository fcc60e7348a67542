"""Generated policies, registries and snapshots out of small pools, so that ties, globs and exact fits are common.

Caps and what was taken under them are small multiples of what one call reserves, or a nano-dollar off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from routing.analysis.features import Features, Needs, Risk, TaskClass
from routing.decision.model import (
    Acceptance,
    Advice,
    BudgetView,
    Closed,
    FormatRecord,
    Health,
    Left,
    Pattern,
    Record,
    Snapshot,
    World,
)
from routing.policy.model import Hedging, Policy, Range, Requirements, Route, Rule, Rung, Selector, When
from routing.registry.model import FREE, Model, Price, Registry
from tests.fakes import DOLLAR, a_policy, some_features
from tests.routing.decision import oracle
from tests.routing.decision.caps import Purse

Asked = tuple[Features, World, Snapshot]
T = TypeVar("T")
TIERS = ("small", "mid", "large")
PROVIDERS = ("north", "south", "home")
SPENT = ("north/a", "north/b", "south/a", "home/a")
NAMES = ("a", "b", "c")
REGIONS = (None, "eu", "us")
CAPABILITIES = ("tools", "json", "vision")
THINKING = (*CAPABILITIES, "reasoning")
REFUSED = (*CAPABILITIES, "temperature", "seed")
PATTERNS = ("a", "*", "north/*", "home/b", "best", "none-such")
ALIASES = (("best", "south/c"),)
WRONG = (("format", "json"), ("language", "en"), ("language", "de"), ("length", "code"), ("refusal", "faq"))
PRICES = (None, FREE, Price(100_000_000, 400_000_000), Price(1_000_000_000, 4_000_000_000), Price(333_333, 777_777))
TIER_PRICES = {tier: Price(100**n * 1_000, 100**n * 4_000) for n, tier in enumerate(TIERS)}

BOUNDS = (0, 200_000, 409_600, 1_000_000, 4_096_000, DOLLAR // 100, DOLLAR)


class Generator:
    """Draws from pools. Hypothesis gives the seed and the size: to draw each field by itself would be a hundred times
    slower, and what shrinks best is the number of models."""

    def __init__(self, seed: int, *, by_tier: bool = False) -> None:
        """`by_tier`: a higher tier is dearer, as it is in life."""
        self._random = Random(seed)
        self._by_tier = by_tier
        self.pick = self._random.choice
        self.on_gain = Random(-seed - 1).random() < 1 / 3
        """Whether routes climb on expected gain."""
        self._demanding = self.pick([False, False, True])
        """Else next to nothing is needed, and money and health decide who may be asked."""

    def sometimes(self, value: T) -> T | None:
        return value if self._random.random() < 0.25 else None

    def needed(self, value: T) -> T | None:
        return self.sometimes(value) if self._demanding else None

    def some(self, pool: Sequence[T], most: int) -> tuple[T, ...]:
        return tuple(self._random.sample(pool, self._random.randint(0, min(most, len(pool)))))

    def model(self, model_id: str) -> Model:
        provider, name = model_id.split("/")
        tier = self.pick(TIERS)
        return Model(
            model_id,
            provider,
            name,
            tier,
            capabilities=frozenset(self.pick([CAPABILITIES, THINKING, ("json",), ("json_schema", "vision"), ()])),
            context_window=self.pick([1000, 4000, *[8000] * 4]),
            max_output=self.pick([256, 4096]),
            price=self.pick([FREE, TIER_PRICES[tier]] if self._by_tier else PRICES),
            region=self.pick(REGIONS),
            determinism=self.pick(["none", "seed", "strong", "strong"]),
            retention=self.pick(["none", "none", "days", "unknown"]),
            lifecycle=self.pick(["experimental", *["managed"] * 4, "deprecated"]),
            local=provider == "home",
            simulated=self.pick([False, False, True]),
            quality=self.pick([0.5, 0.7, 0.9]),
            deployment_of=self.pick([None, name]),
            weight=self.pick([1.0, 3.0]),
            first_token_s=self.pick([0.5, *[1.0] * 5, 20.0]),
            tokens_per_s=self.pick([50.0, 100.0]),
        )

    def selector(self) -> Selector:
        return Selector(
            tier=self.pick([*TIERS, None]),
            model=self.sometimes(self.pick(PATTERNS)),
            provider=self.sometimes(self.pick(["north", "!north", "h*"])),
        )

    def route(self, name: str) -> Route:
        rungs = [
            Rung(f"rung {n}", tuple(self.selector() for _ in range(self.pick([1, 1, 2]))), self.pick([None, 0.5, 0.8]))
            for n in range(self.pick([1, 2, 3]))
        ]
        if self.on_gain:
            rungs = [*(replace(rung, threshold=None, gain=True) for rung in rungs[:-1]), rungs[-1]]
        return Route(
            name,
            tuple(rungs),
            mode=self.pick(["cascade", "cascade", "premium_first"]),
            time_budget_s=self.needed(self.pick([5.0, 30.0])),
            credit_nusd=self.needed(self.pick(BOUNDS)),
            max_output_tokens=self.needed(self.pick([100, 700])),
            require=Requirements(
                determinism=self.needed(self.pick(["seed", "strong"])),
                retention="none" if self.needed(True) else None,
                local=bool(self.needed(True)),
                region=self.needed("eu"),
                lifecycle=self.needed(self.pick([("managed",), ("deprecated",)])) or (),
            ),
        )

    def policy(self) -> Policy:
        rule = Rule("short on time", When(time_budget_s=Range(less_than=10.0)), "quick")
        return a_policy(
            rules=self.pick([(), (rule,)]),
            routes=(self.route("main"), self.route("quick")),
            aliases=ALIASES,
            value_nusd=self.pick([0, DOLLAR // 1000, DOLLAR // 10]),
            second_nusd=self.pick([0, 100_000]),
            assumed_nusd_per_mtok=DOLLAR,
            hedging=Hedging(self.pick([0.0, 0.05]), self.pick([0.0, 1.5])),
            answer_tokens=self.pick([(), (), (("code", 300),), (("faq", 900), ("code", 64))]),
        )

    def features(self) -> Features:
        context = self.pick([500, 500, 1000, 4001])
        needs = Needs(
            tools=self.needed(2) or 0,
            json=bool(self.needed(True)),
            vision=bool(self.needed(True)),
            context_tokens=context,
            answer_tokens=self.pick([0, 400, 500]),
            region=self.needed("us"),
            determinism=bool(self.needed(True)),
            seed=bool(self.needed(True)),
            local_only=bool(self.needed(True)),
            history_tokens=self.pick([0, 0, context - 500]),
        )
        return some_features(
            task=self.pick([TaskClass.CODE, TaskClass.FAQ]),
            complexity=self.pick([0.0, 0.5, 1.0]),
            risk=self.pick([Risk.LOW, Risk.LOW, Risk.HIGH]),
            input_tokens=self.pick([1, 40, 600]),
            output_tokens=self.pick([10, 200, 400]),
            latency=self.pick(["interactive", "interactive", "batch"]),
            response_format=self.pick(["text", "text", "json", "json_schema"]),
            needs=needs,
        )

    def health(self) -> Health:
        kinds = ["requests", "tokens", "input-tokens", "output-tokens"]
        left = [Left(name, self.pick(kinds), self.pick([0, 39, 40, 9000]), 12.0) for name in self.some(SPENT, 2)]
        return Health(
            closed=tuple(self.closed()),
            gone=self.some(("north/a", "home/b"), 1),
            limits=tuple(left),
            refused=tuple((name, self.pick(REFUSED)) for name in self.some(("south/a", "north/b"), 1)),
            first_token_s=tuple((name, self.pick([0.1, 2.0])) for name in self.some(SPENT, 1)),
            first_token_p95_s=tuple((name, self.pick([0.4, 3.0])) for name in self.some(SPENT, 2)),
        )

    def closed(self) -> Iterator[Closed]:
        """Nobody, a provider, some of its models, or all that there are."""
        providers = self.some(PROVIDERS, 3) if self.pick([False] * 3 + [True]) else self.some(PROVIDERS, 1)
        for provider in providers:
            models = self.pick([(None,), (None,), (None, f"{provider}/a"), (f"{provider}/a", f"{provider}/b")])
            for model in models:
                wait_s = self.pick([None, 12.0, 12.0, 45.0])
                yield Closed(provider, "rests", wait_s, model, announced=self.pick([False, False, True]))

    def snapshot(self, policy: Policy, purse: Purse, models: Sequence[str]) -> Snapshot:
        bounds = [*BOUNDS, purse.bound(), purse.bound()]
        return Snapshot(
            policy.hash,
            "registry",
            "acceptance",
            self.health(),
            BudgetView(
                day_left_nusd=self.sometimes(self.pick(bounds)),
                simulated_day_left_nusd=self.sometimes(self.pick(bounds)),
                request_credit_nusd=self.pick([*bounds, *[DOLLAR] * 20]),
                time_left_s=self.pick([2.0, 6.0, *[60.0] * 6]),
                day_cap_nusd=self.sometimes(4 * purse.bound()),
                simulated_day_cap_nusd=self.sometimes(4 * purse.bound()),
                taken=purse.taken(policy, models),
                throttle=self.pick([0, 0, 0, 0, 1, 2, 3, 3, 4, 5]),
                pressure=self.pick([0.0, 0.0, 0.5, 5.0]),
                frozen=self.some(("main", "quick"), 2) if self.pick([False] * 3 + [True]) else (),
            ),
            advice=tuple(Advice("rules", self.pick([0, 1, 2]), "") for _ in range(self.pick([0, 1, 2]))),
            pin=self.needed(self.pick(PATTERNS)),
            nudge=self.pick([-1, 0, 0, 1, 2]),
            draw=self.pick([0.0, 0.0, 0.4, 0.9]),
        )

    def acceptance(self) -> Acceptance:
        records = [Record(model, "code", self.pick([0, 5]), 5) for model in self.some(("north/a", "south/c"), 2)]
        formats = [FormatRecord(model, self.pick([0, 30]), 30) for model in self.some(("north/b", "south/a"), 2)]
        everyone = [f"{provider}/{name}" for provider in PROVIDERS for name in NAMES]
        wrong = self.some(everyone, 9) if self.pick([False] * 4 + [True]) else self.some(everyone, 2)
        patterns = tuple(Pattern(model, *self.pick(WRONG), 9, 12) for model in wrong)
        return Acceptance(tuple(records), "acceptance", tuple(formats), patterns)

    def case(self, size: int) -> Asked:
        ids = [f"{provider}/{name}" for provider in PROVIDERS for name in NAMES]
        chosen = self._random.sample(ids, size)
        policy, features = self.policy(), self.features()
        registry = Registry(tuple(self.model(model_id) for model_id in chosen), "registry")
        purse = Purse(self._random, self.unit_nusd(features, policy, registry))
        routes = tuple(replace(route, day_nusd=purse.quota()) for route in policy.routes)
        policy = replace(policy, caps=purse.caps(PROVIDERS), routes=routes)
        return features, World(policy, registry, self.acceptance()), self.snapshot(policy, purse, chosen)

    def unit_nusd(self, features: Features, policy: Policy, registry: Registry) -> int:
        """What one call reserves of some model."""
        route, free = policy.routes[0], BudgetView(None, None, DOLLAR, 60.0)
        worst = [oracle.worst_nusd(features, model, policy, route, free) for model in registry.models]
        return self.pick([one for one in worst if one] or [1_000])


def cases(*, by_tier: bool = False) -> st.SearchStrategy[Asked]:
    """What `decide()` is asked."""
    return st.builds(
        lambda seed, size: Generator(seed, by_tier=by_tier).case(size), st.integers(0, 2**40), st.integers(0, 9)
    )
