"""`decide()` on 40 models and 20 routes, and the analysis before it.

`python -m benchmarks.decide [--quick] [--json]`.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks import command
from benchmarks.worlds import PROMPTS, snapshot, world
from routing.analysis.analyse import analyse
from routing.decision.decide import decide
from routing.messages import ask

MODELS, ROUTES = 40, 20
CALLS, QUICK_CALLS = 3000, 200
PASTE = "The points are set before the train arrives. " * 2_000

Result = dict[str, dict[str, float]]


def timed(work: Callable[[int], Any], calls: int) -> dict[str, float]:
    """What one call takes, warm."""
    for number in range(calls // 10):
        work(number)
    gc.collect()
    took = []
    for number in range(calls):
        began = perf_counter()
        work(number)
        took.append(perf_counter() - began)
    return command.spread_ms(took)


def measure_all(quick: bool) -> Result:
    calls = QUICK_CALLS if quick else CALLS
    requests = [ask(prompt) for prompt in PROMPTS]
    features = [analyse(request) for request in requests]
    paste = ask(f"Summarise this:\n{PASTE}")
    of = world(MODELS, ROUTES)
    seen = snapshot(of)
    return {
        "decide": timed(lambda number: decide(features[number % len(features)], of, seen), calls),
        "analyse": timed(lambda number: analyse(requests[number % len(requests)]), calls),
        "analyse_paste": timed(lambda _: analyse(paste), calls // 20),
    }


def report(found: Result) -> str:
    names = {
        "decide": f"decide(), {MODELS} models, {ROUTES} routes",
        "analyse": "analyse(), ordinary prompts",
        "analyse_paste": f"analyse(), a paste of {len(PASTE):,} characters",
    }
    rows = [f"{names[name]:44}p50 {one['p50_ms']:7.3f} ms   p99 {one['p99_ms']:7.3f} ms" for name, one in found.items()]
    return "\n".join(rows)


if __name__ == "__main__":
    command.run(__doc__, measure_all, report)
