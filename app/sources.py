"""Where models come from: the providers of `config.yaml`, else what is found here, else the simulated ones."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.settings import Paths, Settings
from routing.errors import HANDLING, BreakerEffect, ConfigurationError, ErrorKind, ProviderError
from routing.providers.contract import Provider, ProviderConfig
from routing.providers.discovery import Found, discover
from routing.providers.http import HttpProvider
from routing.providers.keys import Key, find_key
from routing.providers.known import is_loopback
from routing.providers.sentences import sentence
from routing.registry.loading import Overrides, Tiers, build_registry, read_overrides
from routing.registry.model import Model, Registry

if TYPE_CHECKING:
    from routing.simulator import Simulator

SIMULATED_DIALECT = "POINTSMAN_SIMULATED_DIALECT"
"""The environment variable that names the dialect in which the simulated providers are asked."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the user's files say of models: `models.yaml`, `config.yaml` of those of a provider, and the tiers, which
    simulated models have no part in. `key_places` are the lines that name a provider's key."""

    file: Path | None = None
    overrides: Overrides = ()
    tiers: Tiers = ()
    key_places: Mapping[str, str] = field(default_factory=dict)

    def registry(self, listed: Sequence[Model], *, tiered: bool) -> Registry:
        """Raises ConfigurationError with every mistake in `models.yaml`."""
        overrides = read_overrides(self.file) if self.file is not None else ()
        return build_registry(listed, (*self.overrides, *overrides), self.tiers if tiered else ())


@dataclass(frozen=True, slots=True)
class Checked:
    """One provider and what its list of models said: `problem` is a sentence, or None when it is fine; `wants_key` says
    that another key would help. `waiting`: the list has not come yet; `down`: nobody answered, which may pass."""

    config: ProviderConfig
    how: str
    models: tuple[Model, ...] = ()
    problem: str | None = None
    key_where: str | None = None
    wants_key: bool = False
    waiting: bool = False
    down: bool = False


