"""The client in a headless terminal, driven as a person would, and waited for by what can be seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from textual.events import Paste
from textual.notifications import Notify
from textual.widgets import Static

from app.client import Client
from app.controls.base import Launch
from app.settings import Paths, Settings

if TYPE_CHECKING:
    from textual.message import Message
    from textual.pilot import Pilot

    from app.panels.panel import Panel
    from app.runtime import Runtime
    from routing.events import Event

PATIENCE_S = 15.0
"""A condition that takes longer will never come true."""
QUICK = Launch(speed=0, seed=7)
PANELS = ("ladder", "confidence", "latency", "spend")


class Driver:
    """One client and the hands on its keys."""

    def __init__(self, app: Client, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot
        self.toasts: list[str] = []
        """Every one that was told so far; on screen they go after some seconds."""

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                assert self.faults == [], self.faults
                assert not self.app.last_words, self.app.last_words
                await self.pilot.pause(0.005)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def ready(self) -> None:
        await self.until(lambda: self.app.runtime is not None and self.app.spending is not None)
        await self.pilot.pause()

    async def settle(self) -> None:
        """Until no turn runs or waits, and all of the transcript is painted."""
        await self.until(lambda: self.app.running is None and not self.app.transcript.unsettled)
        await self.pilot.pause()

    async def send(self, text: str) -> None:
        """Write and press Enter."""
        self.app.composer.focus()
        self.app.composer.write(text)
        await self.press("enter")

    async def ask(self, text: str) -> str:
        """Send a prompt and wait for the end of its turn; returns the turn."""
        before = len(self.app.conversation.turns)
        await self.send(text)
        await self.until(lambda: len(self.app.conversation.turns) > before)
        await self.settle()
        return self.app.conversation.turns[-1]

    async def paste(self, text: str) -> None:
        self.app.composer.post_message(Paste(text))
        await self.pilot.pause()

    async def until_left(self) -> None:
        """Wait until the client leaves by itself."""
        async with asyncio.timeout(PATIENCE_S):
            while self.app.return_code is None:
                await self.pilot.pause(0.005)

    async def told(self, words: str) -> str:
        """Wait for a toast that holds these words."""
        await self.until(lambda: any(words in toast for toast in self.toasts))
        return next(toast for toast in self.toasts if words in toast)

    @property
    def runtime(self) -> Runtime:
        assert self.app.runtime is not None
        return self.app.runtime

    @property
    def faults(self) -> list[str]:
        """What went wrong inside the client."""
        return [toast for toast in self.toasts if toast.startswith("Something went wrong")]

    @property
    def header(self) -> str:
        return self.text("#header")

    @property
    def rows(self) -> str:
        """The conversation as it is seen."""
        return self.app.transcript.visible_text()

    def text(self, selector: str) -> str:
        """What a line of the main screen says."""
        return str(self.app.screen_stack[0].query_one(selector, Static).content)

    def panel(self, name: str) -> Panel:
        from app.panels.panel import Panel

        return self.app.screen_stack[0].query_one(f"#rail-{name}", Panel)

    def panel_text(self, name: str) -> str:
        return "\n".join(line.plain for line in self.panel(name).lines(38, 20))

    def panels(self) -> dict[str, str]:
        return {name: self.panel_text(name) for name in PANELS}

    def events(self, turn: str) -> list[Event]:
        """The turn as the ledger tells it."""
        return self.runtime.journal.events(turn)


def places(home: Path) -> Paths:
    return Paths(home / "data", home / "config.yaml")


@asynccontextmanager
async def driven(
    home: Path, launch: Launch = QUICK, *, size: tuple[int, int] = (120, 40), ready: bool = True
) -> AsyncIterator[Driver]:
    """A running client with data of its own under `home`."""
    from app.settings import read_settings

    paths = places(home)
    app = Client(paths, read_settings(paths) if paths.config.exists() else Settings(), launch)
    app.animation_level = "none"
    toasts: list[str] = []

    def heed(message: Message) -> None:
        if isinstance(message, Notify):
            toasts.append(message.notification.message)

    async with app.run_test(size=size, notifications=True, message_hook=heed) as pilot:
        driver = Driver(app, pilot)
        driver.toasts = toasts
        if ready:
            await driver.ready()
        yield driver
