"""The transcript as a reader meets it: streaming, scrolling, selecting, following, searching."""

from __future__ import annotations

import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Offset

from app.chat.transcript import Entry, MessageView, Transcript

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from textual.message import Message
    from textual.pilot import Pilot

WORDS = "the signal at the junction shows green and the points are set for the second track "
ANSWER = f"""# A heading

{WORDS * 4}

- one **bold** item
- two, a [link](https://example.com/there) in it
  - three

```python
def add(one: int, other: int) -> int:
    return one + other
```

| name | value |
|---|--:|
| alpha | 1 |
| beta | 22 |
"""


class FakeChat:
    """Records of a chat, as the store would keep them."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self.views: dict[str, MessageView] = {}
        self.kinds: dict[str, str] = {}
        self.asked: list[str] = []
        for number, text in enumerate(texts):
            self.put(f"m{number}", text, "you" if number % 2 == 0 else "answer")

    def put(self, identity: str, text: str, kind: str = "answer", **changes: object) -> Entry:
        view = MessageView(((kind, "strong"), (f" · {identity}", "muted")), text, plain=kind == "you")
        self.views[identity] = replace(view, **changes)
        self.kinds[identity] = kind
        return self.entry(identity)

    def entry(self, identity: str) -> Entry:
        text = self.views[identity].text
        return Entry(identity, self.kinds[identity], len(text), text.count("\n"))

    def change(self, identity: str, **changes: object) -> None:
        self.views[identity] = replace(self.views[identity], **changes)

    @property
    def entries(self) -> list[Entry]:
        return [self.entry(identity) for identity in self.views]

    def load(self, identity: str) -> MessageView:
        self.asked.append(identity)
        return self.views[identity]


class TranscriptApp(App[None]):
    CSS = "Transcript { height: 1fr; } Transcript.framed { border: round $primary; }"

    def __init__(self, chat: FakeChat) -> None:
        super().__init__()
        self.chat = chat

    def compose(self) -> ComposeResult:
        yield Transcript(self.chat.load)


class Reader:
    """A transcript in a running app."""

    def __init__(self, pilot: Pilot[None], chat: FakeChat, seen: list[Message]) -> None:
        self.pilot = pilot
        self.chat = chat
        self.seen = seen
        self.view = pilot.app.query_one(Transcript)

    async def settle(self) -> None:
        """Until nothing is left to read, colour or paint."""
        await self.pilot.pause()
        while self.view.unsettled:
            await self.pilot.pause()
        self.check()

    def check(self) -> None:
        """What is true after every gesture."""
        width = self.view.scrollable_content_region.width
        for y in range(self.view.size.height):
            assert self.view.render_line(y).cell_length == width
        assert self.view.scroll_y == self.view.rows_above
        assert 0 <= self.view.scroll_y <= self.view.max_scroll_y

    async def stream(self, identity: str, *pieces: str) -> None:
        for piece in pieces:
            self.chat.change(identity, text=self.chat.views[identity].text + piece)
            self.view.feed(identity, piece)
        await self.settle()

    def posted(self, kind: type[Message]) -> list[Message]:
        """Messages that the transcript posted; the hook sees each again as it bubbles."""
        return list({id(message): message for message in self.seen if isinstance(message, kind)}.values())

    async def wheel(self, event: type[MouseScrollUp] | type[MouseScrollDown], times: int) -> None:
        for _ in range(times):
            self.view.post_message(
                event(self.view, 5, 5, 0, 0, 0, shift=False, meta=False, ctrl=False, screen_x=5, screen_y=5)
            )
        await self.settle()


@asynccontextmanager
async def reading(
    chat: FakeChat, size: tuple[int, int] = (60, 20), entries: list[Entry] | None = None
) -> AsyncIterator[Reader]:
    seen: list[Message] = []
    app = TranscriptApp(chat)
    async with app.run_test(size=size, message_hook=seen.append) as pilot:
        reader = Reader(pilot, chat, seen)
        reader.view.set_entries(chat.entries if entries is None else entries)
        reader.view.focus()
        await reader.settle()
        yield reader


def long_chat(count: int = 40) -> FakeChat:
    return FakeChat([f"message {n}: {WORDS * (n % 5)}\n\n{ANSWER if n % 3 == 1 else ''}" for n in range(count)])


async def test_a_long_chat_opens_at_its_end_and_reads_only_what_is_in_view() -> None:
    chat = FakeChat([f"message {n}" for n in range(2000)])
    async with reading(chat) as reader:
        assert "message 1999" in reader.view.visible_text()
        assert reader.view.following
        assert len(set(chat.asked)) < 20


async def test_a_streamed_answer_is_shown_as_markdown() -> None:
    chat = FakeChat(["hello"])
    chat.put("live", "", streaming=True)
    async with reading(chat, (60, 40)) as reader:
        await reader.stream("live", *ANSWER)
        shown = reader.view.visible_text()
        for text in (
            "A heading",
            "• one bold item",
            "  ◦ three",
            "│ def add(one: int",
            "name  │ value",
            "beta  │    22",
        ):
            assert text in shown
        reader.view.finish("live")
        await reader.settle()
        assert reader.view.visible_text() == shown


async def test_what_is_fed_before_a_message_was_read_is_shown_once() -> None:
    chat = FakeChat(["hello"])
    async with reading(chat) as reader:
        entry = chat.put("live", "first ", streaming=True)
        reader.view.append(entry)
        await reader.stream("live", "second ", "third")
        assert reader.view.message_text("live").endswith("first second third")


async def test_following_holds_the_end_until_the_reader_scrolls_and_again_at_the_end() -> None:
    chat = long_chat()
    chat.put("live", "", streaming=True)
    async with reading(chat) as reader:
        await reader.stream("live", *[f"line {n}\n\n" for n in range(30)])
        assert "line 29" in reader.view.visible_text()
        await reader.pilot.press("up")
        assert not reader.view.following
        before = reader.view.visible_text()
        await reader.stream("live", *[f"more {n}\n\n" for n in range(30)])
        assert reader.view.visible_text() == before
        told = [(one.following, one.below) for one in reader.posted(Transcript.FollowChanged)]
        assert told == [(False, False), (False, True)]
        await reader.pilot.press("end")
        await reader.settle()
        assert reader.view.following
        assert "more 29" in reader.view.visible_text()


@pytest.mark.parametrize("keys", [("up", "down"), ("pageup", "pagedown")])
async def test_up_and_down_again_gives_the_same_rows(keys: tuple[str, str]) -> None:
    async with reading(long_chat(150)) as reader:
        await reader.pilot.press(*["pageup"] * 3)
        await reader.settle()
        before = reader.view.visible_text()
        for key in keys:
            for _ in range(12):
                await reader.pilot.press(key)
                reader.check()
        await reader.settle()
        assert reader.view.visible_text() == before


async def test_the_wheel_walks_and_the_bar_finds_any_place() -> None:
    async with reading(long_chat(400)) as reader:
        await reader.wheel(MouseScrollUp, 10)
        assert not reader.view.following
        up = reader.view.visible_text()
        await reader.wheel(MouseScrollUp, 7)
        await reader.wheel(MouseScrollDown, 7)
        assert reader.view.visible_text() == up
        for place in (0.5, 0.1, 0.9, 0.0):
            reader.view.scroll_to(y=int(reader.view.max_scroll_y * place), animate=False)
            await reader.settle()
        assert "message 0" in reader.view.visible_text()
        reader.view.scroll_to(y=reader.view.max_scroll_y, animate=False)
        await reader.settle()
        assert reader.view.following


async def test_home_and_end_reach_the_ends() -> None:
    async with reading(long_chat()) as reader:
        await reader.pilot.press("home")
        await reader.settle()
        assert reader.view.visible_text().splitlines()[0].endswith("you · m0")
        await reader.pilot.press("end")
        await reader.settle()
        assert reader.view.following


async def test_resizing_keeps_the_top_line_and_comes_back() -> None:
    async with reading(long_chat(), (70, 20)) as reader:
        await reader.pilot.press(*["pageup"] * 4, "up", "up")
        await reader.settle()
        before = reader.view.visible_text()
        for width in (40, 100, 33):
            await reader.pilot.resize_terminal(width, 20)
            await reader.settle()
        await reader.pilot.resize_terminal(70, 20)
        await reader.settle()
        assert reader.view.visible_text() == before


async def test_a_place_within_a_paragraph_is_kept_over_many_widths() -> None:
    words = " ".join(f"word{n}" for n in range(2000))
    async with reading(FakeChat(["", words]), (70, 20)) as reader:
        await reader.pilot.press("pageup", "pageup", "up", "up", "up")
        await reader.settle()
        before = reader.view.visible_text()
        for width in (41, 63, 37, 52, 29, 70):
            await reader.pilot.resize_terminal(width, 20)
            await reader.settle()
        assert reader.view.visible_text() == before


async def test_no_word_is_lost_at_the_edge() -> None:
    words = " ".join(f"w{n}" for n in range(150))
    async with reading(FakeChat(["", words]), (40, 40)) as reader:
        shown = reader.view.visible_text().replace("▎", "")
        assert shown[shown.index("w0") :].split() == words.split()


async def test_the_view_does_not_move_when_a_message_above_comes_or_goes() -> None:
    chat = long_chat()
    async with reading(chat) as reader:
        await reader.pilot.press("pageup", "pageup")
        await reader.settle()
        before = reader.view.visible_text()
        reader.view.insert_after("m3", chat.put("new", ANSWER))
        await reader.settle()
        assert reader.view.visible_text() == before
        reader.view.remove_message("new")
        await reader.settle()
        assert reader.view.visible_text() == before


async def test_the_cursor_goes_from_message_to_message_and_says_so() -> None:
    async with reading(long_chat(8)) as reader:
        for _ in range(3):
            reader.view.action_cursor_previous()
        await reader.settle()
        assert reader.view.cursor == "m5"
        header = next(line for line in reader.view.visible_text().splitlines() if "m5" in line)
        assert header.startswith("▌ answer · m5")
        assert header.endswith("selected")
        reader.view.action_cursor_next()
        await reader.settle()
        moved = [one.id for one in reader.posted(Transcript.CursorMoved)]
        assert moved == ["m7", "m6", "m5", "m6"]
        reader.view.clear_cursor()
        await reader.settle()
        assert "selected" not in reader.view.visible_text()


async def test_the_message_under_the_cursor_is_in_view() -> None:
    chat = long_chat(20)
    async with reading(chat, (50, 24)) as reader:
        for step in (-1, 1):
            for _ in range(22):
                reader.view.move_cursor(step)
                reader.check()
                shown = reader.view.visible_text().splitlines()
                header = next(y for y, line in enumerate(shown) if line.startswith("▌") and line.endswith("selected"))
                identity = reader.view.cursor
                assert identity is not None
                whole = reader.view.message_text(identity).splitlines()
                assert header == 0 or shown[-2].startswith(" ") or whole[-1][:20] in reader.view.visible_text()
        assert reader.view.cursor == "m19"


async def test_a_draft_is_folded_until_its_view_changes() -> None:
    chat = FakeChat(["hello"])
    chat.put("draft", "first\nsecond\nthird", "draft", folded=True)
    async with reading(chat) as reader:
        assert "(3 lines · enter unfolds)" in reader.view.visible_text()
        assert "second" not in reader.view.visible_text()
        reader.view.move_cursor(-1)
        reader.view.action_toggle_fold()
        await reader.settle()
        assert [one.id for one in reader.posted(Transcript.FoldToggled)] == ["draft"]
        chat.change("draft", folded=False)
        reader.view.refresh_message("draft")
        await reader.settle()
        assert "second" in reader.view.visible_text()


async def test_header_and_footer_change_while_text_streams() -> None:
    chat = FakeChat(["hello"])
    chat.put("live", "", streaming=True)
    async with reading(chat) as reader:
        await reader.stream("live", "some words")
        chat.change("live", header=(("answer done", "good"),), footer=((("cost nothing", "muted"),),))
        reader.view.refresh_message("live")
        await reader.stream("live", " and more")
        assert "answer done" in reader.view.visible_text()
        assert "some words and more\n▎ cost nothing" in reader.view.visible_text()


async def test_a_text_that_starts_again_replaces_what_was_fed() -> None:
    chat = FakeChat(["hello"])
    chat.put("live", "", streaming=True)
    async with reading(chat) as reader:
        await reader.stream("live", "wrong words")
        chat.change("live", text="")
        reader.view.reset_text("live")
        await reader.stream("live", "right words")
        assert "right words" in reader.view.visible_text()
        assert "wrong" not in reader.view.visible_text()


async def drag(reader: Reader, begin: Offset, end: Offset) -> None:
    await reader.pilot.mouse_down(reader.view, offset=begin)
    await reader.pilot.hover(reader.view, offset=end)
    await reader.pilot.mouse_up(reader.view, offset=end)
    await reader.settle()


async def test_a_selection_goes_over_messages_and_copies_without_wrap_breaks() -> None:
    chat = FakeChat(["the question", "", ""])
    chat.put("m1", f"{WORDS * 2}\n\n- item", "answer")
    async with reading(chat) as reader:
        await drag(reader, reader.view.where("m0", "question"), reader.view.where("m1", "tem"))
        expected = f"question\n\nanswer · m1\n{(WORDS * 2).rstrip()}\n\n• it"
        assert reader.view.selected_text() == expected
        await reader.pilot.press("ctrl+c")
        assert reader.pilot.app.clipboard == expected


async def test_a_selection_survives_streaming_and_resizing_and_escape_ends_it() -> None:
    chat = FakeChat(["the question"])
    chat.put("live", f"{WORDS * 2}\n\n", streaming=True)
    async with reading(chat, (70, 30)) as reader:
        await drag(reader, reader.view.where("live", "junction"), reader.view.where("live", "points"))
        selected = reader.view.selected_text()
        assert selected == "junction shows green and the p"
        await reader.stream("live", *ANSWER)
        await reader.pilot.resize_terminal(41, 30)
        await reader.settle()
        assert reader.view.selected_text() == selected
        await reader.pilot.press("escape")
        await reader.settle()
        assert reader.view.selected_text() == ""


async def test_two_clicks_take_the_word_and_three_the_paragraph() -> None:
    chat = FakeChat(["", "", ""])
    chat.put("m1", WORDS * 2 + "\n\nother", "answer")
    async with reading(chat) as reader:
        await reader.pilot.click(reader.view, offset=reader.view.where("m1", "tion"), times=2)
        assert reader.view.selected_text() == "junction"
        await reader.pilot.click(reader.view, offset=reader.view.where("m1", "junction"), times=3)
        assert reader.view.selected_text() == (WORDS * 2).rstrip()


async def test_wide_characters_are_selected_whole() -> None:
    chat = FakeChat(["", ""])
    chat.put("m1", "日本語テキスト and 👩‍👩‍👧 end", "answer")
    async with reading(chat) as reader:
        begin = reader.view.where("m1", "本")
        await drag(reader, begin, Offset(begin.x + 5, begin.y))
        assert reader.view.selected_text() == "本語テ"


async def test_a_click_opens_a_link_or_moves_the_cursor() -> None:
    chat = FakeChat(["", ANSWER])
    async with reading(chat, (60, 40)) as reader:
        at = reader.view.where("m1", "link")
        await reader.pilot.click(reader.view, offset=at)
        assert [one.url for one in reader.posted(Transcript.LinkOpened)] == ["https://example.com/there"]
        assert reader.view.cursor is None
        strip = reader.view.render_line(at.y)
        links = {segment.style.link: segment.text for segment in strip if segment.style and segment.style.link}
        assert links == {"https://example.com/there": "link"}
        await reader.pilot.click(reader.view, offset=reader.view.where("m1", "heading"))
        assert reader.view.cursor == "m1"


async def test_a_border_moves_the_text_and_the_pointer_alike() -> None:
    async with reading(FakeChat(["", ANSWER]), (60, 40)) as reader:
        reader.view.add_class("framed")
        await reader.settle()
        await reader.pilot.click(reader.view, offset=reader.view.where("m1", "link"))
        assert [one.url for one in reader.posted(Transcript.LinkOpened)] == ["https://example.com/there"]
        await reader.pilot.click(reader.view, offset=reader.view.where("m1", "heading"), times=2)
        assert reader.view.selected_text() == "heading"


async def test_a_wrapped_link_has_one_identity() -> None:
    chat = FakeChat(["", f"[{WORDS * 2}**bold**](https://example.com)"])
    async with reading(chat) as reader:
        styles = [segment.style for y in range(8) for segment in reader.view.render_line(y)]
        assert len({style.link_id for style in styles if style and style.link}) == 1


async def test_a_query_is_marked_and_a_jump_brings_its_place_into_view() -> None:
    chat = long_chat(60)
    chat.put("far", f"{ANSWER * 6}\n\nthe needle in **here**\n\n{ANSWER * 6}", "answer")
    entries = chat.entries
    entries.insert(5, entries.pop())
    async with reading(chat, entries=entries) as reader:
        reader.view.highlight("NEEDLE")
        reader.view.jump("far", chat.views["far"].text.index("needle"))
        await reader.settle()
        at = reader.view.where("far", "needle")
        assert 0 < at.y < reader.view.size.height - 1
        marked = [segment for segment in reader.view.render_line(at.y) if segment.text == "needle"]
        plain = [segment for segment in reader.view.render_line(at.y) if segment.text.startswith("the ")]
        assert marked[0].style != plain[0].style
        reader.view.highlight(None)
        await reader.settle()
        assert not [segment for segment in reader.view.render_line(at.y) if segment.text == "needle"]


async def test_sources_are_the_stored_text() -> None:
    chat = FakeChat(["", "before\n\n```python\n\tx = 1\n```\n\n- item\n\n  ```\n  y\n  ```\n"])
    async with reading(chat) as reader:
        assert reader.view.message_source("m1") == chat.views["m1"].text
        assert reader.view.code_blocks("m1") == ["\tx = 1\n", "y\n"]


@pytest.mark.parametrize(
    "text",
    [
        "nul \x00 escape \x1b[31m bell \x07 c1 \x9b31m surrogate \ud800 end",
        "[/b] [bold]x[/] [/",
        "👩‍👩‍👧 🇩🇪 e\u0301\u0301 ️ \u200d " * 9,
        "日本語のテキスト" * 30,
        "שלום \u202e עולם مرحبا " * 20,
        "x" * 400 + " " + "é" * 400,
        "| 日本 | 👩‍👩‍👧 |\n|---|---|\n| " + "w" * 90 + " | " + "語" * 60 + " |\n",
        "```py\n" + "x = '日本語' # " * 20 + "\n\tq\n```",
        "> > > > > > > > > > deep\n\n" + "- " * 30 + "deep\n",
        "&#27;[31m &#7; &#10; [a](<x\x1by>)",
        "\t\ttabs\there\n",
    ],
    ids=["controls", "markup", "emoji", "wide", "right-to-left", "words", "table", "code", "deep", "entities", "tabs"],
)
async def test_no_text_breaks_a_row_or_reaches_the_terminal_raw(text: str) -> None:
    chat = FakeChat([text, text])
    async with reading(chat, (37, 30)) as reader:
        for width in (20, 61):
            await reader.pilot.resize_terminal(width, 30)
            await reader.settle()
            shown = "".join(reader.view.render_line(y).text for y in range(30))
            assert not [character for character in shown if ord(character) < 32 or 0x7F <= ord(character) < 0xA0]
            assert not any(0xD800 <= ord(character) < 0xE000 for character in shown)


async def test_a_huge_text_is_shown_in_slices() -> None:
    chat = FakeChat(["hello"])
    chat.put("huge", "".join(f"paragraph {n} of many words\n\n" for n in range(12_000)))
    chat.put("pasted", "word " * 200_000, "you")
    async with reading(chat) as reader:
        reader.view.jump("huge", chat.views["huge"].text.index("paragraph 11999"))
        await reader.settle()
        assert "paragraph 11999 of many words" in reader.view.visible_text()


async def test_long_code_is_coloured_in_the_end_and_keeps_its_height() -> None:
    chat = FakeChat(["hello"])
    code = "\n".join(f"value_{n} = 'text {n}'" for n in range(400))
    chat.put("code", f"```python\n{code}\n```\n")
    async with reading(chat) as reader:
        y = reader.view.where("code", "value_399")
        assert len(list(reader.view.render_line(y.y))) > 4


async def test_an_empty_chat_and_another_chat() -> None:
    chat = FakeChat([])
    async with reading(chat) as reader:
        assert reader.view.visible_text().strip() == ""
        await reader.pilot.press("up", "down", "home", "end", "pageup")
        reader.view.move_cursor(1)
        reader.view.append(chat.put("one", "first words"))
        await reader.settle()
        assert "first words" in reader.view.visible_text()
        reader.view.set_entries([])
        await reader.settle()
        assert reader.view.visible_text().strip() == ""


async def test_another_theme_repaints_every_row() -> None:
    async with reading(long_chat(6)) as reader:
        before = [segment.style for segment in reader.view.render_line(5)]
        reader.pilot.app.theme = "textual-light"
        await reader.settle()
        assert [segment.style for segment in reader.view.render_line(5)] != before


def test_importing_the_transcript_loads_no_parser() -> None:
    code = (
        "import sys, app.chat.transcript; "
        "print([name for name in ('markdown_it', 'pygments', 'pydantic', 'httpx') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
