"""Dates of birth: a date, and a word such as born beside it. People who may live were born after 1900."""

from __future__ import annotations

import re
from collections.abc import Iterator

from routing.analysis.surroundings import stands_alone
from routing.analysis.terms.rows import words

Span = tuple[int, int]

_BEFORE, _AFTER = 36, 10
_NUMERIC = re.compile(r"[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{2,4}")
_YEAR = "(?:19|20)[0-9]{2}"
_NAMED = re.compile(
    rf"[0-9]{{1,2}}(?:st|nd|rd|th|er|\.)? (?:of |de )?([^\W\d_]{{3,12}})\.?,?(?: de| del)? {_YEAR}|"
    rf"([A-Z][a-z]{{2,8}})\.? [0-9]{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}|{_YEAR}年[0-9]{{1,2}}月[0-9]{{1,2}}日"
)
_MONTHS = words(
    "jan feb mar apr may jun jul aug sep oct nov dec mär mai okt dez fév avr jui aoû déc ene abr ago dic gen mag giu "
    "lug set ott fev out янв фев мар апр мая июн июл авг сен окт ноя дек"
)
_BORN = re.compile(
    r"(?<![^\W_])(?:born|dob|d\.o\.b\.?|date[ _]of[ _]birth|birth[ _]?da(?:y|te)|geboren|geb\.|geburts(?:datum|tag)|"
    r"née? le|naissance|naci(?:d[oa]|ó|miento)|nat[oa] (?:il|a)|nascita|nasc(?:id[oa]|i|eu|imento)|geboortedatum|"
    r"urodz\w+|родил\w+|рожд\w+|född|født)(?![^\W_])|生日|出生|生年月日",
    re.IGNORECASE,
)
_BORN_AFTER = re.compile(r"\s?(?:出生|生まれ|geboren|né)")


def find_births(text: str) -> Iterator[Span]:
    for match in _NUMERIC.finditer(text):
        if _is_date(*re.split(r"[./-]", match.group())) and _is_birth(text, *match.span()):
            yield match.span()
    for match in _NAMED.finditer(text):
        month = match.group(1) or match.group(2)
        if (month is None or month.lower()[:3] in _MONTHS) and _is_birth(text, *match.span()):
            yield match.span()


def _is_date(first: str, second: str, third: str) -> bool:
    """Year first or last; of the others one is a month, the other a day."""
    year, *rest = (first, second, third) if len(first) == 4 else (third, first, second)
    day, month = sorted(map(int, rest), reverse=True)
    in_time = len(year) == 2 or 1900 <= int(year) <= 2099
    return in_time and len(first) != 3 and len(year) != 3 and len(rest[0]) < 3 and 1 <= month <= 12 and 1 <= day <= 31


def _is_birth(text: str, start: int, end: int) -> bool:
    said = _BORN.search(text, max(0, start - _BEFORE), start) or _BORN_AFTER.match(text, end, end + _AFTER)
    return said is not None and stands_alone(text, start, end)
