"""What the first words of an answer give away: that it will be a refusal, not the format or the language asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from routing.analysis.features import Features, Risk
from routing.analysis.phrases import words_of
from routing.analysis.reading import read
from routing.analysis.terms.small_words import SMALL_WORDS
from routing.confidence.substance import other_language
from routing.confidence.wording import refuses
from routing.messages import Request

OPENING = 80
"""Characters, without the white space before them."""
REFUSAL = 60
Fault = Literal["refusal", "format", "language"]

_ASKS_FOR_REFUSAL = re.compile(
    r"\b(?:refus\w*|declin\w*|reject\w*|turn(?:ing)? (?:\w+ )?down|say(?:ing)? no|apolog\w*|sorry|excuses?|"
    r"can't|cannot|can not|won't|unable|absag\w*|ablehn\w*|entschuldig\w*|leider|refus\w*|désolée?|rechaz\w*|"
    r"disculp\w*|rifiut\w*|scus\w*|recus\w*|desculp\w*|отказ\w*|извин\w*)|拒绝|道歉|婉拒|断り|お詫び"
)
_JSON = frozenset("{[")
_SCALAR = frozenset('"-0123456789tfn')
_FORMULA = re.compile(r"[\d=\\^_{}<>$`|/]")
_FENCES = ("```", "~~~")


class Opening:
    """Reads the beginning of an answer, cut in any way, and tells once what is wrong with it. `forced`: JSON was asked
    for in the model's own way. Asked in words, models think aloud first and put it in a fence at the end."""

    def __init__(self, request: Request, features: Features, *, forced: bool) -> None:
        self._ask = read(request).ask
        self._features = features
        self._forced = forced and features.response_format != "text"
        self._prose = features.response_format == "text"
        self._schema = request.schema is not None
        asked_for = _ASKS_FOR_REFUSAL.search(read(request).text.lower().replace("’", "'"))
        self._may_refuse = features.risk is not Risk.LOW or asked_for is not None
        self._head = ""
        self._blank = 0

    def feed(self, text: str) -> tuple[int, Fault, str] | None:
        """After how many characters it was clear, what kind of fault it is, and the fault in words."""
        known = len(self._head)
        if known == OPENING:
            return None
        if not known:
            self._blank += len(text)
            text = text.lstrip()
            self._blank -= len(text)
        self._head += text[: OPENING - known]
        found = next(self._faults(known), None)
        return None if found is None else (self._blank + found[0], found[1], found[2])

    def _faults(self, known: int) -> Iterator[tuple[int, Fault, str]]:
        """In the order in which they become clear."""
        head = self._head
        if not self._may_refuse:
            for n in range(known + 1, min(len(head), REFUSAL) + 1):
                # A word is whole when something else follows.
                if not head[n - 1].isalnum() and refuses(head[:n].lower().replace("’", "'")):
                    yield n, "refusal", "it began to refuse"
        if len(head) == OPENING:
            if self._forced and not self._may_be_json():
                yield OPENING, "format", "it did not begin as JSON"
            if self._prose and (found := self._language()):
                yield OPENING, "language", f"it began in another language ({found})"

    def _language(self) -> str:
        """Another language, if not one word speaks for the one that was asked in. So short a text is not sure enough
        otherwise, and formulas and code are in no language."""
        head = self._head.lower()
        found = "" if _FORMULA.search(head) else other_language(self._ask, self._features, head)
        own = set(SMALL_WORDS.get(self._features.language, ())).difference(SMALL_WORDS.get(found, ()))
        return "" if own.intersection(words_of(head)) else found

    def _may_be_json(self) -> bool:
        """A fence may come after a few words; only a schema makes a text or a number an answer."""
        allowed = _JSON | _SCALAR if self._schema else _JSON
        return self._head[0] in allowed or any(fence in self._head for fence in _FENCES)
