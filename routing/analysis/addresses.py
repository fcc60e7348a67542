"""Postal addresses of which the whole shape is there: a street, a number, and a postcode or words that say whose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

Span = tuple[int, int]

_BEFORE, _AFTER = 70, 120
_MOST_PLACES = 256

_TYPES = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Terrace|Square|Parkway|Pkwy|Close|Way|Place"
)
_CITY = r"[A-ZÀ-Ý][\w'’-]{1,30}"
_ENGLISH_STREET = (
    r"[0-9]{1,5}[A-Z]? (?:[NSEW]{1,2}\.? )?(?:(?:[A-Z][A-Za-z'’]{1,20}|[0-9]{1,3}(?:st|nd|rd|th)) ){1,4}"
    rf"(?:{_TYPES})\b\.?(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Flat)\.? ?#?[0-9A-Z]{{1,5}}\b)?"
)
_ENGLISH = re.compile(
    rf"{_ENGLISH_STREET}[,\s]{{1,3}}(?:[A-Z][A-Za-z.'’-]{{1,20}}[,\s]{{1,3}}){{0,4}}"
    r"(?:(?:[A-Z]{2} )?[0-9]{5}(?:-[0-9]{4})?|[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2})(?![\w])"
)
_AT_HOME = re.compile(
    rf"\b(?:live at|lives at|living at|reside at|address is|address:|deliver to|ship (?:it )?to) ({_ENGLISH_STREET})",
    re.IGNORECASE,
)
_FRENCH_TYPES = "rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours|route"
_STREET_ENDS = "straße|strasse|str.|weg|platz|allee|gasse|damm|ufer|straat|laan|plein|gracht|kade"

# The words by which a street is found (fast in any length), and the pattern around them.
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (tuple(f" {word}" for word in _TYPES.split("|")), _ENGLISH),
    (("live at ", "lives at ", "living at ", "reside at ", "address is ", "ddress: ", "eliver to ", "hip "), _AT_HOME),
    (
        (*(f"{word} " for word in _STREET_ENDS.split("|")), "Straße ", "Platz ", "Allee "),
        re.compile(
            r"[A-ZÄÖÜ][\w.-]{1,40}(?: (?:Straße|Platz|Allee))? [0-9]{1,4}(?: ?[a-z]\b)?(?:-[0-9]{1,4})?,?\s{1,2}"
            rf"(?:[0-9]{{4}} ?[A-Z]{{2}}\b(?: {_CITY})?|(?:[A-Z]{{1,2}}-)?[0-9]{{4,5}} {_CITY})"
        ),
    ),
    (
        tuple(f" {word} " for word in _FRENCH_TYPES.split("|")),
        re.compile(
            rf"[0-9]{{1,4}}(?: ?(?:bis|ter))?,? (?:{_FRENCH_TYPES}) "
            rf"[^\n,0-9]{{2,50}},?\s{{1,2}}[0-9]{{5}} {_CITY}"
        ),
    ),
    (
        ("Calle ", "C/ ", "Avenida ", "Avda", "Plaza ", "Paseo "),
        re.compile(
            r"(?:Calle|C/|Avenida|Avda\.?|Plaza|Paseo) [^\n,0-9]{2,50},? (?:n[ºo°.]{1,2} ?)?[0-9]{1,4}"
            rf"(?:, ?[^\n,]{{1,15}})?,?\s{{1,2}}[0-9]{{5}} {_CITY}"
        ),
    ),
    (
        ("Via ", "Viale ", "Piazza ", "Corso ", "Largo ", "Vicolo "),
        re.compile(
            r"(?:Via|Viale|Piazza|Corso|Largo|Vicolo) [^\n,0-9]{2,40},? [0-9]{1,4}[a-zA-Z]?,?\s{1,2}(?:- )?[0-9]{5} "
            rf"{_CITY}"
        ),
    ),
)


def find_addresses(text: str) -> Iterator[Span]:
    for anchors, pattern in _SHAPES:
        for anchor in anchors:
            yield from _near(text, anchor, pattern)


def _near(text: str, anchor: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    for place in islice(_places(text, anchor), _MOST_PLACES):
        from_ = max(0, place - _BEFORE)
        for match in pattern.finditer(text[from_ : place + _AFTER]):
            start, end = (from_ + at for at in match.span(pattern.groups))
            if not text[max(0, start - 1) : start].isalnum():
                yield start, end


def _places(text: str, anchor: str) -> Iterator[int]:
    """Where the anchor stands as a word: " St" is not in "a String"."""
    place = text.find(anchor)
    while place >= 0:
        after = place + len(anchor)
        if not (anchor[-1].isalpha() and text[after : after + 1].isalpha()):
            yield place
        place = text.find(anchor, after)
