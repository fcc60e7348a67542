"""What the shape of a prompt tells of the task: code, tables, a text to work on. Regexes run on bounded text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from routing.analysis.manners import manners
from routing.analysis.mathematics import Sight, mathematics, without_tex
from routing.analysis.reading import Reading

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
    (
        "a shell command",
        (
            r"^[ \t]*(?:\$ |sudo |git |docker |npm |pip |curl |awk |sed |wget |chmod |ssh )|\{\s*print \$\d|"
            r"\s--?\w+=\w|\s--[a-z][\w-]{2,}\b"
        ),
    ),
)
_CODE_PATTERNS = tuple((seen, re.compile(pattern, re.MULTILINE | re.IGNORECASE)) for seen, pattern in _CODE)
_PROGRAM = re.compile(
    r"\b(?:write|create|make|build|implement|develop|design|generate|complete|give me)\b[^.\n]{0,40}\b(?:(?:python|"
    r"java|js|c) )?(?:functions?|programs?|scripts? (?:that|to|which|for)|code|class(?:es)? (?:that|to|for|named)|"
    r"methods? (?:that|to)|queries|query|macros?|web ?(?:server|site|app|page)s?|login page|apps?|api|dockerfile|regex|"
    r"playbook)\b"
)
_CLEARLY_CODE = 2.4
_DATA_FENCE = re.compile(r"^\s*(?:[\[{]\s*[\"\]\[{}\d]|[^\n,;\t]+[,;\t|][^\n]*\n[^\n,;\t]+[,;\t|])")

_INTENTS = {"drafting": "edit", "translation": "translate"}
_SEPARATORS = ",;|\t"
_LONGEST_CELL, _LEAST_ROWS, _LONG = 40, 3, 200
_JSON_DATA = re.compile(r"[\[{]\s*\"[^\"]{1,60}\"\s*[:,]")
_PROSE = (
    r"(?:text|article|e-?mail|message|paragraph|sentence|review|tweet|thread|notes?|documents?|passage|comments?|"
    r"tickets?|menu|list|letter|post|story|report|transcript|conversation|page|file|table|data|log|feedback|essay|"
    r"abstract)\b"
)
_ABOUT_TEXT = tuple(
    (task, weight, re.compile(pattern))
    for task, weight, pattern in (
        (
            "extraction",
            2.4,
            rf"\b(?:who|what|which|where|when|names?)\b.{{0,60}}\b(?:in|from) (?:this|the|that|my) {_PROSE}",
        ),
        (
            "translation",
            4.0,
            r"\bhow (?:do|does|would|can|might|could|to) (?:(?:they|i|you|one|we|people|locals|someone) )?say\b",
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


def sights(reading: Reading) -> Iterator[Sight]:
    """All that the shape shows, each with its weight."""
    code = list(_code(reading))
    yield from code
    yield from mathematics(reading, in_code=any(weight >= _CLEARLY_CODE for _, _, weight, _ in code))
    yield from _tables(reading)
    yield from manners(reading)
    yield from _long_text(reading)
    yield from _about_text(reading)


def _about_text(reading: Reading) -> Iterator[Sight]:
    """A question about a text that is there is no question of general knowledge."""
    for task, weight, pattern in _ABOUT_TEXT:
        found = pattern.search(reading.ask)
        if found:
            yield task, _INTENTS.get(task, "about_text"), weight, found.group().strip()


def _code(reading: Reading) -> Iterator[Sight]:
    if reading.fenced and not _DATA_FENCE.match(reading.fenced):
        yield "code", "fix" if "?" in reading.ask else "write", 2.6, "a fenced block"
    program = _PROGRAM.search(reading.ask)
    if program:
        yield "code", "write", 3.2, program.group().strip()
    bare = without_tex(reading.text[:4_000])
    kinds = [seen for seen, pattern in _CODE_PATTERNS if pattern.search(bare)]
    for n, seen in enumerate(kinds[:3]):
        yield "code", "fix" if "error" in seen or "traceback" in seen else "write", (2.4, 1.2, 0.6)[n], seen


def _tables(reading: Reading) -> Iterator[Sight]:
    data = f"{reading.fenced}\n{reading.text}"[:3_000]
    if _JSON_DATA.search(data) or any(_rows(data, separator) >= _LEAST_ROWS for separator in _SEPARATORS):
        yield "transform", "reshape", 1.2, "rows of data"


def _rows(data: str, separator: str) -> int:
    """How many lines are divided into equally many cells, none of them long: prose has commas, too."""
    divided = (line.split(separator) for line in data.splitlines())
    widths = Counter(
        len(cells) for cells in divided if len(cells) > 1 and all(len(cell) <= _LONGEST_CELL for cell in cells)
    )
    return max(widths.values(), default=0)


def _long_text(reading: Reading) -> Iterator[Sight]:
    if len(reading.material) > _LONG:
        yield "summary", "summarise", 0.5, "a long text to work on"
        yield "extraction", "extract", 0.5, "a long text to work on"
