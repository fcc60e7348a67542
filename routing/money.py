"""Money as integer nano-dollars: exact, cheap to add, never a float.

One dollar is 1,000,000,000 nano-dollars (``nusd``). A price is nano-dollars per million tokens, so that
$0.15 per million tokens is the integer 150,000,000 and a single token of it costs 150.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

NANO = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000


def parse_usd(value: str | int | float | Decimal) -> int:
    """Dollars, as a person or a YAML file writes them, to nano-dollars (rounded half even).

    Raises ValueError when the value is not a finite number.
    """
    try:
        amount = Decimal(str(value).strip().lstrip("$"))
        if not amount.is_finite():
            raise ValueError
        return int((amount * NANO).to_integral_value())
    except (InvalidOperation, ValueError):
        raise ValueError(f"{value!r} is not an amount of dollars") from None


def cost(tokens: int, price_nusd_per_mtok: int) -> int:
    """Nano-dollars for ``tokens`` at a price per million tokens, rounded up so that a sum never runs short."""
    return -(-tokens * price_nusd_per_mtok // TOKENS_PER_PRICE)


def format_usd(nusd: int) -> str:
    """``$0.0042``: four digits where a call costs little, two where a day costs much, never a rounded-away cost."""
    sign, amount = ("-" if nusd < 0 else ""), abs(nusd) / NANO
    if amount == 0:
        return "$0.00"
    if amount < 0.00005:
        return f"{sign}<$0.0001"
    if amount >= 1:
        return f"{sign}${amount:.2f}"
    digits = f"{amount:.4f}"
    return f"{sign}${digits.removesuffix('00')}"
