"""One model at several places: who of them is asked first, in proportion to weight over latency."""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import blake2b

from routing.registry.model import Model

_LEAST_S = 0.05


def lot(model: Model, first_token_s: Mapping[str, float], draw: float) -> float:
    """Where a deployment stands among its like; the lowest lot is first.

    Each of them is first with probability weight / seconds to the first token, as measured here or else as expected,
    over all draws in (0, 1). A lot depends on nobody else, so that the order of the others stays when one is left out
    (weighted rendezvous hashing: Thaler & Ravishankar 1998; an exponential race with rates as the weights).
    """
    share = model.weight / max(first_token_s.get(model.id, model.first_token_s), _LEAST_S)
    digest = blake2b(f"{draw!r} {model.id}".encode(), digest_size=8).digest()
    chance = (int.from_bytes(digest, "big") + 1) / 2**64
    return -math.log(chance) / share
