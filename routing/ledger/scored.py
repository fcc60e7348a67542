"""Every answer with the confidence that was shown with it, what it cost, and what its reader said of it."""

from __future__ import annotations

from dataclasses import dataclass

from routing.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` is the last that was shown, 0 to 1; `good` None: nobody said; `solicited`: it was asked about at random.
    `spend_nusd` is simulated money where `simulated`."""

    tier: str
    score: float
    good: bool | None
    solicited: bool
    spend_nusd: int
    simulated: bool


def read_scored(store: Store) -> tuple[Scored, ...]:
    """Whole answers, the oldest first: those that stayed, and drafts that were superseded and not broken off. Raises
    StorageError."""
    query = """
        SELECT attempt.tier, (
            SELECT json_extract(body, '$.score') FROM event
            WHERE turn = attempt.turn AND type = 'ConfidenceMeasured' AND json_extract(body, '$.attempt') = attempt.id
                AND NOT COALESCE(json_extract(body, '$.provisional'), 0)
            ORDER BY seq DESC LIMIT 1
        ) AS score, rating.good, rating.propensity, COALESCE(attempt.spend_nusd, 0), attempt.simulated
        FROM attempt JOIN turn ON turn.id = attempt.turn LEFT JOIN rating ON rating.attempt = attempt.id
        WHERE attempt.outcome IN ('finished', 'superseded') AND attempt.purpose = 'answer' AND score IS NOT NULL
        ORDER BY turn.n, attempt.n
    """
    rows = store.read(lambda db: db.execute(query).fetchall())
    return tuple(
        Scored(tier, score, None if good is None else bool(good), propensity is not None, spend, bool(simulated))
        for tier, score, good, propensity, spend, simulated in rows
    )
