"""`python -m tests.mutants`: plant each bug of the list in a copy of the code, and see whether the tests notice."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.planting import ListError, Mutant, check, read_list
from tests.mutants.running import BaselineError, Verdict, judge

HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when every bug was killed, 1 when one survived or nothing could be judged, 2 for a wrong list."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--only", metavar="NAME", action="append", help="this bug alone; may be given again")
    parser.add_argument("--list", type=Path, default=HERE / "mutants.yaml", help="another list of bugs")
    parser.add_argument("--root", type=Path, default=HERE.parents[1], help="another tree to plant them in")
    options = parser.parse_args(arguments)
    try:
        mutants = _chosen(read_list(options.list), options.only)
        check(mutants, options.root)
        return _run(mutants, options.root, as_json=options.json)
    except ListError as error:
        print(error, file=sys.stderr)
        return 2
    except BaselineError as error:
        print(error, file=sys.stderr)
        return 1


def _chosen(mutants: tuple[Mutant, ...], only: list[str] | None) -> tuple[Mutant, ...]:
    if not only:
        return mutants
    unknown = sorted(set(only) - {mutant.name for mutant in mutants})
    if unknown:
        raise ListError(f"There is no bug called {' or '.join(unknown)} in the list.")
    return tuple(mutant for mutant in mutants if mutant.name in only)


def _run(mutants: tuple[Mutant, ...], root: Path, *, as_json: bool) -> int:
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        verdicts = judge(mutants, root, Path(folder), _silent if as_json else _tell)
    seconds = round(time.monotonic() - began_s, 1)
    left = [verdict for verdict in verdicts if verdict.outcome != "killed"]
    if as_json:
        print(json.dumps(_document(verdicts, seconds), indent=2))
    else:
        for verdict in left:
            print(f"\n{verdict.mutant.name} ({verdict.mutant.file}): {verdict.mutant.why}")
            if verdict.outcome == "invalid":
                print(verdict.output)
        print(f"\n{len(verdicts) - len(left)} of {len(verdicts)} planted bugs killed in {seconds:.0f} s")
    return 1 if left else 0


def _silent(_: Verdict) -> None:
    pass


def _tell(verdict: Verdict) -> None:
    print(f"{verdict.outcome:<8} {verdict.seconds:5.1f} s  {verdict.mutant.name}", flush=True)


def _document(verdicts: list[Verdict], seconds: float) -> dict[str, object]:
    rows = [
        {
            "name": verdict.mutant.name,
            "file": verdict.mutant.file,
            "why": verdict.mutant.why,
            "outcome": verdict.outcome,
            "seconds": verdict.seconds,
        }
        for verdict in verdicts
    ]
    killed = sum(verdict.outcome == "killed" for verdict in verdicts)
    survived = [verdict.mutant.name for verdict in verdicts if verdict.outcome != "killed"]
    return {"planted": len(rows), "killed": killed, "survived": survived, "seconds": seconds, "mutants": rows}


if __name__ == "__main__":
    sys.exit(main())
