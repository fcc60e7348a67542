"""Stand-ins with which the router's spine is driven: a provider that reads from a script, a clock that waits for
nobody, and `a_...` factories whose defaults are harmless."""

from __future__ import annotations

import asyncio
import hashlib
import math
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from routing import events as ev
from routing.analysis.features import Features, Needs, Risk, TaskClass
from routing.budget.accounts import Accounts
from routing.budget.caps import Caps
from routing.confidence.measure import Measurement
from routing.decision.model import Acceptance, BudgetView, Health, Snapshot
from routing.errors import ErrorKind, ProviderError
from routing.folding import fold
from routing.ledger.journal import Journal
from routing.ledger.store import Store
from routing.messages import Chunk, FinishChunk, Reply, Request, TextChunk, TokenLogprob, Usage, UsageChunk, ask
from routing.policy.model import Hedging, Policy, Route, Rule, Rung, Selector, Timeouts
from routing.providers.contract import Call, ProviderConfig
from routing.registry.model import FREE, Model, Price, Registry
from routing.router import Router
from routing.setup import Setup

T = TypeVar("T")
DOLLAR = 1_000_000_000
NOON = 1_795_176_000.0
"""A wall clock to begin with; the ledger's days are local ones."""


class FakeClock:
    """Time that passes when somebody sleeps, and a little at every look. `at_sleep` is told of every sleep first."""

    TICK_S = 0.000137

    def __init__(self, wall_s: float = NOON) -> None:
        self._elapsed_s = 0.0
        self._wall_s = wall_s
        self.slept: list[float] = []
        self.at_sleep: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        self._elapsed_s += self.TICK_S
        return 1000.0 + self._elapsed_s

    def wall(self) -> float:
        return self._wall_s + self._elapsed_s

    def pass_s(self, s: float) -> None:
        self._elapsed_s += s

    def set_wall(self, wall_s: float) -> None:
        """The machine's clock is put right, forwards or backwards."""
        self._wall_s = wall_s - self._elapsed_s

    async def sleep(self, s: float) -> None:
        self.slept.append(s)
        self.at_sleep()
        await asyncio.sleep(0)
        self._elapsed_s += s


@dataclass(frozen=True, slots=True)
class Wait:
    """A provider's silence."""

    s: float


class Never:
    """A provider that says nothing more until the call is stopped."""


@dataclass(frozen=True, slots=True)
class Until:
    """A provider that goes on when the test lets it."""

    gate: asyncio.Event


Step = Chunk | ProviderError | Wait | Never | Until
Script = Sequence[Step]


USAGE = Usage(10, 20, reported=True)


async def take(stream: AsyncIterator[T], into: list[T]) -> None:
    """All that comes; what came before a failure is kept, which no comprehension would do."""
    async for one in stream:
        into.append(one)  # noqa: PERF401 - see above


def says(*texts: str, score: float = 0.95, usage: Usage | None = USAGE) -> Script:
    """An answer in pieces, which `probability` scores as told."""
    pieces = [TextChunk(text, (TokenLogprob(text, math.log(score)),)) for text in texts]
    return (*pieces, *([UsageChunk(usage)] if usage else []), FinishChunk("stop", "req-1"))


def fails(kind: str, *before: Step, **fields: Any) -> Script:
    """An error, after what came before it."""
    return (*before, ProviderError(ErrorKind(kind), **fields))


class FakeProvider:
    """Plays, for each model's calls in order, its scripts; the last one again when they run out.

    Keeps the timeouts that it is given, by the fake clock. `at_step` is told of every step before it is taken.
    """

    def __init__(self, name: str, clock: FakeClock, scripts: Mapping[str, Sequence[Script]]) -> None:
        self.config = ProviderConfig(name, f"http://{name}.invalid")
        self._clock = clock
        self._scripts = {model: list(plays) for model, plays in scripts.items()}
        self.calls: list[tuple[str, Call, Timeouts]] = []
        self.models: list[Model] = []
        self.running = 0
        self.warmed = 0
        self.at_step: Callable[[], None] = lambda: None

    async def stream(self, call: Call, model: Model, timeouts: Timeouts) -> AsyncIterator[Chunk]:
        self.calls.append((model.name, call, timeouts))
        self.models.append(model)
        plays = self._scripts[model.name]
        script = plays.pop(0) if len(plays) > 1 else plays[0]
        self.running += 1
        try:
            began_s, spoke = self._clock.monotonic(), False
            for step in script:
                self.at_step()
                if isinstance(step, ProviderError):
                    raise replace(step)
                if isinstance(step, Never):
                    await asyncio.Event().wait()
                elif isinstance(step, Until):
                    await step.gate.wait()
                elif isinstance(step, Wait):
                    left_s = began_s + timeouts.total_s - self._clock.monotonic()
                    await self._wait(step.s, min(timeouts.idle_s if spoke else timeouts.first_token_s, left_s))
                else:
                    spoke = True
                    await asyncio.sleep(0)
                    yield step
        finally:
            self.running -= 1

    async def _wait(self, s: float, limit_s: float) -> None:
        await self._clock.sleep(min(s, limit_s))
        if s > limit_s:
            raise ProviderError(ErrorKind.TIMEOUT, f"silent for {limit_s:g} s")

    async def list_models(self) -> tuple[Model, ...]:
        return ()

    async def warm(self) -> None:
        self.warmed += 1

    async def aclose(self) -> None:
        pass


