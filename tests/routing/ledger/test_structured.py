"""What older ledgers tell of structured output and of attachments, once they are migrated."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from routing.decision.model import FormatRecord
from routing.ledger import opening as module
from routing.ledger.acceptance import read_acceptance
from routing.ledger.journal import Journal
from routing.ledger.pages import content_of, texts_of, turn_sizes
from routing.ledger.schema import FIRST, TURN_PURPOSE
from routing.ledger.store import Store
from routing.messages import FilePart, ImagePart, Request, TextPart
from tests.fakes import SMALL, a_line, says

PARTS = {"valid": "JSON parses", "broken": "JSON", "lacking": "schema", "text": "base"}


def test_an_older_ledger_is_read_from_the_parts_that_it_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.db"
    monkeypatch.setattr(module, "MIGRATIONS", (FIRST, TURN_PURPOSE))
    Store(path).close()
    with closing(sqlite3.connect(path)) as db:
        for attempt, part in PARTS.items():
            db.execute(
                "INSERT INTO attempt (id, turn, n, model, simulated, day, reserved_nusd)"
                " VALUES (?, 't', 1, 'a/b', 0, '', 0)",
                (attempt,),
            )
            body = f'{{"attempt": "{attempt}", "parts": [{{"name": "base"}}, {{"name": "{part}"}}]}}'
            db.execute("INSERT INTO event VALUES ('t', (SELECT COUNT(*) FROM event), 'ConfidenceMeasured', ?)", (body,))
        db.commit()
    monkeypatch.undo()
    store = Store(path)
    rows = store.read(lambda db: dict(db.execute("SELECT id, valid FROM attempt").fetchall()))
    assert rows == {"valid": 1, "broken": 0, "lacking": 0, "text": None}
    assert read_acceptance(store).formats == (FormatRecord("a/b", 1, 3),)
    store.close()
    assert path.with_suffix(".v2.backup").exists()


async def test_what_was_attached_is_listed_and_kept_apart_from_what_was_written(journal: Journal) -> None:
    parts = (
        TextPart("What is this?"),
        ImagePart("image/png", "QUJD" * 40_000, name="a\nphoto.png"),
        FilePart("notes.txt", "é" * 1_000),
    )
    line = a_line(journal, {SMALL: [says("A cat.")]})
    (turn,) = {event.turn for event in await line.ask(Request(parts, chat_id="c1"))}
    assert texts_of(journal.store, turn) == ("What is this?", "A cat.")
    (size,) = turn_sizes(journal.store, "c1")
    assert size.attached.splitlines() == ["a photo.png (image, 120 kB)", "notes.txt (text, 2.0 kB)"]
    assert size.prompt_characters == len("What is this?")
    assert content_of(journal.store, turn) == parts
    with pytest.raises(LookupError):
        content_of(journal.store, "nobody")
