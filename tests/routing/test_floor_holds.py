"""The floor, and the bounds of a ladder: whatever the models answer, what is shown is what the rules say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.errors import ErrorKind, ProviderError
from routing.ledger.journal import Journal
from routing.ledger.store import Store
from routing.messages import Limits, ask
from routing.policy.model import ProfileCaps, Timeouts
from tests.fakes import HELLO, LARGE, MID, SMALL, Wait, a_line, a_policy, a_route, a_rung, fails, only, says, told

pytestmark = pytest.mark.usefixtures("scripted_confidence")
FLOOR = 0.3
SCORE = st.sampled_from([0.1, 0.2, 0.29, 0.3, 0.31, 0.5, 0.79, 0.8, 0.95])
"""Around the floor of 0.3 and the thresholds of 0.8 and 0.7, and on them."""
LADDER = a_route(a_rung("small", 0.8), a_rung("mid", 0.7), a_rung("large"), floor=FLOOR)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One ledger for many examples: each has its own session."""
    store = Store(tmp_path_factory.mktemp("ledger") / "pointsman.db")
    yield store
    store.close()


@settings(max_examples=80, deadline=None)
@given(SCORE, SCORE, SCORE)
async def test_what_is_shown_is_the_last_answer_unless_it_is_below_the_floor_and_a_better_one_came(
    shared: Store, small: float, mid: float, large: float
) -> None:
    scores = {SMALL: small, MID: mid, LARGE: large}
    scripts = {model: [says(model, score=score)] for model, score in scores.items()}
    line = a_line(Journal(shared, f"f{next(_numbers)}"), scripts, a_policy(LADDER))
    end = told(await line.ask(HELLO))
    asked = [SMALL] if small >= 0.8 else [SMALL, MID] if mid >= 0.7 else [SMALL, MID, LARGE]
    assert line.calls("north") == [model.split("/")[1] for model in asked]
    shown = asked[0]
    for model in asked[1:]:
        if scores[model] >= FLOOR or scores[model] >= scores[shown]:
            shown = model
    assert end.reply == shown
    below = scores[shown] < FLOOR
    assert (end.status, end.below_floor) == (("degraded", True) if below else ("answered", False))


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
async def test_a_message_makes_no_more_calls_than_its_cap_says(journal: Journal, most: int) -> None:
    """Retries, failover and escalation together would make six."""
    down = [fails("server_error")]
    scripts = {SMALL: [says("A guess.", score=0.5)], MID: down, "south/mid": down, LARGE: [says("Sure.")]}
    policy = a_policy(LADDER, caps=ProfileCaps(attempts=most))
    line = a_line(journal, scripts, policy)
    events = await line.ask(HELLO)
    assert len(only(events, ev.AttemptStarted)) == most
    whole = [event.model for event in only(await unbounded(journal, scripts), ev.AttemptStarted)]
    assert [event.model for event in only(events, ev.AttemptStarted)] == whole[:most]


async def unbounded(journal: Journal, scripts: dict) -> list:
    line = a_line(Journal(journal.store, "free"), scripts, a_policy(LADDER, caps=ProfileCaps(attempts=99)))
    return await line.ask(HELLO)


async def test_nothing_is_tried_again_for_which_no_time_is_left(journal: Journal) -> None:
    """A wait of up to half a second does not fit into a millisecond."""
    late = (Wait(9.99), ProviderError(ErrorKind.SERVER_ERROR))
    patient = a_route(a_rung("small"), timeouts=Timeouts(first_token_s=60.0, idle_s=60.0))
    line = a_line(journal, {SMALL: [late, says("Too late.")]}, a_policy(patient))
    events = await line.ask(ask("Hello there, how are you?", chat_id="c1", limits=Limits(total_s=10.0)))
    assert line.calls("north") == ["small"]
    assert told(events).status == "degraded"
