"""A superseded draft held against its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from app.controls.rating import RatingControls

if TYPE_CHECKING:
    from app.screens.compare import Preference
    from routing.trace import AttemptView, Trace


class CompareControls(RatingControls):
    """The draft under the cursor, or the last one of its turn, is compared with what the turn answered."""

    @work(group="compare", exit_on_error=False)
    async def action_compare(self) -> None:
        from app.panels import words
        from app.screens.compare import CompareScreen, Side

        trace = self.selected_trace
        pair = None if trace is None else _pair(trace, self.transcript.cursor)
        if trace is None or pair is None:
            self.say("Nothing to compare here: only a superseded draft has an answer beside it.")
            return
        texts = self.transcript.message_source(f"attempt/{pair[0].id}"), self.conversation.reply(trace.turn)
        sides = [
            Side(one.model, words.compared(one.confidence), text)
            for one, text in zip(pair, texts, strict=True)
            if one.confidence is not None
        ]
        better = await self.push_screen_wait(CompareScreen(*sides))
        if better is not None:
            await self._compared(trace.turn, *pair, better)

    async def _compared(self, turn: str, draft: AttemptView, answer: AttemptView, better: Preference) -> None:
        from routing.errors import StorageError

        if self.runtime is None:
            return
        chosen = {"draft": draft, "answer": answer}.get(better)
        try:
            said = await self.runtime.router.compare(turn, draft.id, None if chosen is None else chosen.id)
        except StorageError as error:
            self.say(str(error), bad=True)
            return
        if said is not None:
            self.conversation.heed(said)
            await self.runtime.learn(turn)
            self.show_state()
        self.say("Noted: no difference." if chosen is None else f"Noted: the {better}, of {chosen.model}, is better.")


def _pair(trace: Trace, cursor: str | None) -> tuple[AttemptView, AttemptView] | None:
    """A draft and the answer, both measured."""
    finished = trace.finished
    measured = {one.id: one for one in trace.attempts if one.confidence is not None}
    answer = measured.get(finished.attempt or "") if finished is not None else None
    drafts = [one for one in measured.values() if one.outcome == "superseded"]
    lit = [one for one in drafts if cursor == f"attempt/{one.id}"]
    return None if answer is None or not drafts else ((lit or drafts)[-1], answer)
