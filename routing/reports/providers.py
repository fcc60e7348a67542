"""How each provider did: calls, failures, pace, breakers that opened, its share of the answers, and who can stand in
for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from routing.ledger.calls import CallRow, read_calls, read_openings
from routing.ledger.latest import NO_FAILURE
from routing.ledger.store import Store
from routing.reports.readiness import Readiness, report_readiness
from routing.reports.sums import percentile


@dataclass(frozen=True, slots=True)
class ProviderFigures:
    """Of every call, drills too. `failures` are pairs of kind and count, the commonest first; `answers` counts turns
    whose answer it gave, `share` is of all such turns of its kind (real or simulated). A call's first token counts
    from its own start."""

    name: str
    simulated: bool
    calls: int
    failures: tuple[tuple[str, int], ...]
    first_token_p50_s: float | None
    first_token_p95_s: float | None
    openings: int
    answers: int
    share: float | None


@dataclass(frozen=True, slots=True)
class ProvidersReport:
    """From `since` on, a local day (None: all there is). `hhi` = Σ share², 1 when one provider gives every answer;
    readiness is of the last 30 days, whatever `since` says."""

    since: str | None
    providers: tuple[ProviderFigures, ...]
    hhi: float | None
    simulated_hhi: float | None
    readiness: tuple[Readiness, ...]


def report_providers(store: Store, since: str | None, now_s: float) -> ProvidersReport:
    """`since` is a local day, `now_s` Unix seconds. Pairs are of one kind, real or simulated."""
    calls = read_calls(store, since)
    openings = Counter(provider for provider, _ in read_openings(store, since))
    answers = Counter(call.simulated for call in calls if _answers(call))
    figures = tuple(
        _figures(simulated, name, [call for call in calls if call.provider == name], openings[name], answers[simulated])
        for simulated, name in sorted({(call.simulated, call.provider) for call in calls})
    )
    pairs: list[Readiness] = []
    for kind in (False, True):
        pairs += report_readiness(store, (one.name for one in figures if one.simulated is kind), now_s)
    return ProvidersReport(since, figures, _hhi(figures, False), _hhi(figures, True), tuple(pairs))


def _figures(simulated: bool, name: str, calls: list[CallRow], openings: int, of: int) -> ProviderFigures:
    failed = Counter(call.outcome for call in calls if call.outcome is not None and call.outcome not in NO_FAILURE)
    first = [call.first_token_s for call in calls if call.first_token_s is not None]
    answers = sum(_answers(call) for call in calls)
    return ProviderFigures(
        name=name,
        simulated=simulated,
        calls=len(calls),
        failures=tuple(sorted(failed.items(), key=lambda one: (-one[1], one[0]))),
        first_token_p50_s=percentile(first, 0.5),
        first_token_p95_s=percentile(first, 0.95),
        openings=openings,
        answers=answers,
        share=answers / of if of else None,
    )


def _answers(call: CallRow) -> bool:
    return call.kept and call.purpose == "answer"


def _hhi(figures: Iterable[ProviderFigures], simulated: bool) -> float | None:
    shares = [one.share for one in figures if one.simulated is simulated and one.share is not None]
    return sum(share * share for share in shares) if shares else None
