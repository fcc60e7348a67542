"""Where models come from: the providers of `config.yaml`, else what is found here, else the simulated ones."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.settings import Paths, Settings
from routing.errors import ConfigurationError, ProviderError
from routing.providers.contract import Provider, ProviderConfig
from routing.providers.discovery import discover
from routing.providers.http import HttpProvider
from routing.providers.keys import Key, find_key
from routing.providers.known import is_loopback
from routing.providers.sentences import sentence
from routing.registry.loading import load_registry
from routing.registry.model import Model, Registry

if TYPE_CHECKING:
    from routing.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Checked:
    """One provider and what its list of models said: `problem` is a sentence, or None when it is fine."""

    config: ProviderConfig
    how: str
    models: tuple[Model, ...]
    problem: str | None


@dataclass(slots=True)
class Sources:
    """Everything that can be asked. `keys` are looked up once, at start."""

    checked: tuple[Checked, ...]
    providers: dict[str, Provider]
    registry: Registry
    keys: dict[str, Key | None]
    simulator: Simulator | None = None

    @property
    def simulated(self) -> bool:
        return self.simulator is not None

    def explain(self, error: ProviderError, model: Model) -> str:
        """The user's sentence for an error of a call."""
        config = self.providers[model.provider].config
        return sentence(error, config, model, self.keys.get(config.name))

    async def aclose(self) -> None:
        for provider in self.providers.values():
            await provider.aclose()
        if self.simulator is not None:
            await self.simulator.aclose()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command asks for: `faults` (`PROVIDER:KIND[:TIMES]`) need simulated providers, `offline` leaves out
    whatever is not on this machine. `speed` is the simulated models'."""

    faults: tuple[str, ...] = ()
    offline: bool = False
    simulate: bool = False
    speed: float = 1.0
    seed: int = 0
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))


async def find_sources(paths: Paths, settings: Settings, wanted: Wanted) -> Sources:
    """Ask every provider for its models, in parallel. Raises ConfigurationError for a fault or a file that is wrong."""
    if wanted.faults or wanted.simulate:
        return await simulated_sources(paths, wanted)
    found = await _found(paths, settings, wanted)
    if wanted.offline:
        found = [one for one in found if is_loopback(one[0].base_url)]
    if not found:
        return await simulated_sources(paths, wanted)
    return await _sources([(config, how, key) for config, how, key in found], paths)


async def simulated_sources(paths: Paths, wanted: Wanted) -> Sources:
    """Start the simulator on a port of its own and use its providers."""
    from routing.simulator import Simulator, parse_fault, provider_names

    try:
        faults = [parse_fault(text, provider_names()) for text in wanted.faults]
    except ValueError as error:
        raise ConfigurationError(f"--fault: {error}") from error
    simulator = Simulator(seed=wanted.seed, speed=wanted.speed, documents=paths.documents)
    await simulator.start()
    configs = [_simulated_config(fields) for fields in simulator.providers()]
    sources = await _sources([(config, "simulated", None) for config in configs], paths)
    for provider, fault in faults:
        await simulator.set_fault(provider, fault.kind, fault.times)
    sources.simulator = simulator
    return sources


def _simulated_config(fields: dict[str, Any]) -> ProviderConfig:
    return ProviderConfig(fields["name"], fields["base_url"], fields["dialect"], simulated=fields["simulated"])


async def _found(paths: Paths, settings: Settings, wanted: Wanted) -> list[tuple[ProviderConfig, str, Key | None]]:
    if not settings.providers:
        found = await discover(wanted.environ, config_dir=paths.config_dir)
        return [(one.config, one.how, one.key) for one in found]
    configured = []
    for one in settings.providers:
        config = ProviderConfig(one.name, one.base_url, one.dialect, one.key, one.headers, one.region)
        key = await asyncio.to_thread(find_key, one.key, wanted.environ, paths.config_dir) if one.key else None
        configured.append((config, f"{paths.config.name}", key))
    return configured


async def _sources(found: Sequence[tuple[ProviderConfig, str, Key | None]], paths: Paths) -> Sources:
    keys = {config.name: key for config, _, key in found}
    providers = {config.name: HttpProvider(config, _reader(keys, config.name)) for config, _, _ in found}
    checked = await asyncio.gather(
        *(_check(providers[config.name], how, keys[config.name]) for config, how, _ in found)
    )
    listed = [model for one in checked for model in one.models]
    registry = await asyncio.to_thread(load_registry, listed, _existing(paths.models))
    return Sources(tuple(checked), dict(providers), registry, keys)


def _reader(keys: dict[str, Key | None], name: str) -> Any:
    def read() -> str | None:
        key = keys.get(name)
        return key.value if key else None

    return read


async def _check(provider: HttpProvider, how: str, key: Key | None) -> Checked:
    try:
        return Checked(provider.config, how, await provider.list_models(), None)
    except ProviderError as error:
        return Checked(provider.config, how, (), sentence(error, provider.config, None, key))


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None
