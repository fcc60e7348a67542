"""Re-asks: a prompt that says the one before it once more, or that the answer would not do.

A prompt is one when it comes within 5 minutes of the answer before it in its chat and either shares half of its words
with the prompt before (Jaccard index of the sets) or begins with words that ask for another try.
"""

from __future__ import annotations

from routing.analysis.phrases import words_of

WITHIN_S = 300.0
SAME = 0.5
_ANOTHER_TRY = frozenset(
    tuple(phrase.split())
    for phrase in (
        "again",
        "try again",
        "try that again",
        "try once more",
        "once more",
        "retry",
        "redo",
        "regenerate",
        "wrong",
        "incorrect",
        "that's wrong",
        "that is wrong",
        "that's not what i",
        "that is not what i",
        "not what i asked",
        "no that's",
        "nochmal",
        "noch einmal",
        "falsch",
        "das ist falsch",
        "réessaie",
        "encore une fois",
        "c'est faux",
        "otra vez",
        "de nuevo",
        "inténtalo de nuevo",
    )
)
_LONGEST = max(map(len, _ANOTHER_TRY))
"""Words."""


def asks_again(prompt: str, before: str, gap_s: float) -> bool:
    """Whether `prompt`, which came `gap_s` after the answer to the one `before`, asks for that again."""
    return 0 <= gap_s <= WITHIN_S and says_again(prompt, before)


def says_again(prompt: str, before: str) -> bool:
    words = words_of(prompt.lower())
    if any(tuple(words[:n]) in _ANOTHER_TRY for n in range(1, _LONGEST + 1)):
        return True
    now, then = set(words), set(words_of(before.lower()))
    return bool(now and then) and len(now & then) >= SAME * len(now | then)
