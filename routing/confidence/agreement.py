"""How far the answers of two unlike models agree: the second is a witness, whose word is worth most where it is short.

Both are compared in the first way that fits both: by the final answer that they come to, as JSON, as code, and else by
their words.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

from routing.analysis.features import Features, TaskClass
from routing.analysis.phrases import words_of
from routing.analysis.reading import head_and_tail
from routing.confidence.form import is_mostly_code
from routing.confidence.likeness import content_words, dice, json_values
from routing.confidence.programs import program_in, without_programs
from routing.confidence.structured import read_structured
from routing.events import ConfidencePart
from routing.learned.answer_shape import final_answer, same_answer

SHORT = 60
"""A final answer of more characters is compared as any text is."""
_HEAD, _TAIL = 24_000, 8_000
_MOST_QUOTED = 24
_DRESS = " \t\n.*_`"
# One to three words: a longer end of a sentence is no answer that another model would word alike.
_WORD = r"[^\s.,;!]+(?:[.,][^\s.,;!]+)*"
_IN_A_SENTENCE = re.compile(
    rf"\banswer (?:is|would be|must be|should be|=):? *({_WORD}(?: +{_WORD}){{0,2}}?)"
    r"(?= *(?:[.,;!\n]|$)| because | since )",
    re.IGNORECASE,
)

Kind = Literal["answer", "JSON", "code", "words"]

# In log-odds, for nothing in common and for the same. Final answers: ln P(agree | right) / P(agree | wrong), and so for
# differing, over 20 ordered pairs of models of different makers whose skill is within 15 points, on MMLU-Pro, MATH and
# CRUXEval: agreeing .75 to 1.98, median 1.47, differing −.79 to −2.11, median −1.19; the weaker quarter counts (1.09,
# −.98), a little less. (A witness that is 10 to 30 points weaker: .67 and −.49.) Words: the same answers' texts, most
# and least alike thirds, weaker quarter .45 and −.46; that is held to be less where answers may differ and both be
# right. No set tells of JSON and code: between the two, and other code is hardly a sign.
_WEIGHTS: dict[Kind, tuple[float, float]] = {
    "answer": (-0.9, 1.0),
    "JSON": (-0.5, 0.8),
    "code": (-0.2, 0.8),
    "words": (-0.4, 0.6),
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """`value` is 0, nothing in common, to 1, the same; `kind` says what was compared, `why` what was found."""

    value: float
    kind: Kind
    why: str


def agreement(one: str, other: str, features: Features) -> Agreement:
    """How far two answers to the request of these features agree; neither comes first. Never raises.

    Final answers are the same or not. The value of two JSON texts is the share of their values that stand at the same
    place in both, that of code is 1 for the same program and else the share of common pieces, that of all else the
    share of common content words.
    """
    ends = head_and_tail(one, _HEAD, _TAIL), head_and_tail(other, _HEAD, _TAIL)
    return (
        _of_final_answers(*ends)
        or _of_json(one, other, wanted=features.response_format != "text")
        or _of_programs(*ends, wanted=features.task is TaskClass.CODE)
        or _of_words(*ends, features.language)
    )


def agreement_part(found: Agreement) -> ConfidencePart:
    """What a witness of another family and of about the same skill adds to the log-odds of the first answer: from the
    one end, nothing in common, to the other, the same."""
    least, most = _WEIGHTS[found.kind]
    return ConfidencePart("agreement", found.why, round(least + (most - least) * found.value, 4))


def comparable(answer: str, features: Features) -> bool:
    """Whether a second answer could agree with it in more than its words: it comes to something short, or is JSON or a
    program."""
    final = _final(head_and_tail(answer, _HEAD, _TAIL))
    formal = features.response_format != "text" or features.task is TaskClass.CODE
    return formal or 0 < len(final) <= SHORT


def _of_final_answers(one: str, other: str) -> Agreement | None:
    mine, theirs = _final(one), _final(other)
    if not mine or not theirs or max(len(mine), len(theirs)) > SHORT:
        return None
    if mine == theirs or same_answer(mine, theirs):
        return Agreement(1.0, "answer", f"both say {_quoted(mine)}")
    return Agreement(0.0, "answer", f"{_quoted(mine)} and {_quoted(theirs)}")


def _final(text: str) -> str:
    """What the answer comes to, without its dress; "" where it does not say."""
    prose = without_programs(text)
    said = final_answer(prose) or next(reversed(_IN_A_SENTENCE.findall(prose)), "")
    return said.strip(_DRESS)


def _of_json(one: str, other: str, *, wanted: bool) -> Agreement | None:
    """Unless JSON was `wanted`, only of two objects or lists: a word alone may be JSON by accident."""
    readings = [read_structured(text, None) for text in (one, other)]
    sound = [json_values(json.loads(reading.text)) for reading in readings if not reading.fault]
    if len(sound) == 2 and (wanted or all(reading.text[0] in "{[" for reading in readings)):
        value = dice(*sound)
        return Agreement(value, "JSON", "the same values" if value == 1 else f"{value:.0%} of the values are the same")
    return Agreement(0.0, "JSON", "only one of them is JSON") if wanted and len(sound) == 1 else None


def _of_programs(one: str, other: str, *, wanted: bool) -> Agreement | None:
    if not wanted and not all(is_mostly_code(text, len(words_of(text))) for text in (one, other)):
        return None
    mine, theirs = program_in(one), program_in(other)
    if mine is None or theirs is None:
        return None
    if mine.form == theirs.form:
        return Agreement(1.0, "code", "the same program")
    value = dice(mine.pieces, theirs.pieces)
    return Agreement(value, "code", f"{value:.0%} of the code is the same")


def _of_words(one: str, other: str, language: str) -> Agreement:
    mine, theirs = content_words(one, language), content_words(other, language)
    if not mine and not theirs:
        same = bool(one.strip()) and one.split() == other.split()
        return Agreement(float(same), "words", "the same text" if same else "nothing to compare")
    value = dice(mine, theirs)
    return Agreement(value, "words", f"{value:.0%} of the content words are the same")


def _quoted(answer: str) -> str:
    """Short, on one line, and without anything that a terminal would obey."""
    plain = "".join(character if character.isprintable() else "\ufffd" for character in " ".join(answer.split()))
    return f"“{plain if len(plain) <= _MOST_QUOTED else plain[: _MOST_QUOTED - 1] + '…'}”"
