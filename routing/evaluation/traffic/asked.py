"""One prompt that was sent to a model, and how the messages of a chat become such prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from routing.analysis.tokens import MESSAGE_OVERHEAD, estimate

Speaker = Literal["user", "assistant", "other"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt. `at_s` is in Unix seconds. Tokens are those that somebody `counted`, or else estimates from the texts;
    input tokens hold the chat so far. `cost_nusd` is what the answer took in all, drafts included; `simulated` money is
    not real. None: not known.
    """

    text: str
    at_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    model: str | None = None
    cost_nusd: int | None = None
    simulated: bool = False
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a chat. `after` is the place of the one before it in the list, which stands before this one; None:
    it is the first. `attached_tokens` are those of files that go along."""

    by: Speaker
    text: str
    after: int | None
    at_s: float | None = None
    model: str | None = None
    attached_tokens: int = 0


def in_a_row(said: Sequence[Said]) -> list[Said]:
    """The same messages, each after the one before it."""
    return [
        Said(one.by, one.text, at - 1 if at else None, one.at_s, one.model, one.attached_tokens)
        for at, one in enumerate(said)
    ]


def asked_in(chat: Sequence[Said]) -> list[Asked]:
    """Every prompt of a chat, on all of its branches. Where a prompt was answered more than once, the last answer
    counts."""
    read: list[int] = []
    asker: list[int | None] = []
    written: list[int] = []
    replies: dict[int, tuple[int, str | None]] = {}
    for at, one in enumerate(chat):
        before = one.after
        tokens = estimate(one.text)
        read.append(tokens + one.attached_tokens + MESSAGE_OVERHEAD + (0 if before is None else read[before]))
        if one.by == "user":
            asker.append(at)
            written.append(0)
            continue
        asks = None if before is None else asker[before]
        asker.append(asks)
        written.append((0 if before is None else written[before]) + (tokens if one.by == "assistant" else 0))
        if asks is not None and one.by == "assistant":
            known = replies.get(asks, (0, None))[1]
            replies[asks] = written[at], one.model or known
    found = []
    for at, one in enumerate(chat):
        if one.by == "user" and one.text.strip():
            output_tokens, model = replies.get(at, (None, None))
            found.append(Asked(one.text, one.at_s, read[at], output_tokens, model))
    return found
