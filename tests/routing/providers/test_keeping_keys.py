"""Keeping a key: in a file that nobody else can read and that loses nothing, or in the system's keyring."""

from __future__ import annotations

import os
import stat
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from threading import Event
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ConfigurationError
from routing.providers.keys import FILE_NAME, find_key, keep_in_file, keep_in_keyring, read_entered
from tests.marks import needs_modes

KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="'\""), min_size=1)
NAMES = st.sampled_from(["A_KEY", "B_KEY", "C_KEY"])
LINES = st.one_of(
    st.just(""),
    st.just("# A_KEY=in a comment"),
    st.builds("{}={}".format, NAMES, KEYS),
    st.builds("export {} = '{}'".format, NAMES, KEYS),
)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config")


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / FILE_NAME
    path.write_bytes(text.encode())
    path.chmod(mode)
    return path


def own(line: str, name: str) -> bool:
    return line.removeprefix("export ").partition("=")[0].strip() == name


@given(st.lists(LINES), st.sampled_from(["\n", "\r\n"]), st.booleans(), NAMES, KEYS)
def test_a_kept_key_is_found_and_every_other_line_stays(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, ended: bool, name: str, key: str
) -> None:
    folder = tmp_path_factory.mktemp("config")
    text = end.join(lines) + (end if ended and lines else "")
    path = write(folder, text)
    end = end if end in text else "\n"
    before = {other: find_key(other, {}, folder) for other in ("A_KEY", "B_KEY", "C_KEY") if other != name}
    kept = keep_in_file(name, key, folder)
    assert kept == find_key(name, {}, folder)
    assert before == {other: find_key(other, {}, folder) for other in before}
    after = path.read_bytes().decode().split(end)
    assert [line for line in after if line and not own(line, name)] == [
        line for line in lines if line and not own(line, name)
    ]
    assert sum(own(line, name) for line in after) == 1


@needs_modes
def test_the_file_is_private_from_its_first_byte_and_nothing_is_left_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    opened = os.fdopen

    def watch(number: int, mode: str, **fields: Any) -> object:
        if "w" in mode:
            modes.append(stat.S_IMODE(os.fstat(number).st_mode))
        return opened(number, mode, **fields)

    monkeypatch.setattr(os, "fdopen", watch)
    old = os.umask(0)
    try:
        keep_in_file("A_KEY", "secret", folder / "deep" / "down")
        keep_in_file("B_KEY", "another", folder / "deep" / "down")
    finally:
        os.umask(old)
    (path,) = (folder / "deep" / "down").iterdir()
    assert [*modes, stat.S_IMODE(path.stat().st_mode)] == [0o600] * 3


@needs_modes
def test_a_file_that_others_can_read_gets_no_key(folder: Path) -> None:
    path = write(folder, "B_KEY=b\n", 0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        keep_in_file("A_KEY", "secret", folder)
    assert path.read_text() == "B_KEY=b\n"


@needs_modes
def test_a_link_stays_a_link(folder: Path) -> None:
    real = folder / "elsewhere.env"
    real.write_text("B_KEY=b\n")
    real.chmod(0o600)
    (folder / FILE_NAME).symlink_to(real)
    keep_in_file("A_KEY", "secret", folder)
    assert (folder / FILE_NAME).is_symlink()
    assert real.read_text() == "B_KEY=b\nA_KEY=secret\n"


def test_when_the_file_cannot_be_written_the_old_one_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder, "B_KEY=b\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ConfigurationError, match="No space left on device; the key was not kept") as caught:
        keep_in_file("A_KEY", "secret", folder)
    assert "secret" not in str(caught.value)
    assert [one.name for one in folder.iterdir()] == [FILE_NAME]
    assert path.read_text() == "B_KEY=b\n"


@pytest.mark.parametrize(
    "text",
    ["sk-1", " sk-1\n", '"sk-1"', "A_KEY=sk-1", "export A_KEY='sk-1'"],
    ids=["bare", "space", "quotes", "=", "export"],
)
def test_what_people_paste_is_read_as_the_key(text: str) -> None:
    assert read_entered("A_KEY", text) == "sk-1"


@pytest.mark.parametrize("text", ["", "  ", "two words", "clé", "a\x1b[0m", "line\nbreak", "\ud800"])
def test_what_cannot_be_a_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_entered("A_KEY", text)
    assert not text.strip() or text.strip() not in str(caught.value)


class FakeKeyring(ModuleType):
    """The parts of the package that are used, over a dictionary."""

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__("keyring")
        self.__spec__ = ModuleSpec("keyring", None)
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = locked
        self.errors = SimpleNamespace(KeyringError=KeyError)

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        if self.locked:
            raise KeyError(value)
        self.kept[service, name] = value


def install(monkeypatch: pytest.MonkeyPatch, keyring: FakeKeyring) -> None:
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", keyring.errors)


def test_the_keyring_keeps_a_key_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeKeyring())
    assert keep_in_keyring("A_KEY", "secret") == find_key("A_KEY", {})


def test_a_keyring_that_refuses_is_told_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeKeyring(locked=True))
    with pytest.raises(ConfigurationError, match="keep it in the file") as caught:
        keep_in_keyring("A_KEY", "secret")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_keyring_that_waits_to_be_unlocked_holds_nobody_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked, reached, asked = Event(), Event(), []

    class Waiting(FakeKeyring):
        def get_password(self, service: str, name: str) -> str | None:
            asked.append(name)
            reached.set()
            unlocked.wait()
            return None

    monkeypatch.setattr("routing.providers.keys.KEYRING_S", 0.01)
    monkeypatch.setattr("routing.providers.keys._SILENT", Event())
    install(monkeypatch, Waiting())
    keep_in_file("A_KEY", "of-the-file", folder)
    found = [find_key(name, {}, folder) for name in ("A_KEY", "B_KEY")]
    assert reached.wait(10)
    unlocked.set()
    assert (found[0] and found[0].value, found[1], asked) == ("of-the-file", None, ["A_KEY"])


def test_a_byte_order_mark_hides_no_key(folder: Path) -> None:
    keep_in_file("A_KEY", "secret", folder)
    path = folder / FILE_NAME
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert find_key("A_KEY", {}, folder).value == "secret"
    keep_in_file("A_KEY", "newer", folder)
    assert path.read_text() == "A_KEY=newer\n"


def test_environment_then_keyring_then_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = FakeKeyring()
    install(monkeypatch, keyring)
    keep_in_file("A_KEY", "of the file", folder)
    assert find_key("A_KEY", {}, folder).value == "of the file"
    keep_in_keyring("A_KEY", "of the keyring")
    assert find_key("A_KEY", {}, folder).value == "of the keyring"
    assert find_key("A_KEY", {"A_KEY": "of the environment"}, folder).value == "of the environment"
