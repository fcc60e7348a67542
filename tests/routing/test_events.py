"""Every event comes back from its JSON as it was, and goes into the ledger and out again."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from routing import events as ev
from routing.folding import Fold, fold
from routing.trace import Trace

EVENTS = get_args(get_args(ev.Event)[0])


# What JSON cannot say (NaN, infinity) is in no event.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_an_event_comes_back_from_its_json(kind: type) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_type(kind))
    def check(event: Any) -> None:
        body = ev.dump(event)
        assert ev.load(body) == event
        assert type(ev.load(body)) is kind
        fields = json.loads(body)
        assert fields["type"] == kind.__name__
        assert {"turn", "seq", "at_s", "wall_s"} <= fields.keys()

    check()


def test_every_kind_of_event_is_known_by_its_name() -> None:
    stamped = {value for value in vars(ev).values() if isinstance(value, type) and issubclass(value, ev.Stamp)}
    assert set(EVENTS) == stamped - {ev.Stamp}
    assert all(kind.__name__ == kind.__dataclass_fields__["type"].default for kind in EVENTS)


def test_money_and_time_are_named_with_their_units() -> None:
    """What scripts rely on: nano-dollars are whole numbers."""
    for kind in EVENTS:
        for name, field in kind.__dataclass_fields__.items():
            if "spend" in name or "amount" in name or name.startswith("baseline"):
                assert name.endswith("_nusd"), (kind, name)
                assert field.type == "int", (kind, name)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"nonsense", b'{"type": "Nothing", "turn": "t"}'])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ValidationError):
        ev.load(body)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(*(st.from_type(kind) for kind in (ev.TextDelta, ev.ReasoningDelta, ev.Settled))), max_size=8))
def test_a_fold_asked_at_every_step_ends_like_one_asked_once(events: list[Any]) -> None:
    """Whoever looks at the trace in mid-stream changes nothing about it."""
    started = [
        ev.AttemptStarted(
            turn="t",
            seq=n,
            at_s=0.0,
            wall_s=0.0,
            attempt=attempt,
            n=n,
            rung=0,
            try_=1,
            purpose="answer",
            provider="p",
            model="p/m",
            tier="small",
            simulated=False,
        )
        for n, attempt in enumerate(sorted({event.attempt for event in events}), 1)
    ]
    watched = Fold()
    seen: list[Trace] = []
    for event in (*started, *events):
        watched.feed(event)
        seen.append(watched.trace)
    assert (seen or [Trace("")])[-1] == fold([*started, *events])
    for attempt in watched.trace.attempts:
        said = [event.text for event in events if isinstance(event, ev.TextDelta) and event.attempt == attempt.id]
        assert watched.text(attempt.id) == "".join(said)
        assert attempt.characters == len("".join(said))
