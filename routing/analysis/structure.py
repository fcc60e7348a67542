"""What the shape of a prompt tells of the task: code, sums, units, tables, questions. Regexes run on bounded text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from routing.analysis.reading import Reading

# (task, intent, weight in log-odds, what was seen)
Sight = tuple[str, str, float, str]

_CODE_LINE = (
    r"^[ \t]*(?:(?:async )?def \w+\(|class \w+\s*[(:{]|import \w+|from [\w.]+ import|(?:const|let|var) \w+\s*=|"
    r"#include|function \w*\(|fn \w+|func \w+\(|public \w+|return [\w.\[\]]+;|"
    r"for \w+ in .+:\s*$|if .+:\s*$|while .+:\s*$)"
)
_CODE = (
    ("a line of code", _CODE_LINE),
    ("a line of SQL", r"\bselect\b.{1,200}\bfrom\b|\binsert into\b|\bcreate table\b"),
    ("a traceback", r"traceback \(most recent|^[ \t]*at [\w.$]+\(|panicked at"),
    ("an error's name", r"\b[A-Za-z]+(?:Error|Exception)\b"),
    ("a brace or semicolon at a line's end", r"[A-Za-z0-9)\]\"'];\s*$|\{\s*$"),
    ("a call or an arrow", r"\b\w+\.\w+\(|\b\w+\(\w*\)\s*[{;]|=>|::\w"),
    ("a shell command", r"^[ \t]*(?:\$ |sudo |git |docker |npm |pip |curl |awk |sed )|\$\d\b|\s--?\w+=\w"),
)
_CODE_PATTERNS = tuple((seen, re.compile(pattern, re.MULTILINE | re.IGNORECASE)) for seen, pattern in _CODE)
_DATA_FENCE = re.compile(r"^\s*(?:[\[{]\s*[\"\]\[{}\d]|[^\n,;\t]+[,;\t|][^\n]*\n[^\n,;\t]+[,;\t|])")

_UNIT = (
    r"(?:km|m|cm|mm|mi|miles?|feet|ft|foot|in|inch(?:es)?|yards?|kg|g|mg|lbs?|pounds?|oz|ounces?|grams?|kilos?|kilograms?|"
    r"meters?|metres?|(?:milli|centi|kilo)met(?:er|re)s?|tonnes?|acres?|hectares?|stone|l|ml|lit(?:er|re)s?|gal(?:lons?)?|"
    r"cups?|°?[cfk]|celsius|fahrenheit|kelvin|mph|km/h|kmh|hours?|minutes?|seconds?|days?|weeks?|mb|gb|tb|kib|mib|gib|"
    r"kilom[eè]tres?|kilometern?|kilómetros|meilen|millas|miglia)"
)
_NUMBER = r"(?<![\d.,])\d[\d.,]*"
_SUM = re.compile(r"^[\s\d.,+\-*/×÷^()%=?x]*\d\s*(?:[+\-*/×÷^x%]|\*\*)\s*[(\d][\s\d.,+\-*/×÷^()%=?x]*$")
_SUM_IN_WORDS = re.compile(
    rf"{_NUMBER}\s*(?:%|percent)\s+(?:of|von|de|di|av)\s+{_NUMBER}|"
    rf"{_NUMBER}\s*(?:[+*×÷]|(?<=\s)/(?=\s)|plus|minus|times|divided by|mal|fois|por)\s*{_NUMBER}|"
    rf"square root of {_NUMBER}\b"
)
_CONVERSION = re.compile(
    rf"{_NUMBER}\s*{_UNIT}\b.{{0,14}}\s(?:to|in|into|as|nach|en|a|till|til|naar)\s+{_UNIT}\b|"
    rf"(?:how many|wie viele|combien de|cuántos|quanti)\s+{_UNIT}\s.{{0,20}}{_NUMBER}\s*{_UNIT}\b"
)
_EQUATION = re.compile(r"\b\d*[a-z]\s*(?:\^|²|\*\*)\s*\d?|\b\d*[xyz]\s*[-+]\s*\d+\s*=|∫|∑|√|≤|≥|\\frac")
_ROW = re.compile(r"^[^\n,;|\t]{1,60}(?:[,;|\t][^\n,;|\t]{0,60})+$", re.MULTILINE)
_JSON_DATA = re.compile(r"[\[{]\s*\"[^\"]{1,60}\"\s*[:,]")
_AMOUNT = re.compile(r"[$€£]?\d[\d.,]*\s*%?|\b(?:two|three|four|five|six|half|twice|double)\b")
_PUZZLE = re.compile(
    r"\b(?:more than|less than|each|together|altogether|total|per|ratio|split|share|left|cost|costs|pays?|"
    r"mph|speed|older|years? ago|how much|how many|how long|how far)\b"
)
_PROSE = (
    r"(?:text|article|e-?mail|message|paragraph|sentence|review|tweet|thread|notes?|documents?|passage|comments?|tickets?|"
    r"menu|list|letter|post|story|report|transcript|conversation|page|file|table|data|log|feedback|essay|abstract)\b"
)
_ABOUT_TEXT = tuple(
    (task, weight, re.compile(pattern))
    for task, weight, pattern in (
        (
            "extraction",
            2.4,
            rf"\b(?:who|what|which|where|when|names?)\b.{{0,60}}\b(?:in|from) (?:this|the|that|my) {_PROSE}",
        ),
        ("classification", 2.4, rf"^\W*(?:is|are|does|do|was) (?:this|that|the following) (?:\w+ )?{_PROSE}"),
        ("classification", 1.4, r"^\W*(?:is|does|do|would you say)\b.{0,60}\b\w+,? or \w+\s*\?"),
        ("drafting", 2.2, rf"\b(?:make|let) (?:this|the|my) {_PROSE}.{{0,20}}\b(?:less|more|nicer|clearer|better)\b"),
        (
            "summary",
            1.8,
            rf"\bwhat (?:does|did|is)\b.{{0,30}}\b(?:this|the|that) {_PROSE}.{{0,20}}\b(?:say|about|argue)",
        ),
    )
)
_TOLD = re.compile(r"^\W*(?:i|i'm|we|my)\b(?! (?:need|want|would like|have to)\b)")
_WH = re.compile(r"^\W*(?:what|who|whom|whose|when|where|why|which|how)\b")


def sights(reading: Reading) -> Iterator[Sight]:
    """All that the shape shows, each with its weight."""
    yield from _code(reading)
    yield from _sums(reading)
    yield from _tables(reading)
    yield from _manner(reading)
    yield from _about_text(reading)


def _about_text(reading: Reading) -> Iterator[Sight]:
    """A question about a text that is there is no question of general knowledge."""
    for task, weight, pattern in _ABOUT_TEXT:
        found = pattern.search(reading.ask)
        if found:
            yield task, "edit" if task == "drafting" else "about_text", weight, found.group().strip()


def _code(reading: Reading) -> Iterator[Sight]:
    if reading.fenced and not _DATA_FENCE.match(reading.fenced):
        yield "code", "fix" if "?" in reading.ask else "write", 2.6, "a fenced block"
    bare = reading.text[:4_000]
    kinds = [seen for seen, pattern in _CODE_PATTERNS if pattern.search(bare)]
    for n, seen in enumerate(kinds[:3]):
        yield "code", "fix" if "error" in seen or "traceback" in seen else "write", (2.4, 1.2, 0.6)[n], seen


def _sums(reading: Reading) -> Iterator[Sight]:
    whole = reading.text[:400].lower().strip()
    if _SUM.match(whole) and any(sign in whole for sign in "+-*/×÷^%x"):
        yield "transform", "arithmetic", 6.0, "a bare sum"
        return
    if _SUM_IN_WORDS.search(whole):
        yield "transform", "arithmetic", 4.0, "a sum"
    if _CONVERSION.search(whole):
        yield "transform", "units", 4.5, "a quantity and another unit"
    if _EQUATION.search(reading.ask):
        yield "reasoning", "maths", 2.6, "an equation"
    amounts = len(_AMOUNT.findall(whole))
    asked = set(_PUZZLE.findall(whole))
    if amounts >= 2 and "?" in whole and (len(asked) >= 2 or (asked and len(reading.words) >= 14)):
        yield "reasoning", "maths", 2.4, f"{amounts} amounts and a question"


def _tables(reading: Reading) -> Iterator[Sight]:
    data = f"{reading.fenced}\n{reading.text}"[:3_000]
    if len(_ROW.findall(data)) >= 3 or _JSON_DATA.search(data):
        yield "transform", "reshape", 1.2, "rows of data"


def _manner(reading: Reading) -> Iterator[Sight]:
    asks = reading.text.rstrip()[-1:] in ("?", "？", "؟", ";")
    bare = not reading.material.strip() and not reading.fenced
    if bare and _WH.match(reading.ask):
        yield "faq", "fact", 0.7, "a question word"
    elif asks and bare:
        yield "faq", "fact", 0.9, "a question mark"
    if bare and 0 < len(reading.words) <= 4 and not asks:
        yield "conversation", "small_talk", 0.6, "very short"
    if bare and not asks and len(reading.words) <= 14 and _TOLD.match(reading.ask):
        yield "conversation", "small_talk", 1.6, "something told, nothing asked"
    if len(reading.material) > 200:
        yield "summary", "summarise", 0.5, "a long text to work on"
        yield "extraction", "extract", 0.5, "a long text to work on"