@dataclass(slots=True)
class Sources:
    """Everything that can be asked. It grows while it is used: lists of models that were late, keys that were entered.
    After each change the router has to be told."""

    checked: tuple[Checked, ...]
    providers: dict[str, Provider]
    registry: Registry
    keys: dict[str, Key | None] = field(repr=False)
    said: Said
    simulator: Simulator | None = None
    _late: set[asyncio.Task[Checked]] = field(default_factory=set)
    _retired: Simulator | None = None
    _rebuilding: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def simulated(self) -> bool:
        return self.simulator is not None

    @property
    def listed(self) -> list[Model]:
        """What the servers say that they have."""
        return [model for one in self.checked for model in one.models]

    def explain(self, error: ProviderError, model: Model) -> str:
        """The user's sentence for an error of a call."""
        config = self.providers[model.provider].config
        return sentence(error, config, model, self.keys.get(config.name))

    async def late(self) -> AsyncIterator[Checked]:
        """Every provider whose list was still awaited, as it comes, when it can be asked; but for those that were
        looked up anew meanwhile."""
        while self._late:
            done, _ = await asyncio.wait(self._late, return_when=asyncio.FIRST_COMPLETED)
            task = done.pop()
            self._late.discard(task)
            if task.cancelled():
                return
            checked = task.result()
            if self._awaited(checked.config.name):
                await self._take(checked)
                yield checked

    async def revive(self) -> tuple[Checked, ...]:
        """Ask those that were down once more; returns those that answer now."""
        down = [one for one in self.checked if one.down]
        found = [Found(one.config, one.how, self.keys.get(one.config.name)) for one in down]
        asked = (_check(self.providers[one.config.name], one, self.said) for one in found)
        back = tuple(one for one in await asyncio.gather(*asked) if one.models)
        for one in back:
            await self._take(one)
        return back

    async def join(self, found: Found) -> Checked:
        """Look a provider up now: a new one, or one that is known, with the key that it has now. Once real models
        answer, simulated ones no longer do."""
        config = found.config
        self.keys[config.name] = found.key
        provider = self.providers.get(config.name) or HttpProvider(config, _reader(self.keys, config.name))
        self.providers = {**self.providers, config.name: provider}  # a new mapping: the router closes its breakers
        checked = await _check(provider, found, self.said)
        if checked.models and self.simulator is not None:
            self.checked = tuple(one for one in self.checked if not one.config.simulated)
            self._retired, self.simulator = self.simulator, None  # a turn may still be asking it
        await self._take(checked)
        return checked

    async def try_key(self, found: Found) -> Checked:
        """What the provider says to a key that is not in use yet; nothing changes."""
        provider = HttpProvider(found.config, lambda: found.key.value if found.key else None)
        try:
            return await _check(provider, found, self.said)
        finally:
            await provider.aclose()

    def key_kept(self, name: str, key: Key) -> None:
        """The key in use has a place now."""
        self.keys[name] = key
        self.checked = tuple(
            replace(one, how=key.where if one.how == one.key_where else one.how, key_where=key.where)
            if one.config.name == name
            else one
            for one in self.checked
        )

    async def rebuild(self) -> None:
        """Make the registry again from what is listed; one at a time, so that the newest is the last."""
        async with self._rebuilding:
            self.registry = await asyncio.to_thread(self.said.registry, self.listed, tiered=not self.simulated)

    async def aclose(self) -> None:
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        for provider in self.providers.values():
            await provider.aclose()
        for simulator in (self.simulator, self._retired):
            if simulator is not None:
                await simulator.aclose()

    def _awaited(self, name: str) -> bool:
        return any(one.waiting for one in self.checked if one.config.name == name)

    async def _take(self, checked: Checked) -> None:
        """In place of what was known of this provider, or after the others."""
        names = [one.config.name for one in self.checked]
        if checked.config.name in names:
            self.checked = tuple(checked if one.config.name == checked.config.name else one for one in self.checked)
        else:
            self.checked = (*self.checked, checked)
        await self.rebuild()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command asks for: `faults` (`PROVIDER:KIND[:TIMES]`) need simulated providers, `offline` leaves out
    whatever is not on this machine. `speed` is the simulated models'. A provider whose list takes longer than
    `patience_s` comes later (None: all are waited for)."""

    faults: tuple[str, ...] = ()
    offline: bool = False
    simulate: bool = False
    speed: float = 1.0
    seed: int = 0
    patience_s: float | None = None
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)


async def find_sources(paths: Paths, settings: Settings, wanted: Wanted) -> Sources:
    """Ask every provider for its models, in parallel; wait for one that answers, and for the others as long as is
    wanted. Raises ConfigurationError for a fault or a file that is wrong."""
    if wanted.faults or wanted.simulate:
        return await simulated_sources(paths, settings, wanted)
    began_s = asyncio.get_running_loop().time()
    found = await find_providers(paths, settings, wanted)
    if not found:
        return await simulated_sources(paths, settings, wanted)
    left_s = None
    if wanted.patience_s is not None:
        left_s = max(0.0, began_s + wanted.patience_s - asyncio.get_running_loop().time())
    return await _sources(found, said(paths, settings), left_s)


async def find_providers(paths: Paths, settings: Settings, wanted: Wanted) -> list[Found]:
    """The providers of `config.yaml`, or what lies ready here. Raises ConfigurationError as `find_key` does."""
    if settings.providers:
        found = await asyncio.to_thread(_configured, paths, settings, wanted)
    else:
        found = list(await discover(wanted.environ, config_dir=paths.config_dir))
    return [one for one in found if not wanted.offline or is_loopback(one.config.base_url)]


def said(paths: Paths, settings: Settings) -> Said:
    """What the files say as they are now."""
    return Said(
        paths.models if paths.models.exists() else None,
        tuple(override for provider in settings.providers for override in provider.models),
        settings.tiers,
        {provider.name: provider.key_at for provider in settings.providers},
    )


async def simulated_sources(paths: Paths, settings: Settings, wanted: Wanted) -> Sources:
    """Start the simulator on a port of its own and use its providers."""
    from routing.simulator import DIALECTS, Simulator, parse_fault, provider_names

    try:
        faults = [parse_fault(text, provider_names()) for text in wanted.faults]
    except ValueError as error:
        raise ConfigurationError(f"--fault: {error}") from error
    dialect = wanted.environ.get(SIMULATED_DIALECT) or DIALECTS[0]
    if dialect not in DIALECTS:
        raise ConfigurationError(f'{SIMULATED_DIALECT}: there is no "{dialect}"; write {", ".join(DIALECTS)}.')
    simulator = Simulator(seed=wanted.seed, speed=wanted.speed, documents=paths.documents)
    await simulator.start()
    try:
        found = [Found(_simulated_config(fields), "simulated") for fields in simulator.providers(dialect)]
        sources = await _sources(found, replace(said(paths, settings), tiers=()), None)
        for provider, fault in faults:
            await simulator.set_fault(provider, fault.kind, fault.times, fault.percent)
    except BaseException:
        await simulator.aclose()
        raise
    sources.said = said(paths, settings)
    sources.simulator = simulator
    return sources


def _simulated_config(fields: dict[str, Any]) -> ProviderConfig:
    return ProviderConfig(fields["name"], fields["base_url"], fields["dialect"], simulated=fields["simulated"])


def _configured(paths: Paths, settings: Settings, wanted: Wanted) -> list[Found]:
    found = []
    for one in settings.providers:
        named = tuple(name for name, _ in one.models if not any(sign in name for sign in "*?["))
        config = ProviderConfig(
            name=one.name,
            base_url=one.base_url,
            dialect=one.dialect,
            key=one.key,
            headers=one.headers,
            region=one.region,
            timeouts=one.timeouts,
            models=tuple(name.removeprefix(f"{one.name}/") for name in named),
        )
        key = find_key(one.key, wanted.environ, paths.config_dir) if one.key else None
        found.append(Found(config, paths.config.name, key))
    return found


async def _sources(found: Sequence[Found], said: Said, patience_s: float | None) -> Sources:
    keys = {one.config.name: one.key for one in found}
    providers = {one.config.name: HttpProvider(one.config, _reader(keys, one.config.name)) for one in found}
    tasks = [asyncio.create_task(_check(providers[one.config.name], one, said)) for one in found]
    try:
        late = await _wait(set(tasks), patience_s)
    except BaseException:
        for task in tasks:
            task.cancel()
        raise
    checked = tuple(
        Checked(one.config, one.how, key_where=_where(one), waiting=True) if task in late else task.result()
        for one, task in zip(found, tasks, strict=True)
    )
    sources = Sources(checked, dict(providers), Registry((), ""), keys, said, _late=late)
    try:
        await sources.rebuild()
    except BaseException:
        await sources.aclose()
        raise
    return sources


async def _wait(tasks: set[asyncio.Task[Checked]], patience_s: float | None) -> set[asyncio.Task[Checked]]:
    """Returns those that are not ready in time; but one list with models there must be, if there is any."""
    done, late = await asyncio.wait(tasks, timeout=patience_s)
    while late and not any(task.result().models for task in done):
        more, late = await asyncio.wait(late, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    return late


def _reader(keys: dict[str, Key | None], name: str) -> Callable[[], str | None]:
    def read() -> str | None:
        key = keys.get(name)
        return key.value if key else None

    return read


async def _check(provider: Provider, found: Found, said: Said) -> Checked:
    where = _where(found)
    try:
        return Checked(found.config, found.how, await provider.list_models(), key_where=where)
    except ProviderError as error:
        problem = sentence(error, found.config, None, found.key)
        wants_key = error.kind is ErrorKind.AUTH
        place = said.key_places.get(found.config.name)
        if wants_key and found.key is None and place:
            problem = f"{place}: {problem}"
        down = HANDLING[error.kind].breaker is BreakerEffect.FAILURE
        return Checked(found.config, found.how, problem=problem, key_where=where, wants_key=wants_key, down=down)


def _where(found: Found) -> str | None:
    return found.key.where if found.key else None
