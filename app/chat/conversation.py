"""The chat that is open: its turns as messages, live ones from their events, past ones from the ledger."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.chat.entries import Entry, Kind, MessageView, Run
from routing.clock import local_time

if TYPE_CHECKING:
    from routing.events import Event
    from routing.folding import Fold
    from routing.ledger.afterwards import Afterword
    from routing.ledger.pages import Channel, DraftSize, TurnSize
    from routing.trace import AttemptView, Trace

_TRACES_KEPT = 100
_ENDED_KEPT = 20
"""So many turns of this session stay as they were told; those before them are read like those of other days."""


class Screen(Protocol):
    """What a conversation does to the transcript."""

    def set_entries(self, entries: Iterable[Entry]) -> None: ...
    def append(self, entry: Entry) -> None: ...
    def insert_after(self, after: str, entry: Entry) -> None: ...
    def remove_message(self, identity: str) -> None: ...
    def refresh_message(self, identity: str) -> None: ...
    def feed(self, identity: str, text: str) -> None: ...
    def finish(self, identity: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Past:
    """Where past turns are read."""

    texts: Callable[[str], tuple[str, str]]
    events: Callable[[str], list[Event]]
    said: Callable[[str, Channel], str]
    """What an attempt alone said."""


class Conversation:
    """Message ids are `you/TURN`, `attempt/ATTEMPT`, `reasoning/ATTEMPT` and `reply/TURN`."""

    def __init__(self) -> None:
        self.screen: Screen | None = None
        self.past: Past | None = None
        self.turns: list[str] = []
        self._started: dict[str, float] = {}
        self._attached: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._kinds: dict[str, Kind] = {}
        self._live: dict[str, Fold] = {}
        self._ended: deque[str] = deque()
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._prompts: dict[str, str] = {}
        self._unfolded: set[str] = set()

    # Opening

    def open(self, turns: list[TurnSize], drafts: list[DraftSize]) -> None:
        """Show a chat of the ledger."""
        left: dict[str, list[DraftSize]] = {}
        for draft in drafts:
            left.setdefault(draft.turn, []).append(draft)
        self.turns = [turn.id for turn in turns]
        self._started = {turn.id: turn.started_s for turn in turns}
        self._attached = {turn.id: turn.attached for turn in turns if turn.attached}
        self._shown.clear()
        self._kinds.clear()
        self._unfolded.clear()
        entries: list[Entry] = []
        for turn in turns:
            entries.append(self._entry(f"you/{turn.id}", turn.id, "you", turn.prompt_characters, turn.prompt_newlines))
            entries += self._answers(turn, left.get(turn.id, []))
        self._on_screen().set_entries(entries)

    def _answers(self, turn: TurnSize, drafts: list[DraftSize]) -> list[Entry]:
        """What was said to a prompt: its drafts and its reply, or the attempts of a turn that still runs here."""
        live = self._live.get(turn.id)
        if live is not None and live.trace.live:
            return [self._entry(f"attempt/{one.id}", turn.id, "answer", 0, 0) for one in live.trace.attempts]
        kind: Kind = "answer" if turn.status in ("answered", "cancelled", None) else "card"
        return [
            *(self._entry(f"attempt/{one.attempt}", turn.id, "draft", one.characters, 0) for one in drafts),
            self._entry(f"reply/{turn.id}", turn.id, kind, turn.reply_characters, turn.reply_newlines),
        ]

    def begin(self, turn: str, fold: Fold, prompt: str, wall_s: float, attached: str = "") -> None:
        """A turn of this session: `fold` is fed by `apply`; `attached` has a line for each file and image."""
        left = self.turns[-1] if self.turns else None
        self.turns.append(turn)
        self._live[turn] = fold
        self._prompts[turn] = prompt
        self._started[turn] = wall_s
        if attached:
            self._attached[turn] = attached
        self._append(f"you/{turn}", turn, "you", len(prompt), prompt.count("\n"))
        for identity in [one for one, of in self._shown.items() if of == left]:
            self._refresh(identity)  # what it asked is not asked any more

    def cut(self, turns: list[str]) -> None:
        """Show only these first turns; the others stay in the ledger, on a branch of their own."""
        kept = set(turns)
        for identity in [one for one, turn in self._shown.items() if turn not in kept]:
            self._drop(identity)
        self.turns = turns

    # Reading

    def load(self, identity: str) -> MessageView:
        """The message, for the transcript that shows it."""
        kind, _, key = identity.partition("/")
        turn = self._shown[identity]
        if kind == "you":
            return self._prompt(turn)
        trace = self.trace(turn)
        if kind == "reply":
            return self._reply(turn, trace)
        attempt = next(one for one in trace.attempts if one.id == key)
        if kind == "reasoning":
            return self._reasoning(identity, turn, attempt)
        return self._attempt(identity, turn, trace, attempt)

    def turn_of(self, identity: str | None) -> str | None:
        """The turn that a message belongs to; the last one when there is no message."""
        if identity is not None:
            return self._shown.get(identity)
        return self.turns[-1] if self.turns else None

    @property
    def has_attached(self) -> bool:
        """Whether a file or an image went with one of the prompts."""
        return not self._attached.keys().isdisjoint(self.turns)

    def trace(self, turn: str) -> Trace:
        """The turn's trace as it stands."""
        live = self._live.get(turn)
        if live is not None:
            return live.trace
        if turn not in self._traces:
            from routing.folding import fold

            assert self.past is not None
            self._traces[turn] = fold(self.past.events(turn))
            while len(self._traces) > _TRACES_KEPT:
                self._traces.popitem(last=False)
        return self._traces[turn]

    def prompt(self, turn: str) -> str:
        if turn in self._prompts:
            return self._prompts[turn]
        assert self.past is not None
        return self.past.texts(turn)[0]

    def reply(self, turn: str) -> str:
        """What was said at the end of the turn; nothing in a live one that no model answered."""
        live = self._live.get(turn)
        if live is None:
            assert self.past is not None
            return self.past.texts(turn)[1]
        finished = live.trace.finished
        return finished.reply if finished is not None and finished.attempt is not None else ""

    def texts(self, turn: str) -> list[tuple[str, str]]:
        """The reply and the prompt with the messages that show them, the last first."""
        shown = [identity for identity, of in self._shown.items() if of == turn]
        return [(shown[-1], self.reply(turn)), (shown[0], self.prompt(turn))] if shown else []

    def last_message(self) -> str | None:
        """The message at the end of the chat."""
        return next(reversed(self._kinds), None)

    def toggle_fold(self, identity: str) -> None:
        self._unfolded.symmetric_difference_update({identity})
        self._on_screen().refresh_message(identity)

    # Events

    def apply(self, event: Event) -> None:
        """Take in one event of a turn that was begun here."""
        self._live[event.turn].feed(event)
        if event.type == "TurnFinished":
            self._let_go(event.turn)
        if f"you/{event.turn}" not in self._shown:
            return  # another chat is open; the turn goes on
        match event.type:
            case "TextDelta":
                self._on_screen().feed(f"attempt/{event.attempt}", event.text)
            case "ReasoningDelta":
                self._reason(event.turn, event.attempt, event.text)
            case "AttemptStarted":
                self._append(f"attempt/{event.attempt}", event.turn, "answer", 0, 0)
            case "AttemptFailed":
                self._failed(event.turn, event.attempt, event.shown)
            case "AttemptFinished" | "ConfidenceMeasured" | "Settled" | "FirstToken":
                self._refresh(f"attempt/{event.attempt}")
            case "Escalated" | "SteppedDown" | "RetryScheduled":
                self._supersede(event.turn, event.attempt)
            case "TurnFinished":
                self._finished(event.turn)

    def _let_go(self, ended: str) -> None:
        """The ledger has this turn by now; of those that ended before it, only the last stay in memory."""
        self._ended.append(ended)
        if len(self._ended) > _ENDED_KEPT:
            oldest = self._ended.popleft()
            del self._live[oldest], self._prompts[oldest]

    def _failed(self, turn: str, attempt: str, shown: bool) -> None:
        """What was said before a failure stays, folded; an attempt that said nothing shows only in the path."""
        if shown:
            self._on_screen().finish(f"attempt/{attempt}")
            self._supersede(turn, attempt)
        else:
            self._drop(f"attempt/{attempt}")

    def _supersede(self, turn: str, attempt: str | None) -> None:
        identity = f"attempt/{attempt}"
        if self._kinds.get(identity) == "answer":
            before = self._before(identity)
            self._drop(identity)
            self._insert(before, identity, turn, "draft")

    def _finished(self, turn: str) -> None:
        """The reply's message takes its last form; a card is added where no attempt gave one."""
        finished = self._live[turn].trace.finished
        assert finished is not None
        identity = f"attempt/{finished.attempt}"
        if identity in self._kinds and (finished.reply or finished.status == "cancelled"):
            for other in [one for one, of in self._shown.items() if of == turn and one != identity]:
                self._supersede(turn, other.partition("/")[2])  # a later one that was no better
            kind: Kind = "answer" if finished.status in ("answered", "cancelled") else "card"
            if self._kinds[identity] != kind:  # what is kept of an earlier attempt goes to the end
                self._drop(identity)
                last = next(one for one in reversed(self._kinds) if self._shown[one] == turn)
                self._insert(last, identity, turn, kind)
            self._on_screen().finish(identity)
            self._refresh(identity)
        else:
            text = self._card_text(turn)
            self._append(f"reply/{turn}", turn, "card", len(text), text.count("\n"))

    def _reason(self, turn: str, attempt: str, text: str) -> None:
        identity = f"reasoning/{attempt}"
        if identity not in self._kinds:
            self._insert(self._before(f"attempt/{attempt}"), identity, turn, "note")
        self._on_screen().feed(identity, text)

    def heed(self, event: Afterword) -> None:
        """What the user said of a turn that has ended."""
        if (live := self._live.get(event.turn)) is not None:
            live.feed(event)
        self._traces.pop(event.turn, None)
        attempts = (event.attempt, event.other) if event.type == "Compared" else (event.attempt,)
        for identity in (*(f"attempt/{one}" for one in attempts), f"reply/{event.turn}"):
            self._refresh(identity)

    # Messages

    def _prompt(self, turn: str) -> MessageView:
        at = local_time(self._started[turn])
        header: tuple[Run, ...] = (("you", "strong"), (f" · {at:%H:%M}", "muted"))
        footer = tuple(((f"▣ {name}", "muted"),) for name in self._attached.get(turn, "").splitlines())
        return MessageView(header, self.prompt(turn), plain=True, footer=footer)

    def _reply(self, turn: str, trace: Trace) -> MessageView:
        live = turn in self._live
        text = self._card_text(turn) if live else self.reply(turn)
        attempt = trace.current
        if trace.finished is None:
            return MessageView((("interrupted", "warn"),), text)
        replied = next((one for one in trace.attempts if one.id == trace.finished.attempt), None)
        if replied is None:
            return MessageView(
                _card_header(trace), text or trace.finished.sentence, footer=self._footer(turn, trace, attempt)
            )
        return MessageView(self._header(trace, replied), text, footer=self._footer(turn, trace, replied))

    def _attempt(self, identity: str, turn: str, trace: Trace, attempt: AttemptView) -> MessageView:
        live = self._live.get(turn)
        text = live.text(attempt.id) if live is not None else self._past_text(trace, attempt)
        running = trace.finished is None and attempt.state in ("waiting", "streaming")
        draft = self._kinds[identity] == "draft"
        return MessageView(
            self._header(trace, attempt),
            text,
            footer=() if running else self._footer(turn, trace, attempt, draft=draft),
            folded=draft and identity not in self._unfolded,
            streaming=running,
        )

    def _reasoning(self, identity: str, turn: str, attempt: AttemptView) -> MessageView:
        live = self._live.get(turn)
        text = live.reasoning(attempt.id) if live is not None else self._past_reasoning(attempt.id)
        header: tuple[Run, ...] = ((f"{attempt.model}", "muted"), (" · reasoning", "muted"))
        running = attempt.state in ("waiting", "streaming")
        return MessageView(header, text, plain=True, folded=identity not in self._unfolded, streaming=running)

    def _footer(
        self, turn: str, trace: Trace, attempt: AttemptView | None, *, draft: bool = False
    ) -> tuple[tuple[Run, ...], ...]:
        last = self.turns[-1:] == [turn]
        return _left(trace, attempt, last=last) if draft and attempt else _footer(trace, attempt, last=last)

    def _header(self, trace: Trace, attempt: AttemptView) -> tuple[Run, ...]:
        from app.chat.strip import header

        simulated: tuple[Run, ...] = ((" · simulated", "muted"),) if attempt.simulated else ()
        return (*header(trace, attempt), *simulated)

    def _card_text(self, turn: str) -> str:
        finished = self._live[turn].trace.finished
        return (finished.reply or finished.sentence) if finished is not None else ""

    def _past_text(self, trace: Trace, attempt: AttemptView) -> str:
        """What the attempt said, with what it went on from."""
        assert self.past is not None
        before = next((one for one in trace.attempts if one.id == attempt.continues), None)
        return ("" if before is None else self._past_text(trace, before)) + self.past.said(attempt.id, "text")

    def _past_reasoning(self, attempt: str) -> str:
        assert self.past is not None
        return self.past.said(attempt, "reasoning")

    # Entries

    def _entry(self, identity: str, turn: str, kind: Kind, characters: int, newlines: int) -> Entry:
        self._shown[identity] = turn
        self._kinds[identity] = kind
        return Entry(identity, kind, characters, newlines)

    def _append(self, identity: str, turn: str, kind: Kind, characters: int, newlines: int) -> None:
        self._on_screen().append(self._entry(identity, turn, kind, characters, newlines))

    def _insert(self, after: str, identity: str, turn: str, kind: Kind) -> None:
        order = list(self._kinds)
        at = order.index(after) + 1
        entry = self._entry(identity, turn, kind, 0, 0)
        order.insert(at, identity)
        self._kinds = {key: self._kinds[key] for key in dict.fromkeys(order)}
        self._on_screen().insert_after(after, entry)

    def _drop(self, identity: str) -> None:
        if self._kinds.pop(identity, None) is not None:
            del self._shown[identity]
            self._on_screen().remove_message(identity)

    def _before(self, identity: str) -> str:
        order = list(self._kinds)
        return order[order.index(identity) - 1]

    def _refresh(self, identity: str) -> None:
        if identity in self._kinds:
            self._on_screen().refresh_message(identity)

    def _on_screen(self) -> Screen:
        assert self.screen is not None
        return self.screen


