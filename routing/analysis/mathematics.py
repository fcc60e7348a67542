"""Mathematics and puzzles by their shape: formulas, sums, units, word problems, clues. Regexes run on bounded text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from routing.analysis.reading import Reading

# (task, intent, weight in log-odds, what was seen)
Sight = tuple[str, str, float, str]

_LOOK_AT = 1_500
_SHORT = 400
_IN_CODE = 0.3

_COMMAND = (
    r"\\(?:[dt]?frac|sum|int|prod|sqrt|lim|cdot|times|leq?|geq?|p?mod|equiv|mathbb|mathcal|infty|alpha|beta|theta|pi|"
    r"sin|cos|tan|log|ln|overline|vec|angle|triangle|binom|begin\{(?:[pbv]?matrix|align|cases|equation)\*?\})(?![a-z])"
)
_DOLLARS = r"(?<![\w$.])\$\$?(?! )(?=[^$\n;\"'`]{0,200}[\\^_=+<>a-zA-Z])[^$\n;\"'`]{1,200}(?<! )\$\$?(?![\w$])"
_TEX = re.compile(_COMMAND)
_IN_TEX = re.compile(rf"{_DOLLARS}|\\\[.{{1,600}}?\\\]|\\\(.{{1,400}}?\\\)|\[asy\].{{0,3000}}?\[/asy\]", re.DOTALL)
_DOLLARED = re.compile(_DOLLARS)

_UNIT = (
    r"(?:km|m|cm|mm|mi|miles?|feet|ft|foot|in|inch(?:es)?|yards?|kg|g|mg|lbs?|pounds?|oz|ounces?|grams?|kilos?|"
    r"kilograms?|meters?|metres?|(?:milli|centi|kilo)met(?:er|re)s?|tonnes?|acres?|hectares?|stone|l|ml|lit(?:er|re)s?|"
    r"gal(?:lons?)?|cups?|tablespoons?|teaspoons?|tbsp|tsp|pints?|quarts?|°?[cfk]|celsius|fahrenheit|kelvin|mph|km/h|"
    r"kmh|hours?|minutes?|seconds?|days?|weeks?|mb|gb|tb|kib|mib|gib|kilom[eè]tres?|kilometern?|kilómetros|meilen|"
    r"millas|miglia)"
)
_NUMBER = r"(?<![\d.,])\d[\d.,]*"
_SUM = re.compile(r"^[\s\d.,+\-*/×÷^()%=?x]*\d\s*(?:[+\-*/×÷^x%]|\*\*)\s*[(\d][\s\d.,+\-*/×÷^()%=?x]*$")
_SUM_IN_WORDS = re.compile(
    rf"{_NUMBER}\s*(?:%|percent)\s+(?:of|von|de|di|av)\s+{_NUMBER}|"
    rf"{_NUMBER}\s*(?:[+*×÷]|(?<=\s)/(?=\s)|plus|minus|times|divided by|mal|fois|por)\s*{_NUMBER}|"
    rf"square root of {_NUMBER}\b|{_NUMBER}\s+x\s+{_NUMBER}|{_NUMBER}\s*(?:%|percent)\s+off\b|\bto the \w+ power\b|"
    rf"\b(?:subtract|add|take|divide|multiply)\s+{_NUMBER}\s+(?:from|to|by|and|away)\b|{_NUMBER}\s+(?:over|"
    rf"factorial)\b|\b{_NUMBER}\s*(?:%|percent) tip\b"
)
_CONVERSION = re.compile(
    rf"{_NUMBER}\s*{_UNIT}\b.{{0,14}}\s(?:to|in|into|as|nach|en|a|till|til|naar)\s+{_UNIT}\b|"
    rf"(?:how many|wie viele|combien de|cuántos|quanti)\s+{_UNIT}\s.{{0,20}}{_NUMBER}\s*{_UNIT}\b|"
    rf"\bhow many {_UNIT} (?:are )?(?:(?:there )?(?:is|are) )?(?:in|to|per|make|makes|equals?) (?:an? |one |"
    rf"\d+ )?{_UNIT}\b|\bconver(?:t|sion)\b.{{0,24}}\b{_UNIT} (?:to|into|in|and|from)\b"
)
_MEASURED = re.compile(
    rf"{_NUMBER}\s*(?:{_UNIT}|[vaw]|hz|pa|psi|ohms?|ω|volts?|watts?|amps?|newtons?|joules?|mol|m/s)\b"
)
_BRIEF_WORDS, _WORDS_PER_AMOUNT = 24, 25

_EQUATION = re.compile(
    r"\b\d*[a-z]\s*(?:\^|²|³|\*\*)\s*\d?|\b\d*[xyzn]\s*[-+]\s*\d+\s*=|[∫∑√≤≥∈∀∃≡⊂∞∏∂π]|\b[fgh]\s?\([xnt]\)|"
    r"\b[a-z]\s?=\s?-?\d|\d\s?[²³]|[a-z0-9)]\^[({]?[-\w]|\b\d+!(?!\w)",
)
_AMOUNT = re.compile(
    r"[$€£]?\d[\d.,]*\s*%?|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|double|thrice|dozen)\b"
)
_PUZZLE = re.compile(
    r"\b(?:more than|less than|fewer than|each|together|altogether|total|per|ratio|split|share|left|cost|costs|pays?|"
    r"mph|speed|older|years? ago|how much|how many|how long|how far|at least|probability|chances?|random(?:ly)?|"
    r"percent|remaining|average|equals?|rate|times as)\b"
)
_QUANTITY = re.compile(
    r"\b(?:what|find|determine|calculate|compute|evaluate|express|give)\b.{0,40}\b(?:sum|product|quotient|remainder|"
    r"factors?|multiples?|digits?|integers?|perimeter|area|volume|radius|diameter|length of|degrees|value of|values of|"
    r"coefficients?|probability|expected|slope|vertex|roots?|solutions?|fraction|base \d|units digit|primes?|"
    r"maximum|minimum|smallest|largest number|greatest|median|mean of|variance|area|angle|distance|number of ways|"
    r"zer?os)\b"
)
_WORKED = re.compile(
    r"\bexpress (?:your|the) answer|\bshow (?:that|all|your) (?:work|steps)|\bround(?:ed)? (?:to (?:the|\d|one|two|"
    r"three|four)|your answer)|\bnearest (?:tenth|hundredth|integer|whole|cent|dollar)|\bsimplest form|"
    r"\bas a common fraction|\bin terms of [a-z]\b"
)
_CLUE = re.compile(
    r"^[ \t]*(?:\d{1,2}[.)]|[-*•])[ \t].{0,200}\b(?:left of|right of|next to|between|before|after|not|never|either|"
    r"neither|older|younger|taller|shorter|same|different|exactly|directly|only|adjacent|somewhere)\b",
    re.MULTILINE | re.IGNORECASE,
)
_OF_A_PUZZLE = re.compile(r"\bclues?\b|\bpuzzle\b|\beach (?:person|of them|one)\b", re.IGNORECASE)
_PREMISE = re.compile(
    r"\b(?:all|some|no|every|none of the) \w+ (?:are|is|have|can)\b|\bif .{3,60} then\b|\btherefore\b|"
    r"\b(?:always|never) (?:lies?|tells? the truth)\b",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(r"\?|\btherefore\b|\bfollows?\b|\bconclu\w+|\bwho\b|\bwhich\b", re.IGNORECASE)


def without_tex(text: str) -> str:
    """The text without its formulas and drawings, whose signs would look like those of a program."""
    return _IN_TEX.sub(" ", text) if "$" in text or "\\" in text or "[asy]" in text else text


def mathematics(reading: Reading, *, in_code: bool) -> Iterator[Sight]:
    """What speaks for arithmetic, a conversion, mathematics or logic. A program that computes is a program."""
    emphasis = _IN_CODE if in_code else 1.0
    yield from ((task, intent, weight * emphasis, seen) for task, intent, weight, seen in _shown(reading))


def _shown(reading: Reading) -> Iterator[Sight]:
    text = reading.text[:_LOOK_AT]
    if _TEX.search(text) or _DOLLARED.search(text):
        yield "reasoning", "maths", 3.8, "a formula in TeX"
    else:
        yield from _sums(text[:_SHORT].lower().strip(), len(reading.words))
    if _EQUATION.search(reading.ask):
        yield "reasoning", "maths", 2.6, "an equation"
    yield from _word_problem(text.lower())
    yield from _logic(reading.text[: 2 * _LOOK_AT])


def _sums(text: str, words: int) -> Iterator[Sight]:
    """A sum or a conversion is all that is asked; inside a longer text it is a part of a problem."""
    if _SUM.match(text) and any(sign in text for sign in "+-*/×÷^%x"):
        yield "transform", "arithmetic", 6.0, "a bare sum"
        return
    brief = 1.0 if words <= _BRIEF_WORDS else 0.3
    if _SUM_IN_WORDS.search(text):
        yield "transform", "arithmetic", 4.0 * brief, "a sum"
    if _CONVERSION.search(text):
        yield "transform", "units", 4.5 * brief, "a quantity and another unit"


def _word_problem(text: str) -> Iterator[Sight]:
    amounts = len(_AMOUNT.findall(text))
    dense = amounts * _WORDS_PER_AMOUNT >= text.count(" ")
    asked = set(_PUZZLE.findall(text))
    if amounts >= 2 and dense and "?" in text and (len(asked) >= 2 or (asked and len(text) >= 80)):
        yield "reasoning", "maths", 2.4, f"{amounts} amounts and a question"
    if len(_MEASURED.findall(text)) >= 2 and dense and text.count(" ") > _BRIEF_WORDS:
        yield "reasoning", "maths", 1.8, "measured quantities"
    found = _QUANTITY.search(text)
    if found and (amounts or "number" in text):
        yield "reasoning", "maths", 2.4, found.group().strip()
    worked = _WORKED.search(text)
    if worked:
        yield "reasoning", "maths", 1.8, worked.group().strip()


def _logic(text: str) -> Iterator[Sight]:
    """Premises or clues in a row, and a question that follows from them."""
    clues = len(_CLUE.findall(text))
    premises = len(_PREMISE.findall(text))
    if clues >= 3 and "?" in text and _OF_A_PUZZLE.search(text):
        yield "reasoning", "logic", 4.5, f"{clues} clues"
    elif premises >= 2 and _CONCLUDES.search(text):
        yield "reasoning", "logic", 2.2, f"{premises} premises"
