"""Lists sorted, counted, freed of doubles, reversed, numbered."""

from __future__ import annotations

import json
import re
from collections import Counter

from routing.simulator.skills.arithmetic import number
from routing.simulator.skills.task import Task, load_json

_LONGEST = 16_000
_NUMBER = re.compile(r"-?[\d,]*\.?\d+")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_AND = re.compile(r",?\s+and\s+", re.IGNORECASE)


async def arrange(task: Task) -> str | None:
    """`sort: pear, fig, apple`, `remove the duplicates`, `how many items`, `sum of 3, 4 and 9`."""
    if len(task.material) > _LONGEST or task.material == task.text:
        return None
    items = read_items(task.material)
    if len(items) < 2:
        return None
    if task.says(r"\b(sum|total|add up|average|mean|largest|biggest|smallest|maximum|minimum|max|min)\b"):
        return _measured(items, task)
    if task.says(r"\b(how many|count|frequency|tally)\b"):
        return _counted(items, task)
    arranged = items
    if task.says(r"\b(dedup\w*|duplicates?|unique|distinct|doubles)\b"):
        arranged = list(dict.fromkeys(arranged))
    if task.says(r"\b(sort|order|alphabeti\w*|rank)\b"):
        arranged = _sorted(arranged, task)
    elif task.says(r"\b(reverse|backwards)\b") and len(items) > 1:
        arranged = arranged[::-1]
    elif arranged is items and not task.says(r"\b(bullet\w*|number(ed)? list|list (of|from))\b"):
        return None
    return write_items(arranged, task)


def read_items(material: str) -> list[str]:
    """Items of a JSON array, of lines, or of a text with commas (or blanks, for figures)."""
    value = load_json(material)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return [str(item) for item in value]
    lines = [_BULLET.sub("", line).strip() for line in material.splitlines() if line.strip()]
    if len(lines) > 1:
        return lines
    line = lines[0].rstrip(" .") if lines else ""
    if "," in line or ";" in line:
        return [item.strip() for item in re.split(r"[,;]\s*", _AND.sub(", ", line)) if item.strip()]
    words = _AND.sub(" ", line).split()
    figures = all(_NUMBER.fullmatch(word) for word in words)
    return words if figures or len(words) <= 12 else []


def write_items(items: list[str], task: Task) -> str:
    """In the form of the material, unless the instruction asks for another."""
    if task.wants_json or isinstance(load_json(task.material), list):
        return json.dumps([_figure(item) for item in items], ensure_ascii=False)
    if task.says(r"\bnumbered\b|\bnumber them\b"):
        return "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1))
    if "\n" in task.material.strip() or task.says(r"\bbullet"):
        mark = "- " if task.says(r"\bbullet") or task.material.lstrip().startswith(("- ", "* ")) else ""
        return "\n".join(mark + item for item in items)
    return ", ".join(items)


def _sorted(items: list[str], task: Task) -> list[str]:
    down = task.says(r"\b(descending|reverse|largest first|z to a|high to low|newest first)\b")
    if all(_NUMBER.fullmatch(item) for item in items):
        return sorted(items, key=_float, reverse=down)
    if task.says(r"\blength\b"):
        return sorted(items, key=lambda item: (len(item), item.casefold()), reverse=down)
    return sorted(items, key=str.casefold, reverse=down)


def _counted(items: list[str], task: Task) -> str:
    counts = Counter(items)
    if task.says(r"\b(each|frequency|tally|times)\b"):
        return "\n".join(f"{item}: {count}" for item, count in counts.most_common())
    doubles = f", {len(counts)} of them distinct" if len(counts) < len(items) else ""
    return f"There are {len(items)} items{doubles}."


def _measured(items: list[str], task: Task) -> str | None:
    if not all(_NUMBER.fullmatch(item) for item in items):
        return None
    values = [_float(item) for item in items]
    if task.says(r"\b(average|mean)\b"):
        return f"The average is {number(round(sum(values) / len(values), 6))}."
    if task.says(r"\b(largest|biggest|maximum|max)\b"):
        return f"The largest is {number(max(values))}."
    if task.says(r"\b(smallest|minimum|min)\b"):
        return f"The smallest is {number(min(values))}."
    return f"The sum is {number(round(sum(values), 6))}."


def _float(item: str) -> float:
    return float(item.replace(",", ""))


def _figure(item: str) -> str | float:
    value = load_json(item)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else item
