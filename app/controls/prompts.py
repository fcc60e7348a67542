"""What is to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.execution.prechecks import Choice
    from routing.messages import FilePart, ImagePart


@dataclass(frozen=True, slots=True)
class Prompt:
    """`fault` breaks a simulated provider first, `nudge` moves the first rung. `tries`: it is asked by itself, and how
    often that may be done again; `personal` is what was said of the personal data in it; `instead` is the turn in
    whose place it is asked: the chat goes on from there, that turn stays in the ledger."""

    text: str
    tags: tuple[tuple[str, str], ...] = ()
    credit_nusd: int | None = None
    fault: str = ""
    nudge: int = 0
    attached: tuple[FilePart | ImagePart, ...] = ()
    tries: int | None = None
    personal: Choice | None = None
    instead: str | None = None
