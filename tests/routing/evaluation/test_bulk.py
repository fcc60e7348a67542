"""Scores of many texts at once are those of each."""

from __future__ import annotations

import pytest

from routing.evaluation.answers import gather
from routing.evaluation.bulk import evidence_logits, prior_difficulties, prior_scores
from routing.evaluation.datasets import read
from routing.learned.prior import Prior
from routing.learned.training import train_evidence, train_prior
from tests.routing.evaluation.outcomes import STRONG, WEAK, answer_rows, routing_rows, write

TEXTS = ["", "prove the theorem", "A long one. " * 3_000, "Which?\nA. one\nB. two", "1 2 333 \x00 é"]


def trained(n: int) -> Prior:
    rows = routing_rows(n)
    scores = {model: [float(row["score"][model]) for row in rows] for model in (WEAK, STRONG)}
    return train_prior([row["prompt"] for row in rows], scores, {}, length_weight=0.3)


@pytest.mark.parametrize("n", [300, 2_200], ids=["few", "enough for trees"])
def test_priors(n: int) -> None:
    prior = trained(n)
    gain, weak, strong = prior_scores(prior, TEXTS, WEAK, STRONG)
    assert gain.tolist() == pytest.approx([prior.gain(text, WEAK, STRONG) for text in TEXTS], abs=1e-6)
    assert weak.tolist() == pytest.approx([prior.p(text, WEAK) for text in TEXTS], abs=1e-6)
    assert strong.tolist() == pytest.approx([prior.p(text, STRONG) for text in TEXTS], abs=1e-6)
    hard = prior_difficulties(prior, TEXTS).tolist()
    assert hard == pytest.approx([prior.difficulty(text) for text in TEXTS], abs=1e-6)


@pytest.mark.parametrize("with_prompt", [False, True])
@pytest.mark.parametrize("model", [WEAK, "never seen"])
def test_evidences(tmp_path_factory: pytest.TempPathFactory, with_prompt: bool, model: str) -> None:
    answers = gather(read(write(tmp_path_factory.mktemp("data") / "a.jsonl", answer_rows(60))))
    rows = [one for row in range(60) for one in answers.at(row)]
    evidence = train_evidence(rows, {}, with_prompt)
    texts = [answered for answered, _, _ in rows[:40]]
    each = [evidence.logit(answered, model) for answered in texts]
    assert evidence_logits(evidence, texts, model).tolist() == pytest.approx(each, abs=1e-5)
