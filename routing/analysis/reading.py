"""A prompt as the signals see it: what is asked, apart from the material that it is asked of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from routing.analysis.phrases import words_of
from routing.analysis.terms.english import FILLERS, IMPERATIVES, VERBS
from routing.messages import FilePart, Part, Request, TextPart

# A prompt is read at its head and tail, so that a long paste costs no more than a page.
HEAD, TAIL = 6_000, 2_000
_ASK_PARAGRAPH = 400
_SENTENCES = 4
_OPENING_WORDS = 8

_FENCE = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_QUOTED = re.compile(r"\"[^\"\n]{2,300}\"|“[^”\n]{2,300}”|«[^»\n]{2,300}»|(?<!\w)'[^'\n]{2,300}'(?!\w)")
_BLANK_LINE = re.compile(r"\n(?:[ \t]*\n)+")
_COLON = re.compile(r"\s?[:：](?=\s)|[:：](?=\S)(?!//)(?<=[：])")
_SENTENCE_END = re.compile(r"[.!?;:。！？]+\s*|\n+")


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` is head and tail as typed; `ask` and `material` are lower case; `openings` are the first words of the
    ask's first sentences, without what politeness puts before; `length` counts the characters of the whole prompt."""

    text: str
    ask: str
    material: str
    fenced: str
    words: tuple[str, ...]
    material_words: tuple[str, ...]
    openings: tuple[tuple[str, ...], ...]
    length: int


def read(request: Request) -> Reading:
    """Only what the user typed can be an ask; attached files are material."""
    return _read(request.content)


# A turn reads its prompt before the decision and again when its answer is measured.
@lru_cache(maxsize=4)
def _read(content: tuple[Part, ...]) -> Reading:
    typed = "\n\n".join(part.text for part in content if isinstance(part, TextPart))
    files = [part.text for part in content if isinstance(part, FilePart)]
    text = head_and_tail(typed)
    fenced = "\n".join(_FENCE.findall(text))
    bare = _QUOTED.sub(" ", _QUOTED_LINE.sub("", _FENCE.sub("\n\n", text)))
    ask, material = _divide(bare)
    attached = "\n".join(head_and_tail(file)[:HEAD] for file in files[:4])
    material = f"{material}\n{attached}".lower()
    return Reading(
        text=text,
        ask=ask.lower(),
        material=material,
        fenced=fenced,
        words=tuple(words_of(ask.lower())),
        material_words=tuple(words_of(material)),
        openings=_openings(ask.lower()),
        length=len(typed) + sum(map(len, files)),
    )


def head_and_tail(text: str, head: int = HEAD, tail: int = TAIL) -> str:
    """The text itself when it is short, or else its two ends."""
    return text if len(text) <= head + tail else f"{text[:head]}\n\n{text[-tail:]}"


def _divide(text: str) -> tuple[str, str]:
    """Into ask and material: the first paragraph up to a colon and a short last one ask, the rest is asked of."""
    paragraphs = [paragraph for paragraph in _BLANK_LINE.split(text.strip()) if paragraph.strip()]
    if not paragraphs:
        return "", ""
    first, *others = paragraphs
    lead, _, rest = first.partition("\n") if first.count("\n") > 2 else (first, "", "")
    colon = _COLON.search(lead)
    if colon and set(words_of(lead[colon.end() :].lower())[:1]) & IMPERATIVES:
        colon = None
    ask = lead[: colon.end()] if colon else lead
    rest = f"{lead[colon.end() :] if colon else ''}\n{rest}"
    if len(ask) > 3 * _ASK_PARAGRAPH:
        ask, rest = ask[: 2 * _ASK_PARAGRAPH] + ask[-_ASK_PARAGRAPH:], f"{ask[2 * _ASK_PARAGRAPH :]}\n{rest}"
    if others and len(others[-1]) <= _ASK_PARAGRAPH and "\n" not in others[-1].strip():
        ask += f"\n{others.pop()}"
    return ask, "\n".join([rest, *others])


def _openings(ask: str) -> tuple[tuple[str, ...], ...]:
    openings: list[tuple[str, ...]] = []
    for sentence in _SENTENCE_END.split(ask[:1_500]):
        words = words_of(sentence)[: 2 * _OPENING_WORDS]
        if words and words != _without_fillers(words) and not openings:
            openings.append(tuple(words[:_OPENING_WORDS]))
        if words:
            openings.append(tuple(corrected(word) if n < 2 else word for n, word in enumerate(_without_fillers(words))))
    return tuple(openings[:_SENTENCES])


def _without_fillers(words: list[str]) -> list[str]:
    start = next((n for n, word in enumerate(words) if word not in FILLERS), None)
    return words[:_OPENING_WORDS] if start is None else words[start : start + _OPENING_WORDS]


def _skeleton(word: str) -> tuple[str, str]:
    """What survives most slips: the first letter and the set of consonants, in no order."""
    return word[0], "".join(sorted(set(word[1:].replace("z", "s")) - set("aeiou")))


_BY_SKELETON = {_skeleton(verb): verb for verb in VERBS}


def corrected(word: str) -> str:
    """The verb that a slightly mistyped word must mean ("trasnlate"), or the word itself."""
    if word in VERBS or not 5 <= len(word) <= 12 or not word.isascii():
        return word
    verb = _BY_SKELETON.get(_skeleton(word), word)
    return verb if abs(len(verb) - len(word)) <= 2 else word
