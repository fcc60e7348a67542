"""Two things set side by side: lists, or things with properties."""

from __future__ import annotations

import re

from routing.simulator.skills.lists import read_items
from routing.simulator.skills.task import Task

_PART = re.compile(r"^\s*(?P<name>[^:\n]{1,40}):\s*(?P<rest>.+)$", re.MULTILINE)
_PROPERTY = re.compile(
    r"(?P<key>[a-z][a-z ]*?)\s*[=:]?\s*(?P<value>[$€£]?-?\d[\d,.]*\s?[a-z%]*)\s*(?:,|;|$)", re.IGNORECASE
)


async def compare(task: Task) -> str | None:
    """`compare:` and a line for each thing: `A: price 10, weight 3`; or two lists, a line each."""
    if not task.says(r"\b(compare|comparison|difference|differ|versus|vs|common)\b") or len(task.material) > 8_000:
        return None
    parts = {match["name"].strip(" -"): match["rest"] for match in _PART.finditer(task.material.replace("; ", "\n"))}
    if len(parts) < 2:
        lines = [line for line in task.material.splitlines() if line.strip()]
        parts = {"the first": lines[0], "the second": lines[1]} if len(lines) == 2 else {}
    if len(parts) < 2:
        return None
    properties = {name: {m["key"].strip(): m["value"].strip(" .") for m in _PROPERTY.finditer(rest)}
                  for name, rest in parts.items()}  # fmt: skip
    if all(properties.values()):
        return _table(properties)
    return _sets({name: read_items(rest) for name, rest in parts.items()})


def _table(things: dict[str, dict[str, str]]) -> str:
    keys = list(dict.fromkeys(key for properties in things.values() for key in properties))
    rows = [["", *things], ["---"] * (len(things) + 1)]
    rows += [[key, *(properties.get(key, "–") for properties in things.values())] for key in keys]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    notes = []
    for key in keys:
        values = {name: _figure(properties[key]) for name, properties in things.items() if key in properties}
        if len(values) == len(things) and len(set(values.values())) > 1:
            low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
            notes.append(f"- {key}: least with {low}, most with {high}")
    return table + "\n\n" + ("\n".join(notes) or "They do not differ in any figure.")


def _sets(lists: dict[str, list[str]]) -> str | None:
    (name_a, a), (name_b, b), *rest = lists.items()
    if rest or not a or not b:
        return None
    return "\n".join(
        f"- {title}: {', '.join(items) or 'nothing'}"
        for title, items in (
            ("In both", [item for item in a if item in b]),
            (f"Only in {name_a}", [item for item in a if item not in b]),
            (f"Only in {name_b}", [item for item in b if item not in a]),
        )
    )


def _figure(value: str) -> float:
    match = re.search(r"-?\d[\d,]*(?:\.\d+)?", value)
    return float(match[0].replace(",", "")) if match else 0.0
