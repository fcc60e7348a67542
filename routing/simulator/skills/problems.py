"""Word problems in several steps: purchases, journeys, things that come and go."""

from __future__ import annotations

import re

from routing.simulator.skills.arithmetic import number
from routing.simulator.skills.task import Task

_ITEM = re.compile(
    r"(?P<n>\d+) (?P<what>[a-z]+(?: [a-z]+)??)\s+"
    r"(?:(?:at|for|that cost|costing|which cost) )?[$€£]?(?P<price>\d+(?:\.\d+)?)"
    r"(?: dollars| euros| pounds)?\s*(?:each|apiece|a piece|per \w+)?",
    re.IGNORECASE,
)
_RATE = re.compile(r"(?P<rate>\d+(?:\.\d+)?)\s*(?:%|percent) (?P<what>discount|off|tax|vat|tip)", re.IGNORECASE)
_LEG = re.compile(
    r"(?P<km>\d+(?:\.\d+)?) ?(?P<unit>km|kilomet(?:er|re)s|miles)\b.{0,20}?"
    r"\b(?P<t>\d+(?:\.\d+)?) ?(?P<in>h|hours?|min|minutes)\b",
    re.IGNORECASE,
)
_SPEED = re.compile(r"(?P<v>\d+(?:\.\d+)?) ?(?P<unit>km/h|kph|mph|kilometres per hour|miles per hour)", re.IGNORECASE)
_HOURS = re.compile(r"(?<!per )(?P<t>\d+(?:\.\d+)?) ?(?P<in>hours?|minutes)\b", re.IGNORECASE)
_MORE = "buys?|gets?|finds?|receives?|adds?|board|get on|join|earns?|picks?|bakes?|arrive"
_LESS = "gives?|eats?|loses?|sells?|spends?|uses?|get off|leave|breaks?|drops?|alight|removes?"
_CHANGE = re.compile(rf"\b(?:(?P<more>{_MORE})|(?P<less>{_LESS}))\b(?: \w+){{0,2}}? (?P<n>\d+)"
                     rf"|(?P<n2>\d+)(?: \w+){{0,2}}? "
                     rf"(?:(?P<more2>{_MORE})|(?P<less2>{_LESS}))\b", re.IGNORECASE)  # fmt: skip
_START = re.compile(
    r"\b(?:has|have|had|with|starts?(?: \w+)? with|carries|there (?:are|were)) (?P<n>\d+)", re.IGNORECASE
)


async def word_problem(task: Task) -> str | None:
    """`I buy 3 tickets at $12 each and 2 coffees at $3 each with a 10% discount. What do I pay?`"""
    text = task.text
    if len(text) > 600 or not re.search(r"\b(how|what|when|which)\b|\?", text, re.IGNORECASE):
        return None
    return _purchase(text) or _journey(text) or _count(text)


def _purchase(text: str) -> str | None:
    items = [(int(m["n"]), m["what"], float(m["price"])) for m in _ITEM.finditer(text) if "at" in m[0] or "$" in m[0]]
    if not items or not re.search(r"\b(pay|cost|total|spend|price|much)\b", text, re.IGNORECASE):
        return None
    steps = [f"{count} {what} at {number(price)}: {number(round(count * price, 2))}" for count, what, price in items]
    total = sum(count * price for count, _, price in items)
    if len(items) > 1:
        steps.append(f"Together: {number(round(total, 2))}")
    for match in _RATE.finditer(text):
        part = total * float(match["rate"]) / 100
        total += -part if match["what"].lower() in ("discount", "off") else part
        rate = f"{match['rate']}% {match['what']}"
        steps.append(f"{rate} is {number(round(part, 2))}, which makes {number(round(total, 2))}")
    sign = next(iter(re.findall(r"[$€£]", text)), "")
    return _worked(steps, f"The answer is {sign}{total:,.2f}.")


def _journey(text: str) -> str | None:
    legs = [(float(m["km"]), _hours(m), m["unit"].lower()) for m in _LEG.finditer(text)]
    if legs and re.search(r"\b(speed|how fast)\b", text, re.IGNORECASE):
        way, time = sum(leg[0] for leg in legs), sum(leg[1] for leg in legs)
        unit = "mph" if legs[0][2] == "miles" else "km/h"
        steps = [f"The whole way: {number(way)} {legs[0][2]}", f"The whole time: {number(round(time, 4))} h"]
        return _worked(steps, f"The average speed is {number(round(way / time, 2))} {unit}.") if time else None
    speed, time_given = _SPEED.search(text), _HOURS.search(text)
    if speed and time_given and re.search(r"\b(how far|distance)\b", text, re.IGNORECASE):
        hours, unit = _hours(time_given), "miles" if "m" in speed["unit"][:2].lower().strip("k") else "km"
        steps = [f"{speed['v']} {speed['unit']} for {number(round(hours, 4))} h"]
        return _worked(steps, f"The distance is {number(round(float(speed['v']) * hours, 2))} {unit}.")
    return None


def _count(text: str) -> str | None:
    start = _START.search(text)
    if not start or not re.search(r"\bhow many\b", text, re.IGNORECASE):
        return None
    total, steps = int(start["n"]), [f"At first: {start['n']}"]
    for match in _CHANGE.finditer(text, start.end()):
        count = int(match["n"] or match["n2"])
        total += count if match["more"] or match["more2"] else -count
        steps.append(f"{match[0].strip()}: {total}")
    return _worked(steps, f"The answer is {total}.") if len(steps) > 1 else None


def _hours(match: re.Match[str]) -> float:
    return float(match["t"]) / (60 if match["in"].lower().startswith("min") else 1)


def _worked(steps: list[str], answer: str) -> str:
    return "\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1)) + f"\n\n{answer}"
