"""When the same model is called once more, and after what wait. There is no other retry in the product."""

from __future__ import annotations

import random

from routing.errors import HANDLING, ProviderError, RetryWhen

_BASE_S = 0.5
_CAP_S = 4.0
_LONGEST_WAIT_S = 5.0


def retry_wait_s(
    error: ProviderError, *, tries: int, retries: int, shown: bool, time_left_s: float, rng: random.Random
) -> float | None:
    """Seconds until the same model may be asked again, or None.

    `tries` counts calls of this model so far. The wait is full jitter, U(0, min(4, 0.5 · 2^n)); one that the provider
    asks for is kept when it is short, at most 5 s and a third of the time left, and a reason to go elsewhere when it
    is longer.
    """
    when = HANDLING[error.kind].retry
    if tries > retries or when is RetryWhen.NEVER or (when is RetryWhen.BEFORE_FIRST_TOKEN and shown):
        return None
    asked_s = error.retry_after_s
    if asked_s is not None:
        return asked_s if asked_s <= min(_LONGEST_WAIT_S, time_left_s / 3) else None
    if when is RetryWhen.IF_SHORT_WAIT:
        return None
    return rng.uniform(0, min(_CAP_S, _BASE_S * 2 ** (tries - 1)))
