"""Which language a text is in, as BCP-47: by script, then by the small words that only one language has."""

from __future__ import annotations

import unicodedata
from functools import cache

from routing.analysis.phrases import words_of
from routing.analysis.terms.small_words import LETTERS, SMALL_WORDS

UNKNOWN = "und"
_LOOK_AT = 2_000
_DOUBT = 0.25
# Of Cyrillic text in which no small word tells, most is Russian.
_RUSSIAN = 0.8

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
    return identify(text)[0]


def identify(text: str) -> tuple[str, float]:
    """(the language, its probability). `und` is the surer the less speaks for any."""
    text = text[:_LOOK_AT].lower()
    if text.isascii():
        return _by_words(text)
    script, share = _script(text)
    if script == "ru":
        language, p = _by_words(text, ("ru", "uk"))
        return (language, p) if language != UNKNOWN else ("ru", share * _RUSSIAN)
    return (script, share) if script else _by_words(text)


def _script(text: str) -> tuple[str | None, float]:
    """The language of the script that most letters are in, unless it is Latin, and their share. Kana make Han
    Japanese."""
    counts: dict[str | None, int] = {}
    for letter in text:
        if letter.isalpha():
            name = None if letter < "\u0370" else _SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0].split("-")[0])
            # A Han character says about as much as a word of three letters.
            counts[name] = counts.get(name, 0) + (3 if name in ("zh", "ja", "ko") else 1)
    if not counts:
        return None, 0.0
    if counts.get("ja") and counts.get("zh"):
        counts["ja"] += counts.pop("zh")
    most = max(counts, key=lambda name: counts[name])
    return most, counts[most] / sum(counts.values())


def _by_words(text: str, among: tuple[str, ...] | None = None) -> tuple[str, float]:
    """The probability is the share of the best of the two best scores, squared: small words rarely come alone."""
    scores: dict[str, float] = {}
    words = words_of(text)
    for word in words + sorted(_SPEAKING.intersection(text)):
        for language in _index().get(word, ()):
            scores[language] = scores.get(language, 0.0) + 1.0 / len(_index()[word]) + 0.25
    if among is not None:
        scores = {language: score for language, score in scores.items() if language in among}
    if not scores:
        return UNKNOWN, 1.0
    best, *others = sorted(scores, key=lambda language: (-scores[language], _ORDER[language]))
    if scores[best] < max(1.0, 0.05 * len(words)):
        return UNKNOWN, 1 / (1 + scores[best])
    second = scores[others[0]] if others else 0.0
    return best, (scores[best] ** 2 + _DOUBT) / (scores[best] ** 2 + second**2 + 2 * _DOUBT)
