"""Files and images as people attach them: by a path, by a paste, by a drop; and what cannot be attached, in words."""

from __future__ import annotations

import os
import shlex
import socket
import struct
import zlib
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.attachments import LARGEST, dropped_in, image_type, paths_in, read_attachment
from app.history.conversation import continue_chat
from routing.errors import ConfigurationError
from routing.messages import FilePart, ImagePart, Request, TextPart
from tests.app.driving import Driver, driven


def a_png(side: int = 1) -> bytes:
    """A black square."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\0" * side) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


PNG = a_png()
JPEG, GIF = b"\xff\xd8\xff\xe0" + b"\0" * 20, b"GIF89a" + b"\0" * 20
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 20


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "my photo.dat"
    path.write_bytes(PNG)
    return path


def attached(driver: Driver) -> list[str]:
    return [part.name for part in driver.app.attached]


def edge(driver: Driver) -> str:
    return str(driver.app.composer.border_title)


# ---------------------------------------------------------------- files
@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp"), (b"RIFF....WAVE", None)],
)
def test_an_image_is_known_by_its_content(tmp_path: Path, content: bytes, kind: str | None) -> None:
    assert image_type(content) == kind
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    part = read_attachment(path)
    if kind is None:
        assert isinstance(part, FilePart)
    else:
        assert isinstance(part, ImagePart)
        assert (part.media_type, part.name, b64decode(part.data)) == (kind, "notes.txt", content)


def test_a_text_is_read_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes("\ufeffgrüße 漢字\x1b[2J".encode())
    assert read_attachment(path) == FilePart("photo.png", "grüße 漢字\x1b[2J")


def test_what_cannot_be_attached_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "binary").write_bytes(b"\x7fELF\0\0\1")
    (tmp_path / "latin").write_bytes("grüße".encode("latin-1"))
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(b"")
    os.truncate(tmp_path / "large", LARGEST + 1)
    pipe = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(tmp_path)
    pipe.bind("pipe")
    for name, words in {
        "missing": "does not exist",
        ".": "is a folder",
        "binary": "neither a text in UTF-8 nor an image",
        "latin": "neither a text in UTF-8 nor an image",
        "empty": "is empty",
        "large": "larger than 20 MB",
        "pipe": "is no file",
        "a\0b": "could not be read",
        "x" * 300: "could not be read",
    }.items():
        with pytest.raises(ConfigurationError, match=words) as error:
            read_attachment(Path(name))
        assert "\n" not in str(error.value)
    pipe.close()


# ---------------------------------------------------------------- paths
@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("/tmp/a.png", ["/tmp/a.png"]),
        ("  '/tmp/a b.png' ", ["/tmp/a b.png"]),
        ('"/tmp/a b.png"', ["/tmp/a b.png"]),
        ("/tmp/a\\ b.png", ["/tmp/a b.png"]),
        ("/tmp/a b.png", ["/tmp/a b.png"]),
        ("/tmp/a.png /tmp/b.png", ["/tmp/a.png", "/tmp/b.png"]),
        ("'/tmp/a.png' '/tmp/b.png'", ["/tmp/a.png", "/tmp/b.png"]),
        ("file:///tmp/a%20b.png", ["/tmp/a b.png"]),
        ("~/a.png", [str(Path.home() / "a.png")]),
        ("it's.png", ["it's.png"]),
        ("", []),
    ],
)
def test_a_path_is_read_as_people_and_terminals_write_it(line: str, paths: list[str]) -> None:
    assert [str(path) for path in paths_in(line)] == paths


@given(st.text(alphabet=st.characters(blacklist_characters="\0/", blacklist_categories=["Cs", "Cc", "Zs"]), min_size=1))
def test_a_quoted_path_is_itself_again(name: str) -> None:
    assert paths_in(shlex.quote(f"/tmp/{name}")) == [Path(f"/tmp/{name}")]


@given(st.text())
@example("file://[x")
@example("~\0")
def test_any_paste_may_be_looked_at(text: str) -> None:
    assert all(path.is_absolute() for path in dropped_in(text))


# ---------------------------------------------------------------- the client
async def test_what_is_attached_is_on_the_edge_goes_along_and_is_seen(tmp_path: Path, photo: Path) -> None:
    async with driven(tmp_path) as driver:
        (tmp_path / "notes.txt").write_text("The yard opened in 1904.")
        await driver.send(f"/attach {photo}")
        await driver.until(lambda: attached(driver) == ["my photo.dat"])
        await driver.send(f"/attach {tmp_path / 'notes.txt'}")
        await driver.until(lambda: len(attached(driver)) == 2)
        assert "▣ my photo.dat (image, 67 bytes) · ▣ notes.txt (text, 24 bytes)" in edge(driver)
        turn = await driver.ask("When did the yard open?")
        assert (driver.app.attached, edge(driver)) == ((), "ask")
        request = driver.app.conversation.trace(turn).request
        assert request is not None
        assert [type(part) for part in request.content] == [TextPart, ImagePart, FilePart]
        await driver.press("escape")
        driver.app.transcript.place_cursor(f"you/{turn}")
        assert "▣ my photo.dat (image, 67 bytes)" in driver.rows
        assert "▣ notes.txt (text, 24 bytes)" in driver.rows
        assert "The yard opened in 1904." not in driver.rows.partition("▣")[0]


async def test_attachments_are_there_after_a_restart_and_go_along(tmp_path: Path, photo: Path) -> None:
    from dataclasses import replace

    from tests.app.driving import QUICK

    async with driven(tmp_path) as driver:
        await driver.send(f"/attach {photo}")
        await driver.until(lambda: driver.app.attached)
        await driver.ask("Hello")
    async with driven(tmp_path, replace(QUICK, resume="last")) as driver:
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        assert "▣ my photo.dat (image, 67 bytes)" in driver.rows
        chat = driver.app.chat_id
        assert chat is not None
        asked = continue_chat(driver.runtime.store, Request((TextPart("And now?"),), chat_id=chat))
        (image,) = [part for message in asked.history for part in message.content if isinstance(part, ImagePart)]
        assert b64decode(image.data) == PNG
        turn = driver.app.conversation.turns[0]
        await driver.press("escape")
        driver.app.transcript.place_cursor(f"you/{turn}")
        await driver.press("e")
        await driver.until(lambda: driver.app.composer.text == "Hello")
        assert attached(driver) == ["my photo.dat"]


async def test_a_dropped_image_is_attached_and_what_is_typed_after_it_stays_behind_it(
    tmp_path: Path, photo: Path
) -> None:
    async with driven(tmp_path) as driver:
        await driver.paste(str(photo).replace(" ", "\\ "))
        await driver.press("h", "i")
        await driver.until(lambda: attached(driver) == ["my photo.dat"])
        assert driver.app.composer.text == "hi"


@pytest.mark.parametrize("text", ["/etc/passwd", "/nowhere/at/all.png", "see /tmp/a.png", "/help", "relative.png"])
async def test_another_paste_is_text(tmp_path: Path, text: str) -> None:
    async with driven(tmp_path) as driver:
        await driver.paste(text)
        await driver.until(lambda: driver.app.composer.text == text)
        assert driver.app.attached == ()


async def test_attach_alone_lists_and_takes_off(tmp_path: Path, photo: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send("/attach")
        await driver.until(lambda: driver.app.composer.text == "/attach ")
        for name in ("a.txt", "b.txt"):
            (tmp_path / name).write_text(name)
            await driver.send(f"/attach {tmp_path / name}")
            await driver.until(lambda name=name: name in attached(driver))
        await driver.send("/attach")
        await driver.until(lambda: len(driver.app.screen_stack) == 2)
        await driver.press("enter")
        await driver.until(lambda: attached(driver) == ["b.txt"])
        assert edge(driver) == "ask · ▣ b.txt (text, 5 bytes)"


async def test_what_is_wrong_with_a_file_is_told(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send(f"/attach {tmp_path}/no [/such] file.png")
        assert (await driver.told("does not exist")).endswith(".")
        assert (driver.app.attached, edge(driver)) == ((), "ask")


async def test_where_the_prompt_would_go_heeds_what_is_attached(tmp_path: Path, photo: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send(f"/attach {photo}")
        await driver.until(lambda: driver.app.attached)

        def track() -> str:
            return str(driver.app.composer.border_subtitle)

        driver.app.composer.write("What is 2+3?")
        await driver.until(lambda: "→ mid" in track())
        assert "earlier" not in track()
        await driver.press("enter")
        await driver.until(lambda: driver.app.conversation.turns)
        await driver.settle()
        driver.app.composer.write("What is 4+5?")
        await driver.until(lambda: "→ mid" in track() and "must see an earlier image" in track())
        await driver.press("enter")
        await driver.until(lambda: len(driver.app.conversation.turns) == 2)
        await driver.settle()
        finished = driver.app.conversation.trace(driver.app.conversation.turns[-1]).finished
        assert finished is not None
        assert finished.sentence.startswith("Started mid, to see an earlier image; ")
