"""Markdown to logical lines: markdown-it's tokens, walked once.

The parser is imported when the first text is read, never when the client starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.chat import tables
from app.chat.cells import TAB, visible
from app.chat.lines import Flow, Line, Mark, Ornament, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

References = dict[str, dict[str, Any]]
"""Link definitions as the parser keeps them: label → href, title and the lines that define it."""

BULLETS = "•◦▪"
QUOTE: Mark = ("▎ ", "quote", False)
CODE: Mark = ("│ ", "rule", False)
BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}

_INLINE = {"strong_open": "strong", "em_open": "em", "s_open": "strike"}
_LEAVES = {"text", "code_inline", "html_inline", "softbreak", "image"}


@dataclass(slots=True, eq=False)
class Fence:
    """A block of code inside a block: where its lines are, and what is needed to colour them."""

    start: int
    """Index of its first line among the block's lines."""
    language: str
    code: list[str]


@dataclass(slots=True)
class Unit:
    """A top-level block, or one item of a top-level list: tokens, and the source lines [begin, end)."""

    kind: str
    tokens: list[Token]
    begin: int
    end: int
    number: int | None = None
    """An item's number, when its list is ordered."""
    sibling: bool = False
    """An item that follows another item of the same list."""


def parse(text: str, references: References) -> list[Token]:
    """Top-level tokens of `text`; definitions that it finds are added to `references`, known ones win."""
    tokens: list[Token] = _parser().parse(text, {"references": references})
    return tokens


def units(tokens: list[Token]) -> list[Unit]:
    """`tokens` cut into top-level blocks, lists into their items."""
    found: list[Unit] = []
    for block in _children(tokens, 0, len(tokens)):
        head = block[0]
        if head.type in ("bullet_list_open", "ordered_list_open"):
            found.extend(_items(block))
        else:
            begin, end = head.map or (0, 0)
            found.append(Unit(head.type.removesuffix("_open"), block, begin, end))
    return found


def render(unit: Unit, source: Sequence[str]) -> tuple[list[Line], list[Fence]]:
    """The logical lines of one unit. `source` holds the lines that its line numbers mean."""
    writer = _Writer(source)
    if unit.kind == "item":
        writer.item(unit.tokens, unit.number, 0)
    else:
        writer.block(unit.tokens, 0)
    return writer.lines, writer.fences


def language(info: str) -> str:
    """The language that a fence names, or nothing."""
    return visible(info.split(maxsplit=1)[0]) if info.strip() else ""


def code_rows(content: str) -> list[str]:
    """The lines of a block of code as they are shown."""
    if not content:
        return []
    return [visible(line).expandtabs(TAB) for line in content.removesuffix("\n").split("\n")]


def code_sources(text: str) -> list[str]:
    """The source of each block of code in `text`, in order."""
    return [token.content for token in parse(text, {}) if token.type in ("fence", "code_block")]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("gfm-like")


def _children(tokens: list[Token], begin: int, end: int) -> list[list[Token]]:
    """The blocks between two positions, each with all its tokens."""
    blocks: list[list[Token]] = []
    depth, start = 0, begin
    for index in range(begin, end):
        depth += tokens[index].nesting
        if depth == 0:
            blocks.append(tokens[start : index + 1])
            start = index + 1
    return blocks


def _items(block: list[Token]) -> list[Unit]:
    head = block[0]
    first = _first_number(head)
    found = []
    for index, tokens in enumerate(_children(block, 1, len(block) - 1)):
        begin, end = tokens[0].map or (0, 0)
        number = None if first is None else first + index
        found.append(Unit("item", tokens, begin, end, number, sibling=index > 0))
    return found


def _first_number(head: Token) -> int | None:
    if head.type == "bullet_list_open":
        return None
    start = head.attrGet("start")
    return 1 if start is None else int(start)


@dataclass(slots=True)
class _Level:
    """A container that is open: what stands before its first line, and before all others."""

    first: Mark
    rest: Mark
    used: bool = False


