"""The model that the user named for embeddings, as the router needs it."""

from __future__ import annotations

from collections.abc import Mapping

from routing.errors import ConfigurationError
from routing.policy.mistakes import nearest
from routing.providers.contract import Provider
from routing.providers.dialects import dialect_names, dialect_of
from routing.providers.listing import read_listing
from routing.registry.model import Model


def find_embedder(named: str, at: str, providers: Mapping[str, Provider]) -> Model:
    """The model `provider/name`, with its price where it is known; `at` is the file and line that name it. Slow the
    first time. Raises ConfigurationError when there is no such provider, or it has no embeddings."""
    provider, _, name = named.partition("/")
    if provider not in providers:
        raise ConfigurationError(f'{at}: there is no provider "{provider}"; {nearest(provider, tuple(providers))}')
    config = providers[provider].config
    if dialect_of(config.dialect).embedding is None:
        able = ", ".join(one for one in dialect_names() if dialect_of(one).embedding is not None)
        raise ConfigurationError(f"{at}: {provider} has no embeddings; name a provider of the dialects {able}")
    # A list of models leaves out what does not chat, unless the server states the fields of the registry itself.
    return read_listing([{"id": name, "pointsman": {}}], config)[0]
