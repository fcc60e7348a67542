"""Answers that are broken: each turn ends in an answer or in a sentence, and nothing stays reserved."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.providers.dialects import dialect_names
from tests.corpora.streams import ANSWERS, BODIES, Broken, corpus, held, is_sentence, outcomes

SAMPLE = len(dialect_names()) * (len(BODIES) + len(ANSWERS))
"""Each way once in each dialect."""


async def hold(home: Path, broken: tuple[Broken, ...]) -> None:
    found = await outcomes(home, broken)
    assert len(found) == len(broken)
    assert [one for one in found if not is_sentence(one.sentence)] == []
    assert {one.status for one in found} <= {"answered", "degraded", "failed"}
    assert held(home) == 0


def test_the_corpus_has_every_way_in_every_dialect_and_is_always_the_same() -> None:
    assert {(one.dialect, one.how) for one in corpus(SAMPLE)} == {
        (dialect, how) for dialect in dialect_names() for how in (*BODIES, *ANSWERS)
    }
    assert corpus(SAMPLE) == corpus(SAMPLE)
    assert len(corpus()) == 500


async def test_every_way_ends_in_an_answer_or_a_sentence(tmp_path: Path) -> None:
    """All ways but silence, which takes as long as it is waited for."""
    await hold(tmp_path, tuple(one for one in corpus(SAMPLE) if one.how != "silence"))


@pytest.mark.soak
async def test_the_whole_corpus_ends_in_answers_and_sentences(tmp_path: Path) -> None:
    await hold(tmp_path, corpus())
