"""One message as rows: header, body, footer and the gap after it, at one width."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from app.chat.blocks import SLICE, Block, Blocks, paint
from app.chat.cells import TAB, visible
from app.chat.highlight import Lexing
from app.chat.lines import Flow, Line, Pieces

if TYPE_CHECKING:
    from app.chat.entries import Entry, MessageView, Run
    from app.chat.markdown import Fence

_WORD = re.compile(r"\w+")
LEX_NOW = 60
"""Lines of code that are coloured before they are first seen; the rest follows in slices."""


class Row(NamedTuple):
    pieces: Pieces
    line: int
    """Logical line within the message; the gap after it belongs to its last one."""


@dataclass(slots=True)
class _Job:
    """A closed block of code that is being coloured."""

    first: int
    """The block's first line in the body."""
    block: Block
    fence: Fence
    lexing: Lexing


class Plain:
    """Growing text that is shown as it is; the same doors as `Blocks`."""

    def __init__(self) -> None:
        self.closed: list[Block] = []
        self.open: list[Block] = []
        self.epoch = 0
        self.characters = 0
        self._fed: list[str] = []
        self._tail = ""

    @property
    def behind(self) -> bool:
        return bool(self._fed)

    def feed(self, text: str) -> None:
        self._fed.append(text)

    def look(self) -> bool:
        if not self._fed:
            return False
        text = "".join(self._fed)
        # A long line is laid out again at each look: taking as much as there is keeps that linear.
        size = max(SLICE, len(self._tail))
        self._fed = [text[size:]] if len(text) > size else []
        text = self._tail + text[:size]
        *complete, self._tail = text.replace("\r\n", "\n").split("\n")
        if complete:
            self.closed.append(self._block(complete))
            self.characters += sum(len(line) + 1 for line in complete)
        self.open = [self._block([self._tail])] if self._tail else []
        return True

    def finish(self) -> None:
        """Nothing is held back, so nothing is left to do."""

    def _block(self, texts: list[str]) -> Block:
        lines: list[Line] = [Flow([(visible(text).expandtabs(TAB), "", "")]) for text in texts]
        return Block(lines, [], "plain", gap=False, source="\n".join(texts), begin=self.characters)


