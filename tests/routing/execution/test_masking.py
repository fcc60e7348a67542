"""Masking: what goes out holds no value, and what comes back holds them all, wherever the stream is cut."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.analysis.personal import find_personal
from routing.execution.masking import Mask
from routing.messages import FilePart, ImagePart, Message, TextPart

VALUES = (
    "ann@a.org",
    "bob@b.de",
    "+49 151 12345678",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "536-22-8712",
    "84.23.119.4",
    "Lindenstraße 5\n10969 Berlin",
)
PIECES = st.sampled_from(
    (*VALUES, "[EMAIL-1]", "[email_2]", "[PHONE-1]", "[", "]", "[E", "-1]", " said ", "\n", "[EMAIL-", "[ID-9]", "é")
)
TEXTS = st.lists(PIECES, max_size=14).map(" ".join)


def whole(mask: Mask, text: str, *, in_json: bool = False) -> str:
    unmask = mask.unmask(in_json=in_json)
    return unmask.feed(text) + unmask.flush()


def test_a_value_has_one_placeholder_in_the_whole_chat() -> None:
    history = (
        Message("user", (TextPart("I am ann@a.org, my friend is bob@b.de."),)),
        Message("assistant", (TextPart("Hello ann@a.org"),)),
    )
    image = ImagePart("image/png", "aaaa")
    prompt = Message("user", (TextPart("Write to bob@b.de"), FilePart("bob@b.de.txt", "ann@a.org"), image))
    masked = Mask.of((*history, prompt)).messages((*history, prompt))
    assert masked == (
        Message("user", (TextPart("I am [EMAIL-1], my friend is [EMAIL-2]."),)),
        Message("assistant", (TextPart("Hello [EMAIL-1]"),)),
        Message("user", (TextPart("Write to [EMAIL-2]"), FilePart("[EMAIL-2].txt", "[EMAIL-1]"), image)),
    )


def test_a_value_is_masked_where_only_the_value_tells_what_it_is() -> None:
    mask = Mask(["I was born on 12.03.1985, phone: 030 12345678", "12.03.1985 030 12345678 912.03.1985"])
    assert mask.text("12.03.1985 and 030 12345678, not 912.03.1985") == "[BIRTHDATE-1] and [PHONE-1], not 912.03.1985"


def test_a_placeholder_that_the_user_typed_stays_what_it_is() -> None:
    text = "What is [EMAIL-1] or [email_2]? Ask ann@a.org"
    mask = Mask([text])
    assert mask.text(text) == "What is [EMAIL-1] or [email_2]? Ask [EMAIL-3]"
    assert whole(mask, "[EMAIL-1] [email_2] [EMAIL-3] [EMAIL-4]") == "[EMAIL-1] [email_2] ann@a.org [EMAIL-4]"


@pytest.mark.parametrize("written", ["[EMAIL-1]", "[email-1]", "[EMAIL_1]", "[Email 1]", "[EMAIL–1]"])
def test_models_may_write_a_placeholder_in_other_ways(written: str) -> None:
    assert whole(Mask(["ann@a.org"]), f"Dear **{written}**,") == "Dear **ann@a.org**,"


@given(TEXTS, TEXTS, st.lists(st.integers(0, 300)))
def test_what_is_masked_comes_back_wherever_it_is_cut(text: str, earlier: str, cuts: list[int]) -> None:
    mask = Mask([earlier, text])
    masked = mask.text(text)
    places = sorted({0, len(masked), *(cut for cut in cuts if cut < len(masked))})
    unmask = mask.unmask()
    pieces = [unmask.feed(masked[start:end]) for start, end in pairwise(places)]
    assert "".join(pieces) + unmask.flush() == text


@given(TEXTS)
def test_each_cut_of_one_text_gives_the_same(text: str) -> None:
    mask = Mask([text])
    masked = mask.text(text)
    unmask = mask.unmask()
    assert "".join(map(unmask.feed, masked)) + unmask.flush() == text


@given(TEXTS)
def test_no_value_goes_out(text: str) -> None:
    mask = Mask([text])
    masked = mask.text(text)
    assert not find_personal(masked)
    assert not any(text[one.start : one.end] in masked for one in find_personal(text))


@given(st.text(alphabet="[EMAIL-12] emailphone_x", max_size=60))
def test_no_more_than_a_placeholder_is_held_back(text: str) -> None:
    unmask = Mask(["ann@a.org"]).unmask()
    fed = shown = 0
    for character in text:
        shown += len(unmask.feed(character).replace("ann@a.org", "[EMAIL-1]"))
        fed += 1
        assert fed - shown < len("[EMAIL-123456]")
    assert fed - shown == len(unmask.flush())


def test_text_that_cannot_become_a_placeholder_is_not_held() -> None:
    unmask = Mask(["ann@a.org"]).unmask()
    assert unmask.feed("see [1") == "see [1"
    assert unmask.feed(" and [PHO") == " and [PHO"
    assert unmask.feed(" [EM") == " "
    assert unmask.feed("PTY]") == "[EMPTY]"
    assert Mask(["nothing"]).unmask().feed("[EMA") == "[EMA"


def test_arguments_stay_json() -> None:
    mask = Mask(["Lindenstraße 5\n10969 Berlin"])
    arguments = whole(mask, '{"to": "[ADDRESS-1]"}', in_json=True)
    assert json.loads(arguments) == {"to": "Lindenstraße 5\n10969 Berlin"}


def test_no_repr_shows_a_value() -> None:
    mask = Mask(VALUES)
    unmask = mask.unmask()
    unmask.feed("[EMAIL-1] [EMA")
    assert (repr(mask), repr(unmask), len(mask)) == (f"Mask({len(VALUES)} values)", f"Unmask({len(VALUES)} values)", 8)
