"""Dates: the days between two, a date so many days on, the weekday of one."""

from __future__ import annotations

import re
from datetime import date, timedelta

from routing.simulator.skills.task import Task

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" if len(month) > 3 else month for month in _MONTHS)
DATE = re.compile(
    rf"\b(?:(?P<y>\d{{4}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}})"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{_MONTH})\.?,? (?P<y2>\d{{4}})"
    rf"|(?P<m3>{_MONTH})\.? (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y3>\d{{4}}))\b",
    re.IGNORECASE,
)
_NAMED = {"today": 0, "tomorrow": 1, "yesterday": -1}
_SHIFT = re.compile(
    r"(?P<n>\d{1,5}) (?P<unit>day|week|month|year)s? (?P<way>after|from|before|ago|later|past)\b",
    re.IGNORECASE,
)


async def reckon(task: Task) -> str | None:
    """`how many days between 2026-01-01 and 2026-03-15`, `what date is 45 days after 3 May 2026`."""
    if len(task.text) > 200 or "\n" in task.text:
        return None
    days = find_dates(task.text, task.today)
    if task.says(r"\b(days?|weeks?|how long)\b.*\b(between|until|till|from|since)\b") and days:
        start, end = (days[0], days[1]) if len(days) > 1 else (task.today, days[0])
        return _between(start, end, task.says("weeks"))
    if match := _SHIFT.search(task.text):
        start = days[0] if days else task.today
        way = -1 if match["way"].lower() in ("before", "ago") else 1
        return _shifted(start, way * int(match["n"]), match["unit"].lower())
    if task.says(r"\b(weekday|day of the week|which day|what day|what date|today'?s date)\b"):
        day = days[0] if days else task.today
        return (
            f"{day.day} {day:%B %Y} is a {day:%A}."
            if task.today != day
            else f"Today is {day:%A}, {day.day} {day:%B %Y}."
        )
    return None


def find_dates(text: str, today: date | None = None) -> list[date]:
    """Every date of the text in reading order; `today` and its like count when the day is given."""
    found: list[tuple[int, date]] = []
    for match in DATE.finditer(text):
        year = int(match["y"] or match["y2"] or match["y3"])
        name = match["m"] or match["m2"] or match["m3"]
        month = int(name) if name.isdigit() else _month(name)
        try:
            found.append((match.start(), date(year, month, int(match["d"] or match["d2"] or match["d3"]))))
        except ValueError:
            continue
    if today:
        for word, offset in _NAMED.items():
            found += [(m.start(), today + timedelta(offset)) for m in re.finditer(rf"\b{word}\b(?!')", text.lower())]
    return [day for _, day in sorted(found)]


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()[:3]))


def _between(start: date, end: date, weeks: bool) -> str:
    days = abs((end - start).days)
    count = f"{days} day{'' if days == 1 else 's'}"
    if weeks:
        count += f", or {days // 7} weeks and {days % 7} days"
    return f"From {start.isoformat()} to {end.isoformat()} it is {count}."


def _shifted(start: date, count: int, unit: str) -> str | None:
    try:
        if unit in ("day", "week"):
            day = start + timedelta(count * (7 if unit == "week" else 1))
        else:
            months = start.year * 12 + start.month - 1 + count * (12 if unit == "year" else 1)
            day = _clipped(months // 12, months % 12 + 1, start.day)
    except (ValueError, OverflowError):
        return None
    return f"It is {day.isoformat()}, a {day:%A}."


def _clipped(year: int, month: int, day: int) -> date:
    """The date, or the last one of its month where the month is too short."""
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).day
    return date(year, month, min(day, last))