class Body:
    """The text of a message as rows at one width; looks at its blocks again when text was fed."""

    def __init__(self, text: str, *, plain: bool, width: int) -> None:
        self.blocks: Blocks | Plain = Plain() if plain else Blocks()
        self.blocks.feed(text)
        self.width = width
        self.lines: list[Line] = []
        self.rows: list[Row] = []
        self._starts: list[int] = []
        self._closed = 0
        self._closed_lines = 0
        self._epoch = 0
        self._growing: Block | None = None
        """The first open block as it was laid out last; only what is `fresh` in it is laid out again."""
        self._lexing: list[_Job] = []

    def update(self) -> bool:
        """Take in text that was fed; True when rows may have changed."""
        if not self.blocks.look():
            return False
        self._lay_out()
        return True

    def resize(self, width: int) -> None:
        """Lay out everything at another width."""
        self.width = width
        lines, self.lines, self.rows, self._starts = self.lines, [], [], []
        for line in lines:
            self._add(line)

    def lex(self, count: int) -> None:
        """Colour the next `count` lines of code."""
        while self._lexing and count > 0:
            job = self._lexing[0]
            count -= self._paint(job, count)
            if job.lexing.finished:
                self._lexing.pop(0)

    @property
    def lexed(self) -> bool:
        return not self._lexing

    def block_lines(self, character: int) -> tuple[Block, int] | None:
        """The closed or open block that holds a character of the text, and the index of its first line."""
        found: tuple[Block, int] | None = None
        line = 0
        for block in self.blocks.closed + self.blocks.open:
            line += block.gap
            if block.begin > character and found:
                break
            found = block, line
            line += len(block.lines)
        return found

    def _lay_out(self) -> None:
        blocks = self.blocks
        if blocks.epoch != self._epoch:
            self._epoch = blocks.epoch
            self._closed = self._closed_lines = 0
            self._growing = None
            self._lexing.clear()
        closing = blocks.closed[self._closed :]
        coming = [*closing, *blocks.open]
        grown = bool(coming) and coming[0] is self._growing
        known = coming[0].gap + coming[0].fresh if grown else 0
        dropped = self._truncate(self._closed_lines + known)
        for index, block in enumerate(coming):
            self._add_block(block, known if index == 0 else 0)
            if index < len(closing):
                self._plan_colours(block)
                self._closed_lines = len(self.lines)
        self._closed = len(blocks.closed)
        self._growing = blocks.open[0] if blocks.open else None
        self.lex(LEX_NOW)
        self._reuse(dropped)

    def _plan_colours(self, block: Block) -> None:
        first = len(self.lines) - len(block.lines)
        for fence in block.fences:
            if fence.language:
                self._lexing.append(_Job(first, block, fence, Lexing(fence.language, fence.code)))

    def _add_block(self, block: Block, known: int) -> None:
        """Lay out a block, except its first `known` lines, which have not changed."""
        lines: list[Line] = [Flow([]), *block.lines] if block.gap else block.lines
        for line in lines[known:]:
            self._add(line)

    def _add(self, line: Line) -> None:
        self._starts.append(len(self.rows))
        index = len(self.lines) + 1
        self.rows.extend(Row(pieces, index) for pieces in line.layout(self.width))
        self.lines.append(line)

    def _truncate(self, count: int) -> tuple[int, list[Row]]:
        """Drop the lines from `count` on; returns their rows and where they stood."""
        start = self._starts[count] if count < len(self._starts) else len(self.rows)
        dropped = self.rows[start:]
        del self.rows[start:], self._starts[count:], self.lines[count:]
        return start, dropped

    def _reuse(self, dropped: tuple[int, list[Row]]) -> None:
        """Rows that are as they were stay the same objects, so that what is painted of them stays as well."""
        start, rows = dropped
        for index, row in enumerate(rows[: len(self.rows) - start], start):
            if self.rows[index] == row:
                self.rows[index] = row

    def _paint(self, job: _Job, count: int) -> int:
        """Put the colours of up to `count` lines into their rows; returns how many there were."""
        done = len(job.fence.code) - job.lexing.left
        spans = job.lexing.advance(count)
        paint(job.block, job.fence, done, spans)
        first = job.first + job.fence.start + done
        for index in range(first, first + len(spans)):
            start = self._starts[index]
            for offset, pieces in enumerate(self.lines[index].layout(self.width)):
                row = Row(pieces, index + 1)
                if self.rows[start + offset] != row:
                    self.rows[start + offset] = row
        return len(spans)


