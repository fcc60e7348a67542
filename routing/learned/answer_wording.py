"""How an answer is put: doubt, second thoughts, reasons, refusal, and the form of the text."""

from __future__ import annotations

import re
from itertools import islice
from math import log1p

from routing.learned.answers import Reading, content_words


def _phrases(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_HEDGE = _phrases(
    r"\b(might|maybe|perhaps|possibly|probably|likely|unclear|unsure|not sure|not certain|i think|i believe|assum\w*"
    r"|seems?|appears?|cannot|can't|unable|ambiguous|insufficient|guess\w*|could be|suggests?|presumably|roughly"
    r"|not enough|not given|not clear)\b"
)
_SECOND_THOUGHT = _phrases(
    r"\b(wait|actually|let's re\w*|let me re\w*|re-?examine|re-?evaluate|re-?check|re-?consider|mistake|my error"
    r"|an error|made an|incorrectly|apolog\w*|correction|upon (closer|further|re)\w*|double-?check|try again"
    r"|another approach|alternatively|doesn't match|does not match|not match|doesn't seem|hmm|oops|contradict\w*"
    r"|correctly|on second)\b"
)
_NO_OPTION_FITS = _phrases(
    r"none of (the|these)|not (listed|among|in the (given |provided )?(options|choices))|closest|not an option"
    r"|no (correct|matching) (option|answer)|isn't (listed|an option)|options? (is|are) (incorrect|wrong)"
    r"|best (option|choice|answer|fit|match)|most (likely|appropriate|plausible|accurate)"
)
_CONTRAST = _phrases(r"\b(however|but|although|though|nevertheless|yet|instead|despite|unless)\b")
_CONCLUSION = _phrases(r"\b(therefore|thus|hence|so,|consequently|in conclusion|finally|as a result)\b")
_ROUNDED = _phrases(r"approx\w*|≈|\babout \d|~\s?\d|\\approx|nearly|\.\.\.")
_STEP = re.compile(r"(?mi)^[^\S\n]*(\d+[.)]|[-*•]|step \d+|#+ )")
_REFUSAL = _phrases(
    r"\b(i cannot|i can't|i am unable|i'm unable|as an ai|i'm sorry|i am sorry|sorry,|i do not have|i don't have)\b"
)
_REASON = _phrases(r"\b(because|since|due to|implies|means that|given that|it follows)\b")
_TEXTBOOK = _phrases(r"refer to wikipedia|according to|by definition|known as|defined as")
_NAMED_OPTION = re.compile(r"\b(option|choice|statement)s? \(?[A-J1-9]\b|\([A-J]\)")
_CONDITION = _phrases(r"\b(if|case|when|either)\b")
_SPEAKER = re.compile(r"\b(I|we|let's)\b")
_LETTER = re.compile(r"\b[a-z]\b")
_CALL = re.compile(r"\w\(")
_SENTENCE_END = re.compile(r"[.!?]\s|\n")
_ENDS = (".", "}", "`", ")", "!")
_MOST_COUNTED = 8


def wording(reading: Reading) -> dict[str, float]:
    """What the phrases say of doubt and of reasons."""

    def share(pattern: re.Pattern[str]) -> float:
        return reading.per_hundred_words(_count(pattern, text))

    text = reading.text
    hedges, second_thoughts = _count(_HEDGE, text), _count(_SECOND_THOUGHT, text)
    return {
        "share of hedges": reading.per_hundred_words(hedges),
        "hedges": min(hedges, _MOST_COUNTED),
        "share of second thoughts": reading.per_hundred_words(second_thoughts),
        "second thoughts": min(second_thoughts, _MOST_COUNTED),
        "no option fits": bool(_NO_OPTION_FITS.search(text)),
        "contrasts": share(_CONTRAST),
        "conclusions": share(_CONCLUSION),
        "rounding": log1p(_count(_ROUNDED, text)),
        "steps": log1p(_count(_STEP, text)),
        "a refusal": bool(_REFUSAL.search(text)),
        "reasons": share(_REASON),
        "words of a textbook": bool(_TEXTBOOK.search(text)),
        "options named": log1p(_count(_NAMED_OPTION, reading.body)),
        "conditions": log1p(_count(_CONDITION, text)),
        "speaks of itself": log1p(_count(_SPEAKER, text)),
    }


def words(reading: Reading) -> dict[str, float]:
    """How much is said, how much of it twice, and how much of it is the prompt's."""
    found, text = reading.words, reading.text
    asked, said = content_words(reading.prompt), content_words(text)
    fours = list(zip(*(islice(found, at, None) for at in range(4)), strict=False))
    sentences = sum(1 for sentence in _SENTENCE_END.split(text) if sentence.strip())
    return {
        "words": log1p(len(found)),
        "sentences": log1p(sentences),
        "words in a sentence": len(found) / (sentences + 1),
        "length of a word": sum(map(len, found)) / (len(found) + 5),
        "share of different words": len(set(found)) / (len(found) + 5),
        "repeated fours of words": 1 - len(set(fours)) / len(fours) if fours else 0.0,
        "share of words not in the prompt": len(said - asked) / (len(said) + 1),
        "share of the prompt's words": len(said & asked) / (len(asked) + 1),
    }


def form(reading: Reading) -> dict[str, float]:
    """What the text looks like."""
    text = reading.text
    return {
        "lines": reading.per_hundred_words(text.count("\n")),
        "backslashes": log1p(text.count("\\")),
        "bold": log1p(text.count("**")),
        "a block of code": "```" in text,
        "question marks": log1p(text.count("?")),
        "semicolons": log1p(text.count(";")),
        "quotation marks": log1p(text.count('"') + text.count("'")),
        "round brackets": log1p(text.count("(")),
        "square brackets": log1p(text.count("[")),
        "calls": log1p(_count(_CALL, text)),
        "single letters": log1p(_count(_LETTER, text)),
        "share of capitals": sum(map(str.isupper, text)) / (len(text) + 1),
        "ends as a sentence does": text.strip().endswith(_ENDS),
    }


def _count(pattern: re.Pattern[str], text: str) -> int:
    return len(pattern.findall(text))
