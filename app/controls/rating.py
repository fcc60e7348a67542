"""What the user says of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from app.controls.noticing import NoticeControls

if TYPE_CHECKING:
    from app.controls.prompts import Prompt
    from routing.execution.turn import Turn
    from routing.trace import Trace


class RatingControls(NoticeControls):
    """Answers are rated with a key; one turn in eight asks for it, once."""

    def turn_ended(self, prompt: Prompt, turn: Turn) -> None:
        super().turn_ended(prompt, turn)
        if self.settings_read.ask_ratings:
            self._ask_rating(turn.id)

    @work(group="rating", exit_on_error=False)
    async def _ask_rating(self, turn: str) -> None:
        from routing.errors import StorageError

        if self.runtime is None:
            return
        try:
            asked = await self.runtime.router.ask_rating(turn)
        except StorageError:
            return  # nobody is asked what could not be kept
        if asked is not None:
            self.conversation.heed(asked)
            self.show_state()

    @work(group="rating", exit_on_error=False)
    async def action_rate(self, word: str) -> None:
        """Rate the message under the cursor: a draft for itself, else the turn's answer. Without a cursor that which is
        asked about."""
        from routing.errors import StorageError

        turn = self.selected_turn
        if turn is None or self.runtime is None:
            return
        trace = self.conversation.trace(turn)  # another may be selected by the time that it is noted
        try:
            rated = await self.runtime.router.rate(turn, word == "good", self._rateable(trace))
        except StorageError as error:
            self.say(str(error), bad=True)
            return
        if rated is None:
            self.say(f"Nothing to rate here: only an answer is {word}, and only once.")
            return
        self.conversation.heed(rated)
        await self.runtime.learn(turn)
        self.show_state()
        model = next(one.model for one in trace.attempts if one.id == rated.attempt)
        self.say(f"Noted as {word}, of {model}.")

    def _rateable(self, trace: Trace) -> str | None:
        """The attempt that is meant; None: the turn's answer."""
        cursor = self.transcript.cursor
        if cursor is not None:
            kind, _, attempt = cursor.partition("/")
            return attempt if kind == "attempt" else None
        return next((one.id for one in trace.attempts if one.rating_asked and one.rated is None), None)

    @work(group="rating", exit_on_error=False)
    async def follow_trust(self) -> None:
        """Tell what earlier ratings say of the confidence, once somebody could look."""
        if self.runtime is not None:
            await self.runtime.look_at_trust()
            self.show_state()
