"""JSON and CSV: the one turned into the other, laid out, fields taken out."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from routing.simulator.skills.task import Task, load_json

_LONGEST = 32_000


async def reshape(task: Task) -> str | None:
    """`convert to CSV: [{"a": 1}]`, `as JSON: a,b\\n1,2`, `pretty-print`, `the value of "city"`."""
    if task.material == task.text or len(task.material) > _LONGEST:
        return None
    value = load_json(task.material)
    if value is None:
        return _from_csv(task)
    if task.says(r"\bcsv\b|\btable\b|\bspreadsheet\b"):
        return _table(value, markdown=not task.says(r"\bcsv\b"))
    if task.says(r"\b(minify|compact|one line)\b"):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if task.says(r"\bkeys\b"):
        return ", ".join(value) if isinstance(value, dict) else None
    if found := _field(value, task.what):
        return found
    if task.says(r"\b(pretty\W?print\w*|pretty|format|indent|tidy)\b"):
        return _fenced(value)
    return None


def _from_csv(task: Task) -> str | None:
    rows = [row for row in csv.reader(io.StringIO(task.material), skipinitialspace=True) if row]
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    records = [{name: _typed(cell) for name, cell in zip(rows[0], row, strict=True)} for row in rows[1:]]
    if task.wants_json:
        return _fenced(records)
    return _table(records, markdown=True) if task.says(r"\b(table|markdown)\b") else None


def _table(value: Any, *, markdown: bool) -> str | None:
    records = value if isinstance(value, list) else [value]
    if not all(isinstance(record, dict) for record in records):
        return None
    names = list(dict.fromkeys(name for record in records for name in record))
    rows = [[_cell(record.get(name)) for name in names] for record in records]
    if markdown:
        lines = [names, ["---"] * len(names), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([names, *rows])
    return out.getvalue().rstrip("\n")


def _field(value: Any, what: str) -> str | None:
    """What stands under a key that the instruction names, at any depth of an object."""
    if not isinstance(value, dict):
        return None
    asked = {word.lower() for word in re.findall(r"\w+", what)}
    for name, inner in value.items():
        if name.lower() in asked and name.lower() not in ("json", "csv"):
            return inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
    return next((found for inner in value.values() if (found := _field(inner, what))), None)


def _fenced(value: Any) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _typed(cell: str) -> Any:
    value = load_json(cell)
    return cell if value is None and cell != "null" else value
