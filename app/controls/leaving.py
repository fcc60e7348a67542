"""Ways out: by key, by signal, by a fault of ours. Each settles what runs and says at most one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import traceback

from textual.worker import Worker, WorkerState

from app.controls.copying import CopyControls
from app.visible import visible

_AGAIN_S = 2.0
_HUNG_UP = 129
_PRIVATE = 0o600


class LeavingControls(CopyControls):
    """`last_words` is for the terminal that the client leaves behind."""

    last_words = ""
    _leaving = False

    def heed_signals(self) -> None:
        """A closed terminal or a polite kill is a way out like any other: what runs is settled first."""
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None:
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    asyncio.get_running_loop().add_signal_handler(number, self.exit, 128 + number)

    def action_interrupt(self) -> None:
        """Ctrl-C copies a selection; else twice in a row it leaves."""
        selected = self.transcript.selected_text() or self.composer.selected_text
        if selected and not self._leaving:
            self.put_away(selected, "selection")
        elif self._leaving:
            self.exit(130)
        else:
            self._leaving = True
            self.set_timer(_AGAIN_S, self._stay)
            stops = "Esc stops the answer. " if self.running is not None else ""
            self.say(f"{stops}Ctrl-C once more leaves (Ctrl-Q at once). Everything is kept.")

    def _stay(self) -> None:
        self._leaving = False

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The outermost door: a fault of ours is told in a sentence, and ends the client only where it cannot go on."""
        from routing.errors import PointsmanError

        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        sentence = f"Something went wrong inside Pointsman ({type(error).__name__}: {error}). Everything is kept."
        if isinstance(error, PointsmanError):
            sentence = str(error)
        if event.worker.group == "runtime":
            self.give_up(sentence, 1)
        else:
            self.say(sentence, bad=True)

    def give_up(self, sentence: str, code: int) -> None:
        """Leave with a sentence for the terminal; Textual's own `message` would be markup and wrapped."""
        self.last_words = sentence
        self.exit(code)

    def _fatal_error(self) -> None:
        """In place of Textual's report, which would show the user a traceback with the values of locals: a sentence,
        and the places alone in a file."""
        from routing.files import replace_file

        place = self.paths.data_dir / "fault.txt"
        with contextlib.suppress(OSError):
            replace_file(place, traceback.format_exc().encode("utf-8", "replace"), _PRIVATE)
        self.last_words = f"Something went wrong inside Pointsman, and it had to end; {place} tells where. All is kept."
        self._close_messages_no_wait()

    def farewell(self, code: int) -> None:
        """After the screen is gone: say what is to be said, where there is still a terminal to read it."""
        if code == _HUNG_UP:
            nothing = os.open(os.devnull, os.O_WRONLY)
            for stream in (1, 2):  # or Python's last flush fails, and its exit code is that failure's
                os.dup2(nothing, stream)
        elif self.last_words:
            print(visible(self.last_words), file=sys.stderr)
