"""Sending, watching and stopping turns."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work

from app.actions import by_command
from app.chat.composer import Composer
from app.chat.empty import STARTERS
from app.controls.editing import EditControls
from app.controls.money import MoneyControls
from app.controls.prompts import Prompt
from app.panels.draw import line

if TYPE_CHECKING:
    from routing.execution.turn import Turn
    from routing.messages import Request

_GAUGES_S = 0.1
_TOLD = ("CapWarned", "Throttled", "RouteFrozen")


class TurnControls(EditControls, MoneyControls):
    """One turn runs at a time; prompts sent meanwhile wait their turn. `asks_again` says, in the composer's edge, when
    a prompt is asked again by itself."""

    asks_again = ""
    _edge = ""

    def start_turns(self) -> None:
        self.start_tracking()
        self._waiting: list[Prompt] = []
        self._carrying = False
        self._preparing: Prompt | None = None
        self.set_interval(_GAUGES_S, self._move_gauges)
        self._tell_waiting()

    def on_composer_sent(self, event: Composer.Sent) -> None:
        text = event.text
        line = text.strip()
        if line.startswith("/") and not line.startswith("//") and "\n" not in line:
            if by_command(line[1:].partition(" ")[0]) is None:
                self.say(f"There is no command {line.split()[0]}: F1 lists them; // sends the line as it is.", bad=True)
                return
            self.composer.remember_sent(text)
            self.composer.give_back()
            self.run_command(line)
            self._tell_waiting()
            return
        if self.reading:
            self.say("What you attach is still being read: press Enter again in a moment.")
            return
        self.send(self.take(text, line[1:] if line.startswith("//") else text))

    def run_command(self, line: str) -> None:
        raise NotImplementedError

    def key_of(self, service: str) -> object:
        """Open the field for the key of a service."""
        raise NotImplementedError

    def on_composer_paste_refused(self, event: Composer.PasteRefused) -> None:
        self.say(
            f"The paste has {event.characters:,} characters, more than the composer takes: send it with "
            "`pointsman ask -` instead.",
            bad=True,
        )

    def on_composer_prepared(self, event: Composer.Prepared) -> None:
        """Send one of the first screen's prompts."""
        starter = STARTERS[event.number - 1]
        self.composer.prepared = 0
        self.send(Prompt(starter.prompt, starter.tags, starter.credit_nusd, starter.fault))

    def send(self, prompt: Prompt) -> None:
        """Now, or as soon as the turn before it has ended and providers are known."""
        self._waiting.append(replace(prompt, nudge=self.nudge))
        self.nudge = 0
        self._tell_waiting()
        if self.runtime is None:
            self.say("Getting ready: your prompt goes out in a moment.")
        self._next()

    def _next(self) -> None:
        if self.runtime is not None and not self._carrying and self._waiting:
            self._carrying = True
            self._preparing = self._waiting.pop(0)
            self._carry(self._preparing)
        self._tell_waiting()

    @property
    def waiting(self) -> list[str]:
        prompts = (*([self._preparing] if self._preparing else []), *self._waiting)
        return [*self.came_back, *(prompt.text for prompt in prompts)]

    @property
    def is_idle(self) -> bool:
        """No turn runs, and no prompt waits."""
        return not self._carrying and not self._waiting

    def take_back(self) -> list[str]:
        """The prompts that were not sent yet; they wait no longer."""
        taken = [*([self._preparing] if self._preparing else []), *self._waiting]
        self._preparing, self._waiting = None, []
        self.attached = (*(part for prompt in taken for part in prompt.attached), *self.attached)
        return [prompt.text for prompt in taken]

    @on(Composer.Changed)
    def _tell_waiting(self) -> None:
        """The composer's edge says what is written there, how many prompts wait, and what goes with the next one."""
        if not self.screen_stack:
            return  # it was written while the client was being left
        does = "ask" if self.edited is None else "edit" if self._carrying else "edit · Esc leaves it as it was"
        waiting = f"{len(self._waiting)} waiting" if self._waiting else ""
        edge = " · ".join(filter(None, (does, waiting, self.asks_again, self.chips)))
        if edge != self._edge:
            self._edge = edge
            self.composer.border_title = line(edge)

    def attached_changed(self) -> None:
        self._tell_waiting()
        self.show_track()

    def ready(self) -> None:
        """The runtime is open."""
        self._next()
        self.show_track()

    @work(group="turn", exit_on_error=False)
    async def _carry(self, prompt: Prompt) -> None:
        from routing.errors import PointsmanError
        from routing.folding import Fold
        from routing.ledger.projections import title_of
        from routing.messages import described

        assert self.runtime is not None
        runtime = self.runtime
        chat = self.chat_id = self.claim_chat()
        parent = self.before(prompt.instead)
        try:
            await self._break_first(prompt)
            request = await self.ask_first(await asyncio.to_thread(self._request, prompt, chat, parent))
            if self._preparing is not prompt:
                return  # it was taken back
            if request is None:
                self._put_back(prompt)
                return
            self._preparing = None
            if prompt.instead in self.conversation.turns:
                self.branch_before(prompt.instead)
            turn = self.running = runtime.router.start(request)
            self.chat_title = self.chat_title or title_of(prompt.text)
            files = "\n".join(map(described, request.attached))
            self.conversation.begin(turn.id, Fold(turn.id), request.written, runtime.now(), files)
            self.transcript.clear_cursor()
            self.transcript.follow()
            self.keep_written()
            self._tell_waiting()
            self.show_state()
            await self._watch(turn)
            runtime.remembering.remember(turn.id)
            self.turn_ended(prompt, turn)
        except PointsmanError as error:
            self.say(str(error), bad=True)
            if self._preparing is prompt:
                self._put_back(prompt)
            self._leave_unstored()
        finally:
            self.running = None
            self._carrying = False
            self.show_state()
            self._next()

    def _put_back(self, prompt: Prompt) -> None:
        """Into the composer, as it was sent from there."""
        self._preparing = None
        self.nudge = prompt.nudge
        self.edit(prompt)

    def turn_ended(self, prompt: Prompt, turn: Turn) -> None:
        """For whoever follows a prompt beyond its turn."""

    def _leave_unstored(self) -> None:
        """A turn that never reached the ledger cannot be followed by another; ↑ brings its prompt back."""
        turn = self.running
        if turn is not None and not turn.trace.attempts and turn.id in self.conversation.turns:
            self.branch_before(turn.id)

    async def _watch(self, turn: Turn) -> None:
        from routing.errors import StorageError

        async for event in turn.events():
            self.conversation.apply(event)
            if event.type in ("TextDelta", "ReasoningDelta", "ToolCallDelta"):
                continue
            if event.type in _TOLD:
                said = self.conversation.trace(turn.id).notes[-1].sentence
                self.say(f"{said[:1].upper()}{said[1:]}.")
            if event.type in ("Reserved", "Settled", "TurnFinished"):
                with contextlib.suppress(StorageError):  # the turn goes on, whether its figures can be read or not
                    await self.count_money()
            self.show_state()

    async def _break_first(self, prompt: Prompt) -> None:
        assert self.runtime is not None
        simulator = self.runtime.sources.simulator
        if prompt.fault and simulator is not None:
            from routing.simulator import parse_fault

            provider, fault = parse_fault(prompt.fault)
            await simulator.set_fault(provider, fault.kind, fault.times, fault.percent)

    def _request(self, prompt: Prompt, chat: str, parent: str | None) -> Request:
        """The prompt with what was said on the path of the chat that leads to it."""
        from app.history.conversation import continue_chat
        from routing.messages import Limits, Request, TextPart

        assert self.runtime is not None
        request = Request(
            content=(TextPart(prompt.text), *prompt.attached),
            chat_id=chat,
            profile=self.profile,
            tags=prompt.tags,
            limits=Limits(credit_nusd=prompt.credit_nusd),
            model=self.pin,
            nudge=prompt.nudge,
            personal=prompt.personal,
        )
        return request if parent is None else continue_chat(self.runtime.store, request, parent)

    def action_stop(self) -> None:
        """Stop the running turn, and forget prompts that wait."""
        unsent = self.take_back()
        if unsent:
            what = f"{len(unsent)} prompts that waited were" if len(unsent) > 1 else "A prompt that waited was"
            self.say(f"{what} not sent: ↑ brings them back.")
        self._tell_waiting()
        if self.running is not None:
            self.running.cancel()

    def action_retry(self) -> None:
        """Ask the selected turn's prompt again, as a branch beside it."""
        turn = self.selected_turn
        if turn is not None:
            self.send(self.prompt_of(turn))

    # What moves on its own

    def _move_gauges(self) -> None:
        if self.running is not None:
            self.show_state()
