"""The shape of an answer: 74 numbers that tell right answers from wrong ones, whatever the question is about."""

from __future__ import annotations

from math import log1p

from routing.learned.answer_sums import NUMBER, numbers, value_of
from routing.learned.answer_wording import form, wording, words
from routing.learned.answers import Answered, Reading, content_words, final_answer, read, same_answer
from routing.learned.options import split_options

__all__ = ["ANSWER_SHAPE", "Answered", "answer_shape", "final_answer", "same_answer", "shape_of"]

_LARGEST = 1e15
_LONGEST_COUNTED = 200
_NEAR_THE_END = 80
_CLOSE = 0.005


def answer_shape(answered: Answered) -> tuple[float, ...]:
    """The numbers, in the order of `ANSWER_SHAPE`: finite for any text, in bounded time."""
    return shape_of(read(answered))


def shape_of(reading: Reading) -> tuple[float, ...]:
    """The same, of an answer that has been taken apart."""
    return tuple(map(float, _described(reading).values()))


def _described(reading: Reading) -> dict[str, float]:
    _, listed = split_options(reading.prompt)
    options = dict(listed)
    chosen = reading.final.strip()
    letter = chosen if chosen in options else ""
    return {
        **_extent(reading),
        **words(reading),
        **wording(reading),
        **form(reading),
        **numbers(reading),
        **_final(reading, is_option=bool(letter)),
        **_options(reading, options, letter),
    }


def _extent(reading: Reading) -> dict[str, float]:
    return {
        "characters": log1p(reading.characters),
        "characters against the prompt's": log1p(reading.characters) - log1p(len(reading.prompt)),
        "truncated": reading.truncated,
        "no final answer": not reading.final,
        "says which is the answer": reading.times > 0,
        "times it says so": log1p(reading.times),
        "place of the final answer": log1p(reading.place),
        "characters after it": log1p(max(0, len(reading.text) - reading.place - 40)),
        "reasoning and answer in JSON": reading.times > 0 and '"reasoning"' in reading.text,
    }


def _final(reading: Reading, *, is_option: bool) -> dict[str, float]:
    """What kind of thing the final answer is, and where else it stands. A letter of an option stands everywhere."""
    final, body = reading.final, reading.body.lower()
    value = None if is_option else value_of(final)
    bare = "" if is_option else final.strip().strip("'\"").lower()
    size = 0.0 if value is None or abs(value) >= _LARGEST else abs(value)
    return {
        "length of the final answer": log1p(len(final)),
        "it is a number": value is not None,
        "it is negative": final.strip().startswith("-"),
        "it is a fraction or a root": any(sign in final for sign in ("/", "frac", ".", "sqrt")),
        "it is a whole number": value is not None and abs(value) < _LARGEST and value == int(value),
        "its size": log1p(size),
        "it stands in the prompt": bool(bare) and bare in reading.prompt.lower(),
        "it stands before": bool(bare) and bare in body,
        "it stands just before": bool(bare) and bare in body[-_NEAR_THE_END:],
        "times it stands before": log1p(body.count(bare)) if bare and len(bare) < _LONGEST_COUNTED else 0.0,
    }


def _options(reading: Reading, options: dict[str, str], letter: str) -> dict[str, float]:
    """How the chosen option and the others stand in the text; all 0 where the prompt has none."""
    chosen = options.get(letter, "")
    covered = _coverage(chosen, reading.body_words)
    others = [_coverage(text, reading.body_words) for other, text in options.items() if other != letter]
    best = max(others, default=0.0)
    return {
        "options": len(options),
        "place of the chosen option": (ord(letter) - ord("A")) / 10 if letter else 0.0,
        "length of the chosen option": log1p(len(chosen)),
        "the chosen option stands before": bool(chosen) and chosen.lower() in reading.body.lower(),
        "coverage of the chosen option": covered,
        "best coverage of another option": best,
        "coverage above another's": covered - best,
        "the chosen number comes last": _comes_last(chosen, reading.body),
    }


def _coverage(option: str, said: frozenset[str]) -> float:
    """The share of an option's words that were said."""
    found = content_words(option)
    return len(found & said) / (len(found) + 0.5)


def _comes_last(option: str, body: str) -> float:
    """1 where the option's first number is among the last four of the text, -1 where it is not, 0 without numbers."""
    wanted = [value_of(number) for number in NUMBER.findall(option)]
    last = [value_of(number) for number in NUMBER.findall(body)[-4:]]
    first = wanted[0] if wanted else None
    if first is None or not last:
        return 0.0
    return 1.0 if any(value is not None and abs(value - first) <= _CLOSE * abs(first) for value in last) else -1.0


ANSWER_SHAPE: tuple[str, ...] = tuple(_described(read(Answered("", "", 0, False, None))))
