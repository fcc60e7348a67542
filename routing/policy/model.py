"""The compiled policy: frozen, and all that `decide()` may know of what the user allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Range:
    """Closed or open bounds; None is unbounded."""

    at_least: float | None = None
    more_than: float | None = None
    at_most: float | None = None
    less_than: float | None = None

    def holds(self, value: float) -> bool:
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.more_than is None or value > self.more_than)
            and (self.at_most is None or value <= self.at_most)
            and (self.less_than is None or value < self.less_than)
        )


@dataclass(frozen=True, slots=True)
class When:
    """A rule's condition: every field that is set must hold; a tuple holds when one of its values does. Of `tags`
    every name must be there, with one of its values.

    `tools` counts tools, `time_budget_s` is what the request (or the route's caller) leaves. An empty `When`
    always holds.
    """

    task: tuple[str, ...] = ()
    complexity: Range | None = None
    multi_step: bool | None = None
    risk: tuple[str, ...] = ()
    input_tokens: Range | None = None
    tools: Range | None = None
    language: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    user_tier: tuple[str, ...] = ()
    latency: tuple[str, ...] = ()
    time_budget_s: Range | None = None
    novelty: Range | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The first rule whose condition holds names the route. `name` is what the screen shows."""

    name: str
    when: When
    route: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Which models: every field that is set must match. `model` and `provider` are globs (`!glob` excludes)."""

    tier: str | None = None
    model: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder. `selectors` are alternatives in order of priority: they fail over, not escalate.

    The answer stays when its confidence reaches `threshold` (None: any answer stays). With `gain` the decision finds
    the threshold: where the next rung would no longer be worth its price.
    """

    name: str
    selectors: tuple[Selector, ...]
    threshold: float | None = None
    gain: bool = False


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, to the first token, between tokens, and in all for one attempt."""

    connect_s: float = 5.0
    first_token_s: float = 20.0
    idle_s: float = 15.0
    total_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Requirements:
    """Controls a model must have: `determinism` (strong: temperature 0 and seed honoured), `retention`
    (none: the provider keeps nothing), `local` (never leaves this machine), `region`, `lifecycle` (the
    stages allowed)."""

    determinism: Literal["seed", "strong"] | None = None
    retention: Literal["none"] | None = None
    local: bool = False
    region: str | None = None
    lifecycle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """How a kind of request is answered.

    `cascade` climbs the ladder while the answer is not good enough; `premium_first` starts at its first rung and
    steps down only when `time_budget_s` is exceeded. Below `floor` an answer is shown as below the floor.
    `invalid`: an answer that had to be JSON and is not, or does not meet its schema, is asked of the same model once
    more before the next rung, or goes to the next rung at once. `declined`: a request that a provider's content filter
    turns away ends the turn, or goes to another provider when its risk is low. `broken`: an answer that was lost in
    mid-stream is written anew by the next model, or that model goes on where it broke off. `cut`: an answer that
    reached its most tokens stays cut, or the same model goes on with it once. `degraded_text` is said when nothing
    could answer.

    `day_nusd` is what the route may spend on a local day. Above `success_nusd` for one successful answer, held against
    it over many turns, it climbs no more.
    """

    name: str
    ladder: tuple[Rung, ...]
    mode: Literal["cascade", "premium_first"] = "cascade"
    floor: float = 0.3
    time_budget_s: float | None = None
    credit_nusd: int | None = None
    retries: int = 1
    timeouts: Timeouts = Timeouts()
    temperature: float | None = None
    max_output_tokens: int | None = None
    require: Requirements = Requirements()
    degraded_text: str = ""
    invalid: Literal["retry", "escalate"] = "escalate"
    declined: Literal["stop", "failover"] = "stop"
    broken: Literal["restart", "continue"] = "restart"
    cut: Literal["keep", "continue"] = "keep"
    day_nusd: int | None = None
    success_nusd: int | None = None


@dataclass(frozen=True, slots=True)
class ClassCap:
    """What one kind of task may spend on a day with the models of a tier, or with those that a glob names; with
    neither, with all of them."""

    task: str
    day_nusd: int
    tier: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class PremiumShare:
    """The large tier may take at most `most` of what the day has taken; before much is spent, of `floor` × the day's
    cap, so that the first prompt of a day is not locked out."""

    most: float
    floor: float = 0.25


@dataclass(frozen=True, slots=True)
class ProfileCaps:
    """Caps of one profile, beside those for a day and a message. `attempts` counts all calls of one message;
    `warn_at` are the shares of a cap at which the user is told."""

    attempts: int = 6
    session_nusd: int | None = None
    warn_at: tuple[float, ...] = (0.8,)
    premium: PremiumShare | None = None
    providers: tuple[tuple[str, int], ...] = ()
    classes: tuple[ClassCap, ...] = ()


@dataclass(frozen=True, slots=True)
class Hedging:
    """A second provider is asked when the first has not begun to answer after its p95, at least `min_s`; in at most
    `max_share` of the turns."""

    max_share: float = 0.05
    min_s: float = 1.5


@dataclass(frozen=True, slots=True)
class Context:
    """How much of a chat is sent along. Above `budget_tokens` its `old` part is dropped, or summarised by a small
    model, in steps; the last `keep_turns` exchanges always go along."""

    budget_tokens: int | None = None
    keep_turns: int = 4
    old: Literal["drop", "summarise"] = "drop"


Strategy = Literal["rules", "classifier", "neighbours", "learned"]
"""Who says which rung comes first: the policy as written, a cheap model that is asked, the user's past requests, or a
trained router."""

SecondOpinion = Literal["never", "agreement", "judge", "any"]
"""Who may be asked about an answer that could be kept or not: another cheap model for its own answer, a model of
another family for its verdict, or whichever fits."""

Personal = Literal["show", "ask", "mask", "local"]
"""What is done about personal data before a prompt leaves the machine: told, asked about, replaced by placeholders, or
kept on the machine."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A profile, compiled. `request_credit_nusd` and `day_cap_nusd` can only be stricter than the machine's.

    `value_nusd` is what a right answer is worth, `second_nusd` what a second of waiting costs; the score of a model
    is value × quality − cost − second × latency. With `throttle`, spend that grows out of proportion is slowed in
    steps. `answer_tokens` are the most tokens of an answer by kind of task. `hash` names the content.
    """

    id: str
    title: str
    rules: tuple[Rule, ...]
    routes: tuple[Route, ...]
    default_route: str
    value_nusd: int
    second_nusd: int
    request_credit_nusd: int
    day_cap_nusd: int | None
    request_s: float
    assumed_nusd_per_mtok: int
    aliases: tuple[tuple[str, str], ...]
    hash: str
    caps: ProfileCaps = ProfileCaps()
    hedging: Hedging = Hedging()
    throttle: bool = True
    personal: Personal = "show"
    context: Context = Context()
    answer_tokens: tuple[tuple[str, int], ...] = ()
    strategy: Strategy = "rules"
    second_opinion: SecondOpinion = "never"

    def route(self, name: str) -> Route:
        return next(route for route in self.routes if route.name == name)