class StoppingJournal(Journal):
    """A journal that tells `at_write` before it writes and again before it answers."""

    at_write: Callable[[], None] = staticmethod(lambda: None)

    async def commit(self, events: Sequence[ev.Event], deltas: Sequence[ev.Delta] = ()) -> None:
        self.at_write()
        await super().commit(events, deltas)
        self.at_write()

    async def reserve(self, *args: Any, **fields: Any) -> Any:
        self.at_write()
        refusal = await super().reserve(*args, **fields)
        self.at_write()
        return refusal

    async def accounts(self, day: str) -> Accounts:
        self.at_write()
        return await super().accounts(day)


def probability(request: Request, features: Features, reply: Reply, record: object, **_: object) -> Measurement:
    """Confidence as the mean probability of the tokens that came: scripts choose it, no estimator is tested here."""
    if not reply.logprobs:
        score = 0.9 if reply.text or reply.tool_calls else 0.05
    else:
        score = round(math.exp(sum(token.logprob for token in reply.logprobs) / len(reply.logprobs)), 6)
    part = ev.ConfidencePart("mean token probability", f"{score:.2f}", round(score - 0.5, 6))
    return Measurement(score, max(0.0, score - 0.1), min(1.0, score + 0.1), (part,))


PRICES = {
    "small": Price(100_000_000, 400_000_000),
    "mid": Price(1_000_000_000, 4_000_000_000),
    "large": Price(5_000_000_000, 20_000_000_000),
    "local": FREE,
}


def a_model(model_id: str = "north/small", **fields: Any) -> Model:
    """A model whose tier is its name's first word, at that tier's price."""
    provider, name = model_id.split("/")
    tier = fields.pop("tier", name.split("-")[0])
    defaults: dict[str, Any] = {
        "capabilities": frozenset({"tools", "json", "vision", "logprobs"}),
        "context_window": 128_000,
        "price": PRICES.get(tier),
        "quality": {"small": 0.6, "mid": 0.75, "large": 0.9}.get(tier, 0.5),
        "local": tier == "local",
    }
    return Model(model_id, provider, name, tier, **(defaults | fields))


def a_registry(*models: Model) -> Registry:
    return Registry(models, _hash(sorted(models, key=lambda model: model.id)))


def a_rung(tier: str, threshold: float | None = None, **selector: Any) -> Rung:
    return Rung(tier, (Selector(tier=tier, **selector),), threshold)


def a_route(*rungs: Rung, **fields: Any) -> Route:
    return Route(**({"name": "main", "ladder": rungs or (a_rung("small"),)} | fields))


def a_policy(route: Route | None = None, *, rules: tuple[Rule, ...] = (), **fields: Any) -> Policy:
    defaults: dict[str, Any] = {
        "id": "balanced",
        "title": "Balanced",
        "rules": rules,
        "routes": (route or a_route(),),
        "default_route": "main",
        "value_nusd": DOLLAR // 10,
        "second_nusd": 100_000,
        "request_credit_nusd": DOLLAR,
        "day_cap_nusd": None,
        "request_s": 60.0,
        "assumed_nusd_per_mtok": 10 * DOLLAR,
        "aliases": (),
        "hedging": Hedging(max_share=0.0),
    }
    chosen = defaults | fields
    return Policy(**chosen, hash=_hash(chosen))


HELLO = ask("Hello there, how are you today?", chat_id="c1")
PRIVATE = ask("What does this mean?", chat_id="c1", tags=(("private", "yes"),))
SMALL, MID, LARGE = "north/small", "north/mid", "north/large"
MOVES = (ev.RetryScheduled, ev.Escalated, ev.FailedOver, ev.SteppedDown, ev.CapReached, ev.Degraded, ev.BreakerChanged)
CASCADE = a_route(a_rung("small", 0.8), a_rung("mid", 0.7), a_rung("large"))


def some_features(**fields: Any) -> Features:
    needs = fields.pop("needs", Needs(context_tokens=1_000))
    plain = Features(
        task=TaskClass.CONVERSATION,
        task_p=0.9,
        intent="chat",
        complexity=0.2,
        multi_step=False,
        risk=Risk.LOW,
        risk_p=0.9,
        response_format="text",
        latency="interactive",
        language="en",
        novelty=0.5,
        input_tokens=40,
        output_tokens=200,
        needs=needs,
    )
    return replace(plain, **fields)


