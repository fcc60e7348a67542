"""Turns of this product to prompts: of an open ledger, of a chat as JSON, and of a whole ledger as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from routing.evaluation import rows
from routing.evaluation.rows import MistakeError, Row
from routing.evaluation.traffic import fields
from routing.evaluation.traffic.asked import Asked

if TYPE_CHECKING:
    from routing.ledger.store import Store

LEDGER = "pointsman-ledger"
_EVENTS = frozenset(("TurnStarted", "AttemptStarted", "Settled", "TurnFinished"))
_EVERY_CHAT = 1_000_000


@dataclass(slots=True)
class _Call:
    """One call of a turn; `spend_nusd` None: not settled."""

    model: str
    simulated: bool
    input_tokens: int = 0
    output_tokens: int = 0
    spend_nusd: int | None = None


def asked_in_ledger(store: Store) -> list[Asked]:
    """Every prompt of the chats that are not deleted, chat by chat. Raises StorageError."""
    from routing.ledger.chats import attempts_of, list_chats, turns_of

    found: list[Asked] = []
    for chat in list_chats(store, limit=_EVERY_CHAT):
        for turn in turns_of(store, chat.id):
            calls = {
                call.id: _Call(call.model, call.simulated, call.input_tokens, call.output_tokens, call.spend_nusd)
                for call in attempts_of(store, turn.id)
                if call.outcome
            }
            found += _asked(turn.prompt, turn.started_s, turn.model, list(calls.values()))
    return found


def prompts_of_chat(row: Row) -> list[Asked]:
    """A chat as `history export --json` writes it. Raises MistakeError."""
    turns = row["turns"]
    if not isinstance(turns, list):
        raise MistakeError(f"`turns` is {rows.shown(turns)};", "it must be a list of the turns")
    found: list[Asked] = []
    for turn in turns:
        if not isinstance(turn, dict) or not isinstance(turn.get("prompt"), str):
            raise MistakeError("one of `turns` has no prompt;", "export the chat again")
        calls = [_call(fields.mapping(one)) for one in fields.items(turn.get("attempts"))]
        found += _asked(
            fields.text(turn["prompt"]), fields.unix_s(turn.get("started_s")), fields.name(turn.get("model")), calls
        )
    return found


def _call(one: Mapping[str, Any]) -> _Call:
    return _Call(
        fields.text(one.get("model")),
        one.get("simulated") is True,
        fields.whole(one.get("input_tokens")) or 0,
        fields.whole(one.get("output_tokens")) or 0,
        fields.whole(one.get("spend_nusd")),
    )


def _asked(text: str, at_s: float | None, model: str | None, calls: Sequence[_Call]) -> Iterator[Asked]:
    """The prompt with the tokens of the call that gave the answer, and what all of its calls cost."""
    if not text.strip():
        return
    answer = next((call for call in reversed(calls) if model is not None and call.model == model), None)
    if answer is None:
        yield Asked(text, at_s)
        return
    spent = [call.spend_nusd for call in calls if call.simulated == answer.simulated and call.spend_nusd is not None]
    yield Asked(
        text,
        at_s,
        answer.input_tokens or None,
        answer.output_tokens or None,
        model,
        sum(spent) if spent else None,
        answer.simulated,
        counted=answer.output_tokens > 0,
    )


@dataclass(slots=True)
class _Turn:
    chat: str
    text: str
    at_s: float
    model: str | None = None
    calls: dict[str, _Call] = field(default_factory=dict)


class LedgerLines:
    """What `history export --all` writes, line by line."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}
        self._deleted: set[str] = set()

    def take(self, row: Row) -> None:
        """One line behind the first. Raises MistakeError."""
        content = fields.mapping(row.get("row"))
        if row.get("table") == "chat" and content.get("deleted_s") is not None:
            self._deleted.add(str(content.get("id")))
        elif row.get("table") == "event" and content.get("type") in _EVENTS:
            self._take_event(content.get("body"))

    def asked(self) -> list[Asked]:
        """Every prompt of the chats that are not deleted."""
        turns = (turn for turn in self._turns.values() if turn.chat not in self._deleted)
        return [one for turn in turns for one in _asked(turn.text, turn.at_s, turn.model, list(turn.calls.values()))]

    def _take_event(self, body: object) -> None:
        from routing import events as ev

        try:
            event = ev.load(fields.text(body))
        except ValueError:
            raise MistakeError("is no event of this version's ledgers;", "export them again") from None
        if isinstance(event, ev.TurnStarted):
            if event.purpose == "answer":
                self._turns[event.turn] = _Turn(event.chat, event.request.written, event.wall_s)
            return
        turn = self._turns.get(event.turn)
        if turn is None:
            return
        match event:
            case ev.AttemptStarted():
                turn.calls[event.attempt] = _Call(event.model, event.simulated)
            case ev.Settled() if event.attempt in turn.calls:
                call = turn.calls[event.attempt]
                call.input_tokens, call.output_tokens = event.usage.input_tokens, event.usage.output_tokens
                call.spend_nusd = event.spend_nusd
            case ev.TurnFinished():
                turn.model = event.model
