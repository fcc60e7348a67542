"""Units converted: length, mass, volume, time, data, speed and temperature."""

from __future__ import annotations

import re

from routing.simulator.skills.arithmetic import number
from routing.simulator.skills.task import Task

# kind: {name as written: size in the first unit of the row}
_UNITS: dict[str, dict[str, float]] = {
    "length": {
        "m": 1, "metre": 1, "meter": 1, "km": 1000, "kilometre": 1000, "kilometer": 1000, "cm": 0.01,
        "centimetre": 0.01, "centimeter": 0.01, "mm": 0.001, "millimetre": 0.001, "millimeter": 0.001,
        "mi": 1609.344, "mile": 1609.344, "yd": 0.9144, "yard": 0.9144, "ft": 0.3048, "foot": 0.3048,
        "feet": 0.3048, "in": 0.0254, "inch": 0.0254, "inche": 0.0254,
    },
    "mass": {
        "kg": 1, "kilogram": 1, "kilo": 1, "g": 0.001, "gram": 0.001, "mg": 1e-6, "t": 1000, "tonne": 1000,
        "lb": 0.45359237, "pound": 0.45359237, "oz": 0.028349523125, "ounce": 0.028349523125,
    },
    "volume": {
        "l": 1, "litre": 1, "liter": 1, "ml": 0.001, "millilitre": 0.001, "milliliter": 0.001,
        "gallon": 3.785411784, "gal": 3.785411784, "pint": 0.473176473, "cup": 0.2365882365,
    },
    "time": {
        "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600,
        "day": 86400, "week": 604800,
    },
    "data": {
        "b": 1, "byte": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1024, "mib": 1024**2,
        "gib": 1024**3,
    },
    "speed": {"km/h": 1, "kph": 1, "kmh": 1, "mph": 1.609344, "m/s": 3.6, "knot": 1.852},
}  # fmt: skip
_DEGREES = {"c": "C", "celsius": "C", "f": "F", "fahrenheit": "F", "k": "K", "kelvin": "K"}
_NAME = r"°?\s*(?:degrees?\s+)?([a-z/]+)"
_ASKED = (
    re.compile(rf"(-?[\d.,]*\d)\s*{_NAME}\s+(?:in|into|to|as)\s+{_NAME}", re.IGNORECASE),
    re.compile(
        rf"how many\s+{_NAME}\s+(?:is|are|(?:are |is )?(?:there )?(?:are )?in)\s+(-?[\d.,]*\d|an?)\s*{_NAME}",
        re.IGNORECASE,
    ),
)


async def convert(task: Task) -> str | None:
    """`12 miles in km`, `how many minutes are in 3 hours`, `72 °F to °C`."""
    if len(task.text) > 160:
        return None
    if match := _ASKED[0].search(task.text):
        amount, source, target = match.groups()
    elif match := _ASKED[1].search(task.text):
        target, amount, source = match.groups()
    else:
        return None
    value = 1.0 if amount in ("a", "an") else float(amount.replace(",", ""))
    result = _degrees(value, source, target) or _scaled(value, source, target)
    return f"{number(value)} {source} = {result}" if result else None


def _scaled(value: float, source: str, target: str) -> str | None:
    for units in _UNITS.values():
        a, b = _size(units, source), _size(units, target)
        if a and b:
            return f"{number(float(f'{value * a / b:.6g}'))} {target}"
    return None


def _size(units: dict[str, float], name: str) -> float | None:
    name = name.lower()
    return units.get(name) or units.get(name.removesuffix("s"))


def _degrees(value: float, source: str, target: str) -> str | None:
    a, b = _DEGREES.get(source.lower()), _DEGREES.get(target.lower())
    if not a or not b:
        return None
    celsius = {"C": value, "F": (value - 32) * 5 / 9, "K": value - 273.15}[a]
    result = {"C": celsius, "F": celsius * 9 / 5 + 32, "K": celsius + 273.15}[b]
    return f"{number(round(result, 2))} °{b}" if b != "K" else f"{number(round(result, 2))} K"
