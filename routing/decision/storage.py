"""A decision's world as content in the ledger, and a stored decision made again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter

from routing import events as ev
from routing.decision.decide import decide
from routing.decision.model import Acceptance, Decision, World
from routing.policy.model import Policy
from routing.registry.model import Registry

_POLICY: TypeAdapter[Any] = TypeAdapter(Policy)
_REGISTRY: TypeAdapter[Any] = TypeAdapter(Registry)
_ACCEPTANCE: TypeAdapter[Any] = TypeAdapter(Acceptance)


def dump_world(world: World) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Hash, kind and (when called) the JSON of each part."""
    yield world.policy.hash, "policy", lambda: _POLICY.dump_json(world.policy).decode()
    yield world.registry.hash, "registry", lambda: _REGISTRY.dump_json(world.registry).decode()
    yield world.acceptance.hash, "acceptance", lambda: _ACCEPTANCE.dump_json(world.acceptance).decode()


def replay(analysed: ev.RequestAnalysed, decided: ev.RouteDecided, blob: Callable[[str], str | None]) -> Decision:
    """The stored decision, decided again from what was stored with it.

    `blob` gives content by hash. Raises LookupError when a part of the world is no longer there.
    """
    snapshot = decided.snapshot

    def part(adapter: TypeAdapter[Any], hash_: str) -> Any:
        body = blob(hash_)
        if body is None:
            raise LookupError(f"the ledger no longer holds {hash_}")
        return adapter.validate_json(body)

    world = World(
        part(_POLICY, snapshot.policy_hash),
        part(_REGISTRY, snapshot.registry_hash),
        part(_ACCEPTANCE, snapshot.acceptance_hash),
    )
    return decide(analysed.features, world, snapshot)
