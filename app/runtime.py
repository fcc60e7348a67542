"""Everything behind the screen and the commands: ledger, session, sources, profiles and the router over them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from app.advisers import advisers
from app.embedder import find_embedder
from app.history.conversation import new_chat_id
from app.history.upkeep import DAY_S, Upkeep
from app.profiles import Profiles, load_profiles
from app.remembering import Remembering, library_of
from app.saved import save_registry
from app.settings import Paths, Settings
from app.sources import Checked, Sources, Wanted, find_providers, find_sources, said
from routing.budget.accounts import Accounts
from routing.budget.caps import Caps
from routing.budget.standing import Books
from routing.clock import Clock, SystemClock, local_day
from routing.confidence.trust import Trust, assess
from routing.errors import ConfigurationError, Problem
from routing.ledger.acceptance import read_acceptance
from routing.ledger.journal import Journal
from routing.ledger.patterns import FILE_NAME, read_patterns, write_patterns_file
from routing.ledger.ratings import counted, judged, read_ratings
from routing.ledger.recovery import recover
from routing.ledger.sessions import Session
from routing.ledger.signs import read_signs
from routing.ledger.spending import Money, read_books, read_money
from routing.ledger.store import Store
from routing.providers.discovery import Found
from routing.registry.model import Model
from routing.router import Router
from routing.setup import Setup
from routing.strategies.neighbours.memory import Memory


@dataclass(frozen=True, slots=True)
class Origin:
    """What a runtime was opened with; `noticed` grows, from any thread, by what the user is to be told."""

    paths: Paths
    settings: Settings
    wanted: Wanted
    profiles: Profiles
    noticed: list[str]


class Runtime:
    """One run of a program. Close it: running turns are stopped and settled, then the session ends."""

    def __init__(
        self,
        journal: Journal,
        session: Session,
        sources: Sources,
        router: Router,
        remembering: Remembering,
        origin: Origin,
    ) -> None:
        self._origin = origin
        self.journal = journal
        self.store = journal.store
        self.session = session
        self.sources = sources
        self.router = router
        self.remembering = remembering
        self.upkeep: Upkeep | None = None
        self.trust = Trust("no ratings yet")
        self.labels = ""
        self._learning = asyncio.Lock()
        self._clock = SystemClock()

    @classmethod
    async def open(
        cls,
        paths: Paths,
        settings: Settings,
        *,
        program: str,
        wanted: Wanted | None = None,
        store: Store | None = None,
        profile: str | None = None,
    ) -> Runtime:
        """Raises ConfigurationError for files and options that are wrong, StorageError for a ledger that cannot be
        used. `store` is an open ledger, or None to open it."""
        wanted = wanted or Wanted()
        clock = SystemClock()
        profiles = await asyncio.to_thread(load_profiles, paths)
        chosen = profiles.choose(profile or settings.profile)
        async with contextlib.AsyncExitStack() as undo:
            if store is None:
                store = await asyncio.to_thread(Store, paths.ledger)
            undo.push_async_callback(asyncio.to_thread, store.close)
            mended = await asyncio.to_thread(recover, store, clock)
            sources = await find_sources(paths, settings, wanted)
            undo.push_async_callback(sources.aclose)
            noticed: list[str] = []
            tell = noticed.append
            embedder = await _embedder(settings, sources, tell)
            remembering = Remembering(
                store,
                tell,
                since_s=_kept_since_s(settings, clock),
                library=library_of(paths, settings),
                models=sources.registry.models,
                embedder=embedder,
            )
            undo.push_async_callback(remembering.stop)
            session = await asyncio.to_thread(Session, store, _session_id(clock), program, chosen, clock.wall())
            setup = Setup(
                profiles=profiles.policies,
                registry=sources.registry,
                providers=sources.providers,
                caps=Caps(settings.day_nusd, settings.simulated_day_nusd),
                explain_error=sources.explain,
                acceptance=await asyncio.to_thread(read_acceptance, store),
                default_profile=chosen,
                problems=_problems(sources),
                strategies=advisers(paths, clock, remembering.memory, tell),
                novelty=remembering.memory.novelty,
                embedder=embedder,
            )
            rng = random.Random(wanted.seed or None)
            journal = Journal(store, session.id)
            router = Router(journal, setup, clock, rng)
            router.look_at_pace()
            runtime = cls(
                journal, session, sources, router, remembering, Origin(paths, settings, wanted, profiles, noticed)
            )
            await runtime._save()
            runtime.upkeep = Upkeep(store, clock, settings.keep_days, ended_badly=mended > 0)
            undo.pop_all()
            return runtime

    def now(self) -> float:
        """Unix seconds."""
        return self._clock.wall()

    def new_id(self) -> str:
        """An identity for a chat."""
        return new_chat_id(self._clock.wall())

    def noticed(self) -> tuple[str, ...]:
        """What the user should know of files that are read late, a sentence each, once."""
        told = tuple(self._origin.noticed)
        del self._origin.noticed[: len(told)]
        return told

    @property
    def memory(self) -> Memory:
        """What was asked so far."""
        return self.remembering.memory

    async def learn(self, turn: str) -> None:
        """Take in what was rated of a turn; in force from the next one. One at a time, so that the last look stays."""
        self.remembering.remember(turn)
        async with self._learning:
            acceptance = await asyncio.to_thread(read_acceptance, self.store)
            self.router.configure(replace(self.router.setup, acceptance=acceptance))
            await self.look_at_trust()

    async def look_at_trust(self) -> None:
        """What all ratings say of the confidence that was shown, and how many labels stand behind it. In a thread: for
        a thousand it takes a tenth of a second."""
        ratings = await asyncio.to_thread(read_ratings, self.store)
        self.labels = counted(ratings, await asyncio.to_thread(read_signs, self.store))
        self.trust = await asyncio.to_thread(assess, judged(ratings), random.Random(0))

    async def accounts(self) -> Accounts:
        """How the money stands today and in this session."""
        return await self.journal.accounts(local_day(self._clock.wall()))

    async def books(self) -> Books:
        """The same in every scope, with what is held."""
        today = local_day(self._clock.wall())
        return await self.store.read_later(lambda db: read_books(db, today, self.session.id))

    async def money(self, profile: str) -> tuple[Money, int | None]:
        """What this session and the day have spent, of the kind that is spent here, and the day's cap on it."""
        simulated, today = self.sources.simulated, local_day(self._clock.wall())
        money = await self.store.read_later(lambda db: read_money(db, self.session.id, today, simulated))
        accounts = await self.accounts()
        return money, accounts.day_cap_nusd(self.router.setup.caps, self.router.policy(profile), simulated)

    @property
    def settings(self) -> Settings:
        """What is in force of `config.yaml`."""
        return self._origin.settings

    @property
    def profiles(self) -> Profiles:
        """What there was of them when the runtime was opened."""
        return self._origin.profiles

    def absent(self, profile: str) -> tuple[Problem, ...]:
        """The models that a profile names and nobody has; of providers whose list did not come, nothing is said.
        Reads the profile's file: call it in a thread."""
        sources = self.sources
        unlisted = {one.config.name for one in sources.checked if one.waiting or one.problem is not None}
        return self.profiles.absent(profile, sources.registry, unlisted)

    async def late(self) -> AsyncIterator[Checked]:
        """Every provider whose list of models came after the others, as soon as it can be asked."""
        async for checked in self.sources.late():
            await self._changed()
            yield checked

    async def revive(self) -> tuple[Checked, ...]:
        """Ask providers that were down once more; those that answer now can be asked from the next turn on."""
        back = await self.sources.revive()
        if back:
            await self._changed()
        return back

    async def join(self, found: Found) -> Checked:
        """Look a provider up, new or known, with the key that it has now; from the next turn on it can be asked."""
        checked = await self.sources.join(found)
        await self._changed()
        return checked

    async def look_again(self) -> tuple[Found, ...]:
        """What there is now and was not there before: it is only found, not asked yet."""
        found = await find_providers(self._origin.paths, self.settings, self._origin.wanted)
        return tuple(one for one in found if one.config.name not in self.sources.providers)

    async def configure(self, settings: Settings) -> None:
        """Put the tiers of a `config.yaml` that was written anew into force."""
        self._origin = replace(self._origin, settings=settings)
        self.sources.said = said(self._origin.paths, settings)
        await self.sources.rebuild()
        await self._changed()

    async def _changed(self) -> None:
        """The router works with what the sources have now."""
        sources = self.sources
        self.remembering.compare(sources.registry.models)
        self.router.configure(
            replace(
                self.router.setup,
                registry=sources.registry,
                providers=sources.providers,
                problems=_problems(sources),
            )
        )
        await self._save()

    async def _save(self) -> None:
        wanted, path = self._origin.wanted, self._origin.paths.discovery
        if not (wanted.faults or wanted.simulate or wanted.offline):  # these say nothing of what there is
            await asyncio.to_thread(save_registry, path, self.sources.registry, self._clock.wall())

    async def aclose(self) -> None:
        if self.upkeep is not None:
            await self.upkeep.stop()
        await self.router.aclose()
        await self.remembering.stop()
        await self.sources.aclose()
        try:
            await asyncio.to_thread(self._keep_patterns)
            await asyncio.to_thread(self.session.end, self._clock.wall())
        finally:
            await asyncio.to_thread(self.store.close)

    def _keep_patterns(self) -> None:
        """What models get wrong, as a file for people to read: not worth ending badly for."""
        with contextlib.suppress(OSError):
            write_patterns_file(self._origin.paths.data_dir / FILE_NAME, read_patterns(self.store))


async def _embedder(settings: Settings, sources: Sources, tell: Callable[[str], None]) -> Model | None:
    """The model that says what a text means, where one is named and there."""
    if settings.embedder is None:
        return None
    try:
        return await asyncio.to_thread(find_embedder, settings.embedder, settings.embedder_at, sources.providers)
    except ConfigurationError as error:
        tell(f"{error}. Until then prompts are compared by their words alone.")
        return None


def _kept_since_s(settings: Settings, clock: Clock) -> float:
    """Turns that began earlier may be erased at any moment."""
    return 0.0 if settings.keep_days is None else clock.wall() - settings.keep_days * DAY_S


def _problems(sources: Sources) -> tuple[str, ...]:
    """Why providers gave no list of models."""
    return tuple(one.problem for one in sources.checked if one.problem is not None)


def _session_id(clock: Clock) -> str:
    """Sorts by time; unlike any other of this machine."""
    return f"{int(clock.wall()):x}-{os.getpid():x}-{os.urandom(2).hex()}"
