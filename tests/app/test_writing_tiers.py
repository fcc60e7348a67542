"""Tiers that were accepted go into `config.yaml`, and nothing else in it changes by a byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import Paths, parse_settings
from app.setup.tiers import remove_tiers, write_tiers
from routing.errors import ConfigurationError
from tests.marks import needs_modes

TIERS = (("small", ("ollama/qwen3:8b", "openai/gpt-4o-mini")), ("large", ("anthropic/claude: the # one",)))
BLOCK = """\
tiers:
  small:
    - "ollama/qwen3:8b"
    - "openai/gpt-4o-mini"
  large:
    - "anthropic/claude: the # one"
"""


def at(folder: Path, text: str | None) -> Paths:
    paths = Paths(folder / "data", folder / "config" / "config.yaml")
    if text is not None:
        paths.config.parent.mkdir(parents=True)
        paths.config.write_bytes(text.encode())
    return paths


def written(paths: Paths) -> str:
    return paths.config.read_bytes().decode()


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    paths = at(tmp_path, None)
    assert write_tiers(paths, TIERS).tiers == TIERS
    assert written(paths) == BLOCK


PIECES = st.sampled_from(
    [
        "# a comment: {with} [signs]",
        "",
        "profile: economy   # why not",
        "caps: {day_usd: 3.50}",
        "caps:\n    day_usd: 1\n    # inside",
        "providers:\n  here: {base_url: 'http://127.0.0.1:1/v1', key: A_KEY}\n\n\n# after",
        "tiers: {small: [a, b]}   # mine",
        'tiers:\n\n  small:\n  - a\n  # between\n  - "b"  # last\n# below',
        "tiers:",
    ]
)


def name_of(piece: str) -> str:
    return piece.partition(":")[0] if not piece.startswith("#") else piece


@given(st.lists(PIECES, unique_by=name_of), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_other_byte_stays(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], end: str, ended: bool
) -> None:
    text = "\n".join(pieces).replace("\n", end) + (end if ended else "")
    paths = at(tmp_path_factory.mktemp("home"), text)
    before = parse_settings(text, "f") if text.strip() else None
    settings = write_tiers(paths, TIERS)
    after = written(paths)
    assert settings.tiers == TIERS
    end = end if end in text else "\n"
    block = BLOCK.replace("\n", end).rstrip()
    assert block in after
    head, _, tail = after.partition(block)
    assert text.startswith(head) or head == text + end
    assert text.endswith(tail) or tail == end
    if before is not None:
        assert (settings.profile, settings.day_nusd) == (before.profile, before.day_nusd)
        assert [one.base_url for one in settings.providers] == [one.base_url for one in before.providers]
    assert write_tiers(paths, TIERS) == settings
    assert written(paths) == after


@given(st.lists(PIECES, unique_by=name_of), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_tiers_that_are_taken_off_again_leave_every_other_byte(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], end: str, ended: bool
) -> None:
    text = "\n".join(pieces).replace("\n", end) + (end if ended else "")
    paths = at(tmp_path_factory.mktemp("home"), text)
    before = parse_settings(text, "f") if text.strip() else None
    write_tiers(paths, TIERS)
    settings = remove_tiers(paths)
    after = written(paths)
    assert settings.tiers == ()
    if before is not None:
        assert (settings.profile, settings.day_nusd) == (before.profile, before.day_nusd)
    if "tiers" not in text:
        assert after == text or after == text + (end if end in text else "\n")
    assert [line for line in after.splitlines() if line.strip() and "# " not in line] == [
        line
        for piece in pieces
        if not piece.startswith("tiers")
        for line in piece.splitlines()
        if line.strip() and "# " not in line
    ]
    assert remove_tiers(paths) == settings
    assert written(paths) == after


def test_tiers_are_taken_out_with_their_lines_and_a_comment_behind_them_stays(tmp_path: Path) -> None:
    paths = at(
        tmp_path, "profile: economy\n# above\ntiers:\n  small: [a]\n  large:\n    - b\n\n# below\ncaps: {day_usd: 3}\n"
    )
    remove_tiers(paths)
    assert written(paths) == "profile: economy\n# above\n\n# below\ncaps: {day_usd: 3}\n"


def test_tiers_that_cannot_be_taken_out_are_told_and_left(tmp_path: Path) -> None:
    paths = at(tmp_path, "{tiers: {small: [a]}, profile: economy}\n")
    with pytest.raises(ConfigurationError, match="take `tiers` out yourself"):
        remove_tiers(paths)
    assert written(paths) == "{tiers: {small: [a]}, profile: economy}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profil: economy\n", "the key 'profil' is not known"),
        ("profile: [economy\n", "config.yaml:"),
        ("{profile: economy}\n", "write them there yourself"),
        ("profile: economy\n...\n", "write them there yourself"),
    ],
    ids=["a mistake", "no YAML", "one line", "an end of the document"],
)
def test_a_file_that_cannot_take_them_is_told_and_left_alone(tmp_path: Path, text: str, words: str) -> None:
    paths = at(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        write_tiers(paths, TIERS)
    assert words in str(caught.value)
    assert written(paths) == text
    assert [one.name for one in paths.config_dir.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize("text", ["\ufeff", "\ufeffprofile: economy\r\ntiers: {small: [x]}\r\n# after\r\n"])
def test_a_byte_order_mark_stays(tmp_path: Path, text: str) -> None:
    paths = at(tmp_path, text)
    assert write_tiers(paths, TIERS).tiers == TIERS
    assert written(paths).startswith(text.partition("tiers")[0])
    assert written(paths).endswith(text.partition("]}")[2] or BLOCK)


def test_places_that_cannot_be_read_or_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "file").touch()
    for place, words in (("folder.yaml", "cannot be read: Is a directory."), ("file/c.yaml", "cannot be written: ")):
        with pytest.raises(ConfigurationError, match=words):
            write_tiers(Paths(tmp_path / "data", tmp_path / place), TIERS)


@needs_modes
def test_the_mode_of_the_file_stays(tmp_path: Path) -> None:
    paths = at(tmp_path, "profile: economy\n")
    paths.config.chmod(0o640)
    write_tiers(paths, TIERS)
    assert paths.config.stat().st_mode & 0o777 == 0o640
