"""What turns up while the client runs: files that are read late, and are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.controls.scheduling import CardControls

if TYPE_CHECKING:
    from app.controls.prompts import Prompt
    from routing.execution.turn import Turn


class NoticeControls(CardControls):
    """The user is told once, as soon as somebody has looked."""

    def turn_ended(self, prompt: Prompt, turn: Turn) -> None:
        super().turn_ended(prompt, turn)
        self.tell_noticed()

    def tell_noticed(self) -> None:
        if self.runtime is not None:
            for sentence in self.runtime.noticed():
                self.say(sentence, bad=True)
