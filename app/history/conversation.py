"""A chat as a model needs it: what was said on the branch that leads to the next prompt."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from routing.execution.prechecks import Kept, kept_after
from routing.ledger.chats import branch, turns_of
from routing.ledger.findings import findings_of
from routing.ledger.pages import content_of
from routing.ledger.rows import TurnRow
from routing.ledger.store import Store
from routing.messages import Message, Request, TextPart


def new_chat_id(wall_s: float) -> str:
    """Sorts by time; short enough to type."""
    return f"{int(wall_s):x}-{os.urandom(2).hex()}"


def continue_chat(store: Store, request: Request, leaf: str | None = None) -> Request:
    """The request with what was said before on its branch (`leaf` None: the one that was used last), and with what was
    done there about what is private."""
    path = branch(turns_of(store, request.chat_id), leaf)
    if not path:
        return request
    return replace(request, parent_turn=path[-1].id, history=messages(store, path), kept=_kept(store, path))


def kept_before(store: Store, chat: str, leaf: str) -> Kept | None:
    """The strictest that was done about what is private on the branch up to `leaf`: it holds for what follows."""
    return _kept(store, branch(turns_of(store, chat), leaf))


def _kept(store: Store, path: Iterable[TurnRow]) -> Kept | None:
    """A turn that nobody answered does not count, as nothing of it goes along; one that runs may yet be answered."""
    return kept_after(findings_of(store, (turn.id for turn in path if _answered(turn) or turn.status is None)))


_UNSURE = "(This draft is unsure and unchecked: do not build on it as if it were right.)"
_BROKEN_OFF = "(This answer broke off before its end.)"


def messages(store: Store, path: Iterable[TurnRow]) -> tuple[Message, ...]:
    """Prompts with what was attached to them, and their replies; a turn that no model answered is left out. What a
    degraded turn shows goes along, so that the next prompt may speak of it, but marked, unless the user took it."""
    found: list[Message] = []
    for turn in path:
        if _answered(turn):
            content = content_of(store, turn.id) if turn.attached else (TextPart(turn.prompt),)
            found.append(Message("user", content))
            found.append(Message("assistant", (TextPart(_said(turn)),)))
    return tuple(found)


def _answered(turn: TurnRow) -> bool:
    return turn.provider is not None and bool(turn.reply)


def _said(turn: TurnRow) -> str:
    if turn.status != "degraded" or turn.taken is not None:
        return turn.reply
    return f"{turn.reply}\n\n{_BROKEN_OFF if turn.confidence is None else _UNSURE}"
