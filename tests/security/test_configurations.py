"""Files of a user's that are broken: each is read all the same or named, and nothing hangs on one."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.small_files import MOST_BYTES, read_small
from tests.corpora.configurations import GOOD, GOOD_ENDS, LINKS, WRITTEN, Spoilt, corpus, outcomes

SLOW = ("nested", "many keys")
"""Each of these takes a second or more."""


def hold(home: Path, spoilt: tuple[Spoilt, ...]) -> None:
    found = outcomes(home, spoilt)
    assert [one for one in found if one.end not in GOOD_ENDS] == []
    assert {one.end for one in found} == GOOD_ENDS


def test_the_corpus_has_every_kind_of_file_and_is_always_the_same() -> None:
    files = corpus()
    assert len(files) == 200
    assert {one.file for one in files} == set(GOOD)
    assert {one.how for one in files} >= {*WRITTEN, *LINKS}
    assert files == corpus()


def test_what_is_not_broken_is_loaded(tmp_path: Path) -> None:
    good = tuple(Spoilt(n, file, "not at all", body.encode()) for n, (file, body) in enumerate(GOOD.items()))
    assert [one.end for one in outcomes(tmp_path, good)] == ["loaded"] * len(good)


def test_each_is_read_or_named(tmp_path: Path) -> None:
    hold(tmp_path, tuple(one for one in corpus() if not one.how.startswith(SLOW))[::6])


@pytest.mark.soak
def test_the_whole_corpus_is_read_or_named(tmp_path: Path) -> None:
    hold(tmp_path, corpus())


def test_only_small_regular_files_are_read(tmp_path: Path) -> None:
    import os

    most = tmp_path / "most"
    most.write_bytes(b"x" * MOST_BYTES)
    assert len(read_small(most)) == MOST_BYTES
    more = tmp_path / "more"
    more.write_bytes(b"x" * (MOST_BYTES + 1))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, why in ((more, "larger than 512 KB"), (pipe, "no regular file"), (tmp_path, "no regular file")):
        with pytest.raises(OSError, match=why) as caught:
            read_small(path)
        assert caught.value.strerror
