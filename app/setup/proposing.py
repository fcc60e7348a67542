"""Tiers for the models that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routing.registry.ladders import Proposal, propose

if TYPE_CHECKING:
    from app.setup.calling import Called
    from app.sources import Sources


def propose_tiers(sources: Sources, called: Mapping[str, Called]) -> Proposal | None:
    """None while only simulated models answer, or none at all. Nothing is proposed of a provider whose call (`called`,
    by its name) failed; the tiers that are in force now say nothing here."""
    if sources.simulated:
        return None
    models = sources.said.registry(sources.listed, tiered=False).models
    failing = {name for name, call in called.items() if call.failed}
    proposal = propose(model for model in models if model.provider not in failing)
    return proposal if proposal.tiers else None
