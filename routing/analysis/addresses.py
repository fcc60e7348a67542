"""Postal addresses: a street and a number, with what tells that somebody lives there: a postcode, a flat, a box, words
that say so, or the name of a street that is nothing else."""

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
_UPPER = r"[A-ZÀ-ÖØ-ÞĀ-Ž]"
_NAME = rf"{_UPPER}[\w'’.-]{{0,24}}"
_NUMBER = r"[0-9]{1,5}[a-zA-Z]?"
# What follows a street: a town, a country, a postcode, divided by commas or lines.
_TOWN = rf"(?:(?:[ ,\n]{{1,4}}{_NAME}){{1,6}}?[ ,\n]{{1,4}}[0-9]{{4,6}}\b)?"
_ROOM = re.compile(
    rf"[0-9]{{1,6}} (?:[\w'’.-]{{1,24}},?(?: |\n ?)){{1,7}}(?:apt|apartment|suite|unit|flat|"
    rf"ste)\.? #?[0-9]{{1,5}}\b{_TOWN}",
    re.IGNORECASE,
)
_BOX = re.compile(
    r"\b(?:P\.? ?O\.? ?Box|PSC [0-9]{1,6},? Box|Unit [0-9]{1,6},? Box|Postfach|Apartado(?: de Correos)?) [0-9]{1,6}\b",
    re.IGNORECASE,
)
_PLACE = (
    rf"(?:[0-9]{{1,6}} ){{1,2}}{_NAME}(?: {_NAME}){{0,3}}(?: [0-9]{{1,4}}\b)?|"
    rf"{_NAME}(?: {_NAME}){{0,3}} (?!(?:19|20)[0-9]{{2}}\b){_NUMBER}\b"
)
_CALLED_ADDRESS = re.compile(
    r"\b(?:[Aa]ddress|[Aa]dresse|[Dd]irección|[Ii]ndirizzo|[Ee]ndereço|[Aa]dres|[Aa]nschrift)\b[^.\n:]{0,30}?"
    rf"(?::| is| to| ist| est| es| è| é)\s{{1,12}}({_PLACE})"
)
_SENT_THERE = re.compile(
    r"\b(?:sent|ship(?:ped)?|deliver(?:ed)?|mailed?|taxi|arrived|office|offices|lives?|living|resides?|residing|"
    r"located|moved|meet|stop)\b[^.\n]{0,24}?\b(?:to|at|on|in) "
    rf"((?:[0-9]{{1,6}} ){{1,2}}{_NAME}(?: {_NAME}){{1,3}})"
)
_COMPOUND = re.compile(
    rf"{_UPPER}[\w-]{{2,30}}(?:straße|strasse|straat|gasse|gatan|gata|gade|vägen|veien|katu|"
    rf"allee)[ ,]{{1,2}}{_NUMBER}\b{_TOWN}"
)
_KINDS = r"(?:Rua|Calle|C/|Avda\.?|Avenida|ul\.|Via|Vicolo|Viale|Piazza|Corso|Rúa|Plaza|Paseo)"
_NAMED_KIND = re.compile(
    rf"(?<!\w){_KINDS} (?:(?:de|das?|dos?|della|del|la|los|las|di|du|des|d['’]) ?){{0,2}}{_NAME}(?: {_NAME}){{0,3}},? "
    rf"(?!(?:19|20)[0-9]{{2}}\b){_NUMBER}\b{_TOWN}"
)

# The words by which a street is found (fast in any length), and the pattern around them.
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    ((" Apt", " apt", " Suite ", " suite ", " Ste ", " Unit ", " Flat "), _ROOM),
    ((" Box ", " box ", "Postfach ", "Apartado "), _BOX),
    (("ddress", "dresse", "irección", "ndirizzo", "ndereço", "dres ", "nschrift"), _CALLED_ADDRESS),
    (
        (
            *(" sent ", " ship", " deliver", " mail", " taxi ", " arrived ", " office", " live", " living ", " resid"),
            *(" located ", " moved ", " stop ", "eet me ", "eet us "),
        ),
        _SENT_THERE,
    ),
    (("straße", "strasse", "straat", "gasse", "gatan", "gata ", "gade ", "vägen", "veien", "katu", "allee"), _COMPOUND),
    (
        ("Rua ", "Calle ", "C/ ", "Avda", "Avenida ", "ul. ", "Via ", "Viale ", "Piazza ", "Corso ", "Rúa ", "Paseo "),
        _NAMED_KIND,
    ),
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
