"""Opening screens and drawers, and the slash commands that lead to them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from app.actions import ACTIONS, by_command
from app.controls.caps import CapControls
from app.controls.chats import ChatControls
from app.controls.comparing import CompareControls
from app.controls.profiles import ProfileControls
from app.screens.page import Page
from app.tags import read_tag, unread_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import SystemCommand
    from textual.screen import Screen

    from routing.ledger.rows import SessionRow

_PAGES = frozenset({"help", "why", "inspect", "summary", "caps"})
_OPENING = frozenset(action.name for action in ACTIONS if action.where == "anywhere") - {"escape", "quit"}
_ALSO_ALONE = frozenset({"profiles", "faults", "theme", "model", "attach", "key"})
"""Actions whose command does something else when nothing follows it."""


class ScreenControls(CompareControls, ChatControls, CapControls, ProfileControls):
    """Everything that opens, and the words that open it."""

    _sessions: list[SessionRow] = []

    def run_command(self, line: str) -> None:
        """`/word argument`, from the composer."""
        word, _, argument = line[1:].partition(" ")
        action = by_command(word)
        assert action is not None, word  # the composer lets no other through
        argument = argument.strip()
        taking: dict[str, Callable[[str], object]] = {
            "profiles": self.switch_profile,
            "faults": self.break_provider,
            "search": self.search_chats,
            "find": self.find_words,
            "rename": self.rename_chat,
            "export": self.export_chat,
            "model": self.pin_model,
            "tag": self.tag_prompts,
            "attach": self.attach_files,
            "theme": self.choose_theme,
            "key": self.key_of,
            "raise_cap": self.raise_cap,
        }
        take = taking.get(action.name)
        if take is not None and (argument or action.name not in _ALSO_ALONE):
            take(argument)
        elif action.name == "escape":
            self.action_stop()
        else:
            self.run_worker(self.run_action(action.name), group="command", exit_on_error=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: a view of the table of actions."""
        from textual.app import SystemCommand

        del screen
        for action in ACTIONS:
            if action.where != "composer" and action.name != "command_palette":
                yield SystemCommand(
                    action.title, action.about, lambda name=action.name: self.call_later(self.run_action, name)
                )

    # Screens

    def action_help(self) -> None:
        from app.screens.help import HelpScreen

        self.open_page(HelpScreen())

    def action_why(self) -> None:
        from app.screens.why import WhyScreen

        self.open_page(WhyScreen(self.selected_trace))

    def action_inspect(self) -> None:
        from app.screens.inspect import InspectScreen

        self.open_page(InspectScreen(self.selected_trace))

    def open_page(self, page: Page) -> None:
        """One page at a time; the key that opened it closes it."""
        shown = self.screen
        if isinstance(shown, Page):
            self.pop_screen()
        if type(shown) is not type(page):
            self.push_screen(page)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Over a page only another page opens, over a list nothing does."""
        del parameters
        covered = len(self.screen_stack) > 1 and action in _OPENING
        return not covered or (action in _PAGES and isinstance(self.screen, Page))

    @work(group="screens", exit_on_error=False)
    async def action_summary(self) -> None:
        from app.screens.summary import SummaryScreen
        from routing.reports.session import list_sessions, summarise_session

        if self.runtime is None:
            return
        store, current = self.runtime.store, self.runtime.session.id
        self._sessions = await asyncio.to_thread(list_sessions, store)
        summary = await asyncio.to_thread(summarise_session, store, current)
        self.open_page(SummaryScreen(summary, self._sessions))

    @work(group="screens", exit_on_error=False)
    async def action_summary_step(self, by: int) -> None:
        """Show an older (1) or newer (-1) session."""
        from app.screens.summary import SummaryScreen
        from routing.reports.session import summarise_session

        page = self.screen
        if self.runtime is None or not isinstance(page, SummaryScreen):
            return
        ids = [session.id for session in self._sessions]
        at = (ids.index(page.session) if page.session in ids else -1) + by
        if 0 <= at < len(ids):
            page.show(await asyncio.to_thread(summarise_session, self.runtime.store, ids[at]))

    # Models, tags

    @work(group="screens", exit_on_error=False)
    async def action_model(self) -> None:
        from app.screens.models import ModelsScreen

        if self.runtime is None:
            return
        router, registry = self.runtime.router, self.runtime.sources.registry
        health = router.observed.health(registry)
        assumed = router.policy(self.profile).assumed_nusd_per_mtok
        chosen = await self.push_screen_wait(ModelsScreen(registry.models, health, assumed, self.pin, self._failed))
        if chosen is not None:
            self.pin_model(chosen)

    @property
    def _failed(self) -> frozenset[str]:
        """Ids of models whose latest call on its own failed."""
        return frozenset(call.model for call in self.called.values() if call.failed)

    def action_models(self) -> None:
        self.action_model()

    def pin_model(self, name: str) -> None:
        from routing.decision.case import matches

        if self.runtime is None:
            return
        aliases = self.runtime.router.policy(self.profile).aliases
        if name and not any(matches(name, model, aliases) for model in self.runtime.sources.registry.models):
            self.say(f"No model is called {name!r}: /model lists them.", bad=True)
            return
        self.pin = name or None
        self.say(f"Pinned {name}." if name else "The router chooses again.")
        self.show_state()
        self.show_track()

    def tag_prompts(self, words: str) -> None:
        """`name` or `name=value` sets a tag, `name=` takes it away, nothing tells what is set."""
        tag = read_tag(words)
        if tag is None and words:
            self.say("A tag is NAME or NAME=VALUE, such as /tag private.", bad=True)
            return
        if tag is not None and tag[1]:
            self.tags[tag[0]] = tag[1]
            self._tell_unread(tag[0])
        elif tag is not None:
            self.tags.pop(tag[0], None)
        self.say("Tags: " + (", ".join(f"{key}={value}" for key, value in self.tags.items()) or "none"))
        self.show_track()

    def _tell_unread(self, tag: str) -> None:
        if self.runtime is not None and (told := unread_tag(tag, [self.runtime.router.policy(self.profile)])):
            self.say(told, bad=True)

    # Faults

    @work(group="screens", exit_on_error=False)
    async def action_faults(self) -> None:
        simulator = self.runtime.sources.simulator if self.runtime is not None else None
        if self.runtime is None or simulator is None:
            self.say("Only simulated providers can be broken, and yours are real: start with --fault to try it.")
            return
        from app.screens.faults import FaultsScreen
        from routing.simulator import FAULTS, provider_names

        now = {name: str(fault.kind) if (fault := simulator.fault(name)) else "" for name in provider_names()}
        chosen = await self.push_screen_wait(FaultsScreen(provider_names(), sorted(FAULTS), now))
        if chosen is not None:
            self.break_provider(chosen)

    @work(group="fault", exit_on_error=False)
    async def break_provider(self, words: str) -> None:
        """`PROVIDER:KIND[:TIMES]` breaks, `PROVIDER:` mends."""
        from routing.simulator import parse_fault

        simulator = self.runtime.sources.simulator if self.runtime is not None else None
        if simulator is None:
            self.say("Only simulated providers can be broken, and yours are real.", bad=True)
            return
        provider, _, kind = words.partition(":")
        try:
            if kind:
                provider, fault = parse_fault(words)
                await simulator.set_fault(provider, fault.kind, fault.times, fault.percent)
            else:
                await simulator.set_fault(provider or "all", None)
        except ValueError as error:
            self.say(str(error), bad=True)
            return
        self.say(f"{provider or 'all'}: {kind or 'mended'}.")

    # Themes

    @work(group="screens", exit_on_error=False)
    async def action_theme(self) -> None:
        from app.panels.draw import line
        from app.screens.picker import Choice, Picker

        names = self.theme_names
        choices = [Choice(name, (line(name),), name) for name in names]
        chosen = await self.push_screen_wait(Picker("Themes", choices, lit=names.index(self.theme)))
        if chosen is not None:
            self.choose_theme(chosen)

    @property
    def theme_names(self) -> list[str]:
        raise NotImplementedError

    def choose_theme(self, name: str) -> None:
        if name not in self.theme_names:
            self.say(f"There is no theme {name!r}: choose one of {', '.join(self.theme_names)}.", bad=True)
            return
        self.theme = name

    def find_words(self, words: str) -> None:
        """Mark words in this chat, and go to the last place they stand."""
        self.transcript.highlight(words or None)
        for turn in reversed(self.conversation.turns if words else []):
            for identity, text in self.conversation.texts(turn):
                at = text.lower().find(words.lower())
                if at >= 0:
                    self.transcript.jump(identity, at)
                    return
        if words:
            self.say(f"{words!r} is not in this chat: /search looks in all of them.")

    def action_find(self) -> None:
        self.composer.put_first("/find ")

    def action_search(self) -> None:
        self.composer.put_first("/search ")

    def action_rename(self) -> None:
        self.composer.put_first(f"/rename {self.chat_title}")

    def action_export(self) -> None:
        self.export_chat("")

    def action_tag(self) -> None:
        self.composer.put_first("/tag ")
