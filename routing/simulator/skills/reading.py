"""Reading: summaries out of a text's own sentences, and its key points."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

from routing.simulator.skills.library import stems
from routing.simulator.skills.task import Task

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]*")
_SLICE = 40
_LONGEST_SENTENCE = 1_000
T = TypeVar("T")
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_FEWEST_WORDS = 4


async def summarise(task: Task) -> str | None:
    """`summarise`, `tl;dr`, `sum up in two sentences`: the sentences that carry most of the text."""
    if not task.says(r"\b(summar\w+|sum up|tl;?dr|in short|gist|condense|shorten)\b") or task.material == task.text:
        return None
    sentences = await _best(task.material, _wanted(task, 3))
    if not sentences:
        return None
    if task.says(r"\b(bullet|points?)\b"):
        return "\n".join(f"- {sentence}" for sentence in sentences)
    return " ".join(sentences)


async def key_points(task: Task) -> str | None:
    """`key points of …`, `main ideas`: one bullet for each telling sentence."""
    if not task.says(r"\b(key|main|important) (points?|ideas?|facts?|takeaways?)\b|\btakeaways\b"):
        return None
    if task.material == task.text:
        return None
    sentences = await _best(task.material, _wanted(task, 4))
    return "\n".join(f"- {sentence}" for sentence in sentences) or None


def _wanted(task: Task, default: int) -> int:
    match = re.search(
        rf"\b(\d|{'|'.join(_COUNTS)})\s+(?:\w+\s+)?(?:sentences?|points?|bullets?|ideas?|facts?|takeaways?)",
        task.what,
        re.IGNORECASE,
    )
    if not match:
        return default
    return max(1, _COUNTS.get(match[1].lower()) or int(match[1]))


async def _best(text: str, count: int) -> list[str]:
    """The `count` sentences whose words are most frequent in the whole text, in their order.

    SumBasic's idea (Nenkova and Vanderwende 2005) with a small bonus for the opening sentence.
    """
    sentences: list[tuple[str, set[str]]] = []
    async for match in _sliced(_SENTENCE.finditer(text)):
        sentence = " ".join(match[0][:_LONGEST_SENTENCE].split())
        if len(sentence.split()) >= _FEWEST_WORDS:
            sentences.append((sentence, set(stems(sentence))))
    weight: Counter[str] = Counter()
    async for _, words in _sliced(sentences):
        weight.update(words)
    chosen: set[int] = set()
    while len(chosen) < min(count, len(sentences)):
        best, most = -1, -1.0
        async for place, (_, words) in _sliced(enumerate(sentences)):
            worth = sum(weight[word] for word in words) / (6 + len(words)) * (1 if place else 1.5)
            if worth > most and place not in chosen:
                best, most = place, worth
        chosen.add(best)
        weight.update({word: -weight[word] for word in sentences[best][1]})
    return [sentences[place][0] for place in sorted(chosen)]


async def _sliced(items: Iterable[T]) -> AsyncIterator[T]:
    """The same items, with the event loop let in after every few."""
    for place, item in enumerate(items, 1):
        yield item
        if place % _SLICE == 0:
            await asyncio.sleep(0)
