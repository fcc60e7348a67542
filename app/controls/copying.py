"""Copying, and the toast that tells the truth about it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys

from textual import work

from app.controls.base import Base
from app.visible import harmless

_PROGRAMS = (
    ("wl-copy", ("wl-copy",), "WAYLAND_DISPLAY"),
    ("xclip", ("xclip", "-selection", "clipboard"), "DISPLAY"),
    ("xsel", ("xsel", "--clipboard", "--input"), "DISPLAY"),
)
_WAIT_S = 2.0


class CopyControls(Base):
    """OSC 52 reaches the terminal, also over ssh; the system's own program reaches the desktop."""

    def action_copy(self) -> None:
        """The selection; without one the selected message, as it was written."""
        selected = self.transcript.selected_text()
        if selected:
            self.put_away(selected, "selection")
            return
        identity = self.transcript.cursor or self.conversation.last_message()
        if identity is not None:
            self.put_away(self.transcript.message_source(identity), "message")
            self._note_copied(identity)

    def action_copy_code(self) -> None:
        identity = self.transcript.cursor or self.conversation.last_message()
        blocks = self.transcript.code_blocks(identity) if identity is not None else []
        if identity is not None and blocks:
            self.put_away(blocks[-1], "code")
            self._note_copied(identity)
        else:
            self.say("There is no code in this message.")

    @work(group="copy", exit_on_error=False)
    async def put_away(self, text: str, what: str) -> None:
        text = harmless(text)  # a shell into which it is pasted must not obey it either
        self.copy_to_clipboard(text)
        how = await _to_program(text)
        size = f"{len(text):,} characters"
        if how:
            self.say(f"The {what} ({size}) is on the clipboard, by {how}.")
        else:
            self.say(f"The {what} ({size}) was handed to the terminal (OSC 52): not every terminal takes it.")

    @work(group="copy", exit_on_error=False)
    async def _note_copied(self, identity: str) -> None:
        """What is copied was of use: a weak sign that the answer is good."""
        from routing.errors import StorageError

        kind, _, attempt = identity.partition("/")
        turn = self.conversation.turn_of(identity)
        if self.runtime is None or turn is None or kind not in ("attempt", "reply"):
            return
        with contextlib.suppress(StorageError):  # copying itself went well
            await self.runtime.router.note_copied(turn, attempt if kind == "attempt" else None)


async def _to_program(text: str) -> str:
    """The name of the clipboard program that took the text, or nothing."""
    for name, command, variable in _programs():
        if (not variable or os.environ.get(variable)) and shutil.which(name):
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                await asyncio.wait_for(process.communicate(text.encode("utf-8", "replace")), _WAIT_S)
            except TimeoutError:
                process.kill()
                continue
            if process.returncode == 0:
                return name
    return ""


def _programs() -> tuple[tuple[str, tuple[str, ...], str], ...]:
    if sys.platform == "darwin":
        return (("pbcopy", ("pbcopy",), ""),)
    if sys.platform == "win32":
        return (("clip", ("clip",), ""),)
    return _PROGRAMS