class Message:
    """A message that has been read: its view, and its rows at one width."""

    def __init__(self, entry: Entry, view: MessageView, width: int) -> None:
        self.entry = entry
        self.view = view
        self.width = width
        self.rows: list[Row] = []
        self._begin()
        self.update()

    def _begin(self) -> None:
        self.text = self.view.text
        self.body = Body(self.text, plain=self.view.plain, width=self.width)
        if not self.view.streaming:
            self.body.blocks.finish()

    @property
    def settled(self) -> bool:
        """All its text has been laid out and coloured."""
        return self.view.folded or (not self.body.blocks.behind and self.body.lexed)

    def waits_for(self, character: int) -> bool:
        """A character of the source is not laid out yet."""
        blocks = self.body.blocks
        return not self.view.folded and blocks.behind and blocks.characters <= character

    def feed(self, text: str) -> None:
        self.text += text
        self.body.blocks.feed(text)

    def finish(self) -> None:
        """No more text will come."""
        self.body.blocks.finish()
        self.update()

    def update(self) -> None:
        """Take in what was fed and lay out the rows that changed."""
        if not self.view.folded:
            self.body.update()
        self._assemble()

    def advance(self, lines: int) -> None:
        """Go on with what the first look left: more text, then the colours of `lines` more lines of code."""
        if not self.body.update():
            self.body.lex(lines)
        self._assemble()

    def show(self, view: MessageView) -> None:
        """Another header, footer or fold; the text as well, when it is not the one that is shown."""
        ended = self.view.streaming and not view.streaming
        same = view.plain == self.view.plain and view.text.startswith(self.text)
        grown = len(view.text) > len(self.text)
        restart = not same or (grown and not self.view.streaming)
        self.view = view
        if restart:
            self._begin()
        elif grown:
            self.feed(view.text[len(self.text) :])
        if ended and not restart:
            self.body.blocks.finish()
        self.update()

    def resize(self, width: int) -> None:
        self.width = width
        self.body.resize(width)
        self._assemble()

    @property
    def line_count(self) -> int:
        return len(self._lines)

    def line(self, index: int) -> str | None:
        """The text of a logical line; None for decoration."""
        return self._lines[index].text

    def row_of(self, line: int, character: int = 0) -> int:
        """The row that shows a character of a logical line."""
        row = found = bisect_left(self.rows, line, key=lambda one: one.line)
        while row < len(self.rows) and self.rows[row].line == line:
            begin = min((piece.at for piece in self.rows[row].pieces if piece.at >= 0), default=character)
            if begin <= character:
                found = row
            row += 1
        return min(found, len(self.rows) - 1)

    def find(self, character: int) -> tuple[int, int]:
        """The logical line and character that show a character of the source, or its block's start."""
        source = self.text[:character].replace("\r\n", "\n")
        place = None if self.view.folded else self.body.block_lines(len(source))
        if place is None:
            return 0, 0
        block, first = place
        word = _word_at(self.text, character)
        before = source[block.begin :].count(word) if word else 0
        for index, line in enumerate(block.lines, first + 1):
            text = line.text or ""
            at = text.find(word) if word else -1
            while at >= 0 and before:
                before -= 1
                at = text.find(word, at + 1)
            if at >= 0:
                return index, at
        return first + 1, 0

    def _assemble(self) -> None:
        header = _decorated(self.view.header)
        body = [self._summary()] if self.view.folded else self.body.lines
        footer = [_decorated(line) for line in self.view.footer]
        self._lines = [header, *body, *footer]
        rows = [Row(header.layout(self.width)[0], 0)]
        rows += [Row(body[0].layout(self.width)[0], 1)] if self.view.folded else self.body.rows
        for index, line in enumerate(footer, 1 + len(body)):
            rows += [Row(pieces, index) for pieces in line.layout(self.width)]
        rows.append(Row((), len(self._lines) - 1))
        self._keep(rows)

    def _keep(self, rows: list[Row]) -> None:
        """Take new rows; header and footer that are as they were stay the same objects."""
        for index in (0, *range(1 + len(self.body.rows), len(rows))):
            if index < len(self.rows) and self.rows[index] == rows[index]:
                rows[index] = self.rows[index]
        self.rows = rows

    def _summary(self) -> Line:
        count = self.text.count("\n") + 1 if self.text else 0
        noun = "line" if count == 1 else "lines"
        return Flow([(f"({count} {noun} · {visible(self.view.hint)})", "muted", "")])


def _decorated(runs: tuple[Run, ...]) -> Line:
    return Flow([(visible(text).replace("\n", " "), style, "") for text, style in runs])


def _word_at(text: str, character: int) -> str:
    match = _WORD.match(text, character)
    return match[0] if match else ""


def warm() -> None:
    """Import and run parser and lexers once: in a thread after the first paint, so that no answer waits for them."""
    body = Body("`a`\n\n```python\nb = 1\n```\n", plain=False, width=80)
    body.blocks.finish()
    body.update()
