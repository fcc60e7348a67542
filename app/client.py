"""The client: which widgets there are, what the screen's shape is, and who answers what. The work is done elsewhere."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key, Paste
from textual.screen import Screen
from textual.widgets import Static

from app import layout
from app.chat.composer import Composer
from app.chat.empty import STARTERS, STARTING, empty_state, standing_of
from app.chat.hotkeys import ChatTranscript
from app.chat.posted import FoldToggled, FollowChanged, LinkOpened
from app.controls.base import Launch
from app.controls.leaving import LeavingControls
from app.controls.screens import ScreenControls
from app.controls.setup import SetupControls
from app.edges import header, hints
from app.harmless import Harmless
from app.keys import bindings
from app.links import opens, refused, told
from app.memory import forget_painted, give_back
from app.panels.confidence import ConfidencePanel
from app.panels.ladder import LadderPanel
from app.panels.latency import LatencyPanel
from app.panels.panel import Panel
from app.panels.spend import SpendPanel
from app.panels.status import status_line, status_lines
from app.screens.page import Page
from app.settings import DEFAULT_THEME, Paths, Settings
from app.themes import SHIPPED, load_themes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual.app import ComposeResult
    from textual.await_complete import AwaitComplete
    from textual.binding import BindingType
    from textual.events import Resize
    from textual.filter import LineFilter

    from app.actions import Where
    from app.controls.prompts import Prompt
    from app.runtime import Runtime
    from app.themes import Themes
    from routing.execution.turn import Turn
    from routing.trace import Trace

_PANELS: dict[str, type[Panel]] = {
    "ladder": LadderPanel,
    "confidence": ConfidencePanel,
    "latency": LatencyPanel,
    "spend": SpendPanel,
}


class Home(Screen[None]):
    """The screen of the conversation, born in its first shape: each change of it styles every widget anew."""

    AUTO_FOCUS = "Composer"

    def __init__(self, mode: layout.Mode) -> None:
        super().__init__(id="_default", classes=f"-empty -{mode}")

    def on_descendant_focus(self) -> None:
        where: Where = "transcript" if isinstance(self.focused, ChatTranscript) else "anywhere"
        self.query_one("#hints", Static).update(hints(where))


_SETTLED_S = 2.0
"""After this long, files that are read beside the start have been."""


class Client(ScreenControls, SetupControls, LeavingControls):
    """Pointsman on a terminal. Ends with an exit code."""

    TITLE = "Pointsman"
    CSS_PATH = Path(__file__).parent.parent / "themes" / "pointsman.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("anywhere", priority=True),
        Binding("ctrl+c", "interrupt", "Copy or leave", show=False, priority=True),
    ]

    def __init__(self, paths: Paths, settings: Settings, launch: Launch) -> None:
        super().__init__(paths, settings, launch)
        self._themes: Themes = load_themes((SHIPPED, paths.themes))
        self._mode = layout.Mode.FULL
        self._drawer = ""
        self._told_link = ""
        self._net = Harmless()
        self._ready_to_show = False
        for theme in self._themes.themes:
            self.register_theme(theme)
        wanted = launch.theme or settings.theme
        self.theme = wanted if wanted in self._themes.names else DEFAULT_THEME
        self._bad_theme = "" if wanted in self._themes.names else wanted

    def pop_screen(self) -> AwaitComplete:
        popped = super().pop_screen()
        forget_painted()
        return popped

    def turn_ended(self, prompt: Prompt, turn: Turn) -> None:
        super().turn_ended(prompt, turn)
        self._give_back()

    @work(exclusive=True, group="memory", exit_on_error=False)
    async def _give_back(self) -> None:
        await asyncio.to_thread(give_back)

    def get_line_filters(self) -> Sequence[LineFilter]:
        before = tuple(super().get_line_filters())
        if before != self._net.before:
            self._net = Harmless(before)
        return [self._net]

    def get_default_screen(self) -> Home:
        return Home(layout.mode(self.size.width, self.size.height))

    def compose(self) -> ComposeResult:
        yield Static(id="header", markup=False)
        with Horizontal(id="body"):
            with Vertical(id="talk"):
                yield ChatTranscript(self.conversation.load, self._write, id="transcript")
                yield Static(id="empty", markup=False)
                yield Vertical(id="drawer")
                yield Static(id="status", markup=False)
                yield Composer()
            with Vertical(id="rail"):
                for name, panel in _PANELS.items():
                    yield _titled(panel(id=f"rail-{name}"), name)
        yield Static(hints("anywhere"), id="hints", markup=False)

    def on_mount(self) -> None:
        self.conversation.screen = self.transcript
        self._room = self.size
        self._ready_to_show = True
        self.start_turns()
        self._shape()
        self.show_state()
        self.heed_signals()
        self.call_after_refresh(self._open_runtime)

    @work(group="runtime", exit_on_error=False)
    async def _open_runtime(self) -> None:
        """After the first paint: ledger, discovery, profiles, simulator. Prompts typed meanwhile wait."""
        from routing.errors import PointsmanError

        try:
            opening = await asyncio.to_thread(_import_runtime)
            self.runtime = await opening(self.paths, self.settings_read, self.launch)
            _collect_again()
        except PointsmanError as error:
            self.give_up(str(error), error.exit_code)
            return
        await self.count_money()
        await self.chats_ready()
        self.ready()
        for problem in self._themes.problems:
            self.say(str(problem), bad=True)
        if self._bad_theme:
            self.say(f"There is no theme {self._bad_theme!r}: /theme lists them.", bad=True)
        self.tell_left_out()
        for checked in self.runtime.sources.checked:
            self.tell_problem(checked)
        self.show_state()
        self.follow_late()
        self.follow_trust()
        self.set_timer(_SETTLED_S, self.tell_noticed)
        self.follow_upkeep()

    @property
    def theme_names(self) -> list[str]:
        return list(self._themes.names)

    # What is shown

    def show_state(self) -> None:
        """Header, panels, status lines and pages from the state as it is. Cheap: each part draws only what changed."""
        if not self._ready_to_show:
            return
        home = self.screen_stack[0]
        trace = self._stamped(self.selected_trace)
        empty = not self.conversation.turns
        home.set_class(empty, "-empty")
        self.composer.prepared = len(STARTERS) if empty else 0
        if empty:
            standing = STARTING if self.runtime is None else standing_of(self.runtime.sources)
            home.query_one("#empty", Static).update(empty_state(standing, home.query_one("#talk").size.width))
        home.query_one("#header", Static).update(header(self, brief=self._mode is layout.Mode.TINY))
        for panel in home.query(Panel):
            panel.trace = trace
        for spend in home.query(SpendPanel):
            spend.spending = self.spending
        for confidence in home.query(ConfidencePanel):
            confidence.trust = self._trust()
        self._show_status(trace)
        if isinstance(self.screen, Page) and self.screen.trace is not None:
            self.screen.trace = trace

    def _trust(self) -> tuple[str, ...]:
        """Whether the confidence has earned trust, and what it was learned from; nothing where nobody said anything."""
        if self.runtime is None:
            return ()
        trust, labels = self.runtime.trust, self.runtime.labels
        return tuple(filter(None, (trust.told if trust.judged else "", f"learned from {labels}" if labels else "")))

    def _stamped(self, trace: Trace | None) -> Trace | None:
        """A live trace with the present in it, so that its gauges move."""
        if trace is None or not trace.live or self.running is None:
            return trace
        from dataclasses import replace

        return replace(trace, at_s=self.running.elapsed_s)

    def _show_status(self, trace: Trace | None) -> None:
        rows = layout.status_rows(self._mode)
        if rows:
            status = self.screen_stack[0].query_one("#status", Static)
            width = max(10, self._room.width - 2)
            if rows == 2:
                status.update(Content("\n").join(status_lines(trace, self.spending, width)))
            else:
                status.update(status_line(trace, self.spending, width))

    def on_resize(self, event: Resize) -> None:
        self._room = event.size  # `self.size` is still the old one
        self._shape()
        self.show_state()

    def _shape(self) -> None:
        """Which parts the terminal's size allows."""
        self._mode = layout.mode(self._room.width, self._room.height)
        home = self.screen_stack[0]
        home.update_classes({f"-{mode}": mode is self._mode for mode in layout.Mode})
        shown = layout.rail_panels(self._mode)
        rail = home.query_one("#rail")
        rail.display = bool(shown)
        rail.styles.width = layout.rail_width(self._mode)
        home.query_one("#header").display = layout.has_header(self._room.height)
        home.query_one("#status").display = layout.status_rows(self._mode) > 0
        drawer = home.query_one("#drawer")
        drawer.display = bool(self._drawer) and self._drawer not in shown
        drawer.styles.height = layout.drawer_rows(self._mode, max(3, self._room.height - 6))
        for name in _PANELS:
            home.query_one(f"#rail-{name}").display = name in shown
        for panel in drawer.query(Panel):
            panel.display = panel.id == f"drawer-{self._drawer}"

    # Keys

    def action_panel(self, name: str) -> None:
        """Open a panel as a drawer, or close it; in the rail it is always there."""
        self._drawer = "" if self._drawer == name else name
        drawer = self.screen_stack[0].query_one("#drawer")
        if self._drawer and not drawer.query(f"#drawer-{name}"):
            drawer.mount(_titled(_PANELS[name](id=f"drawer-{name}"), name))
        self._shape()
        self.show_state()

    def action_escape(self) -> None:
        """Stop; else give up an edit; else close the drawer; else go between composer and transcript."""
        if self.running is not None:
            self.action_stop()
        elif self.give_up_edit():
            self.composer.focus()
        elif self.unschedule():
            self.say("Not asked again by itself: r asks now.")
        elif self._drawer:
            self.action_panel(self._drawer)
        elif self.composer.has_focus:
            self.transcript.focus()
        else:
            self.action_compose_prompt()

    def _write(self, event: Key | Paste) -> None:
        """What was typed or pasted elsewhere and belongs into the composer."""
        self.transcript.clear_cursor()
        self.screen_stack[0].set_focus(self.composer)
        again = Key(event.key, event.character) if isinstance(event, Key) else Paste(event.text)
        self.composer.post_message(again)

    def action_compose_prompt(self) -> None:
        self.transcript.clear_cursor()
        self.composer.focus()
        self.show_state()

    def _jump_prompt(self, by: int) -> None:
        turns, selected = self.conversation.turns, self.selected_turn
        if selected in turns:
            at = turns.index(selected) + (by if self.transcript.cursor else 0)
            self.transcript.place_cursor(f"you/{turns[max(0, min(len(turns) - 1, at))]}")

    def action_next_prompt(self) -> None:
        self._jump_prompt(1)

    def action_previous_prompt(self) -> None:
        self._jump_prompt(-1)

    def on_transcript_cursor_moved(self) -> None:
        self.show_state()

    def on_transcript_fold_toggled(self, event: FoldToggled) -> None:
        self.conversation.toggle_fold(event.id)

    def on_transcript_follow_changed(self, event: FollowChanged) -> None:
        below = "new below, End follows" if event.below else ""
        self.transcript.border_subtitle = "" if event.following else below

    def on_transcript_link_opened(self, event: LinkOpened) -> None:
        if not opens(event.url):
            self.say(refused(event.url))
        elif event.url != self._told_link:
            self._told_link = event.url
            self.say(told(event.url))
        else:
            self._open_link(event.url)

    @work(group="link", exit_on_error=False)
    async def _open_link(self, url: str) -> None:
        """In a thread: some browsers are waited for until they end."""
        await asyncio.to_thread(self.open_url, url)

    async def close_runtime(self) -> None:
        """Stop and settle what runs, keep what is unsent, end the session."""
        from routing.errors import StorageError

        if self.runtime is not None:
            self._keep_unsent()
            try:
                await self.runtime.aclose()
            except StorageError as error:
                self.last_words = self.last_words or str(error)
            self.runtime = None

    async def on_unmount(self) -> None:
        await self.close_runtime()


def _warm_transcript() -> None:
    """In a thread: the first block of code shall not wait for the lexers."""
    from app.chat.message import warm

    warm()


def _import_runtime() -> Callable[[Paths, Settings, Launch], Awaitable[Runtime]]:
    """In a thread: pydantic, httpx and the rest are slow to import, and the screen is already there."""
    from app.opening import open_runtime

    return open_runtime


def _collect_again() -> None:
    """The program was started with the collector off: what is there by now stays, so it need never look at it."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _titled(panel: Panel, name: str) -> Panel:
    panel.border_title = name
    return panel


def run_client(
    paths: Paths,
    settings: Settings,
    *,
    profile: str | None = None,
    offline: bool = False,
    theme: str | None = None,
    resume: str | None = None,
    faults: tuple[str, ...] = (),
) -> int:
    """Open the client and stay until the user leaves; returns the exit code. `resume` is a chat's id or `last`."""
    client = Client(paths, settings, Launch(profile, offline, theme, resume, faults))
    code = client.run()
    code = client.return_code or code or 0
    client.farewell(code)
    return code
