"""The shape of a policy file, key by key.

Every rule and every route is read on its own, so that a mistake in one of them hides none in the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from routing.analysis.features import Risk, TaskClass
from routing.policy.mistakes import Mistake, Path, nearest, quoted
from routing.policy.model import Personal, Range, SecondOpinion, Strategy
from routing.policy.ranges import can_hold, parse_range
from routing.policy.shapes import shape_mistake

TIERS = ("small", "mid", "large")
_DAY_S = 86_400


def _wrong(what: str, instead: str = "") -> PydanticCustomError:
    return PydanticCustomError("mistake", "{what}", {"what": what, "instead": instead})


def _one_of(kind: str, known: Iterable[str]) -> BeforeValidator:
    choices = tuple(map(str, known))

    def check(word: object) -> object:
        if word not in choices:
            raise _wrong(f"unknown {kind} {quoted(word)}", nearest(str(word), choices))
        return word

    return BeforeValidator(check)


def _between(low: float, high: float, such_as: str) -> AfterValidator:
    def check(number: float, info: ValidationInfo) -> float:
        if number < 0 <= low:
            raise _wrong(f"{info.field_name} is {number:g}, but cannot be negative", f"write {such_as}")
        if not low <= number <= high:
            what = f"{info.field_name} is {number:g}, but goes from {low:g} to {high:g}"
            raise _wrong(what, f"write a number such as {such_as}")
        return number

    return AfterValidator(check)


def _filled(value: Any, info: ValidationInfo) -> Any:
    if not value:
        raise _wrong(f"{info.field_name} is empty", "write something there, or take the key out")
    return value


def _range(low: float, high: float, such_as: str, *, whole: bool = False) -> BeforeValidator:
    def check(value: object, info: ValidationInfo) -> Range:
        try:
            wanted = parse_range(str(value))
        except ValueError:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            instead = f'write ">= {value}"' if number else f'write it like "{such_as}"'
            raise _wrong(f"{info.field_name} is {quoted(value)}, not a comparison", instead) from None
        if not can_hold(wanted, low, high, whole=whole):
            numbers = f"{'a whole number' if whole else 'a number'} from {low:g}"
            limits = numbers if high == math.inf else f"{numbers} to {high:g}"
            what = f"{info.field_name} {quoted(value)} can never hold for {limits}"
            raise _wrong(what, f'write it like "{such_as}"')
        return wanted

    return BeforeValidator(check)


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool | int | float) else value


_Item = TypeVar("_Item")
Word = Annotated[str, AfterValidator(_filled)]
OneOrMore = Annotated[list[_Item], BeforeValidator(_listed), AfterValidator(_filled)]
Share = Annotated[float, _between(0, 1, "0.7")]
Usd = Annotated[float, _between(0, 1_000_000, "0.05")]
Seconds = Annotated[float, _between(0.01, _DAY_S, "20")]
Mode = Literal["cascade", "premium_first"]
Determinism = Literal["seed", "strong"]
Retention = Literal["none"]
Invalid = Literal["retry", "escalate"]
Declined = Literal["stop", "failover"]
Broken = Literal["restart", "continue"]
Cut = Literal["keep", "continue"]
Old = Literal["drop", "summarise"]
Escalate = Literal["threshold", "gain"]
Tier = Annotated[str, _one_of("tier", TIERS)]
Task = Annotated[str, _one_of("task", TaskClass)]
RiskWord = Annotated[str, _one_of("risk", Risk)]
Format = Annotated[str, _one_of("format", ("text", "json", "json_schema"))]
Latency = Annotated[str, _one_of("latency", ("interactive", "batch"))]
Lifecycle = Annotated[str, _one_of("lifecycle", ("experimental", "managed", "deprecated"))]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _has_value(cls, value: object, info: ValidationInfo) -> object:
        if value is None:
            raise _wrong(f"{info.field_name} has no value", "write one, or take the key out")
        return value


class Condition(_Part):
    task: OneOrMore[Task] | None = None
    complexity: Annotated[Range, _range(0, 1, ">= 0.6")] | None = None
    multi_step: bool | None = None
    risk: OneOrMore[RiskWord] | None = None
    input_tokens: Annotated[Range, _range(0, math.inf, "> 128K", whole=True)] | None = None
    tools: Annotated[Range, _range(0, math.inf, "> 5", whole=True)] | None = None
    language: OneOrMore[Word] | None = None
    format: OneOrMore[Format] | None = None
    tags: Annotated[dict[str, OneOrMore[Annotated[str, BeforeValidator(_as_text)]]], AfterValidator(_filled)] | None = (
        Field(default=None, examples=["tags: {team: legal}"])
    )
    user_tier: OneOrMore[Word] | None = None
    latency: OneOrMore[Latency] | None = None
    time_budget_s: Annotated[Range, _range(0, math.inf, "< 2")] | None = None
    novelty: Annotated[Range, _range(0, 1, ">= 0.9")] | None = None


class WhenDocument(Condition):
    """`any` lists alternatives: one of them must hold, and so must the keys beside it."""

    any: Annotated[list[Condition], AfterValidator(_filled)] | None = Field(
        default=None, examples=["any: [{task: code}, {risk: high}]"]
    )

    @model_validator(mode="after")
    def _no_key_twice(self) -> WhenDocument:
        inside = {key for option in self.any or () for key in option.model_fields_set}
        for key in sorted(inside & self.model_fields_set):
            raise _wrong(f"{key} stands both beside 'any' and inside it", "keep it in one of the two places")
        return self


class RuleDocument(_Part):
    name: Word | None = None
    when: WhenDocument = Field(default_factory=WhenDocument, examples=["when: {task: code}"])
    route: Word = Field(examples=["route: and the name of a route"])


class RungDocument(_Part):
    """A bare word is a tier, an alias, a glob or a model id; all but the tier are kept as `model`."""

    tier: Tier | None = None
    model: Word | None = None
    provider: Word | None = None
    threshold: Share | None = None
    priority: Annotated[int, _between(1, 1000, "1")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_word(cls, value: object) -> object:
        if isinstance(value, str):
            return {"tier": value} if value in TIERS else {"model": value}
        return value

    @model_validator(mode="after")
    def _names_somebody(self) -> RungDocument:
        if not (self.tier or self.model or self.provider):
            raise _wrong("this rung names no tier, model or provider", "write {tier: small}")
        return self


class TimeoutsDocument(_Part):
    connect_s: Seconds = 5.0
    first_token_s: Seconds = 20.0
    idle_s: Seconds = 15.0
    total_s: Seconds = 120.0


class RequireDocument(_Part):
    determinism: Annotated[Determinism, _one_of("determinism", ("seed", "strong"))] | None = None
    retention: Annotated[Retention, _one_of("retention", ("none",))] | None = None
    local: bool = False
    region: Word | None = None
    lifecycle: OneOrMore[Lifecycle] | None = None


class RouteDocument(_Part):
    """`then` names the route whose ladder goes on where this one ends."""

    ladder: Annotated[list[RungDocument], AfterValidator(_filled)] = Field(examples=["ladder: [small, mid, large]"])
    then: Word | None = None
    mode: Annotated[Mode, _one_of("mode", ("cascade", "premium_first"))] = "cascade"
    escalate: Annotated[Escalate, _one_of("value of escalate", ("threshold", "gain"))] = "threshold"
    floor: Share = 0.3
    time_budget_s: Seconds | None = None
    cost_ceiling_usd: Usd | None = None
    retries: Annotated[int, _between(0, 5, "1")] = 1
    invalid: Annotated[Invalid, _one_of("value of invalid", ("retry", "escalate"))] = "escalate"
    declined: Annotated[Declined, _one_of("value of declined", ("stop", "failover"))] = "stop"
    broken: Annotated[Broken, _one_of("value of broken", ("restart", "continue"))] = "restart"
    cut: Annotated[Cut, _one_of("value of cut", ("keep", "continue"))] = "keep"
    day_usd: Usd | None = None
    cost_per_success_usd: Usd | None = None
    timeouts: TimeoutsDocument = Field(default_factory=TimeoutsDocument, examples=["timeouts: {total_s: 120}"])
    temperature: Annotated[float, _between(0, 2, "0.7")] | None = None
    max_output_tokens: Annotated[int, _between(1, 1_000_000, "2048")] | None = None
    require: RequireDocument = Field(default_factory=RequireDocument, examples=["require: {local: true}"])
    degraded: str = ""

    @model_validator(mode="after")
    def _gain_finds_thresholds(self) -> RouteDocument:
        if self.escalate == "threshold":
            return self
        if self.mode != "cascade":
            raise _wrong("escalate: gain is for a cascade, and this route goes premium first", "take it out")
        if any(rung.threshold is not None for rung in self.ladder):
            raise _wrong("this route escalates on gain, and has thresholds", "take them out, or escalate: gain")
        return self


class ClassCapDocument(_Part):
    task: Task = Field(examples=["task: code"])
    day_usd: Usd = Field(examples=["day_usd: 0.50"])
    tier: Tier | None = None
    model: Word | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> ClassCapDocument:
        if self.tier and self.model:
            raise _wrong("this cap names a tier and a model", "keep one of them")
        return self


class PremiumShareDocument(_Part):
    max: Share = Field(examples=["max: 0.25"])
    floor: Share = 0.25


class CapsDocument(_Part):
    request_usd: Usd = 0.05
    request_attempts: Annotated[int, _between(1, 50, "6")] = 6
    day_usd: Usd | None = None
    session_usd: Usd | None = None
    warn_at: OneOrMore[Share] = Field(default=[0.8], examples=["warn_at: [0.5, 0.8]"])
    premium_share: PremiumShareDocument | None = Field(default=None, examples=["premium_share: {max: 0.25}"])
    providers: dict[str, Usd] = Field(default={}, examples=["providers: {openai: 0.80}"])
    classes: list[ClassCapDocument] = Field(default=[], examples=["classes: [{task: code, tier: large, day_usd: 0.5}]"])


class HedgeDocument(_Part):
    max_share: Share = 0.05
    min_s: Seconds = 1.5


class ContextDocument(_Part):
    budget_tokens: Annotated[int, _between(256, 10_000_000, "8000")] | None = None
    keep_turns: Annotated[int, _between(0, 1000, "4")] = 4
    old: Annotated[Old, _one_of("value of old", ("drop", "summarise"))] = "drop"


class PolicyDocument(_Part):
    """The file without its rules and routes, which are read one by one."""

    id: Word = Field(examples=["id: and the name of this file, without .yaml"])
    title: Word = Field(examples=["title: and one line that says what it does"])
    value_usd: Usd = 0.02
    second_usd: Usd = 0.0004
    caps: CapsDocument = Field(default_factory=CapsDocument, examples=["caps: {request_usd: 0.05, day_usd: 2.00}"])
    hedge: HedgeDocument = Field(default_factory=HedgeDocument, examples=["hedge: {max_share: 0.05, min_s: 1.5}"])
    throttle: bool = True
    personal: Annotated[Personal, _one_of("value of personal", ("show", "ask", "mask", "local"))] = "show"
    context: ContextDocument = Field(default_factory=ContextDocument, examples=["context: {budget_tokens: 8000}"])
    answer_tokens: dict[Task, Annotated[int, _between(16, 1_000_000, "400")]] = Field(
        default={}, examples=["answer_tokens: {faq: 300}"]
    )
    strategy: Annotated[Strategy, _one_of("strategy", get_args(Strategy))] = "rules"
    second_opinion: Annotated[SecondOpinion, _one_of("value of second_opinion", get_args(SecondOpinion))] = "never"
    request_s: Seconds = 60.0
    assumed_usd_per_mtok: Usd = 30.0
    aliases: dict[str, Word] = Field(default={}, examples=['aliases: {fast: "*/small-*"}'])
    default: Word = Field(examples=["default: and the route for whatever no rule names"])
    rules: list[Any] = Field(default=[], examples=["rules: [{when: {task: code}, route: hard}]"])
    routes: Annotated[dict[str, Any], AfterValidator(_filled)] = Field(
        examples=["routes: {everyday: {ladder: [small, mid, large]}}"]
    )


@dataclass
class Reading:
    """All parts that could be read, and the mistakes in the others. `policy` is None when it could not be."""

    policy: PolicyDocument | None
    rules: dict[int, RuleDocument] = field(default_factory=dict)
    routes: dict[str, RouteDocument] = field(default_factory=dict)
    rungs: dict[str, dict[int, RungDocument]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


def read_document(data: dict[str, object]) -> Reading:
    """Reads every part of the file; raises nothing."""
    mistakes: list[Mistake] = []
    reading = Reading(_read(PolicyDocument, data, (), mistakes), mistakes=mistakes)
    rules, routes = data.get("rules"), data.get("routes")
    for index, raw in enumerate(rules if isinstance(rules, list) else ()):
        if (rule := _read(RuleDocument, raw, ("rules", index), mistakes)) is not None:
            reading.rules[index] = rule
    for name, raw in routes.items() if isinstance(routes, dict) else ():
        if (route := _read(RouteDocument, raw, ("routes", name), mistakes)) is not None:
            reading.routes[name] = route
        reading.rungs[name] = _rungs(raw)
    return reading


def _rungs(route: object) -> dict[int, RungDocument]:
    """The rungs that can be read, even where the route cannot; mistakes in the others are known by now."""
    ladder = route.get("ladder") if isinstance(route, dict) else None
    read = [_read(RungDocument, raw, (), []) for raw in ladder] if isinstance(ladder, list) else []
    return {index: rung for index, rung in enumerate(read) if rung is not None}


_Document = TypeVar("_Document", bound=_Part)


def _read(kind: type[_Document], raw: object, at: Path, mistakes: list[Mistake]) -> _Document | None:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        mistakes += [shape_mistake(kind, at, dict(found)) for found in error.errors(include_url=False)]
        return None
