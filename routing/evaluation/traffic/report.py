"""What somebody's prompts are, in which share, what each kind needs, and what it costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.analysis.features import Risk
from routing.clock import local_day
from routing.decision.model import World
from routing.evaluation.traffic.needs import Need
from routing.evaluation.traffic.pricing import Bill, answerer, bill, foreseen, paid_nusd
from routing.evaluation.traffic.worked_example import WorkedExample, worked_example
from routing.policy.model import Policy
from routing.registry.model import UNRANKED, Registry
from routing.registry.terms import TIERS
from routing.reports.intervals import Proportion, proportion

BASIS = "balanced"
"""The shipped profile whose rules say which tier a prompt needs."""
SHOWN = 5
"""So many dear answers are named one by one."""
_BEGINNING = 60


@dataclass(frozen=True, slots=True)
class TierShare:
    tier: str
    prompts: Proportion


@dataclass(frozen=True, slots=True)
class Kind:
    """One task class. Complexity and tokens of a prompt and its answer are means; `tier` is the one that most of its
    prompts need, `tiers` how many need which."""

    task: str
    prompts: Proportion
    complexity: float
    input_tokens: float
    output_tokens: float
    tier: str
    tiers: tuple[TierShare, ...]


@dataclass(frozen=True, slots=True)
class Dear:
    """Answers of one kind by a model of a higher tier than they needed, and what they would have cost with the cheaper
    one that would be asked first."""

    task: str
    model: str
    tier: str
    instead: str
    prompts: int
    paid_nusd: int
    instead_nusd: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class DearCall:
    """One such answer, for a person to look at: `begins` is how the prompt begins, on one line."""

    begins: str
    at_s: float | None
    task: str
    model: str
    instead: str
    paid_nusd: int
    instead_nusd: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: its prompts, and what they would cost under the profile of `BASIS`."""

    day: str
    prompts: int
    nusd: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """`paid_nusd` is for the `paid` prompts of which it is known, by bill or by the price of the model that answered;
    simulated money counts there only where no other is known (`paid_simulated`). `counted` prompts have their tokens
    told, of the others they are estimated. `worst_nusd` is the most that any prompt would reserve on one rung;
    `simulated`: with a model that is."""

    prompts: int
    counted: int
    first_s: float | None
    last_s: float | None
    kinds: tuple[Kind, ...]
    tiers: tuple[TierShare, ...]
    stakes: Proportion
    multi_step: Proportion
    paid: int
    paid_nusd: int
    paid_simulated: bool
    dear: tuple[Dear, ...]
    dearest: tuple[DearCall, ...]
    bills: tuple[Bill, ...]
    busiest: Day | None
    worst_nusd: int
    simulated: bool
    example: WorkedExample


def report(found: Sequence[Need], profiles: Mapping[str, Policy], registry: Registry, basis: Policy) -> Traffic:
    """Everything there is to say of at least one prompt. `basis` is the policy that said which tier each needs; bills
    are for each of `profiles`. The same prompts give the same report."""
    served = [_Served(need, World(basis, registry)) for need in found]
    times = sorted(need.asked.at_s for need in found if need.asked.at_s is not None)
    dear = [one for one in served if one.is_dear]
    known = [one for one in served if one.paid_nusd is not None]
    paid = [one for one in known if not one.paid_simulated] or known
    return Traffic(
        prompts=len(found),
        counted=sum(need.asked.counted for need in found),
        first_s=times[0] if times else None,
        last_s=times[-1] if times else None,
        kinds=_kinds(found),
        tiers=_tiers(found),
        stakes=_share(found, [need for need in found if need.features.risk is Risk.HIGH]),
        multi_step=_share(found, [need for need in found if need.features.multi_step]),
        paid=len(paid),
        paid_nusd=sum(one.paid_nusd or 0 for one in paid),
        paid_simulated=any(one.paid_simulated for one in paid),
        dear=_dear(dear),
        dearest=_dearest(dear),
        bills=tuple(bill(found, World(policy, registry)) for _, policy in sorted(profiles.items())),
        busiest=_busiest(served),
        worst_nusd=max(one.worst_nusd for one in served),
        simulated=any(one.simulated for one in served),
        example=worked_example(),
    )


