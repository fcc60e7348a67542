"""Rows: never wider than the view, and every character of the text in exactly one place of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from app.chat import cells, markdown
from app.chat.highlight import Lexing, OpenCode
from app.chat.lines import Flow, Line, Mark

CLUSTERS = ("a", "b", "-", " ", "é", "e\u0301", "日", "本", "👩", "👩\u200d👩\u200d👧", "☁\ufe0f")
words = st.lists(st.sampled_from(CLUSTERS), max_size=60).map("".join)
marks = st.lists(st.sampled_from([("▎ ", "quote", False), ("• ", "bullet", True), ("  ", "", True)]), max_size=4).map(
    tuple
)


def rendered(text: str) -> list[Line]:
    lines: list[Line] = []
    for unit in markdown.units(markdown.parse(text, {})):
        lines += markdown.render(unit, text.split("\n"))[0]
    return lines


def shown(text: str, width: int = 40) -> list[str]:
    return ["".join(piece.text for piece in row) for line in rendered(text) for row in line.layout(width)]


@settings(max_examples=300, deadline=None)
@given(words, st.integers(4, 30), st.booleans())
def test_breaks_keep_all_text_but_the_spaces_between(text: str, width: int, code: bool) -> None:
    ranges = cells.fold(text, width) if code else cells.wrap(text, width)
    assert all(cell_len(text[begin:end]) <= width for begin, end in ranges)
    kept = "".join(text[begin:end] for begin, end in ranges)
    if code:
        assert kept == text
    else:
        assert kept.replace(" ", "") == text.replace(" ", "")


@settings(max_examples=300, deadline=None)
@given(words, marks, st.integers(4, 40), st.booleans())
def test_every_piece_knows_its_place(text: str, first: tuple[Mark, ...], width: int, code: bool) -> None:
    half = len(text) // 2
    line = Flow([(text[:half], "strong", ""), (text[half:], "", "")], first, first, fold=code)
    for row in line.layout(width):
        for piece in row:
            assert piece.at < 0 or line.text[piece.at : piece.at + len(piece.text)] == piece.text


@pytest.mark.parametrize("width", [14, 20, 33, 80])
@pytest.mark.parametrize(
    "text",
    [
        "# A heading of some words\n\npara *graph* " + "long " * 30,
        "> quote " * 9 + "\n> - item\n>   > inner " + "deep " * 20,
        "| one | two 日本語 | three |\n|---|:-:|--:|\n| " + "cell " * 20 + "| x | " + "w" * 60 + " |",
        "```python\n" + "value = 'a long line of code' + " * 6 + "\n```",
        "1. one\n2. two\n   - " + "three " * 20 + "\n\n   para\n",
        "---\n\n<div>raw html</div>\n\n- [x] done\n- [ ] open\n",
    ],
    ids=["prose", "quote", "table", "code", "list", "rest"],
)
def test_no_row_is_wider_than_the_view(text: str, width: int) -> None:
    assert all(cell_len(row) <= width for row in shown(text, width))


def test_markdown_looks_as_it_should() -> None:
    text = (
        "- one\n  - two\n    - three\n\n> said\n\n3. third\n4. fourth\n\n- [x] done\n- [ ] open\n\n"
        "```py\nx = 1\n```\n\n| a | b |\n|---|--:|\n| left | 1 |\n"
    )
    assert shown(text) == [
        "• one",
        "  ◦ two",
        "    ▪ three",
        "▎ said",
        "3. third",
        "4. fourth",
        "☑ done",
        "☐ open",
        "py",
        "│ x = 1",
        "a    │ b",
        "─────┼──",
        "left │ 1",
    ]


def test_html_is_text_and_a_hard_break_is_a_line() -> None:
    assert shown("a <b>bold</b> one  \nnext<br>\n\n<script>x</script>\n") == [
        "a <b>bold</b> one",
        "next<br>",
        "<script>x</script>",
    ]


def test_a_link_that_runs_code_is_no_link() -> None:
    urls = {piece.url for row in rendered("[x](javascript:alert) [y](https://y.z)")[0].layout(40) for piece in row}
    assert urls == {"", "https://y.z"}


def test_a_wide_table_gives_way_in_its_widest_column() -> None:
    rows = shown(f"| a | b |\n|---|---|\n| short | {'many words ' * 8}|\n", 40)
    assert all(row.startswith(("a    ", "short", "─────", "     ")) for row in rows)
    assert max(map(len, rows)) == 40


CODE = ["def f(x):", '    """doc', "", '    more"""', "", "    return x  # why", "", "y = 'z'"] * 12


@pytest.mark.parametrize("language", ["python", "json", "nosuchlanguage", ""])
def test_colours_never_change_the_text(language: str) -> None:
    lexing = Lexing(language, CODE)
    coloured = [spans for _ in range(len(CODE)) for spans in lexing.advance(1)]
    assert lexing.finished
    assert ["".join(text for text, _, _ in spans) for spans in coloured] == CODE


def test_code_that_grows_is_coloured_line_by_line() -> None:
    code = OpenCode("python")
    for count in range(1, len(CODE) + 1):
        first = code.update(CODE[:count])
        assert first <= count
        assert ["".join(text for text, _, _ in spans) for spans in code.spans] == CODE[:count]
    assert any("keyword" in style for spans in code.spans for _, style, _ in spans)
