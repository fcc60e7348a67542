"""Profiles: the list of them, the switch to another, and what is wrong with them."""

from __future__ import annotations

import asyncio

from textual import work

from app.controls.base import Base


class ProfileControls(Base):
    """The profile in force decides from the next message on."""

    @work(group="screens", exit_on_error=False)
    async def action_profiles(self) -> None:
        from app.screens.profiles import Offered, ProfilesScreen

        runtime = self.runtime
        if runtime is None:
            return
        accounts, setup, simulated = await runtime.accounts(), runtime.router.setup, runtime.sources.simulated
        absent = await asyncio.to_thread(lambda: {name: runtime.absent(name) for name in setup.profiles})
        offered = [
            Offered(policy, accounts.day_cap_nusd(setup.caps, policy, simulated), absent[name])
            for name, policy in setup.profiles.items()
        ]
        chosen = await self.push_screen_wait(ProfilesScreen(offered, self.profile))
        if chosen is not None:
            self.switch_profile(chosen)

    def switch_profile(self, name: str) -> None:
        """In force from the next message; a running turn keeps its own."""
        from routing.errors import ConfigurationError

        if self.runtime is None:
            return
        profiles = self.runtime.profiles
        try:
            self.profile = profiles.choose(name)
        except ConfigurationError as error:
            self.say(str(error), bad=True)
            return
        self.say(f"{name}: {profiles.policies[name].title}. In force from the next message.")
        self.show_state()
        self.show_track()
        self.tell_absent()

    @work(group="absent", exit_on_error=False)
    async def tell_absent(self) -> None:
        """The models that the profile in force names and nobody has."""
        if self.runtime is not None:
            for problem in await asyncio.to_thread(self.runtime.absent, self.profile):
                self.say(f"{problem}.", bad=True)

    def tell_left_out(self) -> None:
        """The files of profiles that cannot be used."""
        for one in self.runtime.profiles.left_out if self.runtime is not None else ():
            self.say(f"{one}.", bad=True)

    def show_track(self) -> object:
        """Say anew where the prompt in the composer would go."""
        raise NotImplementedError