def _card_header(trace: Trace) -> tuple[Run, ...]:
    assert trace.finished is not None
    status = trace.finished.status
    return ((f"{'no answer' if status == 'failed' else status}", "bad" if status == "failed" else "warn"),)


def _footer(trace: Trace, attempt: AttemptView | None, *, last: bool) -> tuple[tuple[Run, ...], ...]:
    """The route strip, the plain sentence, and the keys of a card, or of a question: only the `last` turn asks."""
    from app.chat.card import keys, question
    from app.chat.strip import strip

    sentence = trace.finished.sentence if trace.finished is not None else ""
    lines: list[tuple[Run, ...]] = [strip(trace, attempt)] if attempt is not None else []
    if sentence:
        lines.append(((sentence, "muted"),))
    offered = keys(trace) or (question(attempt) if attempt is not None and last else ())
    return (*lines, offered) if offered else tuple(lines)


def _leaving(attempt: AttemptView) -> tuple[str, ...]:
    """How a note begins that tells why the attempt's answer was left."""
    return f"{attempt.model} →", f"{attempt.model} again"


def _left(trace: Trace, attempt: AttemptView, *, last: bool) -> tuple[tuple[Run, ...], ...]:
    """Why a draft was left, and a question about it."""
    from app.chat.card import question
    from app.chat.strip import strip

    why = attempt.failure.sentence if attempt.failure is not None else ""
    why = why or next((note.sentence for note in trace.notes if note.sentence.startswith(_leaving(attempt))), "")
    told: list[tuple[Run, ...]] = [strip(trace, attempt), *([((f"left: {why}", "muted"),)] if why else [])]
    asked = question(attempt) if last else ()
    return (*told, asked) if asked else tuple(told)
