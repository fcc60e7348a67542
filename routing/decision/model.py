"""What `decide()` reads and what it answers. Everything is frozen, serialises, and replays equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.budget.scopes import Sum
from routing.confidence.calibration import UNRATED, Calibration
from routing.confidence.usual import UsualLogprobs
from routing.policy.model import Policy, Timeouts
from routing.registry.model import Registry

ENGINE = "4"
STAND_IN = "stand-in"
"""The rung of models that no rung of the route selects."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A strategy's word before the decision: which rung first, on what evidence, and what asking cost. `quality` are
    pairs of a model and the chance that its answer would be good; `turn` is the turn in which somebody was asked."""

    strategy: str
    first_rung: int
    evidence: str
    cost_nusd: int = 0
    quality: tuple[tuple[str, float], ...] = ()
    turn: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """A provider, or one `model` of it, that may not be asked now: its breaker is open, or it cools down for as long as
    it `announced`. `again_in_s` None: not until the configuration changes."""

    provider: str
    reason: str
    again_in_s: float | None
    model: str | None = None
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What a provider leaves of a rate limit of a model: `kind` is requests, tokens, input-tokens or output-tokens."""

    model: str
    kind: str
    remaining: int
    again_in_s: float


@dataclass(frozen=True, slots=True)
class Health:
    """Providers that are closed, models that a provider no longer has, what is left of rate limits, capabilities that
    a model turned out not to have, and the seconds to the first token lately, as an average and as the 95th
    percentile: pairs of model and value."""

    closed: tuple[Closed, ...] = ()
    gone: tuple[str, ...] = ()
    limits: tuple[Left, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    first_token_s: tuple[tuple[str, float], ...] = ()
    first_token_p95_s: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """How often a model's answers to a task class were kept, of how often it answered."""

    model: str
    task: str
    kept: int
    answered: int


@dataclass(frozen=True, slots=True)
class FormatRecord:
    """How often a model gave JSON that was valid, of how often it was asked for."""

    model: str
    valid: int
    asked: int


PatternKind = Literal["format", "language", "length", "refusal"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a model got wrong before: `seen` of the `of` answers on a `subject`, which is a response format, a language
    or a task class."""

    model: str
    kind: PatternKind
    subject: str
    seen: int
    of: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Every record so far, and the hash that names this state of them. `patterns` are the failures that are known,
    `calibration` what ratings say of the confidence, `usual` the lines that logprobs of a model are held against."""

    records: tuple[Record, ...] = ()
    hash: str = ""
    formats: tuple[FormatRecord, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    calibration: Calibration = UNRATED
    usual: tuple[UsualLogprobs, ...] = ()

    def get(self, model: str, task: str) -> Record | None:
        return next((r for r in self.records if r.model == model and r.task == task), None)


@dataclass(frozen=True, slots=True)
class BudgetView:
    """What is left to spend, in nano-dollars, when the turn begins. None: no cap.

    `taken` are the sums that the profile's own caps look at. `throttle` is the step (0 to 5) in which a spike of spend
    is slowed, `pressure` what a nano-dollar costs on top of itself then. Routes that are `frozen` climb no more.
    """

    day_left_nusd: int | None
    simulated_day_left_nusd: int | None
    request_credit_nusd: int
    time_left_s: float
    day_cap_nusd: int | None = None
    simulated_day_cap_nusd: int | None = None
    taken: tuple[Sum, ...] = ()
    throttle: int = 0
    pressure: float = 0.0
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What changes seldom: each part is named by its hash and kept once in the ledger."""

    policy: Policy
    registry: Registry
    acceptance: Acceptance = Acceptance()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a decision looked at beside the request: the world by its hashes, and what changes from turn to turn.

    `pin` asks for one model (an id, an alias or a glob); `nudge` moves the first rung. `draw`, in [0, 1), chooses
    among the deployments of one model; 0 leaves them in order.
    """

    policy_hash: str
    registry_hash: str
    acceptance_hash: str
    health: Health
    budget: BudgetView
    advice: tuple[Advice, ...] = ()
    pin: str | None = None
    nudge: int = 0
    draw: float = 0.0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a model is out: a kind, what was needed and what was found; `name` says which of several caps. Sentences are
    made elsewhere."""

    kind: str
    needed: str
    found: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    model: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may be asked, with what is predicted of it. `worst_nusd` is what a call reserves;
    `utility_nusd` = value × quality − cost − second × latency. `valid` is the chance that its JSON is what was asked
    for, which is in `quality`; None: none was."""

    model: str
    provider: str
    tier: str
    rung: int
    quality: float
    cost_nusd: int
    worst_nusd: int
    latency_s: float
    utility_nusd: int
    price_known: bool
    simulated: bool
    valid: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedRung:
    """One rung with the models that stand on it, best first: the rest are its fallbacks. `worst_nusd` is the most
    that its dearest model reserves."""

    name: str
    models: tuple[str, ...]
    threshold: float | None
    why: str
    worst_nusd: int
    timeouts: Timeouts


@dataclass(frozen=True, slots=True)
class Decision:
    """The route, the ladder from the first rung up, and every other model with all reasons why not.

    `below` are the rungs under the first one: asked only when nothing on the ladder can be reached. An empty ladder
    means that nothing may be asked: the turn ends in a degraded card. `pruned`: no model that may be asked holds the
    whole chat, so its oldest messages are left out. `attempts` is the most calls in all; `hedge_after_s` when a second
    provider is asked as well, None: never. `forgiven`: the models on the ladder were out for reasons that pass, and
    nobody else was left.
    """

    engine: str
    policy_hash: str
    registry_hash: str
    route: str
    rule: str
    mode: Literal["cascade", "premium_first"]
    ladder: tuple[PlannedRung, ...]
    below: tuple[PlannedRung, ...]
    candidates: tuple[Candidate, ...]
    excluded: tuple[Exclusion, ...]
    runner_up: str | None
    floor: float
    retries: int
    credit_nusd: int
    time_s: float
    temperature: float | None
    max_output_tokens: int
    degraded_text: str
    pruned: bool = False
    attempts: int = 6
    hedge_after_s: float | None = None
    forgiven: bool = False

    @property
    def chosen(self) -> str | None:
        return self.ladder[0].models[0] if self.ladder else None

    @property
    def stands_in(self) -> Literal["", "absent", "barred"]:
        """Why a model that no rung selects is asked first: nobody whom the route names is there, or may be asked."""
        if not self.ladder or self.ladder[0].name != STAND_IN:
            return ""
        selected = any(all(why.kind != "not_on_route" for why in one.reasons) for one in self.excluded)
        return "barred" if selected else "absent"

    def candidate(self, model_id: str) -> Candidate:
        return next(candidate for candidate in self.candidates if candidate.model == model_id)
