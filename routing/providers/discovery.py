"""Which providers there are without any configuration: keys that lie ready, and servers that run on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from routing.providers.contract import ProviderConfig
from routing.providers.keys import Key, find_key
from routing.providers.known import LOCAL_SERVERS, SERVICES, LocalServer, Service


@dataclass(frozen=True, slots=True)
class Found:
    """A provider that can be used, and how it was found. `key` is None for servers that want none."""

    config: ProviderConfig
    how: str
    key: Key | None = field(default=None, repr=False)


async def discover(
    environ: Mapping[str, str],
    *,
    config_dir: Path | None = None,
    servers: Sequence[LocalServer] = LOCAL_SERVERS,
    timeout_s: float = 0.4,
) -> tuple[Found, ...]:
    """Services in the order of the table, then local servers. Nothing leaves this machine: keys are only looked for.

    Raises ConfigurationError as `find_key` does.
    """
    services, local = await asyncio.gather(
        asyncio.to_thread(_with_keys, environ, config_dir),
        asyncio.gather(*(_local(server, timeout_s) for server in servers)),
    )
    taken = {found.config.base_url for found in services}
    return (*services, *(found for found in local if found and found.config.base_url not in taken))


def _with_keys(environ: Mapping[str, str], config_dir: Path | None) -> list[Found]:
    found = (_service(service, environ, config_dir) for service in SERVICES)
    return [service for service in found if service]


def _service(service: Service, environ: Mapping[str, str], config_dir: Path | None) -> Found | None:
    """A service counts when there is a key, or a base URL of the user's own."""
    key = find_key(service.key, environ, config_dir)
    variable = service.base_url_variable
    base_url = environ.get(variable, "").strip().rstrip("/") if variable else ""
    if key is None and not base_url:
        return None
    config = ProviderConfig(service.name, base_url or service.base_url, service.dialect, service.key)
    return Found(config, key.where if key else f"{variable} in the environment", key)


async def _local(server: LocalServer, timeout_s: float) -> Found | None:
    from routing.providers.http import probe  # httpx is loaded only when something is asked

    config = ProviderConfig(server.name, server.base_url, server.dialect)
    return Found(config, f"{server.title} on port {server.port}") if await probe(config, timeout_s) else None
