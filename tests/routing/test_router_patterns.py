"""What turns tell of how a model fails is kept, and looked at before the next prompt is sent."""

from __future__ import annotations

from dataclasses import replace

from routing import events as ev
from routing.ledger.acceptance import read_acceptance
from routing.ledger.journal import Journal
from routing.messages import ask
from tests.fakes import HELLO, SMALL, Line, a_line, a_policy, a_route, a_rung, only, says, told

OTHER = "south/small"
JSON = ask("List three colours as JSON.", chat_id="c1")


def learned(journal: Journal, line: Line) -> None:
    """What turns told of a model, as a session reads it when it begins."""
    line.router.configure(replace(line.router.setup, acceptance=read_acceptance(journal.store)))


async def test_who_failed_at_it_before_is_passed_over_and_named(journal: Journal) -> None:
    policy = a_policy(a_route(a_rung("small")))
    line = a_line(journal, {SMALL: [says("red, green")], OTHER: [says('["red"]')]}, policy)
    for _ in range(5):
        await line.ask(replace(JSON, model=SMALL))
    before = line.calls("north")
    learned(journal, line)
    events = await line.ask(JSON)
    assert told(events).model == OTHER
    (prechecked,) = only(events, ev.Prechecked)
    assert prechecked.findings == (
        ev.Finding(
            "pattern",
            SMALL,
            f"{SMALL} did not give the format asked for in 5 of 5 (json)",
            "not asked while another can be",
        ),
    )
    assert line.calls("north") == before
    assert told(await line.ask(HELLO)).model == SMALL, "what is asked in words is another matter"


async def test_it_is_asked_where_nobody_as_good_is_left_or_a_pin_names_it(journal: Journal) -> None:
    line = a_line(journal, {SMALL: [*[says("red, green")] * 5, says('["red"]')]}, a_policy(a_route(a_rung("small"))))
    for _ in range(5):
        await line.ask(JSON)
    learned(journal, line)
    events = await line.ask(JSON)
    assert (told(events).status, told(events).reply) == ("answered", '["red"]')
    pinned = await line.ask(replace(JSON, model=SMALL))
    assert (told(pinned).status, only(pinned, ev.Prechecked)) == ("answered", [])
    assert line.calls("north") == ["small"] * 7
