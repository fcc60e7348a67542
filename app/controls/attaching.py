"""What goes with the next prompt: files and images, attached by a command or by dropping them on the terminal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from app.chat.composer import Composer
from app.controls.base import Base

if TYPE_CHECKING:
    from pathlib import Path

    from routing.messages import FilePart, ImagePart


class AttachControls(Base):
    """`attached` waits for the next prompt; the composer's edge shows it."""

    attached: tuple[FilePart | ImagePart, ...] = ()
    reading = 0

    def attach_files(self, words: str) -> None:
        """`/attach PATH`, as it is typed or pasted; quotes and several paths are understood."""
        from app.attachments import paths_in

        self._take_along(paths_in(words))

    def on_composer_images_dropped(self, event: Composer.ImagesDropped) -> None:
        self._take_along(event.paths)

    @work(group="attach", exit_on_error=False)
    async def _take_along(self, paths: list[Path]) -> None:
        from app.attachments import read_attachment
        from routing.errors import ConfigurationError

        self.reading += 1
        try:
            for path in paths:
                part = await asyncio.to_thread(read_attachment, path)
                self.attached = (*self.attached, part)
        except ConfigurationError as error:
            self.say(str(error), bad=True)
        finally:
            self.reading -= 1
            self.attached_changed()

    @work(group="screens", exit_on_error=False)
    async def action_attach(self) -> None:
        """List what is attached, to take it off again; where nothing is, ask for a path."""
        from app.panels.draw import line
        from app.screens.picker import Choice, Picker
        from routing.messages import described

        if not self.attached:
            self.composer.put_first("/attach ")
            return
        choices = [
            Choice(at, (line(("✗ ", "bad"), described(part)),), described(part))
            for at, part in enumerate(self.attached)
        ]
        if len(choices) > 1:
            choices.append(Choice(-1, (line(("✗ ", "bad"), ("all of them", "muted")),), "all"))
        chosen = await self.push_screen_wait(Picker("Attached: Enter takes it off", choices))
        if chosen is not None:
            kept = (part for at, part in enumerate(self.attached) if at != chosen)
            self.attached = () if chosen < 0 else tuple(kept)
            self.attached_changed()

    def attached_changed(self) -> None:
        """Show what is attached, and where the prompt would go with it."""
        raise NotImplementedError

    @property
    def chips(self) -> str:
        """`▣ photo.png (image, 120 kB) · ▣ notes.txt (text, 3.1 kB)`"""
        if not self.attached:
            return ""
        from routing.messages import described

        return " · ".join(f"▣ {described(part)}" for part in self.attached)
