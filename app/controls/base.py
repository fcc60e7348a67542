"""What every group of actions stands on: the app's state, and its few fixed widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import App

from app.chat.composer import Composer
from app.chat.conversation import Conversation
from app.chat.transcript import Transcript
from app.memory import forget_painted
from app.panels.spend import Spending
from app.settings import Paths, Settings
from app.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.notifications import Notification

    from app.runtime import Runtime
    from app.setup.calling import Called
    from routing.execution.turn import Turn
    from routing.trace import Trace

_TOASTS = 2  # at once
_SAID_S = 3
_BAD_S = 6


@dataclass(frozen=True, slots=True)
class Launch:
    """How the client was started. `resume` is a chat's id or `last`, None begins a new one; `speed` and `seed` are the
    simulated models'."""

    profile: str | None = None
    offline: bool = False
    theme: str | None = None
    resume: str | None = None
    faults: tuple[str, ...] = ()
    speed: float = 1.0
    seed: int = 0


class Base(App[int]):
    """State of the client. `runtime` is None until the worker after the first paint has opened it; `called` is how the
    latest call of each provider went, where one was made on its own; `claimed` is the id that a new chat will have."""

    def __init__(self, paths: Paths, settings: Settings, launch: Launch) -> None:
        super().__init__()
        self.paths = paths
        self.settings_read = settings
        self.launch = launch
        self.profile = launch.profile or settings.profile
        self.runtime: Runtime | None = None
        self.conversation = Conversation()
        self.chat_id: str | None = None
        self.chat_title = ""
        self.claimed: str | None = None
        self.running: Turn | None = None
        self.unsent = ""
        self.nudge = 0
        self.pin: str | None = None
        self.tags: dict[str, str] = {}
        self.spending: Spending | None = None
        self.called: dict[str, Called] = {}

    @property
    def transcript(self) -> Transcript:
        return self.screen_stack[0].query_one(Transcript)

    @property
    def composer(self) -> Composer:
        return self.screen_stack[0].query_one(Composer)

    @property
    def selected_turn(self) -> str | None:
        """The turn that panels and single-message actions mean."""
        return self.conversation.turn_of(self.transcript.cursor)

    @property
    def selected_trace(self) -> Trace | None:
        turn = self.selected_turn
        return self.conversation.trace(turn) if turn is not None else None

    def say(self, sentence: str, *, bad: bool = False) -> None:
        """A passing word to the user; never markup, and nothing that a terminal could obey."""
        seconds = _BAD_S if bad else _SAID_S
        self.notify(visible(sentence), severity="error" if bad else "information", markup=False, timeout=seconds)

    def on_notify(self) -> None:
        """Before Textual shows the next: the oldest make room for it."""
        forget_painted()
        if not self.screen_stack:
            return  # it was said while the client was being left
        self.unsay(list(self._notifications)[: 1 - _TOASTS])

    def unsay(self, notifications: Iterable[Notification]) -> None:
        """Take toasts from the screen with what holds each: Textual itself would leave their holders for ever."""
        from textual.widgets._toast import ToastHolder, ToastRack

        held = set()
        for one in notifications:
            self._unnotify(one, refresh=False)
            held.add(ToastRack._toast_id(one))
        for holder in self.screen.query(ToastHolder):
            if holder.id in held:
                holder.remove()

    def show_state(self) -> None:
        """Bring header, panels and status lines up to date."""
        raise NotImplementedError

    def tell_absent(self) -> object:
        """Name the models that the profile in force names and nobody has."""
        raise NotImplementedError

    def branch_before(self, turn: str) -> None:
        """Show the chat as it was before a turn, so that the next prompt begins a branch there."""
        raise NotImplementedError

    def claim_chat(self) -> str:
        """The id of the open chat; a new one has it as soon as anything of it is kept."""
        assert self.runtime is not None
        self.claimed = self.chat_id or self.claimed or self.runtime.new_id()
        return self.claimed

    def keep_written(self) -> None:
        """Keep what is not sent yet in its chat, if it changed. Waits for nothing."""
        raise NotImplementedError

    @property
    def waiting(self) -> list[str]:
        """The prompts that were not sent yet, in their order."""
        raise NotImplementedError

    def take_back(self) -> list[str]:
        """The prompts that were not sent yet; they wait no longer."""
        raise NotImplementedError
