"""Code to coloured spans: pygments' tokens under our own few names, in slices: no frame waits for them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.chat.lines import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKPOINT = 24
"""How many lines back an open block of code is lexed again, at most."""

NAMES = (
    ("Comment", "comment"),
    ("Keyword.Constant", "constant"),
    ("Keyword.Type", "type"),
    ("Keyword", "keyword"),
    ("Operator.Word", "keyword"),
    ("Literal.String.Doc", "comment"),
    ("Literal.String.Escape", "constant"),
    ("Literal.String", "string"),
    ("Literal.Number", "number"),
    ("Name.Function", "function"),
    ("Name.Class", "type"),
    ("Name.Exception", "type"),
    ("Name.Builtin", "builtin"),
    ("Name.Decorator", "function"),
    ("Name.Constant", "constant"),
    ("Name.Tag", "keyword"),
    ("Name.Attribute", "function"),
    ("Generic.Deleted", "deleted"),
    ("Generic.Inserted", "inserted"),
    ("Generic.Heading", "keyword"),
    ("Generic.Subheading", "comment"),
    ("Generic.Prompt", "comment"),
)
"""Kinds of token, the narrower before the wider, and the style that shows them. All others are plain code."""

Spans = list[Span]


def plain(line: str) -> Spans:
    return [(line, "code", "")]


class Lexing:
    """One finished block of code, coloured a few lines at a time."""

    def __init__(self, language: str, code: list[str]) -> None:
        self._lines = _coloured(language, code)
        self.left = len(code)

    @property
    def finished(self) -> bool:
        return self.left == 0

    def advance(self, count: int) -> list[Spans]:
        """The next `count` lines."""
        count = min(count, self.left)
        self.left -= count
        return [next(self._lines) for _ in range(count)]


class OpenCode:
    """A block of code that still grows: each look lexes from a checkpoint a few lines back."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.code: list[str] = []
        self.spans: list[Spans] = []

    def continues(self, language: str, code: list[str]) -> bool:
        """Whether `code` may be this block, grown."""
        return language == self.language and bool(self.code) and self.code[:1] == code[:1]

    def update(self, code: list[str]) -> int:
        """Take the block as it is now; returns the first line whose colours may differ."""
        known = max(0, min(len(self.code), len(code)) - 1)
        while known and self.code[known - 1] != code[known - 1]:
            known -= 1
        start = self._checkpoint(code, known)
        fresh = list(_coloured(self.language, code[start:]))
        first = start
        for known_spans, spans in zip(self.spans[start:], fresh, strict=False):
            if known_spans != spans:
                break
            first += 1
        self.code = list(code)
        self.spans[start:] = fresh
        return first

    @staticmethod
    def _checkpoint(code: list[str], known: int) -> int:
        least = max(0, known - CHECKPOINT)
        for index in range(known, least, -1):
            if index < len(code) and not code[index - 1].strip() and code[index][:1].strip():
                return index
        return least


def _coloured(language: str, code: list[str]) -> Iterator[Spans]:
    """One list of spans for each line of `code`; exactly as many, whatever the lexer does."""
    lexer = _lexer(language)
    if lexer is None:
        yield from map(plain, code)
        return
    line: Spans = []
    done = 0
    for kind, value in lexer.get_tokens("\n".join(code)):
        style = _style(str(kind))
        for index, part in enumerate(value.split("\n")):
            if index and done < len(code):
                yield _checked(line, code[done])
                done += 1
                line = []
            if part:
                line.append((part, style, ""))
    while done < len(code):
        yield _checked(line, code[done])
        done += 1
        line = []


def _checked(spans: Spans, line: str) -> Spans:
    """Colours are an ornament: where a lexer changes the text, the text wins."""
    merged: Spans = []
    for text, style, url in spans:
        if merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + text, style, url)
        else:
            merged.append((text, style, url))
    return merged if "".join(text for text, _, _ in merged) == line else plain(line)


@lru_cache(maxsize=256)
def _style(kind: str) -> str:
    kind = kind.removeprefix("Token.")
    for prefix, name in NAMES:
        if kind == prefix or kind.startswith(prefix + "."):
            return f"code {name}"
    return "code"


@lru_cache(maxsize=64)
def _lexer(language: str) -> Any | None:
    if not language:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
