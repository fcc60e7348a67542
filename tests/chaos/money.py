"""The money of a run, counted again: against what the providers served, and against every cap at every hold.

The prices are written down here once more, and nothing of the product's is asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.ledger import Book, Call
from tests.chaos.witness import Act

PRICES = {
    "sim-south/handcar": (0, 0),
    "sim-north/shunter": (100, 400),
    "sim-north/railcar": (600, 2_400),
    "sim-south/tram": (800, 3_200),
    "sim-north/express": (4_000, 16_000),
    "sim-south/express": (5_000, 20_000),
}
"""Nano-dollars for one token: input, output."""
LARGE = "express"


@dataclass(slots=True)
class Bill:
    """Ledger against providers. `wrong` are attempts whose spend is not what it must be, `unrecorded` calls that were
    served and stand in no ledger; the sums are nano-dollars."""

    served_calls: int = 0
    served_nusd: int = 0
    spent_nusd: int = 0
    by_basis: Counter[str] = field(default_factory=Counter)
    estimated_too_little_nusd: int = 0
    estimated_too_much_nusd: int = 0
    unrecorded: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    double_counted_nusd: int = 0


def compare(book: Book, receipts: Mapping[str, list[dict[str, Any]]]) -> Bill:
    bill = Bill()
    served = _matched(book, receipts, bill)
    for call in book.calls.values():
        bill.spent_nusd += call.spend_nusd
        bill.by_basis[call.basis] += call.spend_nusd
        _check(call, served.get(call.id), bill)
    return bill


def _cost(model: str, receipt: Mapping[str, Any]) -> int:
    price_in, price_out = PRICES[model]
    return int(receipt["input_tokens"]) * price_in + int(receipt["output_tokens"]) * price_out


def _matched(book: Book, receipts: Mapping[str, list[dict[str, Any]]], bill: Bill) -> dict[str, Mapping[str, Any]]:
    """Which call each receipt is for: by the provider's own number of it, else by prompt and model, each call once."""
    numbered = {call.request_id: call for call in book.calls.values() if call.request_id}
    open_: dict[tuple[str, str], list[Call]] = defaultdict(list)
    found: dict[str, Mapping[str, Any]] = {}
    left = []
    for provider, ones in receipts.items():
        for receipt in ones:
            model = f"{provider}/{receipt['model']}"
            bill.served_calls += 1
            bill.served_nusd += _cost(model, receipt)
            if receipt["id"] in numbered:
                found[numbered[receipt["id"]].id] = receipt
            else:
                left.append((model, receipt))
    for call in book.calls.values():
        if call.id not in found:
            open_[book.turns[call.turn].prompt[:200], call.model].append(call)
    for model, receipt in left:
        calls = open_[receipt["asked"], model]
        if calls:
            found[calls.pop(0).id] = receipt
        else:
            bill.unrecorded.append(f"{model} {receipt['id']} ({receipt['asked'][:40]})")
    return found


def _check(call: Call, receipt: Mapping[str, Any] | None, bill: Bill) -> None:
    """Reported spend is what was served, to the nano-dollar; a reservation that was settled as such covers it."""
    cost, spend, reserved = 0, call.spend_nusd, int(call.one("Reserved").get("amount_nusd", 0))
    if receipt is not None and call.model:
        cost = _cost(call.model, receipt)
    told = f"{call.id} of {call.model}: {call.basis} {spend}, served {cost}, reserved {reserved}"
    match call.basis:
        case "reported" if receipt is None or spend != cost:
            bill.wrong.append(told)
            bill.double_counted_nusd += max(0, spend - cost)
        case "free" if spend or cost:
            bill.wrong.append(told)
        case "reserved" if spend != reserved or cost > spend:
            bill.wrong.append(told)
        case "estimated":
            bill.estimated_too_little_nusd += max(0, cost - spend)
            bill.estimated_too_much_nusd += max(0, spend - cost)
            if spend > reserved:
                bill.wrong.append(told)


@dataclass(frozen=True, slots=True)
class Rules:
    """Nano-dollars. `day` and `request` say it for a turn; the other caps hold for the whole run. The large model may
    take a share of what the day has taken, or of `premium_floor` × the day's cap (of `uncapped_nusd` where there is
    none), whichever is more."""

    day: Mapping[str, int | None]
    request: Mapping[str, int]
    session: int | None = None
    providers: Mapping[str, int] = field(default_factory=dict)
    premium_share: float | None = None
    premium_floor: float = 0.0
    uncapped_nusd: int = 0


@dataclass(slots=True)
class Watch:
    """The caps, held against every hold in the order of the commits. `over_nusd` is what calls cost beyond what was
    held for them: no cap can keep that."""

    passed: list[str] = field(default_factory=list)
    settled_twice: list[str] = field(default_factory=list)
    bound: Counter[str] = field(default_factory=Counter)
    held_nusd: int = 0
    most_nusd: int = 0
    over_nusd: int = 0
    sums: Counter[tuple[str, str]] = field(default_factory=Counter)


def replay(acts: Iterable[Act], book: Book, rules: Rules) -> Watch:
    watch, open_ = Watch(), set()
    for act in acts:
        if act.kind == "hold":
            _hold(act, book, rules, watch)
            open_.add(act.attempt)
            watch.held_nusd += act.reserved_nusd
            _count(watch, act, book, act.reserved_nusd)
        elif act.before_nusd is not None or act.attempt not in open_:
            watch.settled_twice.append(act.attempt)
        else:
            spend = act.after_nusd or 0
            open_.discard(act.attempt)
            watch.held_nusd -= act.reserved_nusd
            watch.over_nusd += max(0, spend - act.reserved_nusd)
            _count(watch, act, book, spend - act.reserved_nusd)
        watch.most_nusd = max(watch.most_nusd, watch.sums[act.day, "all"])
    return watch


def _scopes(act: Act, book: Book) -> Iterable[tuple[str, str]]:
    model = str(book.attempts[act.attempt]["model"])
    provider, _, name = model.partition("/")
    yield act.day, "all"
    yield act.day, f"provider:{provider}"
    yield book.turns[act.turn].session, "all"
    yield act.turn, "all"
    if name == LARGE:
        yield act.day, "large"


def _count(watch: Watch, act: Act, book: Book, nusd: int) -> None:
    for scope in _scopes(act, book):
        watch.sums[scope] += nusd


def _hold(act: Act, book: Book, rules: Rules, watch: Watch) -> None:
    """Each cap allows what was held, with all that was taken before."""
    if act.reserved_nusd == 0:
        return
    provider, _, name = str(book.attempts[act.attempt]["model"]).partition("/")
    day = rules.day.get(act.turn)
    limits: list[tuple[str, tuple[str, str], int | None]] = [
        ("day", (act.day, "all"), day),
        ("request", (act.turn, "all"), rules.request.get(act.turn)),
        ("session", (book.turns[act.turn].session, "all"), rules.session),
        ("provider", (act.day, f"provider:{provider}"), rules.providers.get(provider)),
    ]
    if name == LARGE and rules.premium_share is not None:
        base = max(watch.sums[act.day, "all"], rules.uncapped_nusd if day is None else rules.premium_floor * day)
        limits.append(("premium", (act.day, "large"), int(rules.premium_share * base)))
    for cap, scope, most in limits:
        if most is not None and watch.sums[scope] + act.reserved_nusd > most:
            watch.passed.append(f"{cap}: {act.attempt} held {act.reserved_nusd} on {watch.sums[scope]} of {most}")
