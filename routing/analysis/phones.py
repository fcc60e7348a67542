"""Phone numbers: those that their shape tells, and those that the words before them do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from routing.analysis.surroundings import is_of_a_thing, stands_alone
from routing.analysis.terms.rows import words

Span = tuple[int, int]

_REACH = 40
_SEPARATORS = " .-/\u00a0"
_MORE = r"(?:[ .\-/\u00a0][0-9](?=[ .\-/\u00a0]))?+(?:[ .\-/\u00a0]?(?:\([0-9]{1,4}\)[ .\-]?)?[0-9]{2,12}){0,7}+"
_INTERNATIONAL = re.compile(rf"\+[1-9][0-9]{{0,14}}+{_MORE}")
_WITH_ZEROS = re.compile(rf"(?<![0-9] )00(?:39(?=[ .-])|[1-9][0-9]{{0,2}}(?=[ .\-/\u00a0][1-9(])){_MORE}")
_EXTENSION = r"(?: ?(?:x|ext\.?) ?[0-9]{2,6})?"
_SHAPES = (
    re.compile(rf"\([2-9][0-9]{{2}}\) ?[2-9][0-9]{{2}}[-. ][0-9]{{4}}{_EXTENSION}"),
    re.compile(rf"(?:(?:00)?1-)?[2-9][0-9]{{2}}-[2-9][0-9]{{2}}-[0-9]{{4}}{_EXTENSION}"),
    re.compile(rf"[2-9][0-9]{{2}}\.[2-9][0-9]{{2}}\.[0-9]{{4}}{_EXTENSION}"),
    re.compile(r"0[789]0-[0-9]{4}-[0-9]{4}"),
)
_CALLED_SO = re.compile(r"\(?[0-9]{2,12}+\)?(?:[ .\-/\u00a0][0-9]{2,8}){0,5}")
_SHORT = re.compile(r"[2-9][0-9]{2}[-. ][0-9]{4}\Z")
_DATE = re.compile(r"(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}")

_WORDS = re.compile(
    r"(?<!\[)\b(?:tel|telephone|phone|fax|mobile|mob|my cell|cell(?=:)|cellphone|call (?:me|us|him|her|them)|"
    r"text (?:me|us|him|her|them)|reach (?:me|us|him|her|them)|whatsapp|my number|answering at|messages to|dial|"
    r"hotline|contact (?:me|us|number)|telefon\w*|handy(?:nummer)?|"
    r"rufnummer|erreichbar|anrufen|ruf (?:mich|uns)|téléphone|tél|portable|appele[rz](?:-moi)?|appelle(?:-moi)?|"
    r"joindre|teléfono|móvil|llám[ae]\w*|llamar\w*|telefono|cellulare|chiama\w*|telefone|celular|telemóvel|ligue|"
    r"telefoon\w*|bel (?:me|mij)|телефон\w*|тел)\b|电话|電話|手机|携帯|전화",
    re.IGNORECASE,
)
# Country codes of ITU-T E.164 with one and two digits; all others have three.
_CODES = words(
    "7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 "
    "90 91 92 93 94 95 98"
)
_LONG_CODES = re.compile(r"21[1-8]|2[2-69]\d|3[578]\d|42[013]|50\d|59\d|6[789]\d|80\d|85\d|88\d|9[679]\d")


def find_phones(text: str) -> Iterator[Span]:
    for match in _INTERNATIONAL.finditer(text) if "+" in text else ():
        if not _added(text, match.start()):
            yield from _whole(text, match, lambda number: _dialled(number[1:]))
    for match in _WITH_ZEROS.finditer(text):
        yield from _whole(text, match, lambda number: _dialled(number[2:]))
    for shape in _SHAPES:
        for match in shape.finditer(text):
            yield from _whole(text, match, shape.fullmatch)
    for match in _CALLED_SO.finditer(text):
        for start, end in _whole(text, match, _may_be_called):
            if _WORDS.search(text, max(0, start - _REACH), start):
                yield start, end


def _whole(text: str, match: re.Match[str], fits: Callable[[str], object]) -> Iterator[Span]:
    """What was matched, without the groups at its end that are no part of it, if that is one number by itself."""
    start, number = match.start(), match.group()
    if number.count("(") > number.count(")"):
        start, number = start + 1, number[1:]
    if number.count(")") > number.count("("):
        number = number[: number.rindex(")")]
    while number and not (fits(number) and stands_alone(text, start, start + len(number))):
        number = number[: max(0, *map(number.rfind, _SEPARATORS))]
    if number and not is_of_a_thing(text, start):
        yield start, start + len(number)


def _dialled(number: str) -> bool:
    """Whether a number after its + can be dialled: by E.164 at most 15 digits, its country among them."""
    digits = re.sub(r"\(0\)|[^0-9]", "", number)
    if digits.startswith("1"):
        return re.fullmatch(r"1[2-9]\d\d[2-9]\d{6}", digits) is not None
    least = 10 if number.isdigit() else 8
    known = digits[:1] in _CODES or digits[:2] in _CODES or _LONG_CODES.match(digits) is not None
    return known and least <= len(digits) <= 15


def _added(text: str, start: int) -> bool:
    """Whether the + adds: to what stands at once before it."""
    return text[start - 1 : start] in tuple(")]+")


def _may_be_called(number: str) -> bool:
    digits = sum(map(str.isdigit, number))
    return (9 <= digits <= 13 or _SHORT.match(number) is not None) and not _DATE.search(number)
