"""What was seen in prompts before they were sent, as the ledger has it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from routing import events as ev
from routing.ledger.store import Store


def findings_of(store: Store, turns: Iterable[str]) -> tuple[ev.Finding, ...]:
    """All that was seen in these turns; nothing of one that does not exist."""

    def query(db: sqlite3.Connection) -> list[str]:
        # The turns come first: each is a few rows of the events' key.
        rows = db.execute(
            "SELECT event.body FROM json_each(?) AS asked CROSS JOIN event ON event.turn = asked.value"
            " WHERE event.type = 'Prechecked'",
            (json.dumps(list(turns)),),
        )
        return [str(row[0]) for row in rows]

    loaded = map(ev.load, store.read(query))
    return tuple(finding for event in loaded if isinstance(event, ev.Prechecked) for finding in event.findings)
