"""What a model charges, in nano-dollars for a million tokens, and what a call costs by it."""

from __future__ import annotations

from dataclasses import dataclass

from routing.money import TOKENS_PER_PRICE, cost


@dataclass(frozen=True, slots=True)
class Step:
    """What every token of a call costs whose input is longer than `above` tokens: the whole call, not the part above.

    None for cached or written: the input price.
    """

    above: int
    input_nusd_per_mtok: int
    output_nusd_per_mtok: int
    cached_nusd_per_mtok: int | None = None
    cache_write_nusd_per_mtok: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """Nano-dollars per million tokens. `source` says where it was read.

    `cached` is for tokens read from the provider's cache, `cache_write` for tokens written to it; None: the input
    price. `steps` rise by `above`. `batch` is what a call costs that was asked for as part of a batch; None: the same.
    """

    input_nusd_per_mtok: int
    output_nusd_per_mtok: int
    cached_nusd_per_mtok: int | None = None
    source: str = ""
    cache_write_nusd_per_mtok: int | None = None
    steps: tuple[Step, ...] = ()
    batch: Price | None = None

    @property
    def free(self) -> bool:
        """Whether no call can cost anything."""
        every: tuple[Price | Step, ...] = (self, *self.steps)
        return not any(_dearest_input(rates) or rates.output_nusd_per_mtok for rates in every)

    def of(
        self,
        input_tokens: int,
        output_tokens: int,
        cached_tokens: int = 0,
        cache_write_tokens: int = 0,
        *,
        batch: bool = False,
    ) -> int:
        """Nano-dollars of one call, rounded up once for the input and once for the output; tokens read from the cache
        and written to it are inside the input tokens."""
        if batch and self.batch is not None:
            return self.batch.of(input_tokens, output_tokens, cached_tokens, cache_write_tokens)
        rates = self._at(input_tokens) if self.steps else self
        written = cost(output_tokens, rates.output_nusd_per_mtok)
        if not cached_tokens and not cache_write_tokens:
            return cost(input_tokens, rates.input_nusd_per_mtok) + written
        plain, cached, stored = _input_rates(rates)
        fresh = max(0, input_tokens - cached_tokens - cache_write_tokens)
        product = fresh * plain + cached_tokens * cached + cache_write_tokens * stored
        return -(-product // TOKENS_PER_PRICE) + written

    def worst(self, input_tokens: int, output_tokens: int) -> int:
        """The most that a call of up to so many tokens can cost, whatever of it is cached: the dearest rates of every
        step that it can reach."""
        read, written = _dearest_input(self), self.output_nusd_per_mtok
        for step in self.steps:
            if step.above >= input_tokens:
                break
            read, written = max(read, _dearest_input(step)), max(written, step.output_nusd_per_mtok)
        return cost(input_tokens, read) + cost(output_tokens, written)

    def _at(self, input_tokens: int) -> Price | Step:
        rates: Price | Step = self
        for step in self.steps:
            if step.above >= input_tokens:
                break
            rates = step
        return rates


FREE = Price(0, 0, 0, "local")


def _input_rates(rates: Price | Step) -> tuple[int, int, int]:
    """Fresh, read from the cache, written to it."""
    plain, cached, stored = rates.input_nusd_per_mtok, rates.cached_nusd_per_mtok, rates.cache_write_nusd_per_mtok
    return plain, plain if cached is None else cached, plain if stored is None else stored


def _dearest_input(rates: Price | Step) -> int:
    dearest, cached, stored = rates.input_nusd_per_mtok, rates.cached_nusd_per_mtok, rates.cache_write_nusd_per_mtok
    if cached is not None and cached > dearest:
        dearest = cached
    return stored if stored is not None and stored > dearest else dearest
