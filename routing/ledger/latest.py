"""How the latest call of each model went."""

from __future__ import annotations

from routing.ledger.store import Store

NO_FAILURE = ("finished", "superseded", "length", "cancelled", "interrupted")
"""Ends of calls that speak against no model."""


def failed_lately(store: Store) -> frozenset[str]:
    """Ids of the models whose latest call that came to an end failed."""
    query = """
        SELECT model, outcome FROM attempt WHERE rowid IN (
            SELECT MAX(rowid) FROM attempt WHERE outcome IS NOT NULL AND model <> '' GROUP BY model
        )
    """
    return frozenset(
        model for model, outcome in store.read(lambda db: db.execute(query).fetchall()) if outcome not in NO_FAILURE
    )
