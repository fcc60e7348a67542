"""`pointsman check --drill`: does every model that a failover would ask answer, and who can stand in for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.cli.manners import say, tell, tell_json
from app.cli.provider_tables import readiness_tables
from app.cli.tables import Table, as_text

if TYPE_CHECKING:
    from app.runtime import Runtime
    from app.setup.calling import Called
    from routing.registry.model import Model
    from routing.reports.readiness import Readiness
    from routing.router import Router


@dataclass(frozen=True, slots=True)
class _Bound:
    """The most that drills can cost together, in nano-dollars."""

    real_nusd: int
    simulated_nusd: int


@dataclass(frozen=True, slots=True)
class _Drilled:
    """How the drills went; `problems` are of providers that gave no list of models."""

    bound: _Bound
    calls: tuple[Called, ...]
    readiness: tuple[Readiness, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return bool(self.calls) and not self.problems and all(call.ok for call in self.calls)


async def drill(runtime: Runtime, as_json: bool) -> int:
    """Ask the models of every provider once and tell how ready each pair is; 1 when somebody did not answer."""
    chosen = _chosen(runtime.sources.registry.models)
    bound = _bound(runtime.router, [model for models in chosen for model in models])
    say(_announced(chosen, bound))
    drilled = await _drilled(runtime, chosen, bound)
    if as_json:
        tell_json(_document(drilled))
    else:
        tell("\n\n".join(map(as_text, (_calls(drilled.calls), *readiness_tables(drilled.readiness)))))
    for problem in drilled.problems:
        say(problem)
    return 0 if drilled.ok else 1


async def _drilled(runtime: Runtime, chosen: Sequence[Sequence[Model]], bound: _Bound) -> _Drilled:
    """Providers at the same time, the models of each one after the other."""
    from routing.clock import SystemClock
    from routing.reports.readiness import report_readiness

    calls = await asyncio.gather(*(_drill_all(runtime.router, models) for models in chosen))
    names = [models[0].provider for models in chosen]
    found = await asyncio.to_thread(report_readiness, runtime.store, names, SystemClock().wall())
    return _Drilled(
        bound=bound,
        calls=tuple(call for own in calls for call in own),
        readiness=found,
        problems=tuple(f"{one.config.name}: {one.problem}" for one in runtime.sources.checked if one.problem),
    )


async def _drill_all(router: Router, models: Iterable[Model]) -> list[Called]:
    from app.setup.calling import call

    return [await call(router, model) for model in models]


def _chosen(models: Iterable[Model]) -> list[list[Model]]:
    """For each provider the models that routes may ask, those on a tier; of one without any its cheapest."""
    from app.setup.calling import cheapest
    from routing.registry.model import UNRANKED

    by_provider: dict[str, list[Model]] = {}
    for model in models:
        by_provider.setdefault(model.provider, []).append(model)
    chosen = []
    for _, own in sorted(by_provider.items()):
        ranked = [model for model in own if model.tier != UNRANKED and model.lifecycle != "deprecated"]
        chosen.append(ranked or [model for model in [cheapest(own)] if model is not None])
    return chosen


def _bound(router: Router, models: Iterable[Model]) -> _Bound:
    """What the calls would reserve; one that may not be made reserves nothing."""
    from routing.router import drill_request

    worst = {False: 0, True: 0}
    for model in models:
        decision = router.explain(drill_request(model.id)).decision
        if decision.chosen == model.id:
            worst[model.simulated] += decision.candidate(model.id).worst_nusd
    return _Bound(worst[False], worst[True])


def _announced(chosen: Sequence[Sequence[Model]], bound: _Bound) -> str:
    from routing.money import format_usd

    money = [format_usd(bound.real_nusd)] if bound.real_nusd or not bound.simulated_nusd else []
    money += [f"{format_usd(bound.simulated_nusd)} simulated"] if bound.simulated_nusd else []
    models = _counted(sum(map(len, chosen)), "model")
    return f"Asking {models} of {_counted(len(chosen), 'provider')} for one word: at most {' and '.join(money)}."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _calls(calls: Iterable[Called]) -> Table:
    from app.setup.calling import told

    rows = [("✓" if call.ok else "✗" if call.asked else "–", call.model, told(call)) for call in calls]
    return Table(("", "model", "drill"), rows)


def _document(drilled: _Drilled) -> dict[str, Any]:
    return {
        "ok": drilled.ok,
        "worst_nusd": drilled.bound.real_nusd,
        "simulated_worst_nusd": drilled.bound.simulated_nusd,
        "drills": [{"ok": call.ok, **asdict(call)} for call in drilled.calls],
        "readiness": [asdict(one) for one in drilled.readiness],
        "problems": drilled.problems,
    }
