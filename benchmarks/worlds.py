"""Made-up models, policies and requests to measure with."""

from __future__ import annotations

from routing.analysis.features import TaskClass
from routing.decision.model import Acceptance, BudgetView, Health, Record, Snapshot, World
from routing.policy.model import Policy, Range, Route, Rule, Rung, Selector, When
from routing.registry.model import Model, Price, Registry

DOLLAR = 10**9
TIERS = ("small", "mid", "large", "frontier")
PROMPTS = (
    "What is 17 times 23?",
    "Write a Python function that merges two sorted lists, with tests.",
    "Summarise the minutes below in three bullet points:\n" + "The yard was busy until noon. " * 40,
    "Translate 'the train leaves at nine' into German.",
    "Why does a compass needle not point exactly north? Explain step by step.",
    "Give me ten names for a narrow-gauge railway, as JSON.",
    "Reply to this mail politely and decline the offer:\nDear Ms Hale, we would like to buy your locomotive.",
    "A trust holds 120,000 at 4.1 % for nine years, taxed yearly at 22 %. What is left, and which rule applies?",
    "hello",
    "Fix this: `for i in range(len(xs)): xs.remove(xs[i])`",
)


def models(count: int) -> tuple[Model, ...]:
    """Models at five providers, in four tiers."""
    return tuple(
        Model(
            id=f"provider-{n % 5}/model-{n}",
            provider=f"provider-{n % 5}",
            name=f"model-{n}",
            tier=TIERS[n % len(TIERS)],
            capabilities=frozenset({"tools", "json", "logprobs"} if n % 3 else {"json"}),
            context_window=8_000 * (1 + n % 8),
            max_output=4_000,
            price=Price(DOLLAR * (1 + n % 7) // 10, DOLLAR * (1 + n % 7)),
            quality=0.5 + 0.01 * n,
            local=n % 10 == 0,
        )
        for n in range(count)
    )


def policy(routes: int) -> Policy:
    """Routes of three rungs behind a rule each, the last being the default."""
    tasks = tuple(TaskClass)
    return Policy(
        id="bench",
        title="Bench",
        rules=tuple(
            Rule(f"rule {n}", When(task=(tasks[n % len(tasks)],), complexity=Range(at_least=n / routes)), f"route {n}")
            for n in range(routes)
        ),
        routes=tuple(Route(f"route {n}", _ladder(n)) for n in range(routes)),
        default_route=f"route {routes - 1}",
        value_nusd=DOLLAR // 10,
        second_nusd=100_000,
        request_credit_nusd=DOLLAR,
        day_cap_nusd=None,
        request_s=60.0,
        assumed_nusd_per_mtok=10 * DOLLAR,
        aliases=(("best", "provider-3/model-39"),),
        hash="policy",
    )


def _ladder(n: int) -> tuple[Rung, ...]:
    tiers = [TIERS[(n + step) % len(TIERS)] for step in range(3)]
    rungs = [Rung(tier, (Selector(tier=tier), Selector(model="provider-*/model-1*"))) for tier in tiers]
    return (Rung("first", (Selector(tier=tiers[0]),), 0.8), *rungs[1:])


def world(model_count: int, routes: int) -> World:
    """Every model has answered every kind of request before."""
    registry = Registry(models(model_count), "registry")
    records = tuple(Record(model.id, task, 20 + n, 60) for n, model in enumerate(registry.models) for task in TaskClass)
    return World(policy(routes), registry, Acceptance(records, "acceptance"))


def snapshot(of: World) -> Snapshot:
    """Nothing is closed, and there is money and time for everything."""
    budget = BudgetView(10 * DOLLAR, 10 * DOLLAR, of.policy.request_credit_nusd, of.policy.request_s)
    return Snapshot(of.policy.hash, of.registry.hash, of.acceptance.hash, Health(), budget)
