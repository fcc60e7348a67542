"""Bad input, in one table: each is answered in one clear sentence, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from app.cli.main import cli
from app.controls.base import Launch
from app.settings import Paths
from routing.ledger.schema import MIGRATIONS
from tests.app.driving import QUICK, Driver, driven, places
from tests.app.terminal import ROOT, Terminal, kept, terminal
from tests.wire.chat import chat_server

Check = Callable[[Path], Awaitable[None]]
PROMPT = "What is 2+3?"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e]")
POLICY = "id: mine\ntitle: x\ndefault: r\nroutes:\n  r: {ladder: [small]}\n"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


async def command(home: Path, *words: str) -> Ended:
    """Run `pointsman` to its end, as a shell does."""
    (home / "config.yaml").touch()  # a file that is named and not there would be told too
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pointsman", "--data-dir", str(home / "data"), "--config", str(home / "config.yaml")),
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT), "TEST_KEY": "wrong"},
    )
    out, err = await process.communicate()
    return Ended(process.returncode or 0, out.decode(), err.decode())


# Files that are wrong


async def mistakes(home: Path, *, file: str, text: str, lines: dict[int, str], chosen: str = "") -> None:
    """The command line and the client name the file, each line and what to write; both end with 2. `chosen` is the
    profile that is asked for."""
    path = home / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    if chosen:
        places(home).config.write_text(f"profile: {chosen}\n")
    told = await command(home, "ask", PROMPT)
    assert (told.code, told.out) == (2, "")
    async with terminal(home, size=(300, 30)) as client:
        assert await client.ended() == 2
        seen = client.text
    for said in (told.err, seen):
        assert "Traceback" not in said
        rows = [row for row in said.splitlines() if str(path) in row]
        for row, (line, says) in zip(rows, lines.items(), strict=True):
            assert f"{path}:{line}: " in row
            assert says in row


# A ledger that cannot be used


async def storage(home: Path, *, spoil: Callable[[Paths], object], says: str) -> None:
    """The command line and the client say one sentence and end with 1; the file stays as it is."""
    held = spoil(places(home))
    before = _bytes(places(home).data_dir)
    told = await command(home, "ask", PROMPT)
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert says in told.err
    async with terminal(home, size=(300, 30)) as client:
        assert await client.ended() == 1
        assert says in client.text
        assert "Traceback" not in client.text
    assert _bytes(places(home).data_dir) == before
    del held


def _bytes(folder: Path) -> bytes:
    ledger = folder / "ledger.db"
    return ledger.read_bytes() if ledger.exists() else folder.read_bytes()


def a_file_in_place_of_the_folder(paths: Paths) -> None:
    paths.data_dir.write_text("mine")


def no_database(paths: Paths) -> None:
    paths.data_dir.mkdir()
    paths.ledger.write_bytes(b"this is no database, it is somebody's letter\n" * 200)


def a_newer_version(paths: Paths) -> None:
    paths.data_dir.mkdir()
    with sqlite3.connect(paths.ledger) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()


async def locked(home: Path) -> None:
    """A ledger that another program holds; the wait is made short."""
    async with driven(home) as driver:
        await driver.ask(PROMPT)
    holder = sqlite3.connect(places(home).ledger, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("routing.ledger.opening.BUSY_S", 0.05)
        async with driven(home, ready=False) as driver:
            await driver.until_left()
            assert driver.app.return_value == 1
            assert "is locked by another program: close it" in driver.app.last_words
    holder.close()


async def full_disk(home: Path) -> None:
    """In mid-session: one sentence, the client goes on, the prompt can be brought back and answered."""
    async with driven(home) as driver:
        await driver.ask(PROMPT)
        store = driver.runtime.store
        pages = store.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        store.write_now(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        await driver.send("word " * 20_000)
        await driver.told("The disk is full")
        await driver.settle()
        store.write_now(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
        await driver.press("up")
        assert driver.app.composer.text == "word " * 20_000
        await driver.ask(PROMPT)
        assert "5" in driver.rows


# Servers that are wrong


async def wrong_key(home: Path) -> None:
    async with chat_server(key="right") as server:
        (home / "config.yaml").write_text(server.config)
        checked = await command(home, "check")
        assert checked.code == 1
        assert "TEST_KEY" in checked.err
        assert "Traceback" not in checked.err
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TEST_KEY", "wrong")
            await unusable(home, "TEST_KEY")


async def html(home: Path) -> None:
    async with chat_server(page=b"<!doctype html><title>Sign in [/]</title>\x1b[2J") as server:
        (home / "config.yaml").write_text(server.config)
        checked = await command(home, "check")
        assert checked.code == 1
        assert "are the base URL and the dialect (openai) right?" in checked.err
        await unusable(home, "are the base URL and the dialect (openai) right?")


async def unusable(home: Path, says: str) -> None:
    """The client says so at once, answers a prompt with a card, and keeps the prompt."""
    async with driven(home) as driver:
        welcome = driver.text("#empty")
        assert says in welcome
        assert "F8" in welcome
        assert not CONTROL.search(welcome.replace("\n", ""))
        turn = await driver.ask(PROMPT)
        finished = driver.app.conversation.trace(turn).finished
        assert finished is not None
        assert finished.status in ("degraded", "failed")
        assert says in finished.reply
        assert not CONTROL.search(driver.rows.replace("\n", ""))
        await driver.press("up")
        assert driver.app.composer.text == PROMPT


# Text that a terminal could obey, or that is hard to draw


async def odd_text(home: Path, *, text: str, shown: str) -> None:
    """As a prompt, as an answer and as a title: shown, never obeyed, and found again."""
    async with chat_server() as server:
        (home / "config.yaml").write_text(server.config)
        async with driven(home) as driver:
            await driver.paste(text)
            await driver.press("enter")
            await driver.until(lambda: server.asked)
            server.say(text, end=True)
            await driver.settle()
            await sound(driver, shown)
            await driver.send(f"/rename {text}")
            await driver.pilot.pause()
            assert shown.split()[0] in driver.header
            await driver.press("ctrl+o")
            await driver.until(lambda: len(driver.app.screen_stack) == 2)
            await driver.press("enter")
            await driver.settle()
        async with driven(home, Launch(speed=0, resume="last")) as driver:
            await driver.until(lambda: driver.app.conversation.turns)
            await driver.settle()
            await sound(driver, shown)
    options = ("--data-dir", str(home / "data"), "--config", str(home / "config.yaml"))
    told = CliRunner().invoke(cli, [*options, "history", "show", "last"])
    assert told.exit_code == 0
    assert shown.split()[0] in told.stdout
    assert not CONTROL.search(told.stdout.replace("\n", "").replace("\t", ""))


async def sound(driver: Driver, shown: str) -> None:
    """Both messages can be read at every size, and no cell holds what a terminal would obey."""
    for size in ((120, 40), (80, 24), (20, 5), (120, 40)):
        await driver.pilot.resize_terminal(*size)
        await driver.settle()
    assert driver.rows.count(shown) >= 2
    assert not CONTROL.search(driver.rows.replace("\n", "") + driver.header)


async def megabyte(home: Path) -> None:
    """A paste of 1 MB is taken, sent and kept whole."""
    text = ("lorem ipsum " * 20 + "\n") * 4_400
    assert len(text) > 1_000_000
    async with driven(home) as driver:
        await driver.paste(text)
        assert len(driver.app.composer.text) == len(text)
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        turn = driver.app.conversation.turns[0]
        assert driver.app.conversation.prompt(turn) == text
        assert driver.app.conversation.trace(turn).finished is not None
        assert driver.runtime.store.read(lambda db: db.execute("SELECT length(prompt) FROM turn").fetchone()[0]) == len(
            text
        )


async def small_terminal(home: Path) -> None:
    async with driven(home, QUICK, size=(20, 5)) as driver:
        await driver.press(*PROMPT)
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        for key in ("f1", "f2", "f3", "f4", "f5", "f6"):
            await driver.press(key)
            await driver.until(lambda: len(driver.app.screen_stack) == 2)
            await driver.press("escape")
        await driver.pilot.resize_terminal(80, 24)
        await driver.settle()
        assert "5" in driver.rows


# Ways out in mid-stream


async def mid_stream(home: Path, *, leave: Callable[[Terminal], None], code: int) -> None:
    """The turn is settled, what came and what was typed is there next time."""
    async with chat_server() as server:
        (home / "config.yaml").write_text(server.config)
        async with terminal(home) as client:
            await client.until("ask")
            client.press("hello\r")
            await client.until(lambda: server.asked)
            server.say("first words ")
            await client.until("first words")
            client.press("unsent thought")
            await client.until("unsent thought")
            leave(client)
            assert await client.ended() == code
            assert b"Traceback" not in client.raw
            assert leave is closed or b"\x1b[?1049l" in client.raw  # the shell's own screen is back
        assert kept(home) == ("cancelled", "first words ", 0)
        async with driven(home, Launch(speed=0, resume="last")) as driver:
            await driver.until(lambda: "first words" in driver.rows)
            await driver.until(lambda: driver.app.composer.text == "unsent thought")


@pytest.mark.parametrize("words", [(), ("--resume",)])
async def test_what_is_written_survives_a_kill(tmp_path: Path, words: tuple[str, ...]) -> None:
    async with chat_server() as server:
        (tmp_path / "config.yaml").write_text(server.config)
        async with terminal(tmp_path) as client:
            client.press("unsent thought")
            await client.until("→")  # the ledger is open
            await client.until(lambda: written(tmp_path) == ["unsent thought"])
            client.process.kill()
            await client.ended()
        async with terminal(tmp_path, *words) as client:
            await client.until("unsent thought")


def written(home: Path) -> list[str]:
    """What waits in the ledger to be sent."""
    with closing(sqlite3.connect(home / "data" / "ledger.db")) as db:
        return [draft for (draft,) in db.execute("SELECT draft FROM chat")]


def closed(client: Terminal) -> None:
    client.hang_up()


def terminated(client: Terminal) -> None:
    os.kill(client.process.pid, signal.SIGTERM)


def interrupted(client: Terminal) -> None:
    client.press("\x03\x03")


def config(text: str, lines: dict[int, str]) -> Check:
    return partial(mistakes, file="config.yaml", text=text, lines=lines)


def profile(text: str, lines: dict[int, str]) -> Check:
    return partial(mistakes, file="profiles/mine.yaml", text=text, lines=lines, chosen="mine")


CASES: dict[str, Check] = {
    "broken YAML": config("profile: balanced\ncaps: {day_usd: [\n", {3: ""}),
    "an unknown key, and a negative cap": config(
        "profle: x\ncaps:\n  day_usd: -1\n",
        {1: "'profle' is not known; write 'profile'", 3: "day_usd must be dollars, 0 or more, not -1"},
    ),
    "an unknown model, and a threshold of 1.7": profile(
        POLICY.replace("[small]}", "[larg]}\n  s: {ladder: [{tier: small, threshold: 1.7}]}"),
        {5: "'larg' is no tier, no alias and no model id", 6: "threshold"},
    ),
    "a ladder that never ends": profile(
        POLICY.replace("[small]}", "[small], then: s}\n  s: {ladder: [mid], then: r}"), {5: "the ladder never ends"}
    ),
    "an unwritable data folder": partial(storage, spoil=a_file_in_place_of_the_folder, says="cannot be used"),
    "a corrupt database": partial(storage, spoil=no_database, says="is damaged"),
    "a database of a newer version": partial(storage, spoil=a_newer_version, says="newer Pointsman"),
    "a locked database": locked,
    "a full disk": full_disk,
    "a wrong key": wrong_key,
    "a server that answers HTML": html,
    "NUL": partial(odd_text, text="before\x00after", shown="before"),
    "right-to-left text": partial(odd_text, text="שלום עולם \u202ehidden", shown="שלום"),
    "emoji": partial(odd_text, text="👩‍👩‍👧‍👦 family 🇩🇪 flag", shown="family"),
    "wide CJK": partial(odd_text, text="你好世界 " * 40, shown="你好世界"),
    "a lone surrogate": partial(odd_text, text="before \ud800 after", shown="before"),
    "markup": partial(
        odd_text, text="[/ [b]bold[/b] [/nosuch] [@click=app.quit]x[/]", shown="[/ [b]bold[/b] [/nosuch]"
    ),
    "terminal escape sequences": partial(odd_text, text="red \x1b[31m\x1b]0;title\x07\x9b2J\x1b[2J", shown="red"),
    "a paste of 1 MB": megabyte,
    "a terminal of 20x5": small_terminal,
    "a terminal that is closed in mid-stream": partial(mid_stream, leave=closed, code=129),
    "SIGTERM in mid-stream": partial(mid_stream, leave=terminated, code=143),
    "Ctrl-C twice in mid-stream": partial(mid_stream, leave=interrupted, code=130),
}


@pytest.mark.parametrize("case", CASES)
async def test_bad_input_is_answered_in_a_sentence_and_nothing_is_lost(tmp_path: Path, case: str) -> None:
    await CASES[case](tmp_path)
