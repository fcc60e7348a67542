"""Whether the answer speaks of what was asked, in its language, at its length, without going round in circles."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from routing.analysis.asked import items_asked
from routing.analysis.features import Features, TaskClass
from routing.analysis.language import UNKNOWN, detect
from routing.analysis.terms.rows import words
from routing.analysis.terms.small_words import SMALL_WORDS
from routing.analysis.tokens import estimate
from routing.events import ConfidencePart

OTHER_LANGUAGE, LOOP, COVERAGE, LENGTH, ITEMS = -2.0, -2.0, 0.4, -0.5, -0.8
_LOOP_RATIO, _LOOP_WORDS = 0.3, 40
_LANGUAGE_CHARS = 60
# An answer speaks of the question when it has this share of its words; the effect grows up to this many words.
_USUAL_COVERAGE, _COVERAGE_WORDS = 0.25, 40
_MOST_ASKED_WORDS = 40
_STEM = 5

# Too near to tell apart by small words.
_KIN = ({"da", "no", "sv"}, {"es", "pt", "it"}, {"ru", "uk"}, {"zh", "ja"})
_NAMES_LANGUAGE = re.compile(
    r"\b(?:english|french|german|spanish|italian|portuguese|dutch|danish|swedish|norwegian|polish|"
    r"russian|ukrainian|greek|arabic|hebrew|hindi|chinese|japanese|korean|turkish|thai|latin|finnish|czech|vietnamese|welsh|"
    r"irish|language|englisch\w*|deutsch\w*|französisch\w*|spanisch\w*|anglais|allemand|español|inglés|francés|alemán|inglese|inglês|engels)\b"
)
# Where repeating the question's words is no virtue.
_NO_COVERAGE = {
    TaskClass.TRANSLATION,
    TaskClass.TRANSFORM,
    TaskClass.CREATIVE,
    TaskClass.DRAFTING,
    TaskClass.CONVERSATION,
    TaskClass.CODE,
}
_BY_LENGTH, _BRIEF = 0.25, 0.1
_TOO_SHORT, _TOO_LONG, _LONG = 0.2, 5, 400
_HAS_RIGHT_ANSWER = {
    TaskClass.REASONING,
    TaskClass.CODE,
    TaskClass.EXTRACTION,
    TaskClass.CLASSIFICATION,
    TaskClass.TRANSFORM,
    TaskClass.FAQ,
}
_WANT_LENGTH = {TaskClass.DRAFTING, TaskClass.CREATIVE, TaskClass.REASONING}
_STOP = frozenset(SMALL_WORDS["en"]) | words(
    "they them their there then than some any more most also very just only into over such each other many much does "
    "did give list tell show name explain describe please want need help maybe perhaps possibly probably think believe "
    "guess word words sentence sentences short long good best your yours could should would will shall been being were"
)
_NUMBERED = re.compile(r"^[ \t]{0,3}(?:[#*_]{0,4} ?)(\d{1,2})[.)]", re.MULTILINE)
_BULLETED = re.compile(r"^(?:[-*•+]|–) +\S", re.MULTILINE)


def substance_parts(ask: str, features: Features, text: str, said: Sequence[str]) -> Iterator[ConfidencePart]:
    """Parts of what is said. `ask` and `text` are lower case, the text without doubts; `said` are its words."""
    yield from _language(ask, features, text)
    yield from _loop(said)
    yield from _coverage(ask, features, said)
    yield from _length(features, text)
    yield from _items(ask, text)


def _language(ask: str, features: Features, text: str) -> Iterator[ConfidencePart]:
    prose = re.sub(r"```.*?(?:```|\Z)", " ", text, flags=re.DOTALL)
    if len(prose.strip()) >= _LANGUAGE_CHARS and (found := other_language(ask, features, prose)):
        yield ConfidencePart("language", f"{found}, asked in {features.language}", OTHER_LANGUAGE)


def other_language(ask: str, features: Features, prose: str) -> str:
    """The language of the lower-case prose where it is not the one that was asked in; "" where it is, or may be."""
    wanted = features.language
    if wanted == UNKNOWN or features.task is TaskClass.TRANSLATION or _NAMES_LANGUAGE.search(ask):
        return ""
    found = detect(prose)
    kin = any({found, wanted} <= kin for kin in _KIN)
    return "" if kin or found in (UNKNOWN, wanted) else found


def _loop(said: Sequence[str]) -> Iterator[ConfidencePart]:
    if len(said) < _LOOP_WORDS:
        return
    grams = [tuple(said[n : n + 4]) for n in range(len(said) - 3)]
    repeated = 1 - len(set(grams)) / len(grams)
    if repeated > _LOOP_RATIO:
        yield ConfidencePart("repeats itself", f"{repeated:.0%} of its phrases", LOOP)


def _coverage(ask: str, features: Features, said: Sequence[str]) -> Iterator[ConfidencePart]:
    """The share of the question's content words that the answer takes up; a short answer need not repeat any."""
    if features.task in _NO_COVERAGE:
        return
    small = _STOP.union(SMALL_WORDS.get(features.language, ()))
    asked = {word[:_STEM] for word in re.findall(r"[^\W\d_]{4,}", ask) if word not in small}
    asked = set(sorted(asked)[:_MOST_ASKED_WORDS])
    if len(asked) < 2:
        return
    share = len(asked & {word[:_STEM] for word in said}) / len(asked)
    z = max(-1.0, min(0.5, (share - _USUAL_COVERAGE) / _USUAL_COVERAGE))
    log_odds = COVERAGE * z * min(1.0, len(said) / _COVERAGE_WORDS)
    yield ConfidencePart("speaks of the question", f"{share:.0%} of its words", log_odds)


def _length(features: Features, text: str) -> Iterator[ConfidencePart]:
    """Where there is a right answer, a longer one than expected is right less often: on recorded answers to three
    public sets this alone tells right from wrong of each model with an AUROC of .59 to .70 (docs/evidence.md)."""
    expected, actual = features.output_tokens, max(1, estimate(text))
    ratio = actual / max(1, expected)
    said = f"{actual} tokens, about {expected} expected"
    too_short = ratio < _TOO_SHORT and features.task in _WANT_LENGTH and features.complexity >= 0.2
    too_long = ratio > _TOO_LONG and actual > _LONG
    if too_short or too_long:
        yield ConfidencePart("length", said, LENGTH)
    elif features.task in _HAS_RIGHT_ANSWER:
        yield ConfidencePart("brevity", said, max(LENGTH, min(_BRIEF, -_BY_LENGTH * math.log(ratio))))


def _items(ask: str, text: str) -> Iterator[ConfidencePart]:
    wanted = items_asked(ask)
    found = len(_NUMBERED.findall(text)) or len(_BULLETED.findall(text))
    if wanted and found and found % wanted:
        yield ConfidencePart("items", f"{found} given, {wanted} asked", ITEMS)
