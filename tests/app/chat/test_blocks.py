"""Growing Markdown always shows what a fresh parse of the same text would show."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.chat import markdown
from app.chat.blocks import SLICE, Blocks
from app.chat.lines import Pieces

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 34
PIECES = (
    "# head\n",
    "## h ##\n",
    "title\n===\n",
    "sub\n---\n",
    "plain words here\n",
    "more **bold *em* x**\n",
    "- a\n",
    "- b\n",
    "* star\n",
    "+ plus\n",
    "  - nested\n",
    "    - deeper\n",
    "  more of it\n",
    "1. one\n",
    "2. two\n",
    "7) seven\n",
    "10. ten\n",
    "- a | b\n",
    "--- | ---\n",
    "- [ ] todo\n",
    "- [x] done\n",
    "- \n",
    "-\n",
    " - odd\n",
    "```py\n",
    "```\n",
    "~~~\n",
    "````\n",
    "    code\n",
    "  ```js\n",
    "  ```\n",
    "def f(): return '''\n",
    "x = 1  # no\n",
    "| a | b |\n",
    "|---|:-:|\n",
    "| x | yy |\n",
    "| long cell of words | z |\n",
    "a | b\n",
    "> quote\n",
    "> - in\n",
    ">\n",
    "\n",
    "\n",
    "\n\n",
    "  \n",
    "\t\n",
    "\ttab\n",
    "***\n",
    "[a]: /u\n",
    "[a]: /other\n",
    "[b]:\n",
    "/late 'title'\n",
    "'title'\n",
    "see [a] and [b][] [c]\n",
    "[c]: <http://c>\n",
    "<div>\n",
    "</div>\n",
    "<b>in</b> line\n",
    "line  \nbreak\\\nnext\n",
    "日本語のテキスト\n",
    "e\u0301 \U0001f469\u200d\U0001f469\u200d\U0001f467 x\n",
    "\x00\x1b[31m\n",
    "&#27; &amp;\n",
    "http://x.y/z\n",
    "![img](i.png)\n",
    "`` a`b ``\n",
    "\r\n",
    "\r",
    "word",
    " ",
    "`",
    "*",
    "#",
    "|",
    "-",
    "[a]",
    "]",
    ":",
)
texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)

EXAMPLES = (
    "- x\n- a | b\n--- | ---\n",
    "1. a\n\n\n2. b\n3. c\n",
    "[a]\n\n[a]: /u\n\nx\n\n[a]: /v\n",
    "p [b]\n\nq\n\n[b]:\n/late\n'title'\n",
    "| a | b |\n|---|---|\n| x | **y\n| x | **y** |\n\nafter\n",
    "| a | b |\n|---|---|\n| x | y |\n- item\n",
    "| a | b |\n|---|---|\n| long cell of words | z |\n> quote\n",
    "- a\n\n  b\n- c\n",
    "-  - nested\n  - nested\n",
    "- a\n- b\n\n- c\n\n  d\n",
    "- a\n\npara\n- b\n",
    "```\n\n  x\n```\nafter\n",
    "````py\n```\n````\nafter\n",
    "\n\n\n```py\nx\n",
    "a\r\nb\r\r\n\rc",
    "[a]: /u\n\npara\n\nsee [a]\n\nand [a]\n",
    "- a\n\n  b\n- c\n\n    d\n",
    "- a\n\n\n  after\n",
    "1. a\n\n   ```py\n   x\n\n   y\n   ```\n2. b\n",
)
"""Texts in which a mistake was easy to make: each test runs them beside what it draws."""

Picture = list[tuple[str, list[Pieces]]]


def with_examples(test: Callable[..., None]) -> Callable[..., None]:
    for text in EXAMPLES:
        test = example(text)(test)
    return test


def picture(blocks: Blocks, *, colours: bool = False) -> Picture:
    """Every logical line with its rows. Colours of code depend on where lexing began, so they are left out."""
    shown: Picture = []
    for block in blocks.closed + blocks.open:
        if block.gap:
            shown.append(("", []))
        for line in block.lines:
            shown.append((line.text or "", line.layout(WIDTH) if colours else plain(line.layout(WIDTH))))
    return shown


def plain(rows: list[Pieces]) -> list[Pieces]:
    """Rows with coloured code as one piece again."""
    found: list[Pieces] = []
    for row in rows:
        merged = list(row[:0])
        for piece in row:
            if piece.style.startswith("code"):
                piece = piece._replace(style="code")
                if merged and merged[-1].style == "code":
                    merged[-1] = merged[-1]._replace(text=merged[-1].text + piece.text)
                    continue
            merged.append(piece)
        found.append(tuple(merged))
    return found


def fresh(text: str) -> Blocks:
    blocks = Blocks()
    blocks.feed(text)
    blocks.look()
    return blocks


def ended(text: str) -> Blocks:
    blocks = Blocks()
    blocks.feed(text)
    blocks.finish()
    blocks.look()
    return blocks


@settings(max_examples=150, deadline=None)
@given(texts)
@with_examples
def test_after_every_character_the_picture_is_that_of_a_fresh_parse(text: str) -> None:
    blocks = Blocks()
    for end, character in enumerate(text, 1):
        blocks.feed(character)
        blocks.look()
        assert picture(blocks) == picture(fresh(text[:end])), text[:end]


@settings(max_examples=200, deadline=None)
@given(texts, st.data())
def test_any_cuts_show_what_one_feed_shows(text: str, data: st.DataObject) -> None:
    cuts = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text)), max_size=8))})
    blocks = Blocks()
    for begin, end in pairwise(cuts):
        blocks.feed(text[begin:end])
        if data.draw(st.booleans()):
            blocks.look()
    blocks.finish()
    blocks.look()
    assert not blocks.open
    assert picture(blocks) == picture(ended(text))


@settings(max_examples=200, deadline=None)
@given(texts)
@with_examples
def test_one_feed_gives_the_text_of_a_whole_parse(text: str) -> None:
    blocks = ended(text)
    source = re.sub("[\x00\x1b]", "\ufffd", re.sub("\r\n?", "\n", text))
    whole: list[str] = []
    for unit in markdown.units(markdown.parse(source, {})):
        whole += [line.text for line in markdown.render(unit, source.split("\n"))[0] if line.text is not None]
    ours = [line.text for block in blocks.closed for line in block.lines if line.text is not None]
    assert ours == whole


def test_every_block_knows_where_it_begins_in_the_text() -> None:
    text = "# one\n\ntwo words\n\n- three\n- four\n\n\n```\nfive\n```\nsix"
    blocks = ended(text)
    starts = [text.index(word) for word in ("# one", "two", "- three", "- four", "```", "six")]
    assert [block.begin for block in blocks.closed] == starts


@pytest.mark.parametrize("opening", ["", "- item\n", "> quote\n", "```\n", "| a |\n|---|\n"])
def test_a_long_text_is_taken_in_slices_and_nothing_is_lost(opening: str) -> None:
    text = opening + "".join(f"line {n} of it\n" for n in range(4000))
    blocks = Blocks()
    blocks.feed(text)
    looks = 0
    while blocks.look():
        looks += 1
    assert looks >= len(text) // SLICE
    shown = "\n".join(line.text or "" for block in blocks.closed + blocks.open for line in block.lines)
    assert all(f"line {n} of it" in shown for n in range(4000))


def test_an_end_said_twice_is_one_end() -> None:
    blocks = fresh("- a\n- b")
    for _ in range(2):
        blocks.finish()
        blocks.look()
    assert picture(blocks) == picture(ended("- a\n- b"))


def test_an_open_fence_behind_blank_lines_grows_in_place() -> None:
    blocks = fresh("para\n\n\n```py\nx\n")
    block = blocks.open[0]
    blocks.feed("y\n")
    blocks.look()
    assert blocks.open == [block]


def test_closed_blocks_stay_the_same_objects() -> None:
    blocks = fresh("one\n\n- a\n- b\n")
    closed = list(blocks.closed)
    assert closed
    blocks.feed("- c\n\nmore\n\n")
    blocks.look()
    assert all(one is other for one, other in zip(closed, blocks.closed, strict=False))


def test_a_late_definition_reaches_a_closed_block() -> None:
    blocks = fresh("see [it]\n\nmore\n\n")
    assert blocks.closed[0].lines[0].layout(WIDTH)[0][0].url == ""
    blocks.feed("[it]: https://example.com\n")
    blocks.look()
    assert "https://example.com" in {piece.url for piece in blocks.closed[0].lines[0].layout(WIDTH)[0]}
