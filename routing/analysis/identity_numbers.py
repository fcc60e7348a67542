"""Numbers that belong to one person: of cards, of bank accounts, and those that a state gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from routing.analysis import check_digits
from routing.analysis.surroundings import is_of_a_thing, stands_alone

Span = tuple[int, int]

_WORD_REACH = 40
# A row of groups of four is a table when a fifth group stands beside it.
_CARD = re.compile(
    r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?![ -][0-9]{4})|"
    r"[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5}|[0-9]{14,16}"
)
_FOUR_BEFORE = re.compile(r"(?<![0-9-])[0-9]{4}[ -]$")
_IBAN_START = re.compile(r"[A-Za-z]{2}[0-9]{2}")
_SEPARATORS = re.compile(r"[ .\-/\u00a0]")

_US_WORDS = re.compile(r"\bssn\b|social security", re.IGNORECASE)
_UK_WORDS = re.compile(r"\bnino\b|\bni n|national insurance", re.IGNORECASE)
_BR_WORDS = re.compile(r"\bcpf\b", re.IGNORECASE)
_NINO = r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"

# The shape, its check, and the words without which the shape alone is not enough.
_NATIONAL: tuple[tuple[re.Pattern[str], Callable[[str], bool] | None, re.Pattern[str] | None], ...] = (
    (re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"), check_digits.is_ssn, None),
    (re.compile(r"[0-9]{9}|[0-9]{3} [0-9]{2} [0-9]{4}"), check_digits.is_ssn, _US_WORDS),
    (re.compile(r"[0-9]{11}|[0-9]{2} [0-9]{3} [0-9]{3} [0-9]{3}"), check_digits.is_steuer_id, None),
    (re.compile(r"[0-9]{8}-?[A-Z]|[XYZ]-?[0-9]{7}-?[A-Z]"), check_digits.is_dni, None),
    (
        re.compile(
            r"[12]( ?)[0-9]{2}\1(?:0[1-9]|1[0-2]|[2-9][0-9])\1(?:[0-9]{2}|2[AB])\1[0-9]{3}\1[0-9]{3} ?[0-9]{2}",
        ),
        check_digits.is_nir,
        None,
    ),
    (
        re.compile(r"[A-Za-z]{6}[0-9L-Vl-v]{2}[A-EHLMPRSTa-ehlmprst][0-9L-Vl-v]{2}[A-Za-z][0-9L-Vl-v]{3}[A-Za-z]"),
        check_digits.is_codice_fiscale,
        None,
    ),
    (re.compile(rf"{_NINO} [0-9]{{2}} [0-9]{{2}} [0-9]{{2}} [A-D]"), None, None),
    (re.compile(rf"{_NINO}[0-9]{{6}}[A-D]"), None, _UK_WORDS),
    (re.compile(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"), check_digits.is_cpf, None),
    (re.compile(r"[0-9]{11}"), check_digits.is_cpf, _BR_WORDS),
    (
        re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"),
        check_digits.is_chinese_id,
        None,
    ),
)


_CARD_WORDS = re.compile(
    r"\b(?:cards?|credit|debit|visa|maestro|mastercard|amex|cc|kreditkarte|karten?nummer|carte|tarjeta|carta|cartão)\b",
    re.IGNORECASE,
)
_ANY_CARD = re.compile(r"[0-9]{12,19}")
_LICENCE = re.compile(
    r"\b(?:driver'?s?'? licen[cs]e|driving licen[cs]e|licen[cs]e (?:number|no)|passport(?: number| no)?|"
    r"führerschein\w*|reisepass\w*|permis de conduire|passeport|pasaporte|patente|"
    r"passaporto)\b[^.\n]{0,24}?\s((?=[A-Z0-9-]*[0-9]{3})[A-Z0-9]{1,9}(?:-[0-9A-Z]{2,6}){0,4})(?![\w-])",
    re.IGNORECASE,
)
_LEAST_LICENCE = 6


def find_cards(text: str) -> Iterator[Span]:
    yield from _grouped_cards(text)
    for match in _ANY_CARD.finditer(text) if _CARD_WORDS.search(text) else ():
        named = _CARD_WORDS.search(text, max(0, match.start() - _WORD_REACH), match.start())
        if named and check_digits.luhn(match.group()) and _is_one(text, *match.span()):
            yield match.span()


def find_licences(text: str) -> Iterator[Span]:
    """Of a driver and of a traveller: they have no common shape, so the word before them must name them."""
    for match in _LICENCE.finditer(text):
        if len(match.group(1)) >= _LEAST_LICENCE:
            yield match.span(1)


def _grouped_cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        in_table = _FOUR_BEFORE.search(text[max(0, match.start() - 6) : match.start()])
        if not in_table and check_digits.is_card(_bare(match.group())) and _is_one(text, *match.span()):
            yield match.span()


def find_ibans(text: str) -> Iterator[Span]:
    for match in _IBAN_START.finditer(text):
        length = check_digits.iban_length(match.group()[:2].upper())
        if length is None:
            continue
        end = _end_of(text, match.start(), length)
        iban = _bare(text[match.start() : end])
        written = iban.isupper() or (iban.islower() and iban[2:].isdigit())
        if written and check_digits.is_iban(iban) and stands_alone(text, match.start(), end):
            yield match.start(), end


def find_national_ids(text: str) -> Iterator[Span]:
    yield from find_licences(text)
    for pattern, check, words in _NATIONAL:
        for match in pattern.finditer(text):
            if check is not None and not check(_bare(match.group())):
                continue
            if words is not None and not words.search(text, max(0, match.start() - _WORD_REACH), match.start()):
                continue
            if _is_one(text, *match.span()):
                yield match.span()


def _is_one(text: str, start: int, end: int) -> bool:
    return stands_alone(text, start, end) and not is_of_a_thing(text, start)


def _bare(number: str) -> str:
    return _SEPARATORS.sub("", number)


def _end_of(text: str, start: int, length: int) -> int:
    """Where so many letters and digits end, single spaces and hyphens between them not counted."""
    place, left = start, length
    while left and place < len(text):
        character = text[place]
        if character.isascii() and character.isalnum():
            left -= 1
        elif character not in " -\u00a0" or not text[place - 1].isalnum():
            break
        place += 1
    return place