def a_snapshot(policy: Policy, registry: Registry, **fields: Any) -> Snapshot:
    budget = BudgetView(
        day_left_nusd=fields.pop("day_left_nusd", None),
        simulated_day_left_nusd=fields.pop("simulated_day_left_nusd", None),
        request_credit_nusd=fields.pop("request_credit_nusd", policy.request_credit_nusd),
        time_left_s=fields.pop("time_left_s", policy.request_s),
    )
    return Snapshot(policy.hash, registry.hash, "", fields.pop("health", Health()), budget, **fields)


@dataclass
class Line:
    """A router on scripted providers, and what a test wants to look at."""

    router: Router
    journal: Journal
    clock: FakeClock
    providers: dict[str, FakeProvider] = field(default_factory=dict)

    async def ask(self, request: Request) -> list[Any]:
        """Every event of a turn; what must hold of any turn is checked on the way."""
        events = [event async for event in self.router.send(request)]
        check_turn(self.journal, events)
        return events

    def calls(self, provider: str) -> list[str]:
        return [name for name, _, _ in self.providers[provider].calls]


def a_setup(
    models: Iterable[Model], providers: Mapping[str, FakeProvider], *policies: Policy, caps: Caps | None = None
) -> Setup:
    return Setup(
        profiles={policy.id: policy for policy in policies or (a_policy(CASCADE),)},
        registry=a_registry(*models),
        providers=providers,
        caps=caps or Caps(),
        explain_error=lambda error, model: f"{model.id} failed ({error.kind}).",
        acceptance=Acceptance(),
        default_profile=(policies[0] if policies else a_policy()).id,
    )


def a_line(
    journal: Journal,
    scripts: Mapping[str, Sequence[Script]],
    *policies: Policy,
    models: Iterable[Model] | None = None,
    caps: Caps | None = None,
    clock: Any = None,
) -> Line:
    """A router whose models are the scripts' keys (`provider/name`)."""
    clock = clock or FakeClock()
    models = tuple(models) if models is not None else tuple(a_model(model_id) for model_id in scripts)
    by_provider: dict[str, dict[str, Sequence[Script]]] = {model.provider: {} for model in models}
    for model_id, plays in scripts.items():
        provider, name = model_id.split("/")
        by_provider.setdefault(provider, {})[name] = plays
    providers = {name: FakeProvider(name, clock, plays) for name, plays in by_provider.items()}
    setup = a_setup(models, providers, *policies, caps=caps)
    return Line(Router(journal, setup, clock, random.Random(7)), journal, clock, providers)


def check_turn(journal: Journal, events: Sequence[Any]) -> None:
    """What must hold of every turn, however it went."""
    turn = events[0].turn
    stored = journal.events(turn)
    assert stored == list(events)
    assert fold(stored) == fold(events)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [ev.load(ev.dump(event)) for event in events] == list(events)
    assert [event.type for event in events].count("TurnFinished") == 1
    assert isinstance(events[-1], ev.TurnFinished)
    check_settled(journal.store, turn, events)


def check_settled(store: Store, turn: str, events: Sequence[Any]) -> None:
    """Every attempt is reserved, started, ended and settled exactly once, and the ledger says the same."""

    def ids(*kinds: type) -> list[str]:
        return sorted(event.attempt for event in events if isinstance(event, kinds))

    reserved = ids(ev.Reserved)
    assert len(set(reserved)) == len(reserved)
    assert reserved == ids(ev.AttemptStarted) == ids(ev.Settled) == ids(ev.AttemptFinished, ev.AttemptFailed)
    rows = store.read(lambda db: db.execute("SELECT * FROM attempt WHERE turn = ? ORDER BY id", (turn,)).fetchall())
    assert [row["id"] for row in rows] == reserved
    spends = {event.attempt: event.spend_nusd for event in events if isinstance(event, ev.Settled)}
    assert {row["id"]: row["spend_nusd"] for row in rows} == spends
    finished = events[-1]
    assert finished.spend_nusd == sum(row["spend_nusd"] for row in rows if bool(row["simulated"]) == finished.simulated)
    row = store.read(lambda db: db.execute("SELECT status, reply FROM turn WHERE id = ?", (turn,)).fetchone())
    assert (row["status"], row["reply"]) == (finished.status, finished.reply)


def days(store: Store) -> dict[tuple[str, bool], tuple[int, int]]:
    """Spent and held nano-dollars of each day, real and simulated."""
    query = (
        "SELECT period, simulated, spent_nusd, held_nusd FROM tally WHERE scope = 'all' AND period GLOB '????-??-??'"
    )
    rows = store.read(lambda db: db.execute(query).fetchall())
    return {(row["period"], bool(row["simulated"])): (row["spent_nusd"], row["held_nusd"]) for row in rows}


def kinds(events: Iterable[Any], *wanted: type) -> list[str]:
    """The types of the events, or of those that are wanted."""
    return [event.type for event in events if not wanted or isinstance(event, wanted)]


def only(events: Iterable[Any], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def told(events: Sequence[Any]) -> ev.TurnFinished:
    """How the turn ended."""
    end = events[-1]
    assert isinstance(end, ev.TurnFinished)
    return end


def _hash(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]
