"""Pointsman's own documents, cut into passages and searched by the words of a question."""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_WORD = re.compile(r"[a-z0-9]+")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_NOISE = re.compile(r"^\s*(?:!\[[^\]]*\]\([^)]*\)|<[^>]+>)\s*$", re.MULTILINE)
_STOP = re.compile(
    r"an?|and|are|as|at|be|by|can|could|do|does|for|from|how|i|in|is|it|its|me|my|of|on|or|should|so|that|the"
    r"|there|this|to|us|using?|was|we|what|when|where|which|who|why|will|with|would|your?|pointsman|tell|about"
)
_SAME = {
    "api": "key",
    "token": "key",
    "shortcut": "key",
    "keyboard": "key",
    "cost": "spend",
    "put": "add",
}
_HEADING_WEIGHT = 3
_NEAR = 0.6


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of a document: its text without the heading."""

    source: str
    heading: str
    text: str
    stems: Counter[str]


class Library:
    """`documents` are Markdown files or folders of them, read when first asked; missing ones are left out."""

    def __init__(self, documents: Path | Sequence[Path] = ()) -> None:
        self._roots = (documents,) if isinstance(documents, Path) else tuple(documents)
        self._passages: list[Passage] | None = None

    async def search(self, question: str, count: int) -> list[Passage]:
        """The best passage and those nearly as good; none if none shares a telling word with the question."""
        passages = await self._load()
        wanted = set(stems(question))
        spread = Counter(stem for passage in passages for stem in passage.stems)
        weight = {stem: math.log(1 + len(passages) / spread[stem]) for stem in wanted if spread[stem]}
        scores = {place: _score(passage, weight) for place, passage in enumerate(passages)}
        best = sorted(scores, key=lambda place: -scores[place])[:count]
        return [passages[place] for place in best if scores[place] > scores[best[0]] * _NEAR]

    async def _load(self) -> list[Passage]:
        if self._passages is None:
            passages = []
            for name, text in await asyncio.to_thread(_read, self._roots):
                passages += _passages(name, text)
                await asyncio.sleep(0)
            self._passages = passages
        return self._passages


def stems(text: str) -> list[str]:
    """Words that carry meaning, without their endings."""
    words = (_stem(word) for word in _WORD.findall(text.lower()) if not _STOP.fullmatch(word))
    return [_SAME.get(word, word) for word in words]


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _score(passage: Passage, weight: dict[str, float]) -> float:
    """BM25 with k1 = 1.2, b = 0.5 against a passage of 100 words (Robertson and Zaragoza 2009)."""
    length = 0.5 + 0.5 * passage.stems.total() / 100
    return sum(
        value * seen * 2.2 / (seen + 1.2 * length) for stem, value in weight.items() if (seen := passage.stems[stem])
    )


def _read(roots: Sequence[Path]) -> list[tuple[str, str]]:
    files = [path for root in roots for path in (sorted(root.glob("*.md")) if root.is_dir() else [root])]
    texts = []
    for path in files:
        try:
            texts.append((path.name, path.read_text("utf-8", "replace")))
        except OSError:
            continue
    return texts


def _passages(source: str, text: str) -> list[Passage]:
    pieces = _HEADING.split(_NOISE.sub("", text))
    passages = []
    for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
        if body.strip():
            counts = Counter(stems(heading) * _HEADING_WEIGHT + stems(body))
            passages.append(Passage(source, heading, body.strip(), counts))
    return passages
