"""Tiers for the models that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.registry.ladders import Proposal, propose

if TYPE_CHECKING:
    from app.sources import Sources


def propose_tiers(sources: Sources) -> Proposal | None:
    """None while only simulated models answer, or none at all. The tiers that are in force now say nothing here."""
    if sources.simulated or not sources.registry.models:
        return None
    proposal = propose(sources.said.registry(sources.listed, tiered=False).models)
    return proposal if proposal.tiers else None
