"""Prompts that were asked before, to be asked again: as they were, or edited in the composer first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on

from app.chat.composer import Composer
from app.controls.prompts import Prompt
from app.controls.tracking import TrackControls

if TYPE_CHECKING:
    from routing.messages import FilePart, ImagePart


@dataclass(frozen=True, slots=True)
class Edit:
    """A prompt that came back into the composer: the turn in whose place it will be asked, None for one that was never
    sent; its tags, so that a private one stays private; what was attached to the text that it displaced, and how many
    texts there are to come back."""

    turn: str | None
    tags: dict[str, str]
    set_aside: tuple[FilePart | ImagePart, ...]
    depth: int


class EditControls(TrackControls):
    """While a prompt is edited its turn stays where it is; sending takes it out of sight, Esc changes nothing.
    `came_back` is a prompt that was never sent and is in the composer before what was being written there."""

    came_back: Sequence[str] = ()
    _begun: Edit | None = None

    @property
    def _edit(self) -> Edit | None:
        """As long as its prompt is in the composer."""
        return self._begun if self._begun is not None and self.composer.depth >= self._begun.depth else None

    @property
    def edited(self) -> str | None:
        """The turn whose prompt is edited, as long as it is shown."""
        turn = self._edit.turn if self._edit is not None else None
        return turn if turn in self.conversation.turns else None

    @on(Composer.Changed)
    def _note_come_back(self) -> None:
        if not self.screen_stack:
            return  # it was written while the client was being left
        text, never_sent = self.composer.text, self._edit is not None and self._edit.turn is None
        self.came_back = [text] if never_sent and self.composer.unsent != text else []

    def tags_in_force(self) -> tuple[tuple[str, str], ...]:
        """Those in force, and those of the prompt that is being edited."""
        own = self._edit.tags if self._edit is not None else {}
        return tuple({**own, **self.tags}.items())

    def leaf(self) -> str | None:
        return self.before(self.edited)

    def before(self, instead: str | None) -> str | None:
        """The turn that a prompt follows: the last, or the one before the turn in whose place it is asked."""
        turns = self.conversation.turns
        if instead in turns:
            turns = turns[: turns.index(instead)]
        return turns[-1] if turns else None

    def action_edit(self) -> None:
        """Put the selected turn's prompt back into the composer; sending it makes a branch."""
        turn = self.selected_turn
        if turn is not None:
            text = self.conversation.prompt(turn)
            self.give_up_edit()
            self.edit(Prompt(text, tuple(self._tags_of(turn).items()), attached=self._attached_to(turn), instead=turn))

    def edit(self, prompt: Prompt) -> None:
        """Into the composer; what stands there comes back afterwards."""
        set_aside, self.attached = self.attached, prompt.attached
        self.composer.put_first(prompt.text)
        self._begun = Edit(prompt.instead, dict(prompt.tags), set_aside, self.composer.depth)
        self.attached_changed()

    def give_up_edit(self) -> bool:
        """The composer is as it was before the edit; whether there was one."""
        if self.edited is None:
            return False
        self._end_edit()
        self.attached_changed()
        return True

    def take(self, sent: str, text: str) -> Prompt:
        """`text` with all that goes with it, of what was `sent` from the composer; what it displaced is there again."""
        prompt = Prompt(text, self.tags_in_force(), attached=self.attached, instead=self.edited)
        self.composer.remember_sent(sent)
        self._end_edit()
        return prompt

    def _end_edit(self) -> None:
        edit = self._edit
        self.attached = edit.set_aside if edit is not None else ()
        self.composer.give_back()
        while self._edit is not None:
            self.composer.give_back()

    def prompt_of(self, turn: str) -> Prompt:
        """What was asked, to be asked again in its place: a private prompt stays private."""
        tags = {**self._tags_of(turn), **self.tags}
        asked = self.conversation.trace(turn).request
        may = asked.personal if asked is not None else None
        text, attached = self.conversation.prompt(turn), self._attached_to(turn)
        return Prompt(text, tuple(tags.items()), attached=attached, personal=may, instead=turn)

    def _tags_of(self, turn: str) -> dict[str, str]:
        request = self.conversation.trace(turn).request
        return dict(request.tags) if request is not None else {}

    def _attached_to(self, turn: str) -> tuple[FilePart | ImagePart, ...]:
        request = self.conversation.trace(turn).request
        return request.attached if request is not None else ()
