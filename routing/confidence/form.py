"""Whether the answer is whole and has the form that was asked for: ending, JSON, code that parses."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Iterator

from routing.analysis.phrases import words_of
from routing.analysis.terms.rows import words
from routing.confidence.structured import Structured
from routing.events import ConfidencePart
from routing.messages import Reply

EMPTY, FILTERED, CUT = -4.0, -4.0, -1.5
INVALID, SOUND_JSON, BROKEN_CALL = -3.0, 0.3, -3.0
BROKEN_CODE, SOUND_CODE = -1.3, 0.3
_MOST_PARSED = 50_000
_MOST_FENCES = 12
_MOST_BRACKETED = 8_000

_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = words("python py python3")
_BRACKETED = words("javascript js typescript ts java c cpp c++ csharp cs go rust rs swift kotlin scala php css dart")
_STRINGS_AND_COMMENTS = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\\n])'", re.DOTALL
)
_LONG_QUOTED = re.compile(r"'(?:\\.|[^'\\\n])*'")


def form_parts(reply: Reply, structured: Structured | None, *, says_nothing: bool) -> Iterator[ConfidencePart]:
    """Parts of the form; `structured` is the answer read as JSON, where JSON was asked for. Those named in `HARD`
    settle the matter."""
    if says_nothing and not reply.tool_calls:
        yield ConfidencePart("empty", "nothing was said", EMPTY)
    if reply.finish == "content_filter":
        yield ConfidencePart("content filter", "the provider cut the answer", FILTERED)
    if reply.finish == "length":
        yield ConfidencePart("cut off", "the answer reached its token limit", CUT)
    yield from _calls(reply)
    if structured is not None:
        yield from _structured(structured)
    elif "```" in reply.text or "~~~" in reply.text:
        yield from _fences(reply.text)


HARD = frozenset({"empty", "content filter", "JSON", "schema", "tool call"})


def is_mostly_code(text: str, said: int) -> bool:
    """Whether fenced code holds most of the words of a text that has so many."""
    fenced = sum(len(words_of(match.group(3))) for match in _FENCE.finditer(text))
    return fenced > 0.5 * said


def _calls(reply: Reply) -> Iterator[ConfidencePart]:
    broken = next((call for call in reply.tool_calls if _parsed(call.arguments or "{}") is None), None)
    if broken is not None:
        yield ConfidencePart("tool call", f"arguments of {broken.name} are not JSON", BROKEN_CALL)


def _structured(structured: Structured) -> Iterator[ConfidencePart]:
    if structured.check:
        yield ConfidencePart(structured.check, structured.why, INVALID)
        return
    yield ConfidencePart("JSON parses", "inside a fence" if structured.fenced else "as asked", SOUND_JSON)
    if structured.why:
        yield ConfidencePart("schema not checked", structured.why, 0.0)


def _parsed(text: str) -> tuple[object] | None:
    """The JSON value, boxed because it may be null; None when there is none."""
    try:
        return (json.loads(text),)
    except (ValueError, RecursionError):
        return None


def _fences(text: str) -> Iterator[ConfidencePart]:
    """One part for all blocks that can be checked: a broken one outweighs sound ones."""
    sound = 0
    for match in list(_FENCE.finditer(text[:_MOST_PARSED]))[:_MOST_FENCES]:
        fault = _fault(match.group(2).lower(), match.group(3))
        if fault:
            yield ConfidencePart("code does not parse", fault, BROKEN_CODE)
            return
        sound += fault == ""
    if sound:
        yield ConfidencePart("code parses", f"{sound} block{'s' * (sound > 1)}", SOUND_CODE)


def _fault(language: str, code: str) -> str | None:
    """What is wrong with the code; "" when it parses, None when we cannot tell."""
    if language in _PYTHON and ">>>" not in code:
        return _python_fault(code)
    if language == "json":
        return "" if _parsed(code) is not None or "//" in code or "..." in code else "a JSON block"
    if language in _BRACKETED and len(code) <= _MOST_BRACKETED:
        return _bracket_fault(code, language)
    return None


def _python_fault(code: str) -> str:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(textwrap.dedent(code), "answer", "exec", flags)
    except SyntaxError as error:
        return f"line {error.lineno or 1} of a Python block"
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return "a Python block"
    return ""


def _bracket_fault(code: str, language: str) -> str:
    bare = _STRINGS_AND_COMMENTS.sub("", code)
    if language in ("javascript", "js", "typescript", "ts", "php", "css"):
        bare = _LONG_QUOTED.sub("", bare)
    for opening, closing in ("()", "[]", "{}"):
        if bare.count(opening) != bare.count(closing):
            return f"unbalanced {opening}{closing} in a {language} block"
    return ""
