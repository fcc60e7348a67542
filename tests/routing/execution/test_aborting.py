"""An answer that is not worth waiting for is broken off, and only where somebody better can be asked."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from routing import events as ev
from routing.decision.model import Pattern
from routing.ledger.afterwards import ask_of_draft
from routing.ledger.journal import Journal
from routing.ledger.patterns import read_patterns
from routing.ledger.scored import read_scored
from routing.ledger.store import Store
from routing.messages import FinishChunk, Limits, Request, TextChunk, TokenLogprob, Tool, UsageChunk, ask
from routing.policy.model import Hedging, Policy, ProfileCaps
from tests.fakes import (
    CASCADE,
    LARGE,
    MID,
    NOON,
    SMALL,
    USAGE,
    FakeClock,
    Line,
    Never,
    Script,
    StoppingJournal,
    Until,
    Wait,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    check_turn,
    days,
    fails,
    only,
    told,
)

HEAT = ask("Explain in detail how a heat pump warms a house in winter, step by step.", chat_id="c1")
REFUSAL = ("I'm ", "sorry, ", "but ", "I can't ", "help ", "with ", "that.")
GERMAN = "Eine Wärmepumpe bringt die Wärme von draußen in das Haus, und ein Verdichter macht sie dann noch wärmer. "
PROSE = "A heat pump moves heat from outside into the house, and a compressor warms it on its way. "


def pieces(*texts: str, logprob: float | None = None) -> list[TextChunk]:
    return [TextChunk(text, () if logprob is None else (TokenLogprob(text, logprob),)) for text in texts]


def words(text: str, logprob: float | None = None) -> list[TextChunk]:
    return pieces(*(f"{word} " for word in text.split()), logprob=logprob)


END = (UsageChunk(USAGE), FinishChunk("stop", "req-1"))
REFUSES: Script = (*pieces(*REFUSAL), Never())
GOOD: Script = (*words(PROSE * 2, -0.1), *END)
GIVES_UP: Script = (*pieces(*REFUSAL), *END)
"""The same refusal, whole: nobody broke it off."""


def a_cascade(journal: Journal, first: Script, *more: Script, **fields: Any) -> Line:
    scripts = dict(zip((SMALL, MID, LARGE), ([script] for script in (first, *(more or (GOOD, GOOD)))), strict=False))
    return a_line(journal, scripts, fields.pop("policy", a_policy(CASCADE)), **fields)


def aborted(events: list[Any]) -> list[str]:
    """The attempts that were broken off."""
    return [event.attempt for event in only(events, ev.AttemptFinished) if event.finish == "aborted"]


async def test_a_refusal_is_broken_off_and_somebody_stronger_is_asked(journal: Journal) -> None:
    line = a_cascade(journal, REFUSES)
    events = await line.ask(HEAT)
    assert told(events).path == ("north/small superseded", "north/mid answered")
    (escalated,) = only(events, ev.Escalated)
    assert escalated.why == "it began to refuse: aborted after 7 tokens"
    (first, _) = only(events, ev.AttemptFinished)
    assert (first.finish, first.usage.output_tokens, first.usage.reported) == ("aborted", 7, False)
    assert "".join(event.text for event in only(events, ev.TextDelta) if event.attempt == first.attempt) == (
        "I'm sorry, but I can't help "
    ), "what came is kept, and nothing was waited for"
    assert line.providers["north"].running == 0, "the connection is given back"
    assert "north/small was not heard out: it began to refuse" in told(events).sentence


async def test_what_came_is_billed_as_an_estimate_and_no_failure_of_the_provider(journal: Journal) -> None:
    line = a_cascade(journal, REFUSES)
    for _ in range(6):
        events = await line.ask(HEAT)
        first, second = only(events, ev.Settled)
        assert (first.basis, second.basis) == ("estimated", "reported")
        assert first.spend_nusd > 0
        assert only(events, ev.BreakerChanged) == []
        assert len(aborted(events)) == 1, "the next time it is asked again"
    assert sum(held for _, held in days(journal.store).values()) == 0


async def test_the_draft_is_measured_low_and_provisionally(journal: Journal) -> None:
    events = await a_cascade(journal, REFUSES).ask(HEAT)
    draft, *_, answer = only(events, ev.ConfidenceMeasured)
    assert (draft.provisional, answer.provisional) == (True, False)
    assert draft.score <= 0.19
    assert "broken off" in [part.name for part in draft.parts]
    assert draft.logprobs == ()
    row = journal.store.read(lambda db: db.execute("SELECT * FROM attempt WHERE id = ?", (draft.attempt,)).fetchone())
    assert (row["outcome"], row["basis"]) == ("superseded", "estimated")
    assert [pattern for pattern in read_patterns(journal.store) if pattern.model == SMALL] == [
        Pattern(SMALL, "refusal", only(events, ev.RequestAnalysed)[0].features.task, 1, 1)
    ]


async def test_a_draft_that_was_broken_off_can_be_compared_with_the_answer(journal: Journal) -> None:
    line = a_cascade(journal, REFUSES)
    events = await line.ask(HEAT)
    turn, draft = events[0].turn, aborted(events)[0]
    compared = await line.router.compare(turn, draft, told(events).attempt)
    assert compared


LOOPS = (*words("We can then use the values to find the coefficient of the x term. " * 9), Never())


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ((*words(GERMAN), Never()), "it began in another language (de): aborted after 21 tokens"),
        (LOOPS, "it went round in circles: aborted after"),
        ((*words(PROSE * 9, -4.0), Never()), "it was not sure of its own words: aborted after 64 tokens"),
    ],
    ids=["language", "loop", "weak"],
)
async def test_the_other_reasons(journal: Journal, script: Script, why: str) -> None:
    events = await a_cascade(journal, script).ask(HEAT)
    assert only(events, ev.Escalated)[0].why.startswith(why)
    assert told(events).path == ("north/small superseded", "north/mid answered")


async def test_words_where_json_was_asked_for_in_the_models_own_way(journal: Journal) -> None:
    json = replace(HEAT, response_format="json")
    good = (*pieces('{"steps": ', '["one", "two"]}'), *END)
    line = a_cascade(journal, (*words(PROSE), Never()), good)
    events = await line.ask(json)
    assert only(events, ev.Escalated)[0].why.startswith("it did not begin as JSON: aborted after")
    assert told(events).reply == '{"steps": ["one", "two"]}'
    first, second = only(events, ev.ConfidenceMeasured)
    assert (first.valid, second.valid) == (False, True)
    formats = [pattern for pattern in read_patterns(journal.store) if pattern.kind == "format"]
    assert formats == [Pattern(MID, "format", "json", 0, 1), Pattern(SMALL, "format", "json", 1, 1)]


async def test_every_rung_but_the_last_is_watched(journal: Journal) -> None:
    events = await a_cascade(journal, REFUSES, REFUSES, GIVES_UP).ask(HEAT)
    assert len(aborted(events)) == 2
    assert [event.to_model for event in only(events, ev.Escalated)] == [MID, LARGE]
    assert only(events, ev.AttemptFinished)[-1].finish == "stop", "the last one is heard out"


# ---------------------------------------------------------------- where it is heard out
TOOL = Tool("weather", "Tells the weather", '{"type": "object"}')
HEARD: dict[str, tuple[Policy, Request, dict[str, Any]]] = {
    "a pinned model": (a_policy(CASCADE), replace(HEAT, model=SMALL), {}),
    "pinned models": (a_policy(CASCADE), replace(HEAT, model="north/*"), {}),
    "with tools": (a_policy(CASCADE), replace(HEAT, tools=(TOOL,)), {}),
    "any answer stays": (a_policy(a_route(a_rung("small"), a_rung("mid"))), HEAT, {}),
    "little is needed": (a_policy(a_route(a_rung("small", 0.25), a_rung("mid"))), HEAT, {}),
    "premium first": (a_policy(replace(CASCADE, mode="premium_first")), HEAT, {}),
    "the last rung": (a_policy(a_route(a_rung("small", 0.8))), HEAT, {}),
    "one attempt": (a_policy(CASCADE, caps=ProfileCaps(attempts=1)), HEAT, {}),
    "no credit": (a_policy(CASCADE), replace(HEAT, limits=Limits(credit_nusd=1_500_000)), {}),
}


@pytest.mark.parametrize("name", HEARD)
async def test_nobody_breaks_off_what_nobody_else_would_answer(journal: Journal, name: str) -> None:
    policy, request, fields = HEARD[name]
    events = await a_cascade(journal, GIVES_UP, policy=policy, **fields).ask(request)
    assert aborted(events) == []
    assert only(events, ev.AttemptFinished)[0].finish == "stop"


async def test_a_cap_is_not_told_of_by_looking(journal: Journal) -> None:
    """What cannot be afforded while the answer comes is told when the whole answer is too weak."""
    policy = a_policy(CASCADE, caps=ProfileCaps(attempts=1))
    events = await a_cascade(journal, GIVES_UP, policy=policy).ask(HEAT)
    assert [(event.cap, event.model) for event in only(events, ev.CapReached)] == [
        ("attempts", MID),
        ("attempts", LARGE),
    ]


async def test_an_answer_that_is_gone_on_with_is_heard_out(journal: Journal) -> None:
    policy = a_policy(replace(CASCADE, cut="continue"))
    first = (*words(PROSE, -0.1), FinishChunk("length", None))
    line = a_line(journal, {SMALL: [first, GIVES_UP], MID: [GOOD]}, policy)
    events = await line.ask(HEAT)
    assert [event.role for event in only(events, ev.AttemptStarted)][:2] == ["first", "continuation"]
    assert aborted(events) == []


async def test_the_moment_counts(journal: Journal) -> None:
    """When the refusal comes there is no time left for another model, though there was when the turn began."""
    slow = (*(step for piece in pieces(*REFUSAL[:4]) for step in (Wait(13.0), piece)), *pieces(*REFUSAL[4:]), *END)
    models = [a_model(name, first_token_s=9.0) for name in (SMALL, MID)]
    events = await a_line(journal, {SMALL: [slow], MID: [GOOD]}, models=models).ask(HEAT)
    assert aborted(events) == []
    (answer,) = only(events, ev.AttemptFinished)
    assert answer.finish == "stop"


async def test_what_the_answer_may_cost_itself_counts(journal: Journal) -> None:
    """Both would fit the credit one after the other, once it is known what the first one cost."""
    line = a_line(journal, {SMALL: [GIVES_UP], MID: [GOOD]})
    decision = line.router.explain(HEAT).decision
    both = decision.candidate(SMALL).worst_nusd + decision.candidate(MID).worst_nusd
    events = await line.ask(replace(HEAT, limits=Limits(credit_nusd=both - 1)))
    assert aborted(events) == []
    assert told(events).model == MID


# ---------------------------------------------------------------- when nobody else answers
async def test_where_everybody_fails_afterwards_what_came_is_shown_and_not_vouched_for(journal: Journal) -> None:
    events = await a_cascade(journal, REFUSES, fails("auth"), fails("auth")).ask(HEAT)
    end = told(events)
    assert (end.status, end.reply) == ("degraded", "I'm sorry, but I can't help ")
    assert only(events, ev.Degraded)[0].cause == (
        "the answer of north/small broke off before its end; what came of it is shown"
    )


async def test_any_answer_that_was_heard_out_is_better(journal: Journal) -> None:
    weak = (*pieces("Perhaps. I am not sure, I don't know."), *END)
    events = await a_cascade(journal, REFUSES, weak, weak).ask(HEAT)
    assert told(events).reply == "Perhaps. I am not sure, I don't know."


async def test_a_hedged_answer_is_broken_off_as_well(journal: Journal) -> None:
    policy = a_policy(CASCADE, hedging=Hedging(1.0, 0.2))
    scripts = {
        SMALL: [(Wait(5.0), *REFUSES)],
        "south/small": [(Wait(9.0), *GOOD)],
        MID: [GOOD],
    }
    models = [a_model(name, first_token_s=0.01) for name in scripts]
    events = await a_line(journal, scripts, policy, models=models).ask(HEAT)
    assert only(events, ev.HedgeCut)
    assert len(aborted(events)) == 1
    assert told(events).model == MID


# ---------------------------------------------------------------- the score so far
def provisional(events: list[Any]) -> list[ev.ConfidenceMeasured]:
    return [event for event in only(events, ev.ConfidenceMeasured) if event.provisional]


def numbered(count: int, logprob: float) -> list[TextChunk]:
    """Words that never go round in circles."""
    return pieces(*(f"step{n} " for n in range(count)), logprob=logprob)


async def test_the_score_so_far_is_told_first_after_32_tokens(journal: Journal) -> None:
    events = await a_cascade(journal, (*numbered(40, -0.1), *END)).ask(HEAT)
    (early,) = provisional(events)
    assert [event.type for event in events].index("ConfidenceMeasured") > [event.type for event in events].index(
        "FirstToken"
    )
    came = [event for event in only(events, ev.TextDelta) if event.seq < early.seq]
    assert len(came) == 32
    final = only(events, ev.ConfidenceMeasured)[-1]
    assert not final.provisional
    assert told(events).confidence == final.score


ALONE = a_policy(a_route(a_rung("small", 0.8)))


async def test_and_not_again_while_it_stays(journal: Journal) -> None:
    events = await a_cascade(journal, (*numbered(300, -0.1), *END), policy=ALONE).ask(HEAT)
    assert len(provisional(events)) == 1


async def test_and_rarely_while_it_moves(journal: Journal) -> None:
    restless = [chunk for n in range(9) for chunk in numbered(32 << n, -0.02 if n % 2 else -2.5)]
    events = await a_cascade(journal, (*restless, *END), policy=ALONE).ask(HEAT)
    scores = [event.score for event in provisional(events)]
    assert 2 <= len(scores) <= 8
    assert all(abs(one - other) > 0.1 for one, other in itertools.pairwise(scores))


async def test_where_no_score_is_needed_none_is_told_before_the_end(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small")))
    assert provisional(await a_cascade(journal, (*numbered(200, -0.1), *END), policy=policy).ask(HEAT)) == []


async def test_only_the_last_score_is_rated_and_counted(journal: Journal) -> None:
    line = a_cascade(journal, (*numbered(60, -0.1), *END))
    events = await line.ask(HEAT)
    assert provisional(events)
    final = only(events, ev.ConfidenceMeasured)[-1]
    await line.router.rate(events[0].turn, good=True)
    row = journal.store.read(lambda db: db.execute("SELECT shown FROM rating").fetchone())
    assert row["shown"] == pytest.approx(final.score)
    seen = {(one.kind, one.of) for one in read_patterns(journal.store)}
    assert seen
    assert all(of == 1 for _, of in seen)


# ---------------------------------------------------------------- stopped at any point
@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("ledger") / "pointsman.db")
    yield store
    store.close()


_numbers = itertools.count(1)
SCRIPTS = {
    "refuses": {SMALL: [REFUSES], MID: [GOOD]},
    "weak": {SMALL: [(*numbered(80, -4.0), Never())], MID: [(*numbered(34, -0.1), *END)]},
}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_stopped_at_every_point_it_is_told_and_settled(shared: Store, name: str) -> None:
    async def run(at: int | None) -> tuple[list[Any], int]:
        n, seen = next(_numbers), 0
        journal = StoppingJournal(shared, f"a{n}")
        line = a_line(journal, SCRIPTS[name], a_policy(CASCADE), clock=FakeClock(NOON + n * 100_000.0))
        turn = line.router.start(HEAT)

        def point() -> None:
            nonlocal seen
            seen += 1
            if seen == at:
                turn.cancel()

        line.clock.at_sleep = line.journal.at_write = point
        line.providers["north"].at_step = point
        events = [event async for event in turn.events()]
        await turn.wait()
        check_turn(journal, events)
        assert line.providers["north"].running == 0
        assert sum(held for _, held in days(shared).values()) == 0
        return events, seen

    whole, points = await run(None)
    assert len(aborted(whole)) == 1
    for at in range(1, points + 1):
        events, _ = await run(at)
        assert told(events).status in ("cancelled", "answered")


async def test_a_stop_and_a_verdict_at_the_same_moment(journal: Journal) -> None:
    """Neither is lost: the attempt is closed once, and the turn ends."""
    gate = asyncio.Event()
    line = a_cascade(journal, (*pieces(*REFUSAL[:4]), Until(gate), *pieces(*REFUSAL[4:]), Never()))
    turn = line.router.start(HEAT)
    async for event in turn.events():
        if isinstance(event, ev.TextDelta) and event.text == REFUSAL[3]:
            gate.set()
            turn.cancel()
    events = journal.events(turn.id)
    check_turn(journal, events)
    assert events[-1].type == "TurnFinished"


async def test_json_that_was_asked_for_in_words_may_come_after_a_sentence(journal: Journal) -> None:
    """Only the model's own way of asking makes its first character tell."""
    answer = 'Here is the object that you asked for, with each name and its age in it:\n```json\n{"Ann": 36}\n```\n'
    line = a_cascade(journal, (*words(answer, -0.1), *END))
    events = await line.ask(ask("Return a JSON object that maps each name to its age: Ann is 36.", chat_id="c1"))
    assert only(events, ev.RequestAnalysed)[0].features.response_format == "json"
    assert aborted(events) == []


async def test_what_was_broken_off_is_neither_rated_by_chance_nor_counted_as_an_answer(journal: Journal) -> None:
    line = a_cascade(journal, REFUSES)
    events = await line.ask(HEAT)
    (draft,) = aborted(events)
    assert ask_of_draft(events, NOON, 0.05) is None
    assert [one.tier for one in read_scored(journal.store)] == ["mid"]
    rated = await line.router.rate(events[0].turn, good=False, attempt=draft)
    assert rated is not None, "it was left for a stronger model, so it can be compared"


async def test_half_an_answer_that_was_stopped_cannot_be_rated(journal: Journal) -> None:
    line = a_cascade(journal, (*words(PROSE * 3, -0.1), Never()))
    turn = line.router.start(HEAT)
    async for event in turn.events():
        if isinstance(event, ev.ConfidenceMeasured):
            turn.cancel()
    assert turn.trace.finished is not None
    assert turn.trace.finished.status == "cancelled"
    assert await line.router.rate(turn.id, good=False) is None
