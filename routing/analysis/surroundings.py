"""What stands around a place in a text: whether a number is one by itself, and what the words before it call it."""

from __future__ import annotations

import re

_JOINTS = ".,-+/:@'"
_MONEY = "$€£¥"
_BEFORE = 28
# Numbers that are called so are nobody's.
_THINGS = re.compile(
    r"(?:\b(?:order|invoice|ticket|tracking|parcel|serial|part|item|product|isbn|issn|doi|ean|upc|sku|version|build|commit|"
    r"issue|revision|rfc|patent|bestellung|bestellnummer|rechnung|artikel|commande|facture|pedido|factura|timestamp|seed|hash)"
    r"\b[^.\n]{0,14}|_id\W{0,4}|(?:^|[\"'{(,])\s*id\W{1,4})$",
    re.IGNORECASE,
)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or joint (``3.14``, ``a-1``) ties the piece to what is beside it, and no currency."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return not (
        _is_word(before[-1:])
        or before[-1:] in tuple(_MONEY)
        or (before[-1:] in tuple(_JOINTS) and _is_word(before[:-1]))
        or _is_word(after[:1])
        or (after[:1] in tuple(_JOINTS) and _is_word(after[1:]))
    )


def is_of_a_thing(text: str, start: int) -> bool:
    """Whether the words before call the number that of an order, a build, a book."""
    return _THINGS.search(text[max(0, start - _BEFORE) : start]) is not None


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")
