"""What became of every turn of a run, and which invariant does not hold. Reads the diary, the file and the bills."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos import money
from tests.chaos.driver import Diary
from tests.chaos.ledger import ENDS, Book, TurnRow, read_book
from tests.chaos.schedule import Order, Schedule
from tests.chaos.witness import acts

REQUEST_NUSD = 100_000_000
SESSION_NUSD = 400_000_000
NORTH_NUSD = 700_000_000
PREMIUM_SHARE, PREMIUM_FLOOR = 0.97, 0.25
REQUEST_CAP = {"request_usd": REQUEST_NUSD / 1e9}
CAPS = {
    **REQUEST_CAP,
    "session_usd": SESSION_NUSD / 1e9,
    "providers": {"sim-north": NORTH_NUSD / 1e9},
    "premium_share": {"max": PREMIUM_SHARE, "floor": PREMIUM_FLOOR},
}
_INTERRUPTED = "Interrupted"
_CAPS = {"day", "session", "provider", "premium", "class", "route", "request", "request_credit", "attempts", "seconds"}


@dataclass(frozen=True, slots=True)
class Findings:
    """`report` is for the reader; `broken` are sentences, one for each invariant that does not hold."""

    report: dict[str, Any]
    broken: list[str]


def audit(schedule: Schedule, diary: Diary, ledger: Path, receipts: Mapping[str, list[dict[str, Any]]]) -> Findings:
    book, seen = read_book(ledger), acts(ledger)
    orders = {order.chat: order for order in schedule.orders}
    by_tag = {orders[turn.chat].tag: turn for turn in book.turns.values() if turn.chat in orders}
    bill = money.compare(book, receipts)
    watch = money.replay(seen, book, _rules(book, orders, diary, schedule.capped))
    sums_off = _sums_off(book, watch)
    counts = {
        "lost_turns": _lost_turns(diary, by_tag, book),
        "turns_without_an_end": [turn.id for turn in book.turns.values() if turn.status is None],
        "stuck_turns": [str(tag) for tag in diary.stuck],
        "lost_events": _lost_events(diary, book),
        "events_not_exactly_once": [*_not_once(book), *_not_framed(book.turns.values())],
        "settled_twice": watch.settled_twice,
        "served_but_not_recorded": bill.unrecorded,
        "spend_that_is_wrong": bill.wrong,
        "sums_that_are_wrong": sums_off,
        "holds_left": [str(key) for key, (_, held) in book.sums.items() if held],
        "caps_passed": watch.passed,
        "crashes": [f"a program ended with {code}" for code in diary.crashes],
        "faults": diary.faults,
        "damage": [] if book.intact == "ok" else [book.intact],
    }
    report = {
        **_outcomes(schedule, diary, by_tag),
        "kills": diary.kills,
        "money": _money(bill, watch),
        "invariants": {name: len(found) for name, found in counts.items()}
        | {"double_counted_nusd": bill.double_counted_nusd, "held_nusd": watch.held_nusd},
    }
    broken = [f"{name}: {len(found)}, such as {found[0]}" for name, found in counts.items() if found]
    if watch.held_nusd:
        broken.append(f"held_nusd: {watch.held_nusd} were never settled")
    return Findings(report, broken)


def _rules(book: Book, orders: Mapping[str, Order], diary: Diary, capped: bool) -> money.Rules:
    known = [(turn, orders[turn.chat]) for turn in book.turns.values() if turn.chat in orders]
    return money.Rules(
        day={turn.id: diary.caps_nusd[order.tag] for turn, order in known},
        request={
            turn.id: REQUEST_NUSD if order.credit_nusd is None else min(REQUEST_NUSD, order.credit_nusd)
            for turn, order in known
        },
        session=SESSION_NUSD if capped else None,
        providers={"sim-north": NORTH_NUSD} if capped else {},
        premium_share=PREMIUM_SHARE if capped else None,
        premium_floor=PREMIUM_FLOOR,
        uncapped_nusd=REQUEST_NUSD,
    )


# ---------------------------------------------------------------- what became of the turns
def _outcomes(schedule: Schedule, diary: Diary, by_tag: Mapping[int, TurnRow]) -> dict[str, Any]:
    became: dict[str, Counter[str]] = defaultdict(Counter)
    healthy: Counter[str] = Counter()
    mid_turn = before = 0
    for order in schedule.orders:
        turn = by_tag.get(order.tag)
        if turn is None:
            before += 1
        elif turn.status == "cancelled" and _end(turn).get("sentence", "").startswith(_INTERRUPTED):
            mid_turn += 1
        else:
            became[turn.status or "open"][_why(turn)] += 1
            healthy[turn.status or "open"] += schedule.healthy(order.tag) and not _caps(turn)
    lived = sum(sum(count.values()) for name, count in became.items() if name != "cancelled")
    answered = sum(became["answered"].values())
    not_answered = became["degraded"] + became["failed"] + became["open"]
    return {
        "asked": len(schedule.orders),
        "answered": answered,
        "not_answered": dict(sorted(not_answered.items(), key=lambda pair: -pair[1])),
        "degraded": sum(became["degraded"].values()),
        "failed": sum(became["failed"].values()),
        "cancelled": sum(became["cancelled"].values()),
        "killed_in_mid_turn_and_mended": mid_turn,
        "killed_before_the_turn_began": before,
        "availability": _share(answered, lived),
        "availability_with_a_healthy_provider_and_no_cap": _share(
            healthy["answered"], healthy.total() - healthy["cancelled"]
        ),
        "turns_that_a_cap_bound": dict(Counter(cap for turn in by_tag.values() for cap in _caps(turn)).most_common()),
        "attempts_that_failed": dict(_failures(by_tag.values()).most_common()),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _end(turn: TurnRow) -> dict[str, Any]:
    return turn.events[-1]


def _why(turn: TurnRow) -> str:
    """Why there is no answer: a draft that is not good enough, a cap, or what the last attempt met."""
    if turn.status in ("answered", "cancelled"):
        return ""
    if _end(turn).get("below_floor"):
        return "below the floor"
    failed, capped = turn.all("AttemptFailed"), turn.all("CapReached")
    if capped:
        return "a cap" + (f", after {failed[-1]['kind']}" if failed else "")
    return str(failed[-1]["kind"]) if failed else "nobody could be asked"


def _caps(turn: TurnRow) -> set[str]:
    """The caps that kept a model out when the turn was decided, or refused a call later on."""
    excluded = [one for event in turn.all("RouteDecided") for one in event["decision"]["excluded"]]
    kinds = {reason["kind"].removesuffix("_cap") for one in excluded for reason in one["reasons"]}
    refused = {event["cap"].removeprefix("simulated_") for event in turn.all("CapReached")}
    return (kinds | refused) & _CAPS


def _failures(turns: Iterable[TurnRow]) -> Counter[str]:
    return Counter(event["kind"] for turn in turns for event in turn.all("AttemptFailed"))


# ---------------------------------------------------------------- nothing lost, everything once
def _lost_turns(diary: Diary, by_tag: Mapping[int, TurnRow], book: Book) -> list[str]:
    """Turns of which a program told, or that it did not die with, must be in the ledger, ended as it said."""
    told = {turn for events in diary.told.values() for turn, _, _ in events}
    lost = [turn for turn in told if turn not in book.turns]
    lost += [str(tag) for tag in diary.caps_nusd if tag not in by_tag and tag not in diary.killed]
    lost += [
        f"{by_tag[tag].id} ended {by_tag[tag].status}, not {status}"
        for tag, status in diary.ended.items()
        if tag in by_tag and by_tag[tag].status != status
    ]
    return lost


def _lost_events(diary: Diary, book: Book) -> list[str]:
    kept = {(turn.id, event["seq"], event["type"]) for turn in book.turns.values() for event in turn.events}
    return [str(event) for events in diary.told.values() for event in events if event not in kept]


def _not_once(book: Book) -> list[str]:
    """Every attempt: one hold, one start, one end, one settlement, one row."""
    wrong = [f"{call} has a row and no events" for call in book.attempts.keys() - book.calls.keys()]
    for call in book.calls.values():
        counts = [len(call.events[name]) for name in ("Reserved", "AttemptStarted", "Settled")]
        ends = sum(len(call.events[name]) for name in ENDS)
        if [*counts, ends] != [1, 1, 1, 1] or call.id not in book.attempts:
            wrong.append(f"{call.id}: {json.dumps({name: len(found) for name, found in call.events.items()})}")
    return wrong


def _not_framed(turns: Iterable[TurnRow]) -> list[str]:
    """Every turn: begun once, ended once, nothing after its end."""
    wrong = []
    for turn in turns:
        framed = len(turn.all("TurnStarted")) == len(turn.all("TurnFinished")) == 1
        if not framed or _end(turn)["type"] != "TurnFinished":
            wrong.append(f"{turn.id} ends with {_end(turn)['type']}")
    return wrong


# ---------------------------------------------------------------- sums
def _sums_off(book: Book, watch: money.Watch) -> list[str]:
    """The product's sums, made again from the settlements of the attempts, each in the scopes of its reservation."""
    again: Counter[tuple[str, str, int]] = Counter()
    for call in book.calls.values():
        held = call.one("Reserved")
        for scope in held["scopes"]:
            again[held["day"], scope, int(held["simulated"])] += call.spend_nusd
        if held["session"]:
            again[held["session"], "all", int(held["simulated"])] += call.spend_nusd
    off = [f"{key}: {spent}, made again {again[key]}" for key, (spent, _) in book.sums.items() if spent != again[key]]
    off += [f"{key}: not there, made again {nusd}" for key, nusd in again.items() if nusd and key not in book.sums]
    rows = sum(row["spend_nusd"] or 0 for row in book.attempts.values())
    events = sum(call.spend_nusd for call in book.calls.values())
    noted = sum(nusd for (period, scope), nusd in watch.sums.items() if scope == "all" and period in book.turns)
    if not rows == events == noted:
        off.append(f"attempts {rows}, settlements {events}, noted {noted}")
    return off


def _money(bill: money.Bill, watch: money.Watch) -> dict[str, Any]:
    return {
        "served_calls": bill.served_calls,
        "served_nusd": bill.served_nusd,
        "spent_nusd": bill.spent_nusd,
        "spent_by_basis_nusd": dict(bill.by_basis),
        "estimated_too_little_nusd": bill.estimated_too_little_nusd,
        "estimated_too_much_nusd": bill.estimated_too_much_nusd,
        "most_taken_of_a_day_nusd": watch.most_nusd,
        "beyond_reservations_nusd": watch.over_nusd,
    }
