"""What is usual of a model's tokens at some length: learned from its answers, and what an answer is held against."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.analysis.analyse import analyse
from routing.confidence.logprobs import logprob_statistics
from routing.confidence.measure import Measurement, measure
from routing.confidence.usual import LogprobStatistic, Statistic, UsualLogprobs, fit, line_of, step, summed, usual
from routing.decision.decide import decide
from routing.decision.model import Acceptance, World
from routing.ledger.acceptance import read_acceptance
from routing.ledger.journal import Journal
from routing.ledger.replaying import replay_turns
from routing.ledger.store import Store
from routing.ledger.usual import note_logprobs, read_usual
from routing.messages import FinishChunk, Reply, TextChunk, TokenLogprob, UsageChunk, ask
from tests.fakes import (
    CASCADE,
    HELLO,
    LARGE,
    MID,
    SMALL,
    USAGE,
    a_line,
    a_model,
    a_policy,
    a_registry,
    a_snapshot,
    only,
    says,
    some_features,
)

Answer = tuple[str, LogprobStatistic]


def learned(answers: Iterable[Answer], folder: Path) -> tuple[UsualLogprobs, ...]:
    """As a ledger learns it, answer by answer."""
    store = Store(folder / f"{next(_numbers)}.db")
    for model, one in answers:
        store.write_now(lambda db, model=model, one=one: note_logprobs(db, model, [one]))
    found = read_usual(store)
    store.close()
    return found


def fitted(answers: Sequence[Answer]) -> tuple[UsualLogprobs, ...]:
    """The same without a ledger."""
    sums: dict[tuple[str, str, bool], list] = {}
    for model, one in answers:
        (new,) = summed(model, [one])
        sums.setdefault((model, one.name, one.code), []).append(new)
    return fit(
        replace(
            of[0],
            answers=len(of),
            **{name: sum(getattr(one, name) for one in of) for name in ("x", "y", "xx", "xy")},
        )
        for of in sums.values()
    )


_numbers = itertools.count(1)
answers = st.lists(
    st.tuples(
        st.sampled_from(["a/x", "b/y"]),
        st.builds(
            LogprobStatistic,
            st.sampled_from(["mean", "tail", "weakest"]),
            st.floats(-20, 0),
            st.integers(1, 20_000),
            st.booleans(),
        ),
    ),
    max_size=12,
)


def drawn(name: Statistic, intercept: float, slope: float, count: int) -> list[Answer]:
    """Answers of all lengths about a line in ln(tokens), or of ln(tokens / 32) for the weakest window."""
    rng = random.Random(3)
    found = []
    for _ in range(count):
        tokens = round(math.exp(rng.uniform(3.5, 7.5)))
        x = math.log(tokens / 32) if name == "weakest" else math.log(tokens)
        found.append(("a/x", LogprobStatistic(name, intercept + slope * x + rng.gauss(0, 0.1), tokens)))
    return found


@pytest.mark.parametrize(
    ("name", "intercept", "slope"),
    [("mean", -0.3, -0.04), ("tail", -0.4, -0.5), ("weakest", -0.3, -0.35)],
)
def test_a_known_line_is_found(name: Statistic, intercept: float, slope: float) -> None:
    (line,) = fitted(drawn(name, intercept, slope, 3000))
    assert line.slope == pytest.approx(slope, abs=0.02)
    assert line.intercept == pytest.approx(intercept, abs=0.1)
    assert (line.model, line.name, line.answers) == ("a/x", name, 3000)


def test_the_pull_of_the_common_line_is_that_of_twenty_answers() -> None:
    """Answers of the pseudo-answers' own length, all one step below: after 20 of them the line is half a step down."""
    for count, share in ((1, 1 / 21), (20, 1 / 2), (180, 0.9)):
        one = LogprobStatistic("mean", -0.45 - 0.4, 150)
        (line,) = fitted([("a/x", one)] * count)
        assert usual("mean", 150, code=False, own=line) == pytest.approx(-0.45 - 0.4 * share, abs=2e-3)


@given(answers)
def test_nothing_known_is_the_common_line_and_no_line_leads_far_from_it(drawn_answers: list[Answer]) -> None:
    assert fitted([]) == ()
    for line in fitted(drawn_answers):
        for tokens in (1, 40, 500, 20_000):
            off = usual(line.name, tokens, code=line.code, own=line) - usual(line.name, tokens, code=line.code)
            assert abs(off) <= step(line.name) + 1e-9


@settings(max_examples=20, deadline=None)
@given(drawn_answers=answers, data=st.data())
def test_the_order_of_answers_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, drawn_answers: list[Answer], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("usual")
    shuffled = data.draw(st.permutations(drawn_answers))
    found = learned(drawn_answers, folder)
    assert learned(shuffled, folder) == found == fitted(drawn_answers)


# ---------------------------------------------------------------- what it does to a score
def measured(logprobs: Sequence[float], lines: tuple[UsualLogprobs, ...] = ()) -> Measurement:
    request = ask("Explain how a heat pump works.")
    text = "A heat pump moves heat from outside into the house."
    tokens = tuple(TokenLogprob(f"t{n}", value) for n, value in enumerate(logprobs))
    return measure(request, analyse(request), Reply(text, logprobs=tokens), usual=lines, model="a/x")


