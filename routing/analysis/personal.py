"""Personal data in a text: what it is and where it stands. Precision first: what is no more than likely is left alone.

Secrets are `routing.analysis.privacy`'s. The server in a URL, a network (``/24``) and a public resolver are nobody's.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from routing.analysis.addresses import find_addresses
from routing.analysis.births import find_births
from routing.analysis.identity_numbers import find_cards, find_ibans, find_national_ids
from routing.analysis.phones import find_phones
from routing.analysis.surroundings import stands_alone
from routing.analysis.terms.rows import words

Span = tuple[int, int]

EMAIL = "an e-mail address"
PHONE = "a phone number"
CARD = "a card number"
IBAN = "a bank account (IBAN)"
NATIONAL_ID = "a national id number"
IP = "an IP address"
BIRTH = "a date of birth"
ADDRESS = "a postal address"


@dataclass(frozen=True, slots=True)
class Personal:
    """`kind` as a user reads it; the value is ``text[start:end]``."""

    kind: str
    start: int
    end: int


@lru_cache(maxsize=1_024)  # messages of a chat never change: each is searched once
def find_personal(text: str) -> tuple[Personal, ...]:
    """What is found, in the order of the text; nothing overlaps. Linear in the text's length."""
    finders = _FINDERS if _DIGIT.search(text) else _FINDERS[:1]
    taken: list[Personal] = []
    for kind, find in finders:
        taken += [Personal(kind, *span) for span in sorted(set(find(text)))]
    return tuple(_apart(taken))


def _apart(found: list[Personal]) -> list[Personal]:
    """Where two overlap, the kind that is looked for first stays; among equals the one that begins first, then the
    longest."""
    rank = {kind: n for n, (kind, _) in enumerate(_FINDERS)}
    apart: list[Personal] = []
    for one in sorted(found, key=lambda one: (one.start, rank[one.kind], -one.end)):
        while apart and one.start < apart[-1].end and rank[one.kind] < rank[apart[-1].kind]:
            apart.pop()
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
    return apart


_DIGIT = re.compile(r"[0-9]")

_LETTER = "A-Za-z0-9À-ɏ"
_LOCAL = re.compile(rf"[{_LETTER}](?:[{_LETTER}._%+-]{{0,62}}[{_LETTER}_+-])?\Z")
_DOMAIN = re.compile(
    rf"(?:[{_LETTER}](?:[{_LETTER}-]{{0,61}}[{_LETTER}])?\.){{1,8}}(?:[A-Za-z]{{2,24}}|xn--[A-Za-z0-9-]{{2,30}})(?![A-Za-z0-9_])"
)
_NO_DOMAIN = words(
    "png jpg jpeg gif webp svg avif ico pdf css scss js jsx ts tsx mjs json yaml yml toml html htm xml txt csv lock "
    "java cpp exe dll log local localhost localdomain internal lan invalid"
)
_NO_LOCAL = words("git hg svn")
_MESSAGE_ID = re.compile(r"(?:message-id|in-reply-to|references|content-id)\W{1,4}$", re.IGNORECASE)
_LOCAL_REACH, _DOMAIN_REACH = 64, 255


def _find_emails(text: str) -> Iterator[Span]:
    place = text.find("@")
    while place >= 0:
        yield from _email(text, place)
        place = text.find("@", place + 1)


def _email(text: str, at: int) -> Iterator[Span]:
    domain = _DOMAIN.match(text, at + 1, at + 1 + _DOMAIN_REACH)
    local = _LOCAL.search(text[max(0, at - _LOCAL_REACH) : at]) if domain else None
    if domain is None or local is None:
        return
    start, end = at - len(local.group()), domain.end()
    *_, second, top = domain.group().lower().split(".")
    before, after = text[max(0, start - 24) : start], text[end : end + 2]
    if top in _NO_DOMAIN or local.group().lower() in _NO_LOCAL or (second.isdigit() and "." in domain.group()[:-4]):
        return
    is_code = after[:1] in ("(", "[", "@", "/") or (after[:1] == ":" and after[1:] and not after[1:].isspace())
    if not is_code and before[-1:] not in ("/", "@", ":") and not _MESSAGE_ID.search(before):
        yield start, end


_IPV4 = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}")
_IPV6 = re.compile(r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{4,34}")
_IP_WORD = re.compile(r"\bip\b", re.IGNORECASE)
_VERSION = re.compile(
    r"(?:\b(?:version|ver|v|release|section|chapter|figure|table|oid|firmware|driver|build|update)\W{0,3}|[=/§~^<>]\s?)$",
    re.IGNORECASE,
)
_RESOLVERS = words("8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 208.67.222.222 208.67.220.220")


def _find_ips(text: str) -> Iterator[Span]:
    for match in _IPV4.finditer(text):
        if _is_public(match.group()) and _is_somebodys(text, *match.span()):
            yield match.span()
    for match in _IPV6.finditer(text):
        address = match.group().rstrip(":")
        end = match.start() + len(address)
        groups = sum(map(bool, address.split(":")))
        if groups >= 3 and _is_public(address) and not text[match.start() - 1 : match.start()].isalnum():
            yield match.start(), end


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global and address not in _RESOLVERS
    except ValueError:
        return False


def _is_somebodys(text: str, start: int, end: int) -> bool:
    """Not a version, a section or a network. Low numbers (4.2.1.3) need the word before them."""
    before = text[max(0, start - 20) : start]
    port = re.match(r":[0-9]{1,5}\b", text[end : end + 7])
    if _VERSION.search(before) or not stands_alone(text, start, end + (port.end() if port else 0)):
        return False
    low = max(map(int, text[start:end].split("."))) < 100
    return not low or _IP_WORD.search(before) is not None


_FINDERS: tuple[tuple[str, Callable[[str], Iterator[Span]]], ...] = (
    (EMAIL, _find_emails),
    (ADDRESS, find_addresses),
    (IBAN, find_ibans),
    (CARD, find_cards),
    (NATIONAL_ID, find_national_ids),
    (IP, _find_ips),
    (BIRTH, find_births),
    (PHONE, find_phones),
)
