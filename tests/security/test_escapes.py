"""What a model, a server, a file or an argument says is shown on the terminal, and never obeyed by it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color

from app.harmless import Harmless
from app.visible import escaped, harmless, visible
from tests.app.driving import Driver, driven
from tests.corpora.escapes import Escape, config, corpus, hostile, leaks, outcomes
from tests.corpora.screens import ask_on_terminal, came_through, client_on_terminal, foreign
from tests.wire.chat import chat_server
from tests.wire.server import wire_server

CORPUS = corpus()
NASTY = "".join(escape.text for escape in CORPUS)


def test_the_corpus_is_large_and_no_two_of_it_are_alike() -> None:
    assert len(CORPUS) >= 150
    assert len({escape.text for escape in CORPUS}) == len(CORPUS)
    assert corpus() == CORPUS
    assert all(escape.signs for escape in CORPUS)


def test_a_leak_would_be_seen() -> None:
    raw = "".join(escape.text for escape in CORPUS)
    assert len(leaks(raw, CORPUS, to_pipe=False)) == len(CORPUS)
    assert set(came_through(raw.encode("utf-8", "replace"), CORPUS)) >= {"title, BEL", "CSI clear", "sixel, ST"}
    assert foreign(b"\x1b[0mfine\x1b[3;4H") == []
    assert foreign("\x9b2J".encode()) == ["\x9b".encode()]


def test_no_command_lets_any_of_them_through(tmp_path: Path) -> None:
    """A third of them; `python -m tests.corpora.escapes` tries all."""
    found = outcomes(tmp_path, CORPUS[::3])
    assert {str(one["door"]): one["leaked"] for one in found if one["leaked"] or one["traceback"]} == {}
    assert {one["code"] for one in found} <= {0, 1, 2}
    assert len(found) >= 30


async def test_ask_on_a_terminal_lets_none_of_them_through(tmp_path: Path) -> None:
    raw = await ask_on_terminal(tmp_path, CORPUS)
    assert leaks(raw.decode(), CORPUS, to_pipe=False) == []
    assert f"end{len(CORPUS) - 1}".encode() in raw


async def test_the_client_lets_none_of_them_through(tmp_path: Path) -> None:
    """Its answer from end to end, its panels, its pages, its lists."""
    raw = await client_on_terminal(tmp_path, CORPUS)
    assert came_through(raw, CORPUS) == []
    assert foreign(raw) == []


# ---------------------------------------------------------------- the forms of a text
@given(st.text())
def test_a_visible_text_holds_nothing_that_a_terminal_obeys_or_hides(text: str) -> None:
    shown = visible(text + NASTY)
    assert leaks(shown, CORPUS, to_pipe=False) == []
    assert visible(shown) == shown
    assert len(shown) == len((text + NASTY).replace("\r\n", "\n"))


@given(st.text())
def test_a_harmless_text_keeps_what_only_hides(text: str) -> None:
    kept = harmless(text + NASTY)
    assert leaks(kept, CORPUS, to_pipe=True) == []
    assert all(escape.text in kept for escape in CORPUS if escape.hides)


@given(st.lists(st.none() | st.booleans() | st.text() | st.dictionaries(st.text(), st.text())))
def test_escaped_json_reads_as_before(document: list[object]) -> None:
    document = [*document, NASTY]
    for indent in (None, 2):
        written = json.dumps(document, ensure_ascii=False, indent=indent)
        assert leaks(escaped(written), CORPUS, to_pipe=False) == []
        assert json.loads(escaped(written)) == document


def test_joined_emoji_and_scripts_stay_as_they_are() -> None:
    for text in ("👩‍👩‍👧‍👦 ❤️ 🇩🇪", "می‌خواهم", "שלום", "你好", "ไทย", "café\tnaïve\n"):
        assert visible(text) == text


@pytest.mark.parametrize("escape", CORPUS, ids=lambda escape: escape.name)
def test_the_last_net_holds_whatever_a_widget_draws(escape: Escape) -> None:
    fine = Segment("fine")
    drawn = Harmless().apply([fine, Segment(f"a{escape.text}b")], Color(0, 0, 0))
    assert leaks("".join(segment.text for segment in drawn), CORPUS, to_pipe=False) == []
    assert drawn[0] == fine
    assert sum(segment.cell_length for segment in drawn) == Segment(f"finea{escape.text}b").cell_length


# ---------------------------------------------------------------- what leaves the client by hand
async def test_what_is_copied_can_be_pasted_into_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr("app.client.Client.copy_to_clipboard", lambda _, text: copied.append(text))
    monkeypatch.setattr("app.controls.copying._programs", lambda: ())
    async with wire_server(answer=hostile(CORPUS[:40])) as server:
        (tmp_path / "config.yaml").write_text(config(server.port))
        async with driven(tmp_path) as driver:
            await driver.ask("hello")
            driver.app.action_copy()
            await driver.until(lambda: copied)
    assert "end0" in copied[0]
    assert leaks(copied[0], CORPUS, to_pipe=True) == []


# ---------------------------------------------------------------- links
LINKS = """\
![picture](http://127.0.0.1:{port}/pixel.png) and <img src="http://127.0.0.1:{port}/pixel.png">

[bank](https://bank.example@evil.example/login) here

[editor](vscode://file/etc/passwd) there

[shell](ssh://evil.example) [script](javascript:alert(1)) [file](file:///etc/passwd)
"""


async def _answered(driver: Driver, text: str, server: object) -> None:
    await driver.send("hello")
    await driver.until(lambda: server.asked)
    server.say(text, end=True)
    await driver.settle()
    await driver.until(lambda: driver.app.conversation.turns)
    await driver.settle()


async def _click(driver: Driver, word: str) -> None:
    await driver.pilot.click(
        driver.app.transcript, offset=driver.app.transcript.where(driver.app.conversation.last_message(), word)
    )


async def test_links_do_nothing_until_they_are_clicked_and_then_say_where_they_lead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    threads: list[threading.Thread] = []

    def open_url(_: object, url: str) -> None:
        threads.append(threading.current_thread())
        opened.append(url)

    monkeypatch.setattr("app.client.Client.open_url", open_url)
    async with chat_server() as server:
        (tmp_path / "config.yaml").write_text(server.config)
        async with driven(tmp_path) as driver:
            await _answered(driver, LINKS.format(port=server.port), server)
            assert (opened, server.asked) == ([], 1)  # nothing was fetched to be drawn
            strips = [driver.app.transcript.render_line(y) for y in range(30)]
            links = {one.style.link for strip in strips for one in strip if one.style and one.style.link}
            assert all(link.startswith("http") for link in links)
            for _ in range(2):
                await _click(driver, "bank")
                await driver.pilot.pause(0.6)  # or the second is half of a double click
            assert "It leads to evil.example: https://bank.example@evil.example/login" in "".join(driver.toasts)
            await driver.until(lambda: opened)
            assert threading.main_thread() not in threads  # a browser may be waited for until it ends
            assert opened == ["https://bank.example@evil.example/login"]
            await _click(driver, "editor")
            await driver.told("Not opened, it is no web address: vscode://")
            assert len(opened) == 1
