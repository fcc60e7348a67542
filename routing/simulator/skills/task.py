"""A prompt as a skill sees it: what is to be done, and to what."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from routing.simulator.models import TIERS
from routing.simulator.skills.library import Library

_FENCE = re.compile(r"```[\w+-]*\n(.*?)(?:```|\Z)", re.DOTALL)
_VERB = re.compile(
    r"\b(sum+ari[sz]e|summary|sort|order|count|convert|turn|change|extract|find|list|pull|compare|remove|dedup\w*"
    r"|upper|lower|title|reverse|slug\w*|format|pretty|key points|total|what|which|how|make|give|tl;?dr)\b",
    re.IGNORECASE,
)
_COLON = re.compile(r"(?P<what>[^:\n]{3,200}):\s+(?P<material>\S.*)", re.DOTALL)
_QUOTED = re.compile(r"[\"“](.{2,})[\"”]", re.DOTALL)
_BACK = re.compile(r"\b(it|that|this|them|these|those|the above|your answer|the list|the text)\b", re.IGNORECASE)
_CODE = re.compile(
    r"\b(write|implement|create|give|show|code|need|make)\b.*\b(function|program|script|class|code|method|python)\b",
    re.IGNORECASE | re.DOTALL,
)
_LONG_INSTRUCTION = 240
_LONG_JSON = 64_000


@dataclass(frozen=True, slots=True)
class Task:
    """`what` is the instruction on one line; `material` what it is about, or else the whole text."""

    text: str
    what: str
    material: str
    wants_json: bool
    model: str
    tier: str
    today: date
    library: Library

    @property
    def rank(self) -> int:
        return TIERS.index(self.tier)

    @property
    def is_code(self) -> bool:
        return bool(_CODE.search(self.what))

    @property
    def is_chain(self) -> bool:
        return bool(re.search(r"\bthen\b", self.what, re.IGNORECASE)) and self.material != self.text

    def says(self, pattern: str) -> bool:
        """True if the instruction matches, whatever the case."""
        return bool(re.search(pattern, self.what, re.IGNORECASE))


def split_prompt(text: str, previous: str) -> tuple[str, str]:
    """(instruction, material); `previous` is the answer before, for prompts such as "sort them"."""
    text = text.strip()
    if fence := _FENCE.search(text):
        return _one_line(text[: fence.start()] + text[fence.end() :]), fence[1].strip("\n")
    if span := json_span(text[:_LONG_JSON]):
        start, end = span
        return _one_line(f"{text[:start]} {text[end:]}"), text[start:end]
    blocks = _by_lines(text)
    if blocks:
        return blocks
    if (match := _COLON.fullmatch(text)) and _VERB.search(match["what"]):
        return _one_line(match["what"]), match["material"]
    if quoted := _QUOTED.search(text):
        return _one_line(f"{text[: quoted.start()]} {text[quoted.end() :]}"), quoted[1]
    if previous and len(text) < 80 and _BACK.search(text):
        return _one_line(text), previous
    return _one_line(text), text


def json_span(text: str) -> tuple[int, int] | None:
    """Where the first JSON object or array of the text stands."""
    decoder = json.JSONDecoder()
    for match in list(re.finditer(r"[\[{]", text))[:3]:
        try:
            value, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if value:
            return match.start(), end
    return None


def load_json(text: str) -> Any:
    """The value, or None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _by_lines(text: str) -> tuple[str, str] | None:
    head, _, rest = text.partition("\n")
    if not rest.strip():
        return None
    before, _, tail = text.rpartition("\n")
    first = len(head) <= _LONG_INSTRUCTION and _VERB.search(head)
    last = len(tail) <= _LONG_INSTRUCTION and _VERB.search(tail)
    if last and not first and before.strip():
        return _one_line(tail), before.strip("\n")
    if first or len(head) <= _LONG_INSTRUCTION:
        return _one_line(head).rstrip(": "), rest.strip("\n")
    return None


def _one_line(text: str) -> str:
    return " ".join(text[: 2 * _LONG_INSTRUCTION].split())
