"""A chat as a file: Markdown to read, JSON to keep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.visible import escaped, harmless
from routing.ledger.chats import attempts_of, branch, turns_of
from routing.ledger.rows import AttemptRow, ChatRow, TurnRow
from routing.ledger.store import Store
from routing.money import format_usd

Calls = Mapping[str, Sequence[AttemptRow]]
"""The calls of each turn, by its id."""


def export_chat(store: Store, chat: ChatRow, kind: str) -> str:
    """The branch of the chat that was used last, as `md` or `json`."""
    turns = branch(turns_of(store, chat.id))
    calls = {turn.id: attempts_of(store, turn.id) for turn in turns}
    if kind == "json":
        return escaped(json.dumps(as_document(chat, turns, calls), indent=2, ensure_ascii=False)) + "\n"
    return harmless(as_markdown(chat, turns, calls))


def as_markdown(chat: ChatRow, turns: Sequence[TurnRow], calls: Calls) -> str:
    """Prompts and replies, each reply with the model that gave it and what it cost."""
    lines = [f"# {chat.title}", ""]
    for turn in turns:
        attached = [line for name in turn.attached.splitlines() for line in (f"▣ {name}", "")]
        lines += ["## You", "", turn.prompt, "", *attached, f"## {turn.model or 'Pointsman'}", ""]
        lines += [turn.reply or "(no reply)", "", f"*{signature(turn, calls.get(turn.id, ()))}*", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def as_document(chat: ChatRow, turns: Sequence[TurnRow], calls: Calls) -> dict[str, Any]:
    """Everything that the tables hold of the chat."""
    return {
        **asdict(chat),
        "turns": [{**asdict(turn), "attempts": [asdict(call) for call in calls.get(turn.id, ())]} for turn in turns],
    }


def signature(turn: TurnRow, calls: Sequence[AttemptRow]) -> str:
    """``answered · confidence 0.87 · 1.2 s · $0.0001 simulated · 2 calls``."""
    return " · ".join(_signature(turn, calls))


def _standing(turn: TurnRow) -> str:
    """What a degraded turn shows of a model's is no answer, unless the user took it for one."""
    if turn.status != "degraded" or turn.provider is None:
        return turn.status or "running"
    if turn.taken is not None:
        return "degraded, the draft taken"
    return "degraded, broke off" if turn.confidence is None else "degraded, below the floor"


def _signature(turn: TurnRow, calls: Sequence[AttemptRow]) -> Iterator[str]:
    yield _standing(turn)
    if turn.confidence is not None:
        yield f"confidence {turn.confidence:.2f}"
    if turn.latency_s is not None:
        yield f"{turn.latency_s:.1f} s"
    spend = sum(call.spend_nusd or 0 for call in calls if call.simulated == turn.simulated)
    yield format_usd(spend) + (" simulated" if turn.simulated else "")
    if len(calls) > 1:
        yield f"{len(calls)} calls"
