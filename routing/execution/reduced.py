"""What can be done without a model when a long text was to be read: pick its own most telling sentences.

Sentences are scored by how often their words stand in the text (Luhn 1958, averaged over the sentence as SumBasic
does) and by where they stand. Words that are too frequent to tell anything are known by their frequency alone, so no
language is presumed. Time is linear in the text.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from dataclasses import dataclass

from routing.analysis.features import TaskClass
from routing.messages import FilePart, Request, TextPart

LABEL = "Reduced: these sentences were picked on this machine, no model read the text."
LEAST_WORDS = 150
"""Of a text that is worth reducing."""
MOST_SENTENCES = 5
_MOST_READ = 400_000
"""Characters; of a longer text the beginning is read, and the label says so."""
_TASKS = frozenset({TaskClass.SUMMARY, TaskClass.EXTRACTION, TaskClass.FAQ})

_LONGEST_ASK = 60
"""Words of a paragraph that may be the ask beside a text, and not the text itself."""
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_WRAPPED = re.compile(r"(?<=[^\n]{40})\n(?=[^\W_])")
"""A line that goes on in the next one."""
_SENTENCE = re.compile(r"[^.!?…。！？\n]+(?:[.!?…](?=\S)[^.!?…。！？\n]*)*[.!?…。！？]*[\"'”’»)\]]*")
_WORD = re.compile(r"[^\W\d_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Scripts without spaces: each character counts as a word."""
_SHORTEST, _LONGEST = 5, 60
"""Words of a sentence that can stand alone."""
_TOO_FREQUENT, _OFTEN = 0.01, 6
"""A word that is this share of a text, and stands there so often beyond it, holds it together and tells nothing."""
_FIRST, _LAST = 1.3, 1.1
"""What a sentence gains at the head and at the foot of the text."""


@dataclass(frozen=True, slots=True)
class Extract:
    """Sentences in the order and the words of the text; `whole` says whether all of it was read."""

    sentences: tuple[str, ...]
    whole: bool

    @property
    def markdown(self) -> str:
        part = "" if self.whole else f" Only the first {_MOST_READ:,} characters were looked at."
        return "\n\n".join([f"**{LABEL}**{part}", *(f"> {sentence}" for sentence in self.sentences)])


def reducible(request: Request, task: TaskClass) -> bool:
    """Whether the request wants something out of a long text that an extract can stand in for. JSON and tools cannot
    be stood in for."""
    if task not in _TASKS or request.response_format != "text" or request.schema is not None or request.tools:
        return False
    return _long(_material(request))


def extract(request: Request) -> Extract:
    """The telling sentences of the request's text; none when it has no sentences."""
    material = _material(request)
    return Extract(tuple(telling(material[:_MOST_READ])), len(material) <= _MOST_READ)


def telling(text: str, most: int = MOST_SENTENCES) -> list[str]:
    """At most `most` sentences, verbatim but for runs of blanks, in their order; equal ones once."""
    found = [(sentence, _words(sentence)) for sentence in _sentences(text)]
    counts = Counter(word for _, words in found for word in words)
    total = counts.total()
    most_often = _TOO_FREQUENT * total + _OFTEN
    weights = {word: count / total for word, count in counts.items() if count < most_often}
    scored: dict[str, tuple[float, int]] = {}
    for at, (sentence, words) in enumerate(found):
        if _SHORTEST <= len(words) <= _LONGEST and sentence not in scored:
            told = sum(weights.get(word, 0.0) for word in words) / len(words)
            scored[sentence] = (told * _place(at, len(found)), -at)
    best = heapq.nlargest(most, scored, key=scored.__getitem__)
    return sorted(best, key=lambda sentence: -scored[sentence][1])


def _material(request: Request) -> str:
    """The text that the request is about: what was attached, and all that was written but for its short ends, of which
    one is the ask."""
    files = [part.text for part in request.content if isinstance(part, FilePart)]
    written = [_beside_the_ask(part.text) for part in request.content if isinstance(part, TextPart)]
    return "\n\n".join(filter(None, (*written, *files)))


def _beside_the_ask(written: str) -> str:
    paragraphs = _PARAGRAPH.split(written.strip())
    if len(paragraphs) == 1:
        head, colon, rest = written.partition(":")
        return rest if colon and _count(head, _LONGEST_ASK) < _LONGEST_ASK else written
    ends = [end for end in (-1, 0) if _count(paragraphs[end], _LONGEST_ASK) < _LONGEST_ASK]
    for end in ends if len(paragraphs) > 2 else ends[-1:]:
        del paragraphs[end]
    return "\n\n".join(paragraphs)


def _long(text: str) -> bool:
    return _count(text, LEAST_WORDS) >= LEAST_WORDS


def _count(text: str, enough: int) -> int:
    """How many words there are, up to `enough`."""
    count = 0
    for word in _WORD.finditer(text):
        count += _size(word.group())
        if count >= enough:
            break
    return min(count, enough)


def _size(word: str) -> int:
    return len(word) if _WIDE.match(word) else 1


def _sentences(text: str) -> list[str]:
    found = _SENTENCE.findall(_WRAPPED.sub(" ", text))
    return [sentence for part in found if (sentence := " ".join(part.split()))]


def _words(sentence: str) -> list[str]:
    words: list[str] = []
    for word in _WORD.findall(sentence.casefold()):
        words += word if _WIDE.match(word) else [word]
    return words


def _place(at: int, of: int) -> float:
    end = max(1, of // 20)
    if at < end:
        return _FIRST
    return _LAST if at >= of - end else 1.0
