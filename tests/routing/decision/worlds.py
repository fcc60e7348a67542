"""Generated policies, registries and snapshots out of small pools, so that ties, globs and exact fits are common."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from routing.analysis.features import Features, Needs, TaskClass
from routing.decision.model import (
    Acceptance,
    Advice,
    BudgetView,
    Closed,
    FormatRecord,
    Health,
    Left,
    Record,
    Snapshot,
    World,
)
from routing.policy.model import Policy, Range, Requirements, Route, Rule, Rung, Selector, When
from routing.registry.model import FREE, Model, Price, Registry
from tests.fakes import DOLLAR, a_policy, some_features

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
PRICES = (None, FREE, Price(100_000_000, 400_000_000), Price(1_000_000_000, 4_000_000_000), Price(333_333, 777_777))

BOUNDS = (0, 200_000, 409_600, 1_000_000, 4_096_000, DOLLAR // 100, DOLLAR)


class Generator:
    """Draws from pools. Hypothesis gives the seed and the size: to draw each field by itself would be a hundred times
    slower, and what shrinks best is the number of models."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.pick = self._random.choice

    def sometimes(self, value: T) -> T | None:
        return value if self._random.random() < 0.25 else None

    def some(self, pool: Sequence[T], most: int) -> tuple[T, ...]:
        return tuple(self._random.sample(pool, self._random.randint(0, min(most, len(pool)))))

    def model(self, model_id: str) -> Model:
        provider, name = model_id.split("/")
        return Model(
            model_id,
            provider,
            name,
            self.pick(TIERS),
            capabilities=frozenset(self.pick([CAPABILITIES, THINKING, ("json",), ("json_schema", "vision"), ()])),
            context_window=self.pick([1000, 4000, 8000, 8000]),
            max_output=self.pick([256, 4096]),
            price=self.pick(PRICES),
            region=self.pick(REGIONS),
            determinism=self.pick(["none", "seed", "strong", "strong"]),
            retention=self.pick(["none", "none", "days", "unknown"]),
            lifecycle=self.pick(["experimental", "managed", "managed", "deprecated"]),
            local=provider == "home",
            simulated=self.pick([False, False, True]),
            quality=self.pick([0.5, 0.7, 0.9]),
            deployment_of=self.pick([None, name]),
            weight=self.pick([1.0, 3.0]),
            first_token_s=self.pick([0.5, 1.0, 1.0, 20.0]),
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
        return Route(
            name,
            tuple(rungs),
            mode=self.pick(["cascade", "cascade", "premium_first"]),
            time_budget_s=self.sometimes(self.pick([5.0, 30.0])),
            credit_nusd=self.sometimes(self.pick(BOUNDS)),
            max_output_tokens=self.sometimes(self.pick([100, 700])),
            require=Requirements(
                determinism=self.sometimes(self.pick(["seed", "strong"])),
                retention="none" if self.sometimes(True) else None,
                local=self.pick([False] * 5 + [True]),
                region=self.sometimes("eu"),
                lifecycle=self.sometimes(self.pick([("managed",), ("deprecated",)])) or (),
            ),
        )

    def policy(self) -> Policy:
        rule = Rule("short on time", When(time_budget_s=Range(less_than=10.0)), "quick")
        return a_policy(
            rules=self.pick([(), (rule,)]),
            routes=(self.route("main"), self.route("quick")),
            aliases=ALIASES,
            value_nusd=self.pick([0, DOLLAR // 10]),
            second_nusd=self.pick([0, 100_000]),
            assumed_nusd_per_mtok=DOLLAR,
        )

    def features(self) -> Features:
        needs = Needs(
            tools=self.sometimes(2) or 0,
            json=bool(self.sometimes(True)),
            vision=bool(self.sometimes(True)),
            context_tokens=self.pick([500, 1000, 4001]),
            answer_tokens=self.pick([0, 400, 500]),
            region=self.sometimes("us"),
            determinism=bool(self.sometimes(True)),
            seed=bool(self.sometimes(True)),
            local_only=self.pick([False] * 5 + [True]),
        )
        return some_features(
            task=self.pick([TaskClass.CODE, TaskClass.FAQ]),
            complexity=self.pick([0.0, 0.5, 1.0]),
            input_tokens=self.pick([1, 40, 600]),
            output_tokens=self.pick([10, 200, 400]),
            latency=self.pick(["interactive", "interactive", "batch"]),
            response_format=self.pick(["text", "text", "json", "json_schema"]),
            needs=needs,
        )

    def health(self, closed: tuple[Closed, ...]) -> Health:
        kinds = ["requests", "tokens", "input-tokens", "output-tokens"]
        left = [Left(name, self.pick(kinds), self.pick([0, 39, 40, 9000]), 12.0) for name in self.some(SPENT, 2)]
        return Health(
            closed=closed,
            gone=self.some(("north/a", "home/b"), 1),
            limits=tuple(left),
            refused=tuple((name, self.pick(REFUSED)) for name in self.some(("south/a", "north/b"), 1)),
            first_token_s=tuple((name, self.pick([0.1, 2.0])) for name in self.some(SPENT, 1)),
        )

    def snapshot(self, policy: Policy) -> Snapshot:
        closed = tuple(Closed(name, "rests", self.pick([None, 12.0])) for name in self.some(PROVIDERS, 1))
        return Snapshot(
            policy.hash,
            "registry",
            "acceptance",
            self.health(closed),
            BudgetView(
                day_left_nusd=self.sometimes(self.pick(BOUNDS)),
                simulated_day_left_nusd=self.sometimes(self.pick(BOUNDS)),
                request_credit_nusd=self.pick([*BOUNDS, DOLLAR, DOLLAR, DOLLAR]),
                time_left_s=self.pick([2.0, 6.0, 60.0, 60.0]),
            ),
            advice=tuple(Advice("rules", self.pick([0, 1, 2]), "") for _ in range(self.pick([0, 1, 2]))),
            pin=self.sometimes(self.pick(PATTERNS)),
            nudge=self.pick([-1, 0, 0, 1, 2]),
            draw=self.pick([0.0, 0.0, 0.4, 0.9]),
        )

    def acceptance(self) -> Acceptance:
        records = [Record(model, "code", self.pick([0, 5]), 5) for model in self.some(("north/a", "south/c"), 2)]
        formats = [FormatRecord(model, self.pick([0, 30]), 30) for model in self.some(("north/b", "south/a"), 2)]
        return Acceptance(tuple(records), "acceptance", tuple(formats))

    def case(self, size: int) -> tuple[Features, World, Snapshot]:
        ids = [f"{provider}/{name}" for provider in PROVIDERS for name in NAMES]
        chosen = self._random.sample(ids, size)
        policy = self.policy()
        registry = Registry(tuple(self.model(model_id) for model_id in chosen), "registry")
        return self.features(), World(policy, registry, self.acceptance()), self.snapshot(policy)


def cases() -> st.SearchStrategy[tuple[Features, World, Snapshot]]:
    """What `decide()` is asked."""
    return st.builds(lambda seed, size: Generator(seed).case(size), st.integers(0, 2**40), st.integers(0, 9))
