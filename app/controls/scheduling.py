"""What a degraded turn's card offers: to be asked again by itself once it can work, and to take its draft."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import work

from app.chat.card import wait_s
from app.controls.turns import TurnControls
from routing.clock import lasting

if TYPE_CHECKING:
    from textual.timer import Timer

    from app.controls.prompts import Prompt
    from routing.execution.turn import Turn
    from routing.trace import Trace

_TRIES = 3
_TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A degraded turn whose prompt is asked again in `left_s`; `tries` counts that time and those after it."""

    turn: str
    left_s: float
    tries: int


class CardControls(TurnControls):
    """At most one turn of each chat is scheduled; it is asked again while its chat is open. What is scheduled is in no
    file: it ends with the client."""

    def start_turns(self) -> None:
        self._scheduled: dict[str, Scheduled] = {}
        self._ticking: Timer | None = None
        super().start_turns()

    def action_schedule(self) -> None:
        """Ask the selected turn's prompt again by itself, or, if that is scheduled, do not."""
        trace, now = self.selected_trace, self._scheduled.get(self.chat_id or "")
        if now is not None and (trace is None or trace.turn == now.turn):
            self.unschedule()
            self.say("Not asked again by itself: r asks now.")
        elif trace is None or trace.degraded is None or trace.finished is None:
            self.say("Only a turn that is degraded is asked again by itself: r asks any turn again.")
        else:
            self._schedule(trace, _TRIES)

    def _schedule(self, trace: Trace, tries: int) -> None:
        assert self.runtime is not None
        assert trace.degraded is not None
        left_s = wait_s(trace.degraded, max(0.0, self.runtime.now() - trace.degraded.wall_s))
        self._scheduled[trace.chat] = Scheduled(trace.turn, left_s, tries)
        if self._ticking is None:
            self._ticking = self.set_interval(_TICK_S, self.tick)
        self._tell_scheduled()
        if tries == _TRIES:
            when = f"Asked again in {lasting(left_s)}, while Pointsman runs and this chat is open."
            self.say(f"{when} Esc or s takes it back.")

    def unschedule(self) -> bool:
        """Take back what is scheduled in the open chat; whether anything was."""
        taken_back = self._scheduled.pop(self.chat_id or "", None) is not None
        self._tell_scheduled()
        return taken_back

    def tick(self) -> None:
        """A second has passed."""
        self._scheduled = {
            chat: replace(one, left_s=max(0.0, one.left_s - _TICK_S)) for chat, one in self._scheduled.items()
        }
        here = self._scheduled.get(self.chat_id or "")
        if here is not None and here.turn not in self.conversation.turns:
            self.unschedule()  # it was asked again, or edited, by hand
        elif here is not None and not here.left_s and self.is_idle and here.turn != self.edited:
            self._ask_again(here)
        if not self._scheduled and self._ticking is not None:
            self._ticking.stop()
            self._ticking = None
        self._tell_scheduled()

    def _ask_again(self, scheduled: Scheduled) -> None:
        """In the place of its turn; where the chat went on meanwhile, at its end."""
        self.unschedule()
        prompt = replace(self.prompt_of(scheduled.turn), tries=scheduled.tries - 1)
        if self.conversation.turns[-1] != scheduled.turn:
            prompt = replace(prompt, instead=None)
        nudge, self.nudge = self.nudge, 0
        self.send(prompt)
        self.nudge = nudge

    def turn_ended(self, prompt: Prompt, turn: Turn) -> None:
        """What was asked by itself and found nobody is asked by itself again, while tries are left."""
        finished = turn.trace.finished
        if prompt.tries is None or finished is None or finished.status != "degraded" or finished.attempt is not None:
            return
        if prompt.tries:
            self._schedule(turn.trace, prompt.tries)
        else:
            self.say(f"Asked {_TRIES} times by itself, and nobody could answer: r asks again, e edits.", bad=True)

    def _tell_scheduled(self) -> None:
        here = self._scheduled.get(self.chat_id or "")
        says = "" if here is None else f"again in {lasting(here.left_s)}"
        if says != self.asks_again:
            self.asks_again = says
            self._tell_waiting()

    @work(group="take", exit_on_error=False)
    async def action_take_draft(self) -> None:
        """Take what the selected turn shows for its answer: what follows builds on it."""
        trace = self.selected_trace
        if trace is None or trace.takeable is None or self.runtime is None:
            self.say("There is no draft to take: only a degraded turn that shows one has it.")
            return
        taken = await self.runtime.router.take_draft(trace.turn)
        if taken is None:
            return
        self.conversation.heed(taken)
        if self.chat_id is not None and (now := self._scheduled.get(self.chat_id)) and now.turn == trace.turn:
            self.unschedule()
        self.show_state()
        self.say("Taken for the answer: what follows builds on it. It is not counted as a success.")
