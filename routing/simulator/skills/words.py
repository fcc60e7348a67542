"""Text put into another form: case, reversal, slugs, counts of words; and a short title for a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from routing.simulator.skills.library import stems
from routing.simulator.skills.task import Task

_LONGEST = 32_000


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


def _pieces(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))


def _camel(text: str) -> str:
    first, *rest = _pieces(text) or [""]
    return first.lower() + "".join(word.capitalize() for word in rest)


_FORMS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"\bupper[ -]?case\b|\bcapitals\b|\ball caps\b|\bupper\b", str.upper),
    (r"\blower[ -]?case\b|\blower\b", str.lower),
    (r"\btitle[ -]?case\b", str.title),
    (r"\bsnake[ _-]?case\b", lambda text: "_".join(_pieces(text)).lower()),
    (r"\bcamel[ -]?case\b", _camel),
    (r"\bslug\w*\b|\bkebab", _slug),
    (r"\breverse\b|\bbackwards\b", lambda text: text[::-1]),
    (r"\b(how many|count|number of)\b.*\b(characters|letters)\b", lambda text: f"{len(text)} characters"),
    (r"\b(how many|count|number of)\b.*\bwords\b|\bword count\b", lambda text: f"{len(text.split())} words"),
    (r"\b(how many|count|number of)\b.*\blines\b", lambda text: f"{len(text.splitlines())} lines"),
    (r"\b(trim|strip|extra spaces|whitespace)\b", lambda text: " ".join(text.split())),
)


async def transform(task: Task) -> str | None:
    """`upper case: next stop`, `make a slug of "Crossing the Points"`, `count the words`."""
    if task.material == task.text or len(task.material) > _LONGEST:
        return None
    return next((form(task.material) for pattern, form in _FORMS if task.says(pattern)), None)


async def title(task: Task) -> str | None:
    """`a short title for: …`: the first telling words of the text."""
    if task.material == task.text or not task.says(r"\b(title(?![ -]?case)|headline|name this chat)\b"):
        return None
    words = [word for word in re.findall(r"[^\W_][\w'-]*", task.material[:600]) if stems(word)]
    text = " ".join(words[:5])
    return text[:1].upper() + text[1:] or None
