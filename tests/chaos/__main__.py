"""python -m tests.chaos: a run under chaos, told as JSON. Ends with 1 when an invariant does not hold.

python -m tests.chaos [--seed 1] [--turns 1000] [--concurrency 8]
python -m tests.chaos --one-down                  each provider wholly down in turn, the other healthy
python -m tests.chaos.caps                        sixteen processes under one cap, beside check-then-spend
python -m tests.chaos.hedging                     the tail of the first token with and without hedging
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from tests.chaos.run import run_chaos, run_one_down


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="A run under chaos, told as JSON.")
    parser.add_argument("--seed", type=int, action="append", help="fixes the faults and the kills; may be repeated")
    parser.add_argument("--turns", type=int, default=1_000)
    parser.add_argument("--concurrency", type=int, default=8, help="turns at once")
    parser.add_argument("--one-down", action="store_true", help="each provider wholly down in turn, nothing else wrong")
    args = parser.parse_args()
    run = run_one_down if args.one_down else run_chaos
    reports: list[dict[str, Any]] = [asyncio.run(run(seed, args.turns, args.concurrency)) for seed in args.seed or [1]]
    print(json.dumps(reports[0] if len(reports) == 1 else reports, indent=2))
    return 1 if any(report["broken"] for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
