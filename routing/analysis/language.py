"""Which language a text is in, as BCP-47: by script, then by the small words that only one language has."""

from __future__ import annotations

import unicodedata
from functools import cache

from routing.analysis.phrases import words_of
from routing.analysis.terms.small_words import LETTERS, SMALL_WORDS

UNKNOWN = "und"
_LOOK_AT = 2_000

# Scripts that settle the language, by the name that Unicode gives their letters.
_SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "THAI": "th",
    "HEBREW": "he",
    "ARABIC": "ar",
    "DEVANAGARI": "hi",
    "GREEK": "el",
    "CYRILLIC": "ru",
}
# In a draw the language that is listed first wins.
_ORDER = {language: n for n, language in enumerate(SMALL_WORDS)}
_SPEAKING = frozenset(letter for letters in LETTERS.values() for letter in letters)


@cache
def _index() -> dict[str, tuple[str, ...]]:
    index: dict[str, list[str]] = {}
    for table in (SMALL_WORDS, LETTERS):
        for language, words in table.items():
            for word in words:
                index.setdefault(word, []).append(language)
    return {word: tuple(dict.fromkeys(languages)) for word, languages in index.items()}


def detect(text: str) -> str:
    """The language, or `und` when too little speaks for any."""
    text = text[:_LOOK_AT].lower()
    if text.isascii():
        return _by_words(text)
    script = _script(text)
    if script == "ru":
        return _by_words(text, ("ru", "uk")) if _by_words(text, ("ru", "uk")) != UNKNOWN else "ru"
    return script or _by_words(text)


def _script(text: str) -> str | None:
    """The language of the script that most letters are in, unless it is Latin. Kana make Han Japanese."""
    counts: dict[str | None, int] = {}
    for letter in text:
        if letter.isalpha():
            name = None if letter < "\u0370" else _SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0].split("-")[0])
            # A Han character says about as much as a word of three letters.
            counts[name] = counts.get(name, 0) + (3 if name in ("zh", "ja", "ko") else 1)
    if not counts:
        return None
    if counts.get("ja") and counts.get("zh"):
        counts["ja"] += counts.pop("zh")
    return max(counts, key=lambda name: counts[name])


def _by_words(text: str, among: tuple[str, ...] | None = None) -> str:
    scores: dict[str, float] = {}
    words = words_of(text)
    for word in words + sorted(_SPEAKING.intersection(text)):
        for language in _index().get(word, ()):
            scores[language] = scores.get(language, 0.0) + 1.0 / len(_index()[word]) + 0.25
    if among is not None:
        scores = {language: score for language, score in scores.items() if language in among}
    if not scores:
        return UNKNOWN
    best = max(scores, key=lambda language: (scores[language], -_ORDER[language]))
    return best if scores[best] >= max(1.0, 0.05 * len(words)) else UNKNOWN
