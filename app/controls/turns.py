"""Sending, watching and stopping turns."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import work

from app.actions import by_command
from app.chat.composer import Composer
from app.chat.empty import STARTERS
from app.controls.tracking import TrackControls
from app.panels.draw import line
from app.panels.spend import Spending

if TYPE_CHECKING:
    from routing.execution.prechecks import Choice
    from routing.execution.turn import Turn
    from routing.messages import FilePart, ImagePart, Request

_GAUGES_S = 0.1
_TOLD = ("CapWarned", "Throttled", "RouteFrozen")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is to be sent; `fault` breaks a simulated provider first, `nudge` moves the first rung. `tries`: it is asked
    by itself, and how often that may be done again; `personal` is what was said of the personal data in it."""

    text: str
    tags: tuple[tuple[str, str], ...] = ()
    credit_nusd: int | None = None
    fault: str = ""
    nudge: int = 0
    attached: tuple[FilePart | ImagePart, ...] = ()
    tries: int | None = None
    personal: Choice | None = None


class TurnControls(TrackControls):
    """One turn runs at a time; prompts sent meanwhile wait their turn. `asks_again` says, in the composer's edge, when
    a prompt is asked again by itself."""

    asks_again = ""

    def start_turns(self) -> None:
        self.start_tracking()
        self._waiting: list[Prompt] = []
        self._carrying = False
        self._preparing: Prompt | None = None
        self._edited_tags: dict[str, str] = {}
        self.set_interval(_GAUGES_S, self._move_gauges)

    def on_composer_sent(self, event: Composer.Sent) -> None:
        text = event.text
        line = text.strip()
        if line.startswith("/") and not line.startswith("//") and "\n" not in line:
            if by_command(line[1:].partition(" ")[0]) is None:
                self.say(f"There is no command {line.split()[0]}: F1 lists them; // sends the line as it is.", bad=True)
                return
            self.composer.taken(text)
            self.run_command(line)
            return
        if self.reading:
            self.say("What you attach is still being read: press Enter again in a moment.")
            return
        self.composer.taken(text)
        self.send(Prompt(line[1:] if line.startswith("//") else text, self.tags_in_force(), attached=self.attached))
        self._edited_tags = {}
        self.attached = ()
        self._tell_waiting()

    def tags_in_force(self) -> tuple[tuple[str, str], ...]:
        """Those in force, and those of the prompt that is being edited: a private one stays private."""
        return tuple({**self._edited_tags, **self.tags}.items())

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
    def is_idle(self) -> bool:
        """No turn runs, and no prompt waits."""
        return not self._carrying and not self._waiting

    def take_back(self) -> list[str]:
        """The prompts that were not sent yet; they wait no longer."""
        taken = [*([self._preparing] if self._preparing else []), *self._waiting]
        self._preparing, self._waiting = None, []
        self.attached = (*(part for prompt in taken for part in prompt.attached), *self.attached)
        return [prompt.text for prompt in taken]

    def _tell_waiting(self) -> None:
        """The composer's edge says how many prompts wait, and what goes with the next one."""
        waiting = f"{len(self._waiting)} waiting" if self._waiting else ""
        self.composer.border_title = line(" · ".join(filter(None, ("ask", waiting, self.asks_again, self.chips))))

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
        chat = self.chat_id = self.chat_id or runtime.new_id()
        parent = self.conversation.turns[-1] if self.conversation.turns else None
        try:
            await self._break_first(prompt)
            request = await self.ask_first(await asyncio.to_thread(self._request, prompt, chat, parent))
            if self._preparing is not prompt:
                return  # it was taken back
            if request is None:
                self._put_back(prompt)
                return
            self._preparing = None
            turn = self.running = runtime.router.start(request)
            self.chat_title = self.chat_title or title_of(prompt.text)
            files = "\n".join(map(described, request.attached))
            self.conversation.begin(turn.id, Fold(turn.id), request.written, runtime.now(), files)
            self.transcript.clear_cursor()
            self.transcript.follow()
            self.show_state()
            await self._watch(turn)
            self.turn_ended(prompt, turn)
        except PointsmanError as error:
            self.say(str(error), bad=True)
            self._leave_unstored()
        finally:
            self.running = None
            self._carrying = False
            self.show_state()
            self._next()

    def _put_back(self, prompt: Prompt) -> None:
        """Into the composer, as it was sent from there."""
        self._preparing = None
        self._edited_tags, self.nudge = dict(prompt.tags), prompt.nudge
        self.attached = (*prompt.attached, *self.attached)
        self.attached_changed()
        self.composer.put_first(prompt.text)

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

    async def count_money(self) -> None:
        """Read what the session and the day have spent."""
        if self.runtime is None:
            return
        from routing.budget.standing import standings

        runtime = self.runtime
        simulated, policy = runtime.sources.simulated, runtime.router.policy(self.profile)
        money, cap = await runtime.money(self.profile)
        books = await runtime.books()
        self.spending = Spending(
            money.session_nusd,
            money.day_nusd,
            cap,
            money.held_nusd,
            simulated,
            next_nusd=self.spending.next_nusd if self.spending is not None else None,
            warn_at=min(policy.caps.warn_at, default=1.0),
            caps=tuple(standings(policy, runtime.router.setup.caps, books, simulated)),
        )

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
            prompt = self.prompt_of(turn)
            self.branch_before(turn)
            self.send(prompt)

    def prompt_of(self, turn: str) -> Prompt:
        """What was asked, to be asked again: a private prompt stays private."""
        tags = {**self._tags_of(turn), **self.tags}
        asked = self.conversation.trace(turn).request
        may = asked.personal if asked is not None else None
        text, attached = self.conversation.prompt(turn), self._attached_to(turn)
        return Prompt(text, tuple(tags.items()), attached=attached, personal=may)

    def action_edit(self) -> None:
        """Put the selected turn's prompt back into the composer; sending it makes a branch."""
        turn = self.selected_turn
        if turn is not None:
            prompt = self.conversation.prompt(turn)
            self._edited_tags = self._tags_of(turn)
            self.attached = self._attached_to(turn)
            self.branch_before(turn)
            self.attached_changed()
            self.composer.put_first(prompt)

    def _tags_of(self, turn: str) -> dict[str, str]:
        request = self.conversation.trace(turn).request
        return dict(request.tags) if request is not None else {}

    def _attached_to(self, turn: str) -> tuple[FilePart | ImagePart, ...]:
        request = self.conversation.trace(turn).request
        return request.attached if request is not None else ()

    # What moves on its own

    def _move_gauges(self) -> None:
        if self.running is not None:
            self.show_state()
