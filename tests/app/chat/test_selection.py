"""Selections live in the text before wrapping: the same at any width, copied without decoration."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.chat import selection
from app.chat.entries import Entry, MessageView
from app.chat.messages import Messages
from app.chat.selection import Place, Selected

TEXTS = {
    "a": "first words\nof the question",
    "b": "# Title\n\nsome **bold** words that are long enough to wrap in a narrow view\n\n"
    "- one\n- two\n\n```py\nx = 1\n```",
    "c": "| a | b |\n|---|---|\n| cell | 日本語 |\n\n> quoted",
}


def a_chat(width: int = 30) -> Messages:
    messages = Messages(lambda identity: MessageView(((f"head {identity}", ""),), TEXTS[identity], identity == "a"))
    messages.width = width
    messages.replace(Entry(identity, "answer", 0, 0) for identity in TEXTS)
    return messages


def test_a_copy_has_bullets_and_no_gutters_bars_or_wraps() -> None:
    messages = a_chat()
    copied = selection.text(messages, Selected(Place("a", 2, 3), Place("c", 99, 99)))
    assert copied == (
        "the question\n\nhead b\nTitle\n\nsome bold words that are long enough to wrap in a narrow view\n\n"
        "• one\n• two\n\nx = 1\n\nhead c\na | b\ncell | 日本語\n\nquoted"
    )


def test_backwards_is_the_same_as_forwards() -> None:
    messages = a_chat()
    one, other = Place("a", 1, 2), Place("b", 3, 4)
    assert selection.spans(messages, one, other) == selection.spans(messages, other, one)
    assert selection.text(messages, selection.spans(messages, other, one)).startswith("rst words")


def test_the_word_and_the_line_around_a_place() -> None:
    messages = a_chat()
    place = Place("b", 3, 7)
    assert selection.text(messages, selection.word(messages, place)) == "bold"
    assert selection.text(messages, selection.line(messages, place)).startswith("some bold words")


def test_a_message_that_is_gone_copies_nothing() -> None:
    messages = a_chat()
    selected = Selected(Place("a", 0, 0), Place("b", 2, 2))
    messages.remove(0)
    assert selection.text(messages, selected) == ""
    assert selection.span_in_line(messages, selected, 0, 1) is None


places = st.builds(Place, st.sampled_from(sorted(TEXTS)), st.integers(0, 9), st.integers(0, 60))


@settings(max_examples=150, deadline=None)
@given(places, places, st.integers(12, 100))
def test_a_selection_is_the_same_at_any_width(one: Place, other: Place, width: int) -> None:
    wide, narrow = a_chat(200), a_chat(width)
    selected = selection.spans(wide, one, other)
    assert selection.text(wide, selected) == selection.text(narrow, selected)


@settings(max_examples=150, deadline=None)
@given(places, places, st.integers(12, 60))
def test_what_is_marked_in_the_rows_is_what_is_copied(one: Place, other: Place, width: int) -> None:
    messages = a_chat(width)
    selected = selection.spans(messages, one, other)
    marked = ""
    for index in range(len(messages)):
        message = messages.message(index)
        for row in message.rows:
            span = selection.span_in_line(messages, selected, index, row.line)
            for piece in row.pieces:
                if span and piece.at >= 0:
                    marked += piece.text[max(0, span[0] - piece.at) : max(0, span[1] - piece.at)]
    copied = selection.text(messages, selected)
    assert "".join(marked.split()) == "".join(copied.replace("|", "").split())
