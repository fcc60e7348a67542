"""Which providers there are without any configuration: keys that lie ready, and servers that run on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from routing.providers.contract import ProviderConfig
from routing.providers.keys import Key, find_key
from routing.providers.known import LOCAL_SERVERS, SERVICES, LocalServer, Service, place_of

_PORTS = {"http": 80, "https": 443}
_EVERYWHERE = ("0.0.0.0", "::")


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
    """Services in the order of the table, then local servers. Nothing leaves this machine, unless `OLLAMA_HOST` names
    another: keys are only looked for.

    Raises ConfigurationError as `find_key` does.
    """
    services, local = await asyncio.gather(
        asyncio.to_thread(_with_keys, environ, config_dir),
        asyncio.gather(*(_local(server, environ, timeout_s) for server in servers)),
    )
    taken = {place_of(found.config.base_url) for found in services}
    return (*services, *(found for found in local if found and place_of(found.config.base_url) not in taken))


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


async def _local(server: LocalServer, environ: Mapping[str, str], timeout_s: float) -> Found | None:
    from routing.providers.http import probe  # httpx is loaded only when something is asked

    base_url, how = server.base_url, f"{server.title} on port {server.port}"
    named = environ.get(server.host_variable, "").strip() if server.host_variable else ""
    if named:
        base_url = host_url(named, server.port) or base_url
        how = f"{server.title} at {place_of(base_url)}, from {server.host_variable} in the environment"
    config = ProviderConfig(server.name, base_url, server.dialect)
    return Found(config, how) if await probe(config, timeout_s) else None


def host_url(text: str, port: int) -> str | None:
    """The URL that `OLLAMA_HOST` means: a host, a port, or both, with or without a scheme; None if it means none."""
    scheme, mark, rest = text.rpartition("://")
    scheme = scheme.lower() if mark else "http"
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port or (_PORTS[scheme] if mark else port)
    except (ValueError, KeyError):
        return None
    host = parts.hostname or "127.0.0.1"
    host = "127.0.0.1" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{port}{parts.path.rstrip('/')}"