def sinking(count: int) -> list[float]:
    """A right answer of a model whose lowest tenth sinks with the length, by .5 nats for each e-fold."""
    lowest = count // 10
    return [-0.1] * (count - lowest) + [-0.4 - 0.5 * math.log(count)] * lowest


def test_a_long_right_answer_of_a_model_whose_tail_sinks_is_not_punished() -> None:
    lines = fitted(
        [
            ("a/x", one)
            for count in range(40, 1500, 10)
            for one in logprob_statistics(measured_tokens(sinking(count)), code=False)
        ]
    )
    told = {part.name: part.log_odds for part in measured(sinking(1200)).parts}
    held = {part.name: part.log_odds for part in measured(sinking(1200), lines).parts}
    assert told["tail-10 % logprob"] < -0.2
    assert abs(held["tail-10 % logprob"]) < 0.05
    assert measured(sinking(1200), lines).score > measured(sinking(1200)).score
    other = tuple(replace(line, model="b/y") for line in lines)
    assert measured(sinking(1200), other) == measured(sinking(1200)), "another model's lines say nothing"


def measured_tokens(logprobs: Sequence[float]) -> list[TokenLogprob]:
    return [TokenLogprob(f"t{n}", value) for n, value in enumerate(logprobs)]


def test_a_model_that_is_never_sure_does_not_pass_for_a_sure_one() -> None:
    unsure = [-2.5] * 200
    lines = fitted([("a/x", one) for one in measured(unsure).logprobs] * 500)
    assert measured(unsure, lines).score < measured([-0.3] * 200, lines).score - 0.3


def test_statistics_that_were_not_weighed_are_not_told() -> None:
    request = ask("List one number as JSON", response_format="json")
    reply = Reply("[1]", logprobs=tuple(measured_tokens([-0.5] * 20)))
    assert measure(request, analyse(request), reply, constrained=True).logprobs == ()
    assert [one.name for one in measure(request, analyse(request), reply).logprobs] == ["mean", "tail", "weakest"]
    assert measured([]).logprobs == ()


# ---------------------------------------------------------------- in the ledger
def saying(*words: str, logprob: float) -> tuple:
    return (
        *(TextChunk(f"{word} ", (TokenLogprob(f"{word} ", logprob),)) for word in words),
        UsageChunk(USAGE),
        FinishChunk("stop", "req-1"),
    )


async def test_answers_are_learned_from_once_and_the_hash_tells(journal: Journal) -> None:
    words = ("well " * 14).split()
    line = a_line(journal, {SMALL: [saying(*words, logprob=-0.2)], MID: [says("x")]}, a_policy(CASCADE))
    before = read_acceptance(journal.store)
    assert before.usual == ()
    (told,) = only(await line.ask(HELLO), ev.ConfidenceMeasured)
    assert [(one.name, one.tokens, one.code) for one in told.logprobs] == [
        ("mean", len(words), False),
        ("tail", len(words), False),
        ("weakest", len(words), False),
    ]
    assert told.logprobs[0].value == pytest.approx(-0.2)
    known = read_acceptance(journal.store)
    assert known.hash != before.hash
    assert line_of(known.usual, SMALL, "mean", code=False) == fitted([(SMALL, told.logprobs[0])])[0]
    journal.store.write_now(lambda db: db.execute("UPDATE usual SET y = y + 1000"))
    later = read_acceptance(journal.store)
    assert later.hash != known.hash
    assert replace(later, hash="", usual=()) == replace(known, hash="", usual=())


async def test_the_events_give_the_same_lines_again(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [saying(*("word " * 40).split(), logprob=-0.3)]}, a_policy(CASCADE))
    for _ in range(3):
        await line.ask(HELLO)
    known = read_usual(journal.store)

    def again(db: object) -> None:
        turns = [row["id"] for row in db.execute("SELECT id FROM turn ORDER BY n")]
        for table in ("turn", "attempt", "tally", "pattern", "usual"):
            db.execute(f"DELETE FROM {table}")
        assert replay_turns(db, turns) == []

    journal.store.write_now(again)
    assert read_usual(journal.store) == known != ()


def test_a_decision_does_not_look_at_it() -> None:
    registry = a_registry(*(a_model(name) for name in (SMALL, MID, LARGE)))
    policy = a_policy(CASCADE)
    lines = (UsualLogprobs(SMALL, "mean", False, -2.0, -0.5, 400),)
    snapshot = a_snapshot(policy, registry)
    with_lines, without = (
        decide(some_features(), World(policy, registry, acceptance), snapshot)
        for acceptance in (Acceptance(usual=lines), Acceptance())
    )
    assert with_lines == without


def test_an_event_from_before_has_none() -> None:
    told = ev.ConfidenceMeasured(
        turn="t", seq=1, at_s=0.0, wall_s=0.0, attempt="t.1", score=0.5, low=0.4, high=0.6, parts=(), needed=None
    )
    body = ev.dump(told).replace(b',"logprobs":[]', b"")
    assert b"logprobs" not in body
    assert ev.load(body) == told