@dataclass(slots=True)
class _Writer:
    source: Sequence[str]
    lines: list[Line] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=list)

    def block(self, tokens: list[Token], depth: int) -> None:
        head = tokens[0]
        match head.type:
            case "paragraph_open":
                self.text(tokens[1], "")
            case "heading_open":
                self.text(tokens[1], f"heading {head.tag}")
            case "fence" | "code_block":
                self.code(head)
            case "bullet_list_open" | "ordered_list_open":
                self.listing(tokens, depth)
            case "blockquote_open":
                self.levels.append(_Level(QUOTE, QUOTE))
                self.inside(tokens, depth)
                self.levels.pop()
            case "table_open":
                self.table(tokens)
            case "hr":
                self.lines.append(Ornament(self.marks()[0], fill="─"))
            case _:
                for line in head.content.rstrip("\n").split("\n"):
                    self.flow([(visible(line).expandtabs(TAB), "muted", "")])

    def inside(self, tokens: list[Token], depth: int) -> None:
        """The blocks of a container; a blank line between two exactly where the source has one."""
        for index, block in enumerate(_children(tokens, 1, len(tokens) - 1)):
            if index:
                self.gap(block[0])
            self.block(block, depth)

    def gap(self, token: Token) -> None:
        begin = token.map[0] if token.map else 0
        if begin and not self.source[begin - 1].strip(" \t>"):
            blank = tuple((text, style, False) for text, style, _ in self.marks()[1])
            self.lines.append(Flow([], blank, blank))

    def listing(self, tokens: list[Token], depth: int) -> None:
        first = _first_number(tokens[0])
        for index, item in enumerate(_children(tokens, 1, len(tokens) - 1)):
            if index:
                self.gap(item[0])
            self.item(item, None if first is None else first + index, depth)

    def item(self, tokens: list[Token], number: int | None, depth: int) -> None:
        bullet = f"{BULLETS[depth % len(BULLETS)]} " if number is None else f"{number}. "
        content = tokens[2].children if len(tokens) > 3 and tokens[1].type == "paragraph_open" else None
        box = BOXES.get(content[0].content[:4]) if content else None
        if box and content:
            bullet = box
            content[0].content = content[0].content[4:]
        self.levels.append(_Level((bullet, "bullet", True), (" " * len(bullet), "", True)))
        if len(tokens) > 2:
            self.inside(tokens, depth + 1)
        else:
            self.flow([])
        self.levels.pop()

    def marks(self) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
        """What stands before the next line, and before its continuation rows."""
        first = tuple(level.rest if level.used else level.first for level in self.levels)
        for level in self.levels:
            level.used = True
        return first, tuple(level.rest for level in self.levels)

    def flow(self, spans: list[Span]) -> None:
        first, rest = self.marks()
        self.lines.append(Flow(spans, first, rest))

    def text(self, inline: Token, style: str) -> None:
        for spans in inline_lines(inline.children or [], style):
            self.flow(spans)

    def code(self, token: Token) -> None:
        first, rest = self.marks()
        name = language(token.info)
        start = len(self.lines)
        rows = code_rows(token.content)
        self.lines.extend(code_lines(name, rows, first, rest))
        self.fences.append(Fence(start + bool(name), name, rows))
        if len(self.lines) == start and self.levels:
            self.lines.append(Flow([], (*first, CODE), (*rest, CODE), fold=True))

    def table(self, tokens: list[Token]) -> None:
        rows, align = table_cells(tokens)
        columns = tables.Columns(align)
        natural = tables.widths(rows[0])
        for row in rows[1:]:
            natural = tables.widest(natural, tables.widths(row))
        columns.grow(natural)
        first, rest = self.marks()
        self.lines.extend(table_lines(columns, rows, first, rest))


def code_lines(name: str, rows: list[str], first: tuple[Mark, ...], rest: tuple[Mark, ...]) -> list[Line]:
    """The lines of a block of code: its language, then its text, not coloured yet."""
    lines: list[Line] = [Ornament(first, (name, "language"))] if name else []
    marks = (*(rest if name else first), CODE)
    for row in rows:
        lines.append(Flow([(row, "code", "")], marks, (*rest, CODE), fold=True))
        marks = (*rest, CODE)
    return lines


def table_cells(tokens: list[Token]) -> tuple[list[list[tables.Cell]], tuple[str, ...]]:
    """The rows of a table, its head first, and the alignment of its columns."""
    rows: list[list[tables.Cell]] = []
    align: list[str] = []
    for index, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            style = "head" if token.type == "th_open" else ""
            rows[-1].append(_merged(_spans(tokens[index + 1].children or [], style)))
            if style:
                align.append(str(token.attrGet("style") or "").removeprefix("text-align:"))
    return rows, tuple(align)


def table_lines(
    columns: tables.Columns, rows: list[list[tables.Cell]], first: tuple[Mark, ...], rest: tuple[Mark, ...]
) -> list[Line]:
    head: list[Line] = [tables.Row(columns, rows[0], first), tables.HeadRule(columns, rest)]
    return head + [tables.Row(columns, row, rest) for row in rows[1:]]


def inline_lines(children: list[Token], style: str) -> list[list[Span]]:
    """Inline tokens as spans, one list for each line that a hard break ends."""
    lines: list[list[Span]] = []
    current: list[Token] = []
    opened: list[Token] = []
    for token in children:
        if token.type == "hardbreak":
            lines.append(_merged(_spans(current, style)))
            current = list(opened)
            continue
        if token.nesting > 0:
            opened.append(token)
        elif token.nesting < 0 and opened:
            opened.pop()
        current.append(token)
    lines.append(_merged(_spans(current, style)))
    return lines


def _spans(children: list[Token], style: str) -> list[Span]:
    styles = [style] if style else []
    urls = [""]
    spans: list[Span] = []
    for token in children:
        if token.type in _LEAVES:
            spans.append(_leaf(token, styles, urls[-1]))
        elif token.type == "link_open":
            styles.append("link")
            urls.append(visible(str(token.attrGet("href") or "")))
        elif token.type == "link_close":
            styles.pop()
            urls.pop()
        elif token.nesting > 0:
            styles.append(_INLINE.get(token.type, ""))
        elif token.nesting < 0 and styles:
            styles.pop()
    return spans


def _leaf(token: Token, styles: list[str], url: str) -> Span:
    names = [name for name in styles if name]
    text = visible(token.content).replace("\n", " ").replace("\t", " ")
    match token.type:
        case "softbreak":
            text = " "
        case "code_inline":
            names.append("inline")
        case "html_inline":
            names.append("muted")
        case "image":
            address = visible(str(token.attrGet("src") or ""))
            names.append("link")
            return text or address, " ".join(names), url or address
    return text, " ".join(names), url


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for text, style, url in spans:
        if not text:
            continue
        if merged and merged[-1][1:] == (style, url):
            merged[-1] = (merged[-1][0] + text, style, url)
        else:
            merged.append((text, style, url))
    return merged
