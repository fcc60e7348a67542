"""List prices as genai-prices knows them: today's, with steps, cache and batch, and by the hour the dearest."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from routing.clock import SystemClock
from routing.registry.prices import list_terms

BASE_URLS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "deepseek": "https://api.deepseek.com/v1",
    "x-ai": "https://api.x.ai/v1",
    "mistral": "https://api.mistral.ai/v1",
    "groq": "https://api.groq.com/openai/v1",
    "openrouter": "https://openrouter.ai/api/v1",
}
DAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class At(SystemClock):
    """A clock that stands."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def wall(self) -> float:
        return self._moment.timestamp()


def test_list_prices_are_nano_dollars() -> None:
    terms = list_terms("gpt-4o-mini", BASE_URLS["openai"])
    price = terms["price"]
    assert (price.input_nusd_per_mtok, price.output_nusd_per_mtok) == (150_000_000, 600_000_000)
    assert (price.cached_nusd_per_mtok, price.source) == (75_000_000, "genai-prices")
    assert terms["context_window"] == 128_000
    assert list_terms("never-heard-of", BASE_URLS["openai"]) == {}
    assert list_terms("gpt-4o-mini", "https://models.example.com/v1") == {}
    assert list_terms("gemini-2.0-flash", BASE_URLS["google"])["lifecycle"] == "deprecated"


def test_by_the_hour_the_dearest_counts() -> None:
    hourly = list_terms("deepseek-chat", BASE_URLS["deepseek"])["price"]
    from genai_prices.data_snapshot import get_snapshot

    _, info = get_snapshot().find_provider_model("deepseek-chat", None, "deepseek", None)
    variants = info.prices if isinstance(info.prices, list) else []
    assert len(variants) > 1
    assert hourly.input_nusd_per_mtok == max(int(one.prices.input_mtok * 10**9) for one in variants)


def test_a_price_counts_from_the_day_it_is_asked_from() -> None:
    before, after = (
        list_terms("mistral-small-latest", BASE_URLS["mistral"], At(datetime(2026, month, 1, tzinfo=UTC)))["price"]
        for month in (1, 6)
    )
    assert (before.input_nusd_per_mtok, before.cached_nusd_per_mtok) == (100_000_000, None)
    assert (after.input_nusd_per_mtok, after.cached_nusd_per_mtok) == (150_000_000, 15_000_000)


def named_models() -> list[tuple[str, str]]:
    """Provider and name of every model there whose text has a price."""
    from genai_prices.data_snapshot import get_snapshot

    priced = ((one.id, model.id) for one in get_snapshot().providers if one.id in BASE_URLS for model in one.models)
    return [(provider, name) for provider, name in priced if "price" in list_terms(name, BASE_URLS[provider], At(DAY))]


MODELS = named_models()


def test_most_models_there_have_a_price() -> None:
    assert len(MODELS) > 900


@given(
    st.sampled_from(MODELS),
    st.integers(0, 1_200_000),
    st.integers(0, 130_000),
    st.tuples(st.integers(0, 100), st.integers(0, 100)).filter(lambda shares: sum(shares) <= 100),
    st.booleans(),
)
def test_a_call_costs_what_genai_prices_says(
    model: tuple[str, str], input_tokens: int, output_tokens: int, shares: tuple[int, int], batch: bool
) -> None:
    """Ours is rounded up to nano-dollars, rates and sums, and may be more where the price depends on the hour."""
    from genai_prices import Usage
    from genai_prices.data_snapshot import get_snapshot

    provider_id, name = model
    read, written = (input_tokens * share // 100 for share in shares)
    provider, info = get_snapshot().find_provider_model(name, None, None, BASE_URLS[provider_id])
    theirs = info.calc_price(
        Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=read,
            cache_write_tokens=written,
        ),
        provider,
        genai_request_timestamp=DAY,
        price_context={"processing": "batch"} if batch else None,
    )
    hourly = isinstance(info.prices, list) and any(hasattr(one.constraint, "start_time") for one in info.prices)
    per_request = theirs.model_price.requests_kcount or Decimal(0)
    exact = (theirs.total_price - per_request / 1000) * 10**9
    price = list_terms(name, BASE_URLS[provider_id], At(DAY))["price"]
    spend = price.of(input_tokens, output_tokens, read, written, batch=batch)
    assert spend >= exact
    assert hourly or spend < exact + 4
