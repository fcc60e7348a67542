"""Growing Markdown: text comes in pieces, blocks close for good, and only the open tail is parsed again.

CommonMark never reopens a top-level block once another one follows it, nor an item once another item follows:
what is closed is rendered once. What one look shows is always what a fresh parse of the same text would show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from app.chat import markdown
from app.chat.cells import visible
from app.chat.lines import Flow, Line
from app.chat.open_blocks import CLOSING, OpenFence, OpenTable

if TYPE_CHECKING:
    from app.chat.highlight import OpenCode
    from app.chat.markdown import Fence, References, Unit

LARGE_TAIL = 8192
"""Characters of one open block above which it is not parsed at each look any more."""

HUGE_TAIL = 4 * LARGE_TAIL
"""Characters of one open block above which it is not parsed at all."""

SLICE = 16384
"""Characters that one look takes in: more would hold up a frame."""

_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_SHUT_BY_BLANK = {"paragraph", "heading", "hr", "table"}
_MARKER = re.compile(r"( {0,3})(?:[-+*]|\d{1,9}([.)]))")


@dataclass(slots=True, eq=False)
class Block:
    """A top-level block or a list item as logical lines."""

    lines: list[Line]
    fences: list[Fence]
    kind: str
    gap: bool
    """A blank row stands before it."""
    source: str = ""
    """What it was parsed from, behind a dummy item when it goes on with a list."""
    number: int | None = None
    sibling: bool = False
    begin: int = 0
    """Where it starts in the text."""
    fresh: int = 0
    """First line that changed since the last look."""


@dataclass(slots=True)
class _Continued:
    """The tail goes on with a list whose earlier items are closed."""

    marker: str
    number: int | None

    @property
    def dummy(self) -> str:
        return _dummy(self.marker)


@dataclass(slots=True)
class _Parsed:
    """A parse of the tail: its lines (a dummy item first, when it goes on with a list) and what they hold."""

    source: list[str]
    units: list[Unit]
    references: References
    offsets: list[int]
    """Where each line starts in the tail."""


@dataclass(slots=True)
class Blocks:
    """The blocks of one growing text.

    `closed` only grows, except that `epoch` changes when a late link definition changed what is in it.
    """

    closed: list[Block] = field(default_factory=list)
    open: list[Block] = field(default_factory=list)
    epoch: int = 0
    characters: int = 0
    """How much text has been taken in."""
    _fed: list[str] = field(default_factory=list)
    _held: str = ""
    _tail: str = ""
    _looked: int = 0
    """Length of the complete lines of the tail at the last parse."""
    _parsed: int = 0
    """Length of the tail at the last parse."""
    _definitions: References = field(default_factory=dict)
    _known: dict[str, tuple[str, str]] = field(default_factory=dict)
    _continued: _Continued | None = None
    _gap: bool = False
    _ending: bool = False
    _fast: OpenFence | OpenTable | None = None
    _codes: list[OpenCode] = field(default_factory=list)

    def feed(self, text: str) -> None:
        """Add text. Costs nothing: all work is done by `look`."""
        self._fed.append(text)

    def look(self) -> bool:
        """Bring `closed` and `open` up to the text fed so far, at most `SLICE` characters at a time.

        Returns True when something may have changed.
        """
        taken = self._take()
        if self._ending and not self.behind:
            self._end()
        elif not taken:
            return False
        elif not self._grow():
            self._look_again()
        return True

    def _look_again(self) -> None:
        """Parse the tail, or show it plain where that would take too long."""
        if len(self._tail) > HUGE_TAIL:
            self._give_up()
        if self._too_large():
            self._show_plain()
        else:
            self._parse()

    def finish(self) -> None:
        """No more text will come: the look that takes in the last of it closes every block."""
        self._ending = True

    def _end(self) -> None:
        self._ending = False
        partial = self._tail[self._tail.rfind("\n") + 1 :]
        ended = "\n" if self._held or partial.strip(" \t") else ""
        self._held = ""
        self._tail += ended
        self.characters += len(ended)
        if not self._grow():
            self._look_again()
        self._fast = None
        self.closed.extend(self.open)
        self.open = []
        self._tail = ""
        self._parsed = 0

    def _grow(self) -> bool:
        """Extend the one open block without a parse, as long as that is what the text does."""
        if self._fast is None:
            return False
        block = self._fast.grow(self._tail)
        if block is not None and not self._fast.shut_at:
            self.open = [block]
            return True
        if block is not None:
            self.closed.append(block)
            self._cut(self._fast.shut_at)
        self._fast = None
        self._looked = 0
        return False

    def _cut(self, end: int) -> None:
        """Go on behind what has been closed."""
        self._tail = self._tail[end:]
        self._continued = None
        self._gap = False
        self._looked = self._parsed = 0
        self.open = []

    def _give_up(self) -> None:
        """Close a block that is too large to be parsed as plain text: some inline syntax costs the square of it."""
        end = self._tail.rfind("\n") + 1 or len(self._tail)
        lines: list[Line] = [Flow([(line, "", "")]) for line in self._tail[:end].removesuffix("\n").split("\n")]
        begin = self.characters - len(self._tail)
        self.closed.append(Block(lines, [], "plain", gap=bool(self.closed), begin=begin))
        self._cut(end)

    @property
    def behind(self) -> bool:
        """Fed text waits for another look."""
        return bool(self._fed)

    def _take(self) -> bool:
        """Normalise some of what was fed. A trailing carriage return waits: a line feed may follow it."""
        if not self._fed:
            return False
        text = self._held + "".join(self._fed)
        self._fed = [text[SLICE:]] if len(text) > SLICE else []
        text = text[:SLICE]
        self._held = "\r" if text.endswith("\r") else ""
        text = text.removesuffix("\r") if self._held else text
        text = visible(text.replace("\r\n", "\n").replace("\r", "\n"))
        self._tail += text
        self.characters += len(text)
        return bool(text)

    def _too_large(self) -> bool:
        """A large open block waits until it has grown by a quarter: each parse costs its length."""
        size = len(self._tail)
        return LARGE_TAIL < size < self._parsed * 5 // 4 and "\n\n" not in self._tail[self._parsed - 1 :]

    def _show_plain(self) -> None:
        parsed = [block for block in self.open if block.kind != "plain"]
        rest = self._tail[self._parsed :].lstrip("\n")
        lines: list[Line] = [Flow([(line, "", "")]) for line in rest.split("\n")]
        self.open = [*parsed, Block(lines, [], "plain", gap=False)]

    def _parse(self) -> None:
        complete = self._tail.rfind("\n") + 1
        seen = self._known
        if complete > self._looked:
            seen = self._close(self._tail[:complete])
            complete = self._tail.rfind("\n") + 1
        self._looked = complete
        self._parsed = len(self._tail)
        parsed = self._units(self._tail)
        known = _targets(parsed.references)
        if known != self._known or known != seen:
            self._known = known
            self._redo(parsed.references)
        self.open = [self._block(parsed, index) for index in range(len(parsed.units))]
        self._colour(self.open, closing=False)
        self._start_fast(parsed)

    def _units(self, text: str) -> _Parsed:
        dummy = self._continued.dummy if self._continued else ""
        references = dict(self._definitions)
        source = dummy + text
        found = markdown.units(markdown.parse(source, references))
        lines = source.split("\n")
        offsets = list(accumulate((len(line) + 1 for line in lines), initial=-len(dummy)))
        return _Parsed(lines, found[1:] if dummy else found, references, offsets)

    def _close(self, complete: str) -> dict[str, tuple[str, str]]:
        """Close what is complete and cut it off the tail; blank lines at the tail's head go as well.

        Returns the definitions that the closed blocks were rendered with.
        """
        parsed = self._units(complete)
        found = parsed.units
        last = found[-1] if found else None
        if last is not None and _is_shut(last, parsed.source):
            last = None
        shut = found if last is None else found[:-1]
        if shut:
            blocks = [self._block(parsed, index) for index in range(len(shut))]
            self._colour(blocks, closing=True)
            self.closed.extend(blocks)
            cut = _text_end(parsed.source, shut[-1])
            for label, one in parsed.references.items():
                if label not in self._definitions and one["map"][0] < cut:
                    self._definitions[label] = one
            follows = last is not None and last.sibling
            self._continued = _continue(parsed.source, shut[-1]) if follows else None
            self._tail = self._tail[parsed.offsets[cut] :]
            self._gap = False
        blank = _BLANK_LINES.match(self._tail)
        if blank:
            self._tail = self._tail[blank.end() :]
            self._gap = True
        return _targets(parsed.references) if shut else self._known

    def _block(self, parsed: _Parsed, index: int) -> Block:
        unit, source = parsed.units[index], parsed.source
        lines, fences = markdown.render(unit, source)
        text = "\n".join(source[unit.begin : unit.end]) + "\n"
        gap = bool(self.closed) or index > 0
        if unit.sibling:
            gap = not source[unit.begin - 1].strip() or (index == 0 and self._gap)
            # Alone, an item may read as a table: behind another item it never does.
            text = _dummy(_item_marker(text)) + text
        begin = self.characters - len(self._tail) + parsed.offsets[unit.begin]
        return Block(lines, fences, unit.kind, gap, text, unit.number, unit.sibling, begin)

    def _redo(self, references: References) -> None:
        """Render closed blocks again that may hold a link whose definition came, grew or changed."""
        for block in self.closed:
            if "[" not in block.source or block.kind in ("fence", "code_block"):
                continue
            unit = markdown.units(markdown.parse(block.source, dict(references)))[-1]
            unit.number = block.number
            block.lines, block.fences = markdown.render(unit, block.source.split("\n"))
            self.epoch += 1

    def _colour(self, blocks: list[Block], *, closing: bool) -> None:
        """Colour the code of open blocks, and of closing ones that were open a look ago."""
        from app.chat.highlight import OpenCode

        codes: list[OpenCode] = []
        for block in blocks:
            for fence in block.fences:
                code = next((one for one in self._codes if one.continues(fence.language, fence.code)), None)
                if code is None:
                    if closing:
                        continue
                    code = OpenCode(fence.language)
                else:
                    self._codes.remove(code)
                code.update(fence.code)
                paint(block, fence, 0, code.spans)
                codes.append(code)
        self._codes = self._codes if closing else codes

    def _start_fast(self, parsed: _Parsed) -> None:
        """A tail that is one open fence or table needs no more parsing of what it has."""
        found, source = parsed.units, parsed.source
        if len(found) != 1 or found[0].begin or self._continued or self._tail.count("\n") == 0:
            return
        if found[0].kind == "fence" and not _is_shut(found[0], source):
            self._fast = OpenFence.start(self._tail, self.open[0], self._codes)
        elif found[0].kind == "table":
            self._fast = OpenTable.start(self._tail, self.open[0], self._definitions)


def paint(block: Block, fence: Fence, first: int, spans: list[list[tuple[str, str, str]]]) -> None:
    """Put colours on the lines of a block of code, from its line `first` on."""
    for index, line in enumerate(spans, fence.start + first):
        flow = block.lines[index]
        if isinstance(flow, Flow):
            flow.spans = line


def _targets(references: References) -> dict[str, tuple[str, str]]:
    return {label: (one["href"], one.get("title", "")) for label, one in references.items()}


def _dummy(marker: str) -> str:
    """An item whose text is so far to the right that no item behind it can belong to it."""
    return f"{marker}    x\n"


def _item_marker(text: str) -> str:
    match = _MARKER.match(text)
    return match[0] if match else "-"


def _is_shut(unit: Unit, source: list[str]) -> bool:
    """Whether no further line can belong to the last unit of complete lines."""
    if unit.kind == "fence":
        token = unit.tokens[0]
        closing = CLOSING.match(source[unit.end - 1])
        return bool(
            closing
            and unit.end - 1 > unit.begin
            and closing[1][0] == token.markup[0]
            and len(closing[1]) >= len(token.markup)
        )
    if unit.kind not in _SHUT_BY_BLANK:
        return False
    return unit.end < len(source) - 1 and not source[unit.end].strip()


def _text_end(source: list[str], unit: Unit) -> int:
    """The line after the unit's last line of text."""
    end = unit.end
    while end > unit.begin + 1 and not source[end - 1].strip():
        end -= 1
    return end


def _continue(source: list[str], item: Unit) -> _Continued | None:
    match = _MARKER.match(source[item.begin])
    if match is None:
        return None
    if item.number is None:
        return _Continued(match[0], None)
    return _Continued(f"{match[1]}{item.number}{match[2]}", item.number)
