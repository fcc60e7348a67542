"""An answer of a model, taken apart: its text, its final answer and what stands before that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from math import log1p

from routing.learned.grams import MOST_CHARACTERS

_EACH_END = 800
_SEAM = " \n"
_MOST = 2 * _EACH_END + len(_SEAM)
_MARK_OF_A_CUT = re.compile(r"\n\[\.\.\. \d+ characters cut \.\.\.\]\n")
_FINAL = re.compile(
    r"answer is:?\s*\**\(?((?-i:[A-J]))\b|\"answer\"\s*:\s*(\"(?:[^\"\\]|\\.)*\"|[^\n}]*)|\\boxed\{([^}]*)\}"
    r"|####\s*(.+)|answer:\s*\**(.+)",
    re.IGNORECASE,
)
_DRESS = re.compile(r"[\s\"'$\\{}]")
_CONTENT_WORD = re.compile(r"[a-z]{4,}")


@dataclass(frozen=True, slots=True)
class Answered:
    """`characters` is the length of the whole response, of which `response` is a part where `truncated`.

    `answer` is the final answer alone: the empty string where it is known that there is none, None where nobody has
    looked; then it is looked for in the response, and counts as missing if it is not found.
    """

    prompt: str
    response: str
    characters: int
    truncated: bool
    answer: str | None


@dataclass(frozen=True)
class Reading:
    """`text` is the response, of a long one its two ends; `final` the final answer or the empty string; `place` where
    it is said, `times` how often something is called the answer. Lengths are in characters."""

    prompt: str
    text: str
    characters: int
    truncated: bool
    final: str
    place: int
    times: int

    @cached_property
    def words(self) -> list[str]:
        return self.text.split()

    @cached_property
    def body(self) -> str:
        """What stands before the final answer."""
        return self.text[: self.place]

    @cached_property
    def body_words(self) -> frozenset[str]:
        return content_words(self.body)

    def per_hundred_words(self, count: int) -> float:
        """ln(1 + count for each hundred words), a little less for the shortest texts."""
        return log1p(100 * count / (len(self.words) + 5))


def read(answered: Answered) -> Reading:
    """Takes an answer apart. Time and memory are bounded: of a long response the first and the last 800 characters are
    read, as data sets keep them, and of a long prompt the first 20,000."""
    text = ends_of(answered.response)
    found = list(_FINAL.finditer(text))
    final = _said(found) if answered.answer is None else answered.answer
    return Reading(
        prompt=answered.prompt[:MOST_CHARACTERS],
        text=text,
        characters=max(0, answered.characters),
        truncated=answered.truncated or len(answered.response) > _MOST,
        final=final[:_MOST],
        place=found[-1].start() if found else len(text),
        times=len(found),
    )


def ends_of(response: str) -> str:
    """The whole of a short response, the two ends of a long one."""
    text = _MARK_OF_A_CUT.sub(_SEAM, response) if len(response) <= 2 * _MOST else response
    return text if len(text) <= _MOST else text[:_EACH_END] + _SEAM + text[-_EACH_END:]


def final_answer(response: str) -> str | None:
    """The last thing that the response calls its answer ("the answer is (B)", `\\boxed{}`, "####", JSON); None where
    there is no such thing."""
    return _said(list(_FINAL.finditer(ends_of(response)))) or None


def same_answer(one: str | None, other: str | None) -> bool:
    """Whether two final answers are equal but for case, white space, quotes, `$`, `\\` and braces. An answer that is
    missing is equal to none."""
    bare = _bare(one)
    return bool(bare) and bare == _bare(other)


def content_words(text: str) -> frozenset[str]:
    """The words of four letters and more, in lower case."""
    return frozenset(_CONTENT_WORD.findall(text.lower()))


def _bare(answer: str | None) -> str:
    return _DRESS.sub("", answer or "").lower()


def _said(found: list[re.Match[str]]) -> str:
    if not found:
        return ""
    return next((group for group in found[-1].groups() if group), "").strip().strip('"')
