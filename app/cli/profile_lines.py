"""The lines of a profile as they would be with other thresholds. Its file is read, and left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

ANY = ""
"""Stands for the first rung of each route that begins with the weakest tier, or with models of its own."""
_WEAKEST = "small"


def with_thresholds(file: Path, thresholds: Mapping[str, float]) -> str:
    """The ladders in which a rung gets another threshold, as YAML, each with its line in the file. `thresholds` are by
    tier. Raises ConfigurationError where the file cannot be read."""
    from routing.policy.lines import read_tree
    from routing.policy.loading import text_of

    tree = read_tree(text_of(file), str(file))
    found = []
    for name, route in (tree.data["routes"] if isinstance(tree.data, dict) else {}).items():
        ladder = [_rung(rung, thresholds, first=n == 0) for n, rung in enumerate(route["ladder"])]
        if ladder != route["ladder"]:
            line = tree.line(("routes", name, "ladder"))
            found.append(f"  {name}:\n    ladder: {_flow(ladder)}   # line {line}")
    if not found:
        return f"# {file}: no rung whose threshold would be another."
    return "\n".join((f"# {file}", "routes:", *found))


def _rung(rung: object, thresholds: Mapping[str, float], *, first: bool) -> object:
    """Only a rung that has a threshold gets another."""
    if not isinstance(rung, dict) or "threshold" not in rung:
        return rung
    weakest = first and rung.get("tier") in (None, _WEAKEST)
    new = thresholds.get(str(rung.get("tier")), thresholds.get(ANY) if weakest else None)
    return rung if new is None else {**rung, "threshold": new}


def _flow(ladder: list[Any]) -> str:
    import yaml

    return yaml.safe_dump(ladder, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True).strip()
