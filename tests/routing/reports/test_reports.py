"""Reports over a ledger that the router wrote: they say what the events say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import events as ev
from routing.ledger.chats import (
    branch,
    delete_chat,
    find_chat,
    last_chat,
    list_chats,
    match_pattern,
    rename_chat,
    search,
    turns_of,
    undelete_chat,
)
from routing.ledger.costs import CostRow
from routing.ledger.journal import Journal
from routing.ledger.retention import prune
from routing.ledger.store import Store
from routing.messages import ask
from routing.reports.providers import report_providers
from routing.reports.session import list_sessions, only_tested, summarise_session
from routing.reports.spend import report_spend
from routing.reports.sums import percentile, slices
from tests.fakes import (
    CASCADE,
    NOON,
    FakeClock,
    Wait,
    a_line,
    a_model,
    a_policy,
    a_route,
    a_rung,
    fails,
    only,
    says,
)
from tests.routing.reports.calls import a_call

pytestmark = pytest.mark.usefixtures("session")


async def test_a_session_is_what_its_events_were(journal: Journal) -> None:
    scripts = {
        "north/small": [fails("server_error"), says("fine")],
        "north/mid": [fails("auth")],
        "south/mid": [says("good")],
        "south/large": [says("best")],
    }
    line = a_line(journal, scripts, a_policy(CASCADE))
    turns = [await line.ask(ask(f"Question {n}", chat_id="c")) for n in range(3)]
    events = [event for turn in turns for event in turn]
    summary, ends = summarise_session(journal.store, "s1"), only(events, ev.TurnFinished)

    assert (summary.turns, summary.answered) == (3, sum(end.status == "answered" for end in ends))
    assert summary.calls == len(only(events, ev.AttemptStarted))
    assert summary.retries == len(only(events, ev.RetryScheduled)) > 0
    assert summary.escalations == len(only(events, ev.Escalated))
    assert summary.failovers == len(only(events, ev.FailedOver))
    assert summary.real.spend_nusd == sum(end.spend_nusd for end in ends)
    assert summary.real.baseline_nusd == sum(end.baseline_nusd for end in ends)
    assert (summary.real.held_nusd, summary.simulated.spend_nusd) == (0, 0)
    for parts in (summary.by_model, summary.by_tier, summary.by_purpose):
        assert sum(part.spend_nusd for part in parts) == summary.real.spend_nusd
        assert sum(part.calls for part in parts) == summary.calls
    assert report_spend(journal.store).total_nusd == summary.real.spend_nusd
    assert report_spend(journal.store, "9999-01-01").total_nusd == 0
    assert [(one.id, one.turns) for one in list_sessions(journal.store)] == [("s1", 3)]


async def test_what_was_erased_stays_in_the_totals_of_its_kind(journal: Journal) -> None:
    models = [a_model("north/small"), a_model("south/mid", simulated=True)]
    scripts = {"north/small": [says("fine")], "south/mid": [says("good")]}
    line = a_line(journal, scripts, models=models)
    for model in scripts:
        await line.ask(replace(ask("Old?", chat_id="c"), model=model))
    before = report_spend(journal.store)
    assert min(before.total_nusd, before.simulated_total_nusd) > 0
    line.clock.pass_s(60)
    prune(journal.store, line.clock.wall())
    await line.ask(replace(ask("New?", chat_id="c"), model="north/small"))
    after = report_spend(journal.store)
    assert after.total_nusd == before.total_nusd + after.real.spend_nusd
    assert after.simulated_total_nusd == before.simulated_total_nusd
    assert after.simulated.spend_nusd == 0 < after.real.spend_nusd
    gone = {one.simulated: one.spend_nusd for one in after.gone}
    assert gone == {False: before.total_nusd, True: before.simulated_total_nusd}
    assert report_spend(journal.store, "9999-01-01").gone == ()


async def test_test_calls_belong_to_no_route(journal: Journal) -> None:
    line = a_line(journal, {"north/small": [says("ok")]})
    assert not only_tested(journal.store)
    async for _ in line.router.drill("north/small").events():
        pass
    assert only_tested(journal.store)
    await line.ask(ask("Hello?", chat_id="c"))
    assert not only_tested(journal.store)
    report = report_spend(journal.store)
    for groups in (report.by_route, report.by_task):
        assert sorted((one.name == "drills and checks", one.turns, one.calls) for one in groups) == [
            (False, 1, 1),
            (True, 0, 1),
        ]


async def test_the_first_text_of_a_turn_is_a_drafts_too(journal: Journal) -> None:
    late = (Wait(5.0), *says("best"))
    scripts = {"north/small": [(Wait(1.0), *says("weak", score=0.1))], "south/large": [late]}
    line = a_line(journal, scripts, a_policy(a_route(a_rung("small", 0.9), a_rung("large"))))
    (end,) = only(await line.ask(ask("Well?", chat_id="c")), ev.TurnFinished)
    assert end.model == "south/large"
    summary = summarise_session(journal.store, "s1")
    assert summary.first_text_p50_s == pytest.approx(1.0, abs=0.5)
    south = next(one for one in report_providers(journal.store, None, NOON).providers if one.name == "south")
    assert south.first_token_p50_s == pytest.approx(5.0, abs=0.5)


def test_an_unknown_session(journal: Journal) -> None:
    assert list_sessions(journal.store) == []
    with pytest.raises(LookupError):
        summarise_session(journal.store, "s-2")


async def test_chats_are_listed_renamed_deleted_and_brought_back(journal: Journal) -> None:
    clock = FakeClock()
    line = a_line(journal, {"north/small": [says("an answer about signals")]}, clock=clock)
    for chat in ("aa-1", "aa-2"):
        clock.pass_s(60)
        await line.ask(ask(f"Tell {chat} of the yard", chat_id=chat))
    store = journal.store
    assert [chat.id for chat in list_chats(store)] == ["aa-2", "aa-1"]
    assert find_chat(store, "aa") is None
    rename_chat(store, "aa-1", "The yard")
    found = find_chat(store, "aa-1")
    assert found is not None
    assert (found.title, found.turns) == ("The yard", 1)
    delete_chat(store, "aa-2", NOON)
    assert [chat.id for chat in list_chats(store)] == ["aa-1"]
    assert [hit.chat for hit in search(store, "yard sign")] == ["aa-1"]
    undelete_chat(store, "aa-2")
    assert [hit.chat for hit in search(store, "yard sign")] == ["aa-2", "aa-1"]
    assert [hit.chat for hit in search(store, "yard", limit=1)] == ["aa-2"]
    last = last_chat(store)
    assert last is not None
    assert last.id == "aa-2"


async def test_a_branch_is_the_path_to_its_leaf(journal: Journal) -> None:
    line = a_line(journal, {"north/small": [says("yes")]})

    async def turn(text: str, parent: str | None) -> str:
        events = await line.ask(ask(text, chat_id="c", parent_turn=parent))
        return str(events[0].turn)

    root = await turn("root", None)
    left = await turn("left", root)
    await turn("right", root)
    leaf = await turn("leaf", left)
    other = await turn("other", root)
    turns = turns_of(journal.store, "c")
    assert [one.prompt for one in branch(turns)] == ["root", "other"]
    assert [one.prompt for one in branch(turns, leaf)] == ["root", "left", "leaf"]
    assert branch(turns, other) == branch(turns)
    assert branch([]) == []


@settings(deadline=None)
@given(st.text(max_size=40))
def test_whatever_is_typed_can_be_searched_for(tmp_path_factory: pytest.TempPathFactory, words: str) -> None:
    assert search(_EMPTY.of(tmp_path_factory), words) == []
    assert bool(match_pattern(words)) == bool(words.replace("\0", " ").split())


class _Empty:
    """One empty ledger for all examples."""

    def __init__(self) -> None:
        self._store: Store | None = None

    def of(self, folders: pytest.TempPathFactory) -> Store:
        if self._store is None:
            self._store = Store(folders.mktemp("empty") / "ledger.db")
        return self._store


_EMPTY = _Empty()


@st.composite
def _calls(draw: st.DrawFn) -> CostRow:
    name = draw(st.sampled_from(["north/small", "south/large"]))
    return a_call(
        provider=name.split("/")[0],
        model=name,
        tier=name.split("/")[1],
        simulated=draw(st.booleans()),
        reserved_nusd=draw(st.integers(0, 10**9)),
        spend_nusd=draw(st.none() | st.integers(0, 10**9)),
        input_tokens=draw(st.integers(0, 10**6)),
        output_tokens=draw(st.integers(0, 10**6)),
    )


@settings(deadline=None)
@given(st.lists(_calls()))
def test_slices_lose_nothing_and_never_mix_money(calls: list[CostRow]) -> None:
    found = slices(calls, lambda call: call.model)
    assert len({(one.name, one.simulated) for one in found}) == len(found)
    for simulated in (False, True):
        kind = [call for call in calls if call.simulated is simulated]
        mine = [one for one in found if one.simulated is simulated]
        assert sum(one.spend_nusd for one in mine) == sum(call.spend_nusd or 0 for call in kind)
        assert sum(one.held_nusd for one in mine) == sum(call.reserved_nusd for call in kind if call.spend_nusd is None)
        assert sum(one.calls for one in mine) == len(kind)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert found is not None
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


def test_there_is_no_percentile_of_nothing() -> None:
    assert percentile([], 0.5) is None
