"""Calls worked out by hand from the providers' own price pages, in dollars, against what the registry charges.

Pages: openai.com/api/pricing, platform.claude.com/docs/en/about-claude/pricing, ai.google.dev/gemini-api/docs/pricing,
api-docs.deepseek.com/quick_start/pricing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from routing.messages import Usage
from routing.money import parse_usd
from routing.registry.model import Price
from routing.registry.prices import list_terms

OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com"
GEMINI = "https://generativelanguage.googleapis.com"
DEEPSEEK = "https://api.deepseek.com/v1"


@dataclass(frozen=True)
class Example:
    """A call and the dollars that its provider's page makes of it. `hours`: the page's price depends on the hour, so
    another list may be in force when genai-prices is asked."""

    name: str
    base_url: str
    usage: Usage
    dollars: Decimal
    batch: bool = False
    hours: bool = False
    about: str = field(default="", compare=False)


def dollars(*terms: tuple[int, str]) -> Decimal:
    """Tokens times dollars for a million of them."""
    return sum((Decimal(tokens) * Decimal(price) for tokens, price in terms), Decimal(0)) / 1_000_000


EXAMPLES = [
    Example(
        "gpt-4o",
        OPENAI,
        Usage(input_tokens=12_000, output_tokens=800, cached_tokens=8_000),
        # 4,000 new at $2.50, 8,000 cached at $1.25, 800 out at $10.00: 0.0100 + 0.0100 + 0.0080
        Decimal("0.0280"),
        about="half price for cached input",
    ),
    Example(
        "gpt-4o-mini",
        OPENAI,
        Usage(input_tokens=10_000, output_tokens=2_000),
        # 10,000 at $0.15, 2,000 at $0.60: 0.0015 + 0.0012
        Decimal("0.0027"),
        about="nothing cached",
    ),
    Example(
        "gpt-4.1",
        OPENAI,
        Usage(input_tokens=100_000, output_tokens=1_000, cached_tokens=60_000),
        # 40,000 at $2.00, 60,000 cached at $0.50, 1,000 at $8.00: 0.080 + 0.030 + 0.008
        Decimal("0.118"),
        about="a quarter for cached input",
    ),
    Example(
        "gpt-5",
        OPENAI,
        Usage(input_tokens=20_000, output_tokens=5_000, cached_tokens=16_000, reasoning_tokens=4_000),
        # 4,000 at $1.25, 16,000 cached at $0.125, 5,000 at $10.00 (4,000 of them reasoning): 0.005 + 0.002 + 0.050
        Decimal("0.057"),
        about="reasoning is inside the output",
    ),
    Example(
        "claude-sonnet-4-5",
        ANTHROPIC,
        Usage(input_tokens=50_000, output_tokens=1_500, cached_tokens=30_000, cache_write_tokens=15_000),
        # 5,000 at $3.00, 30,000 read at $0.30, 15,000 written (5 minutes) at $3.75, 1,500 at $15.00:
        # 0.01500 + 0.00900 + 0.05625 + 0.02250
        Decimal("0.10275"),
        about="cache read and write",
    ),
    Example(
        "claude-haiku-4-5",
        ANTHROPIC,
        Usage(input_tokens=8_000, output_tokens=400, cache_write_tokens=8_000),
        # 8,000 written at $1.25, 400 at $5.00: 0.010 + 0.002
        Decimal("0.012"),
        about="all of the input written to the cache",
    ),
    Example(
        "claude-opus-4-5",
        ANTHROPIC,
        Usage(input_tokens=40_000, output_tokens=2_000, cached_tokens=40_000),
        # 40,000 read at $0.50, 2,000 at $25.00: 0.020 + 0.050
        Decimal("0.070"),
        about="all of the input read from the cache",
    ),
    Example(
        "claude-sonnet-4-5",
        ANTHROPIC,
        Usage(input_tokens=300_000, output_tokens=4_000, cached_tokens=100_000),
        # Over 200,000 in all, so every token is dearer: 200,000 at $6.00, 100,000 read at $0.60, 4,000 at $22.50:
        # 1.200 + 0.060 + 0.090
        Decimal("1.350"),
        about="long context: the whole call, cached tokens count towards the 200,000",
    ),
    Example(
        "gemini-2.5-pro",
        GEMINI,
        Usage(input_tokens=250_000, output_tokens=6_000, reasoning_tokens=5_000),
        # Prompts over 200,000: 250,000 at $2.50, 6,000 at $15.00: 0.625 + 0.090
        Decimal("0.715"),
        about="long context",
    ),
    Example(
        "gemini-2.5-pro",
        GEMINI,
        Usage(input_tokens=200_000, output_tokens=6_000),
        # Prompts up to and with 200,000: 200,000 at $1.25, 6,000 at $10.00: 0.250 + 0.060
        Decimal("0.310"),
        about="exactly at the step",
    ),
    Example(
        "gemini-2.5-flash",
        GEMINI,
        Usage(input_tokens=100_000, output_tokens=3_000, cached_tokens=90_000),
        # 10,000 at $0.30, 90,000 cached at $0.03, 3,000 at $2.50: 0.0030 + 0.0027 + 0.0075
        Decimal("0.0132"),
        about="a tenth for cached input",
    ),
    Example(
        "deepseek-chat",
        DEEPSEEK,
        Usage(input_tokens=64_000, output_tokens=1_000, cached_tokens=60_000),
        # By day: 4,000 missed at $0.27, 60,000 hit at $0.07, 1,000 at $1.10: 0.00108 + 0.00420 + 0.00110
        Decimal("0.00638"),
        hours=True,
        about="a cache hit, at the dearer hours",
    ),
    Example(
        "gpt-4o",
        OPENAI,
        Usage(input_tokens=200_000, output_tokens=10_000),
        # A batch is half: 200,000 at $1.25, 10,000 at $5.00: 0.250 + 0.050
        Decimal("0.300"),
        batch=True,
        about="batch",
    ),
    Example(
        "claude-haiku-4-5",
        ANTHROPIC,
        Usage(input_tokens=1_000_000, output_tokens=100_000, cached_tokens=400_000),
        # A batch is half, cached reads too: 600,000 at $0.50, 400,000 at $0.05, 100,000 at $2.50: 0.300 + 0.020 + 0.250
        Decimal("0.570"),
        batch=True,
        about="batch with cached input",
    ),
]
NAMED = pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.name}: {one.about}")


@NAMED
def test_a_call_costs_what_the_providers_page_says(example: Example) -> None:
    price = list_terms(example.name, example.base_url)["price"]
    assert isinstance(price, Price)
    usage = example.usage
    spend = price.of(
        usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cache_write_tokens, batch=example.batch
    )
    assert spend == parse_usd(example.dollars)
    assert example.batch or spend <= price.worst(usage.input_tokens, usage.output_tokens)


@NAMED
def test_genai_prices_works_out_the_same(example: Example) -> None:
    from genai_prices import Usage as Tokens
    from genai_prices.data_snapshot import get_snapshot

    provider, info = get_snapshot().find_provider_model(example.name, None, None, example.base_url)
    theirs = info.calc_price(
        Tokens(
            input_tokens=example.usage.input_tokens,
            output_tokens=example.usage.output_tokens,
            cache_read_tokens=example.usage.cached_tokens,
            cache_write_tokens=example.usage.cache_write_tokens,
        ),
        provider,
        price_context={"processing": "batch"} if example.batch else None,
    ).total_price
    assert theirs <= example.dollars if example.hours else theirs == example.dollars


@pytest.mark.parametrize(
    ("pricing", "tokens", "by_hand"),
    [
        # A price without one for cached input: 1,000 at $0.59 and 100 at $0.79, whatever of it was cached.
        (Price(parse_usd("0.59"), parse_usd("0.79")), (1_000, 100, 900, 50), dollars((1_000, "0.59"), (100, "0.79"))),
        # Reads known, writes not: 100 at $2, 800 read at $0.2, 100 written at the price of input.
        (
            Price(parse_usd(2), parse_usd(10), parse_usd("0.2")),
            (1_000, 0, 800, 100),
            dollars((100, "2"), (800, "0.2"), (100, "2")),
        ),
    ],
)
def test_what_a_page_leaves_out_costs_as_much_as_input(
    pricing: Price, tokens: tuple[int, int, int, int], by_hand: Decimal
) -> None:
    assert pricing.of(*tokens) == parse_usd(by_hand)
