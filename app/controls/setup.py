"""Setting up: providers that come late, one call of each, keys that are entered, tiers that are accepted."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from textual import work

from app.controls.turns import TurnControls
from routing.errors import PointsmanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.controls.base import Launch
    from app.screens.key import Entered
    from app.screens.setup import SetupScreen, SetupView
    from app.settings import Paths, Settings
    from app.setup.entries import Entry
    from app.sources import Checked
    from routing.providers.discovery import Found
    from routing.providers.keys import Key
    from routing.registry.ladders import Proposal


REVIVE_S = 20.0
"""Between two looks at providers that were down when the client began."""


class SetupControls(TurnControls):
    """What was called stays known for as long as the client runs. Leaving the screen changes nothing."""

    def __init__(self, paths: Paths, settings: Settings, launch: Launch) -> None:
        super().__init__(paths, settings, launch)
        self._calling: set[str] = set()
        self._proposal: Proposal | None = None
        self._proposing = asyncio.Lock()
        self._configuring = asyncio.Lock()

    @work(group="late", exit_on_error=False)
    async def follow_late(self) -> None:
        """Take in the lists of models that had not come when the first prompt could go out."""
        assert self.runtime is not None
        with self._telling():
            async for checked in self.runtime.late():
                await self._sources_changed()
                self.tell_problem(checked)
            await self._tell_unmatched()
            self.tell_absent()
            self.follow_revived()

    @work(group="revived", exit_on_error=False)
    async def follow_revived(self) -> None:
        """Ask providers that were down again from time to time."""
        assert self.runtime is not None
        with self._telling():
            while any(one.down for one in self.runtime.sources.checked):
                await asyncio.sleep(REVIVE_S)
                for checked in await self.runtime.revive():
                    await self._sources_changed()
                    self.say(f"{checked.config.name} answers now: its models can be asked.")

    def tell_problem(self, checked: Checked) -> None:
        """A passing word on a provider that cannot be used; not while the first screen says it."""
        assert self.runtime is not None
        if checked.problem and (self.conversation.turns or self.runtime.sources.registry.models):
            self.say(checked.problem, bad=True)

    async def _tell_unmatched(self) -> None:
        """Names under `tiers:` that no model has, now that every list is there."""
        from app.setup.unmatched import find_unmatched

        assert self.runtime is not None
        for problem in await asyncio.to_thread(find_unmatched, self.paths, self.runtime.sources):
            self.say(str(problem), bad=True)

    @work(group="setup", exit_on_error=False)
    async def action_setup(self) -> None:
        await self._open_setup(None)

    @work(group="setup", exit_on_error=False)
    async def action_key(self) -> None:
        """The same screen, on the first service that lacks its key."""
        lacking = [entry.name for entry in self._setup_view().entries if entry.wants_key] if self.runtime else []
        await self._open_setup(lacking[0] if lacking else None)

    @work(group="setup", exit_on_error=False)
    async def key_of(self, service: str) -> None:
        """The same screen on one service, with the field for its key open."""
        entries = self._setup_view().entries if self.runtime else ()
        entry = next((one for one in entries if service.lower() in (one.name.lower(), one.key_name.lower())), None)
        if entry is None and entries:
            named = ", ".join(one.name for one in entries if one.key_name) or "none"
            self.say(f"Nothing called {service!r} takes a key here. What does: {named}.", bad=True)
            return
        await self._open_setup(entry.name if entry else None)
        if entry is not None:
            self.enter_key(entry)

    async def _open_setup(self, lit: str | None) -> None:
        from app.screens.setup import SetupScreen

        if self.runtime is None:
            self.say("Still looking for providers: again in a moment.")
            return
        self.unsay(list(self._notifications))  # what they say of providers stands on the screen
        with self._telling():
            await self._propose()
        if len(self.screen_stack) == 1:  # else it was asked for twice, or another screen was quicker
            await self.push_screen(SetupScreen(self._setup_view(), lit))

    def on_setup_screen_chosen(self, event: SetupScreen.Chosen) -> None:
        if event.key:
            self.enter_key(event.entry)
        else:
            self._call_again(event.entry.name)

    def action_call_all(self) -> None:
        assert self.runtime is not None
        for checked in self.runtime.sources.checked:
            if not checked.waiting:
                self._call_again(checked.config.name)

    @work(group="setup", exit_on_error=False)
    async def _call_again(self, name: str) -> None:
        """A provider that has no models yet, or is left alone since it failed, is looked up first."""
        assert self.runtime is not None
        sources = self.runtime.sources
        known = next((one for one in sources.checked if one.config.name == name), None)
        if known is None or name in self._calling:
            return
        with self._telling(), self._shown_calling(name):
            if known.problem is not None or self.runtime.router.observed.breakers.open(name):
                from routing.providers.discovery import Found

                await self._join(Found(known.config, known.how, sources.keys.get(name)))
            await self._call(name)

    @work(group="setup", exit_on_error=False)
    async def enter_key(self, entry: Entry) -> None:
        """Ask for a key; it is tried before it is kept."""
        from app.screens.key import KeyScreen
        from routing.providers.keys import FILE_NAME, keyring_installed

        name = entry.config.key
        if name is None:
            self.say(f"{entry.name} takes no key: to give it one, name it in {self.paths.config}.")
            return
        file, in_environment = self.paths.config_dir / FILE_NAME, bool(os.environ.get(name, "").strip())
        keep = partial(self._try_key, entry)
        await self.push_screen(KeyScreen(entry, file, keep, keyring=keyring_installed(), in_environment=in_environment))

    async def _try_key(self, entry: Entry, entered: Entered) -> str | None:
        """Keep a key unless the provider refuses it as wrong. A sentence says why it is not kept."""
        from routing.providers.discovery import Found
        from routing.providers.keys import Key

        assert self.runtime is not None
        key, known = Key(entered.value, "this field"), entry.checked
        how = known.how if known is not None and known.how != known.key_where else key.where
        found = Found(entry.config, how, key)
        try:
            with self._shown_calling(entry.name):
                checked = await self.runtime.sources.try_key(found)
                return checked.problem if checked.wants_key else await self._use_key(found, entered)
        except PointsmanError as error:
            return str(error)

    async def _use_key(self, found: Found, entered: Entered) -> str | None:
        """Look the provider up with it and call it once: where lists are open to all, only that tells a wrong key.
        Then the earlier one is back."""
        assert self.runtime is not None
        sources, name = self.runtime.sources, found.config.name
        before = sources.keys.get(name)
        kept = False
        try:
            await self._join(found)
            await self._call(name)
            called = self.called.get(name)
            if called is not None and called.refused:
                return called.problem
            key = await asyncio.to_thread(self._keep, found.config.key or "", entered)
            sources.key_kept(name, key)
            kept = True
        finally:
            if not kept and before is not None:
                sources.keys[name] = before
        await self._tell_kept(found.config.key or "", key)
        return None

    def _keep(self, name: str, entered: Entered) -> Key:
        """In a thread."""
        from routing.providers.keys import keep_in_file, keep_in_keyring

        if entered.place == "keyring":
            return keep_in_keyring(name, entered.value)
        return keep_in_file(name, entered.value, self.paths.config_dir)

    async def _tell_kept(self, name: str, key: Key) -> None:
        """Where it is, and whether the next start will find another one first."""
        from routing.providers.keys import find_key

        first = await asyncio.to_thread(find_key, name, os.environ, self.paths.config_dir)
        if first is not None and first.where != key.where:
            self.say(f"Kept as {key.where} and used now, but {first.where} is read first at the next start.", bad=True)
        else:
            self.say(f"Kept as {key.where}.")

    async def _join(self, found: Found) -> None:
        assert self.runtime is not None
        self.called.pop(found.config.name, None)
        await self.runtime.join(found)
        await self._sources_changed()

    async def _call(self, name: str) -> None:
        """One cheap call of a provider that has models."""
        from app.setup.calling import call, cheapest

        assert self.runtime is not None
        models = self.runtime.sources.registry.models
        model = cheapest(one for one in models if one.provider == name)
        if model is None:
            return
        self.called[name] = await call(self.runtime.router, model)
        await self._sources_changed()

    @work(group="setup", exit_on_error=False)
    async def action_look_again(self) -> None:
        """For a key or a server that came after the start, or went: every list is asked for again."""
        from routing.providers.discovery import Found

        assert self.runtime is not None
        with self._telling():
            found = await self.runtime.look_again()
            keys = self.runtime.sources.keys
            known = [
                Found(one.config, one.how, keys.get(one.config.name))
                for one in self.runtime.sources.checked
                if not (one.waiting or one.config.simulated or one.config.name in self._calling)
            ]
            await asyncio.gather(*map(self._join, (*known, *found)))
            self.say(f"Found {', '.join(one.config.name for one in found)}." if found else "Nothing new was found.")

    @work(group="setup", exit_on_error=False)
    async def action_write_tiers(self) -> None:
        from app.setup.tiers import write_tiers

        assert self.runtime is not None
        if self._proposal is None:
            self.say("There are no tiers to write: no model of yours is there yet.")
            return
        told = f"Written to {self.paths.config}, and in force from the next message."
        await self._configure(partial(write_tiers, self.paths, self._proposal.tiers), told)

    @work(group="setup", exit_on_error=False)
    async def action_remove_tiers(self) -> None:
        from app.setup.tiers import remove_tiers

        assert self.runtime is not None
        if not self.runtime.settings.tiers:
            self.say("config.yaml has no tiers to take off.")
            return
        told = f"Taken out of {self.paths.config}: each model stands on its own tier again."
        await self._configure(partial(remove_tiers, self.paths), told)

    async def _configure(self, change: Callable[[], Settings], told: str) -> None:
        """Change the file, and work with what it says now."""
        assert self.runtime is not None
        with self._telling():
            async with self._configuring:  # so that what is in force is what was written last
                await self.runtime.configure(await asyncio.to_thread(change))
            await self._sources_changed()
            self.say(told)

    async def _sources_changed(self) -> None:
        """Header, track and figures as the models are now; on the setup screen also what is proposed."""
        await self._propose()
        await self.count_money()
        self.show_state()
        self.show_setup()
        self.show_track()

    async def _propose(self) -> None:
        from app.setup.proposing import propose_tiers

        assert self.runtime is not None
        async with self._proposing:  # so that the newest is the last
            self._proposal = await asyncio.to_thread(propose_tiers, self.runtime.sources, dict(self.called))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What is wrong with a file, or with the ledger, ends what was begun, and the user is told."""
        try:
            yield
        except PointsmanError as error:
            self.say(str(error), bad=True)

    @contextmanager
    def _shown_calling(self, name: str) -> Iterator[None]:
        self._calling.add(name)
        self.show_setup()
        try:
            yield
        finally:
            self._calling.discard(name)
            self.show_setup()

    def show_setup(self) -> None:
        """Bring the screen up to date, if it is there."""
        from app.screens.setup import SetupScreen

        for screen in self.screen_stack:
            if isinstance(screen, SetupScreen):
                screen.show(self._setup_view())

    def _setup_view(self) -> SetupView:
        from app.screens.setup import SetupView
        from app.setup.entries import list_entries

        assert self.runtime is not None
        sources, settings = self.runtime.sources, self.runtime.settings
        return SetupView(
            list_entries(sources, self.called, self._calling, services=not (settings.providers or self.launch.offline)),
            self._proposal,
            accepted=self._proposal is not None and settings.tiers == self._proposal.tiers,
            tiered=bool(settings.tiers),
            simulated=sources.simulated,
        )