class _Served:
    """A prompt with who answered it, and who would be asked first."""

    def __init__(self, need: Need, world: World) -> None:
        decision = foreseen(need.features, world)
        self.need = need
        self._model = None if need.asked.model is None else answerer(need.asked.model, world.registry)
        self._instead = None if decision.chosen is None else decision.candidate(decision.chosen)
        self.paid_nusd = paid_nusd(need.asked, need.features, self._model)
        self.paid_simulated = need.asked.simulated or (self._model is not None and self._model.simulated)
        self.worst_nusd = max((rung.worst_nusd for rung in decision.ladder), default=0)

    @property
    def instead_nusd(self) -> int:
        return self._instead.cost_nusd if self._instead else 0

    @property
    def simulated(self) -> bool:
        """Whether who would be asked is simulated."""
        return self._instead is not None and self._instead.simulated

    @property
    def tier(self) -> str:
        """Of the model that answered."""
        return self._model.tier if self._model else UNRANKED

    @property
    def names(self) -> tuple[str, str, str]:
        """The kind of task, who answered, and who would be asked."""
        answered, instead = self._model, self._instead
        task = str(self.need.features.task)
        return task, answered.id if answered else "", instead.model if instead else ""

    @property
    def is_dear(self) -> bool:
        """Whether a model of a higher tier answered than was needed, for more of the same kind of money."""
        instead, paid = self._instead, self.paid_nusd
        if instead is None or paid is None or self.paid_simulated != instead.simulated:
            return False
        return _height(instead.tier) <= _height(self.need.tier) < _height(self.tier) and instead.cost_nusd < paid


def percent(share: float) -> str:
    """``58 %``: never all or nothing where it is not."""
    if 0 < share < 0.01:
        return "< 1 %"
    return f"{min(99, round(100 * share)) if share < 1 else 100} %"


def _height(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else -1


def _kinds(found: Sequence[Need]) -> tuple[Kind, ...]:
    """The most frequent first."""
    by_task: dict[str, list[Need]] = {}
    for need in found:
        by_task.setdefault(need.features.task, []).append(need)
    ordered = sorted(by_task.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(_kind(task, of_task, found) for task, of_task in ordered)


def _kind(task: str, of_task: Sequence[Need], found: Sequence[Need]) -> Kind:
    tiers = _tiers(of_task)
    return Kind(
        task=str(task),
        prompts=_share(found, of_task),
        complexity=_mean(need.features.complexity for need in of_task),
        input_tokens=_mean(need.features.input_tokens for need in of_task),
        output_tokens=_mean(need.features.output_tokens for need in of_task),
        tier=max(tiers, key=lambda one: one.prompts.count).tier,
        tiers=tiers,
    )


def _tiers(found: Sequence[Need]) -> tuple[TierShare, ...]:
    """From the smallest up, those that any prompt needs."""
    counts = Counter(need.tier for need in found)
    ordered = sorted(counts, key=lambda tier: (_height(tier), tier))
    return tuple(TierShare(tier, proportion(counts[tier], len(found))) for tier in ordered)


def _dear(served: Iterable[_Served]) -> tuple[Dear, ...]:
    """By task and models, those first that would have saved the most."""
    groups: dict[tuple[str, str, str], list[_Served]] = {}
    for one in served:
        groups.setdefault(one.names, []).append(one)
    found = [
        Dear(
            task=task,
            model=model,
            tier=alike[0].tier,
            instead=instead,
            prompts=len(alike),
            paid_nusd=sum(one.paid_nusd or 0 for one in alike),
            instead_nusd=sum(one.instead_nusd for one in alike),
            simulated=alike[0].simulated,
        )
        for (task, model, instead), alike in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.instead_nusd - one.paid_nusd, one.task, one.model, one.instead)))


def _dearest(served: Sequence[_Served]) -> tuple[DearCall, ...]:
    """Those that would have saved the most."""
    first = sorted(served, key=lambda one: one.instead_nusd - (one.paid_nusd or 0))[:SHOWN]
    return tuple(
        DearCall(_beginning(asked.text), asked.at_s, *one.names, one.paid_nusd or 0, one.instead_nusd, one.simulated)
        for one in first
        for asked in (one.need.asked,)
    )


def _beginning(text: str) -> str:
    plain = " ".join(text[: 4 * _BEGINNING].split())
    return plain if len(plain) <= _BEGINNING else f"{plain[: _BEGINNING - 1]}…"


def _busiest(served: Iterable[_Served]) -> Day | None:
    """The local day that would cost the most; None where no time is told."""
    days: dict[str, list[int]] = {}
    for one in served:
        if one.need.asked.at_s is not None:
            days.setdefault(local_day(one.need.asked.at_s), []).append(one.instead_nusd)
    found = [Day(day, len(costs), sum(costs)) for day, costs in days.items()]
    return max(found, key=lambda one: (one.nusd, one.day), default=None)


def _share(found: Sequence[Need], some: Sequence[Need]) -> Proportion:
    return proportion(len(some), len(found))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return round(math.fsum(listed) / len(listed), 4)
