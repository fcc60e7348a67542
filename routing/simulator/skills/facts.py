"""Facts taken out of a text, such as dates, amounts and names: as lines, or as JSON with the keys asked."""

from __future__ import annotations

import json
import re
from typing import Any

from routing.simulator.skills.dates import DATE, find_dates
from routing.simulator.skills.task import Task

_LONGEST = 16_000
_NAME = re.compile(r"\b[A-Z][a-zà-ÿ]+(?:[ -](?:de |van |von )?[A-Z][a-zà-ÿ]+)+\b")
_KINDS: dict[str, re.Pattern[str]] = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "date": DATE,
    "amount": re.compile(r"[$€£]\s?[\d,]*\.?\d+|\b[\d,]*\.?\d+ ?(?:USD|EUR|GBP|dollars|euros|pounds)\b"),
    "url": re.compile(r"https?://[^\s)>\]]+"),
    "iban": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
    "card": re.compile(r"(?<!\w)\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?!\w)"),
    "phone": re.compile(r"(?<!\w)\+?\d[\d ()-]{7,}\d"),
    "number": re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w-])"),
    "name": _NAME,
}
_ALIASES = {
    "email": "e-?mails?(?: address(?:es)?)?|mail|contact",
    "date": "dates?|day|when|deadline|due",
    "amount": "amounts?|prices?|totals?|costs?|sum|fee",
    "url": "urls?|links?",
    "iban": "ibans?|bank accounts?",
    "card": "card numbers?|credit cards?",
    "phone": "phones?(?: numbers?)?|telephone",
    "number": "numbers?|figures|quantity|age|count",
    "name": "names?|people|persons?|entit(?:y|ies)|who|customer|author|sender",
}
_LABELS = {"email": "EMAIL", "date": "BIRTHDATE", "iban": "IBAN", "card": "CARD", "phone": "PHONE"}
# What stands for a value that was kept back: a model copies it, and nothing in it is a fact.
_PLACEHOLDER = re.compile(r"\[([A-Z]+)-\d+\]")
_KEYS = re.compile(r"\b(?:keys?|fields?|extract|with|containing)\b:?\s+(?:the\s+)?(.+)", re.IGNORECASE)


async def extract(task: Task) -> str | None:
    """`extract the e-mail addresses`, `give name, date and amount as JSON: …`."""
    if task.material == task.text or len(task.material) > _LONGEST:
        return None
    if not task.says(r"\b(extract|find|list|pull|get|give|return|which|what|who|as json|in json)\b"):
        return None
    keys = _asked(task.what)
    if not keys:
        return None
    if task.wants_json:
        return json.dumps({key: field(key, task.material) for key in keys}, ensure_ascii=False, indent=2)
    found = {key: _all(kind, task.material) for key in keys if (kind := kind_of(key))}
    if not any(found.values()):
        return f"There is no {' or '.join(found)} in the text." if found else None
    if len(found) == 1:
        return "\n".join(f"- {item}" for items in found.values() for item in items)
    return "\n".join(f"- {key}: {', '.join(items) or 'none'}" for key, items in found.items())


def field(key: str, text: str) -> Any:
    """The value that the text gives for a key: stated (`key: value`), or the first of its kind; else None."""
    name = re.escape(key).replace("_", r"[ _]")
    if match := re.search(rf"\b{name}\s*(?::|=|\bis\b)\s*([^\n,;]+)", text, re.IGNORECASE):
        return match[1].strip(" .\"'")
    kind = kind_of(key)
    found = _all(kind, text) if kind else []
    if not found:
        return None
    if kind == "date" and (days := find_dates(found[0])):
        return days[0].isoformat()
    if kind in ("amount", "number"):
        return _amount(found[0])
    return found[0]


def kind_of(key: str) -> str | None:
    """What sort of fact a key speaks of."""
    words = key.lower().replace("_", " ")
    return next((kind for kind, alias in _ALIASES.items() if re.search(rf"\b(?:{alias})\b", words)), None)


def _asked(what: str) -> list[str]:
    match = _KEYS.search(what)
    listed = re.sub(r"\b(as|in|into|to|from|of|for|and return)\b.*", "", match[1], flags=re.IGNORECASE) if match else ""
    keys = [re.sub(r"^(?:the|all|every|any)\s+", "", key.strip(" .`\"'")) for key in re.split(r",|\band\b", listed)]
    keys = ["_".join(key.lower().split()) for key in keys if key and len(key) < 30]
    if any(kind_of(key) for key in keys):
        return keys
    return [kind for kind, alias in _ALIASES.items() if re.search(rf"\b(?:{alias})\b", what.lower())]


def _all(kind: str, text: str) -> list[str]:
    open_text = _PLACEHOLDER.sub(lambda match: "\n" * len(match[0]), text)
    found = [*_KINDS[kind].finditer(open_text)]
    found += (match for match in _PLACEHOLDER.finditer(text) if match[1] == _LABELS.get(kind))
    return list(dict.fromkeys(match[0].strip() for match in sorted(found, key=lambda match: match.start())))


def _amount(text: str) -> float | str:
    digits = re.sub(r"[^\d.-]", "", text)
    try:
        value = float(digits)
    except ValueError:
        return text
    return int(value) if value == int(value) else value
