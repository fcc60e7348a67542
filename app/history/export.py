"""A chat as a file: Markdown to read, JSON to keep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

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
        return json.dumps(as_document(chat, turns, calls), indent=2, ensure_ascii=False) + "\n"
    return as_markdown(chat, turns, calls)


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


def _signature(turn: TurnRow, calls: Sequence[AttemptRow]) -> Iterator[str]:
    yield turn.status or "running"
    if turn.confidence is not None:
        yield f"confidence {turn.confidence:.2f}"
    if turn.latency_s is not None:
        yield f"{turn.latency_s:.1f} s"
    spend = sum(call.spend_nusd or 0 for call in calls if call.simulated == turn.simulated)
    yield format_usd(spend) + (" simulated" if turn.simulated else "")
    if len(calls) > 1:
        yield f"{len(calls)} calls"
