"""A message that grew piece by piece has the rows of one that was read whole."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.chat.entries import Entry, MessageView
from app.chat.message import Message, Row

PIECES = (
    "words and **more** words ",
    "\n",
    "\n\n",
    "- item\n",
    "  - inner\n",
    "# head\n",
    "```py\n",
    "x = '''\n",
    "def f(a):\n",
    "    return 1 # no\n",
    "```\n",
    "| a | b |\n|---|---|\n",
    "| x | long cell |\n",
    "| wider x | y |\n",
    "see [r]\n",
    "[r]: /there\n",
    "> quoted\n",
    "x" * 50,
    "日本語" * 9,
    "``",
    "`",
)
ENTRY = Entry("m", "answer", 0, 0)
HEADER = (("answer", "strong"),)
FOOTER = ((("model · 1 s", "muted"),),)


def settled(message: Message) -> list[Row]:
    while not message.settled:
        message.advance(3)
    return message.rows


def whole(text: str, width: int = 24) -> list[Row]:
    return settled(Message(ENTRY, MessageView(HEADER, text, footer=FOOTER), width))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25), st.lists(st.booleans(), min_size=25, max_size=25))
@example(["```py\n", "def f(a):\n", "``", "`", "\n", "words"], [True] * 25)
@example(["| a | b |\n|---|---|\n", "| x | long cell |\n", "| wider x | y |\n", "words"], [True] * 25)
@example(["see [r]\n", "\n\n", "```py\n", "x = '''\n", "```\n", "[r]: /there\n"], [True] * 25)
def test_a_streamed_message_ends_as_one_that_was_read_whole(pieces: list[str], looks: list[bool]) -> None:
    message = Message(ENTRY, MessageView(HEADER, "", footer=FOOTER, streaming=True), 24)
    for piece, look in zip(pieces, looks, strict=False):
        message.feed(piece)
        if look:
            message.update()
    message.finish()
    assert settled(message) == whole("".join(pieces))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join), st.integers(12, 60))
def test_another_width_gives_the_rows_of_a_fresh_layout(text: str, width: int) -> None:
    message = Message(ENTRY, MessageView(HEADER, text, footer=FOOTER), 33)
    message.resize(width)
    assert settled(message) == whole(text, width)


def test_rows_that_did_not_change_stay_the_same_objects() -> None:
    message = Message(ENTRY, MessageView(HEADER, "", streaming=True), 40)
    message.feed("para\n\n```python\n" + "value = 1\n" * 30)
    message.update()
    before = list(message.rows)
    message.feed("more = 2\n")
    message.update()
    assert all(one is other for one, other in zip(before[:-1], message.rows, strict=False))


def test_a_block_too_large_to_parse_is_shown_as_it_is() -> None:
    text = "*a*_b_" * 6_000
    shown = "".join(piece.text for row in whole(text)[1:-2] for piece in row.pieces)
    assert shown == text


def test_a_character_of_the_source_is_found_in_its_line() -> None:
    text = "needle one\r\n\r\n- *needle* two\n- three\n\n```\nneedle four\n```\n\nlast needle needle"
    message = Message(ENTRY, MessageView(HEADER, text), 24)
    found = []
    at = text.find("needle")
    while at >= 0:
        line, character = message.find(at)
        found.append(f"{(message.line(line) or '')[character:]}")
        at = text.find("needle", at + 1)
    assert found == ["needle one", "needle two", "needle four", "needle needle", "needle"]
