from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from routing.ledger.journal import Journal
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from tests.fakes import NOON, StoppingJournal, probability


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty ledger."""
    store = Store(tmp_path / "pointsman.db")
    yield store
    store.close()


@pytest.fixture
def journal(store: Store) -> Journal:
    return StoppingJournal(store, "s1")


@pytest.fixture
def session(store: Store) -> Iterator[None]:
    """The run of a program to which the journal's turns belong."""
    session = Session(store, "s1", "test", "balanced", NOON)
    yield
    session.end(NOON)


@pytest.fixture(scope="module")
def scripted_confidence() -> Iterator[None]:
    """Scripts choose how sure an answer is: what the router does about it is what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("routing.execution.judging.measure", probability)
        yield
