"""Check digits: whether a number that people are known by can be what it looks like. They come bare."""

from __future__ import annotations

from collections import Counter

# The length of an IBAN by country, from the SWIFT registry of IBAN formats.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CHINESE_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# Codice fiscale: what the characters at odd places count (D.M. 23/12/1976); digits count as the letters A..J.
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: every second digit from the right counts twice, its digits summed."""
    total = sum(map(int, digits[::-2])) + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether a network issues numbers that begin so, in this length, and the Luhn digit is right."""
    return _network(digits) and luhn(digits)


def _network(digits: str) -> bool:
    two, three, four = int(digits[:2]), int(digits[:3]), int(digits[:4])
    match len(digits):
        case 14:
            return two in (36, 38, 39) or 300 <= three <= 305
        case 15:
            return two in (34, 37)
        case 16:
            mastercard = 51 <= two <= 55 or 2221 <= four <= 2720
            discover = four == 6011 or 644 <= three <= 659
            return digits[0] == "4" or mastercard or discover or 3528 <= four <= 3589 or two == 62
        case _:
            return False


def iban_length(country: str) -> int | None:
    """How many characters the IBAN of a country (two capitals) has; None for a country that has none."""
    return _IBAN_LENGTHS.get(country)


def is_iban(iban: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters read as 10..35, leave 1 modulo 97."""
    iban = iban.upper()
    if len(iban) != _IBAN_LENGTHS.get(iban[:2]):
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def is_steuer_id(digits: str) -> bool:
    """The German tax id: of the first ten digits one stands two or three times, the others once at most; ISO/IEC
    7064, MOD 11,10."""
    repeated = [count for count in Counter(digits[:10]).values() if count > 1]
    if len(digits) != 11 or digits[0] == "0" or len(repeated) != 1 or repeated[0] > 3:
        return False
    product = 10
    for digit in digits[:10]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[10])


def is_dni(number: str) -> bool:
    """The Spanish DNI, and the NIE that begins with X, Y or Z: the letter is the number modulo 23."""
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return _DNI_LETTERS[int(digits) % 23] == number[-1]


def is_nir(number: str) -> bool:
    """The French social security number: its key is 97 minus the number modulo 97; Corsica's 2A and 2B count as 19
    and 18."""
    number = number.replace("2A", "19").replace("2B", "18")
    return 97 - int(number[:13]) % 97 == int(number[13:])


def is_codice_fiscale(code: str) -> bool:
    """The Italian tax code: the values of its first fifteen characters, summed modulo 26, name the last."""
    values = [ord(character) - (ord("0") if character.isdigit() else ord("A")) for character in code.upper()]
    total = sum(_ODD[value] for value in values[0:15:2]) + sum(values[1:15:2])
    return total % 26 == values[15]


def is_cpf(digits: str) -> bool:
    """The Brazilian tax number: each of its last two digits is a weighted sum modulo 11 of those before it."""
    if len(set(digits)) == 1:
        return False
    for place in (9, 10):
        total = sum((place + 1 - n) * int(digit) for n, digit in enumerate(digits[:place]))
        if total * 10 % 11 % 10 != int(digits[place]):
            return False
    return True


def is_chinese_id(number: str) -> bool:
    """The Chinese resident identity number: GB 11643, which is ISO/IEC 7064, MOD 11-2."""
    total = sum(weight * int(digit) for weight, digit in zip(_CHINESE_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()


def is_ssn(number: str) -> bool:
    """The American social security number has no check digit, but areas, groups and serials that are never given."""
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"
