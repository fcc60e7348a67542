"""Who may read what is written, and what is not read: whatever the umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.attachments import LARGEST, read_attachment
from app.client import Client
from app.controls.base import Launch
from app.saved import save_registry
from app.settings import Paths, Settings
from routing.errors import ConfigurationError
from routing.providers.keys import keep_in_file
from routing.registry.model import Registry
from tests.app.driving import driven
from tests.corpora.serving import command
from tests.marks import needs_modes

pytestmark = needs_modes


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_keys_and_what_was_discovered_are_the_users_alone(tmp_path: Path) -> None:
    keep_in_file("A_KEY", "sk-1", tmp_path / "config")
    save_registry(tmp_path / "data" / "discovery.json", Registry((), ""), 0.0)
    for folder, file in (("config", "keys.env"), ("data", "discovery.json")):
        assert (mode(tmp_path / folder), mode(tmp_path / folder / file)) == (0o700, 0o600)


@pytest.mark.usefixtures("umask")
async def test_an_export_is_the_users_alone_and_harmless(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.ask("What is 2+3? \x9b2J")
        driver.app.export_chat(str(tmp_path / "chat.md"))
        assert await driver.told("Written to")
    assert mode(tmp_path / "chat.md") == 0o600
    assert "\x9b" not in (tmp_path / "chat.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("umask")
def test_a_report_of_a_fault_is_the_users_alone(tmp_path: Path) -> None:
    client = Client(Paths(tmp_path / "data", tmp_path / "config.yaml"), Settings(), Launch())
    client._close_messages_no_wait = lambda: None
    client._fatal_error()
    assert mode(tmp_path / "data" / "fault.txt") == 0o600


def test_a_data_folder_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    told = command(tmp_path, "history", "list")
    assert (told.code, told.out) == (2, "")
    assert told.err == f"{data}: can be written by everybody, so no ledger is kept in it; run: chmod o-w {data}\n"
    assert list(data.iterdir()) == []
    data.chmod(0o755)
    assert command(tmp_path, "history", "list").code == 0


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(path if to == "itself" else to)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST * 1000)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_pipe, "is no file that can be attached"),
        (_link("/dev/zero"), "is no file that can be attached"),
        (_link("/dev/tty"), "is no file that can be attached"),
        (_link("/"), "is a folder"),
        (_link("itself"), "symbolic links"),
        (_link("/nowhere/at/all"), "does not exist"),
        (_huge, "is larger than 20 MB"),
    ],
    ids=["a pipe", "a device", "a terminal", "a folder", "a loop", "nothing", "20 GB"],
)
def test_what_is_no_file_is_not_attached(tmp_path: Path, make: Callable[[Path], None], says: str) -> None:
    path = tmp_path / "attached"
    make(path)
    with pytest.raises(ConfigurationError, match=says) as caught:
        read_attachment(path)
    assert "\n" not in str(caught.value)
