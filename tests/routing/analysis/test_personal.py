"""Personal data: found where it is, with its exact place, and not seen where there is none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.analysis.personal import find_personal

EMAIL, PHONE, CARD, IBAN = "an e-mail address", "a phone number", "a card number", "a bank account (IBAN)"
ID, IP, BIRTH, ADDRESS = "a national id number", "an IP address", "a date of birth", "a postal address"


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in find_personal(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Write to jane.doe@example.com, please.", EMAIL, "jane.doe@example.com"),
        ("Meine Adresse ist jörg@müller-bau.de!", EMAIL, "jörg@müller-bau.de"),
        ("联系我jane@163.com谢谢", EMAIL, "jane@163.com"),
        ("<anna+news@mail.uni-ulm.de>", EMAIL, "anna+news@mail.uni-ulm.de"),
        ("Ring me on +49 151 12345678 tomorrow", PHONE, "+49 151 12345678"),
        ("+49 151 12345678 and 12 more", PHONE, "+49 151 12345678"),
        ("(+44 20 7946 0958)", PHONE, "+44 20 7946 0958"),
        ("office: +49 (0)711 123456.", PHONE, "+49 (0)711 123456"),
        ("+14155552671 is the line", PHONE, "+14155552671"),
        ("tél. +33 1 42 68 53 00", PHONE, "+33 1 42 68 53 00"),
        ("0033 1 42 68 53 00 à partir de 9h", PHONE, "0033 1 42 68 53 00"),
        ("Dial (415) 555-2671.", PHONE, "(415) 555-2671"),
        ("Her number: 415-555-2671", PHONE, "415-555-2671"),
        ("携帯は090-1234-5678です", PHONE, "090-1234-5678"),
        ("Meine Telefonnummer: 030 12345678", PHONE, "030 12345678"),
        ("Appelez-moi au 06 12 34 56 78", PHONE, "06 12 34 56 78"),
        ("Mi móvil es 612 345 678", PHONE, "612 345 678"),
        ("Phone: (030) 1234567", PHONE, "(030) 1234567"),
        ("text me at 4155552671", PHONE, "4155552671"),
        ("手机 13812345678", PHONE, "13812345678"),
        ("My card is 4111 1111 1111 1111, exp 12/27", CARD, "4111 1111 1111 1111"),
        ("Karte 5555-5555-5555-4444", CARD, "5555-5555-5555-4444"),
        ("amex 3782 822463 10005", CARD, "3782 822463 10005"),
        ("carte : 4242424242424242", CARD, "4242424242424242"),
        ("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", IBAN, "DE89 3704 0044 0532 0130 00"),
        ("transfer to GB29NWBK60161331926819.", IBAN, "GB29NWBK60161331926819"),
        ("mon compte FR14 2004 1010 0505 0001 3M02 606", IBAN, "FR14 2004 1010 0505 0001 3M02 606"),
        ("my SSN is 536-22-8712", ID, "536-22-8712"),
        ("social security number 536228712", ID, "536228712"),
        ("Steuer-ID 86 095 742 719", ID, "86 095 742 719"),
        ("Mi DNI es 12345678Z", ID, "12345678Z"),
        ("NIE X-1234567-L", ID, "X-1234567-L"),
        ("Mon numéro est 2 55 08 14 168 025 38", ID, "2 55 08 14 168 025 38"),
        ("codice fiscale RSSMRA85T10A562S", ID, "RSSMRA85T10A562S"),
        ("NI number AB123456C", ID, "AB123456C"),
        ("He is AB 12 34 56 C", ID, "AB 12 34 56 C"),
        ("CPF 529.982.247-25", ID, "529.982.247-25"),
        ("身份证11010519491231002X", ID, "11010519491231002X"),
        ("client 84.23.119.4 asked", IP, "84.23.119.4"),
        ("84.23.119.4:55012 connected", IP, "84.23.119.4"),
        ("my ip is 5.9.80.66", IP, "5.9.80.66"),
        ("peer 2a00:1450:4001:81b::200e: reset", IP, "2a00:1450:4001:81b::200e"),
        ("I was born on 12 March 1985 in Ulm", BIRTH, "12 March 1985"),
        ("DOB: 03/12/1985", BIRTH, "03/12/1985"),
        ('"date_of_birth": "1985-03-12"', BIRTH, "1985-03-12"),
        ("Anna, geb. 12.03.85", BIRTH, "12.03.85"),
        ("née le 12 mars 1985", BIRTH, "12 mars 1985"),
        ("nació el 12 de marzo de 1985", BIRTH, "12 de marzo de 1985"),
        ("born March 12th, 1985", BIRTH, "March 12th, 1985"),
        ("1985年3月12日出生", BIRTH, "1985年3月12日"),
        ("at 221B Baker Street, London NW1 6XE now", ADDRESS, "221B Baker Street, London NW1 6XE"),
        ("350 Fifth Avenue, New York, NY 10118", ADDRESS, "350 Fifth Avenue, New York, NY 10118"),
        ("I live at 42 Maple Street and", ADDRESS, "42 Maple Street"),
        ("Anna Muster\nLindenstraße 5a\n10969 Berlin", ADDRESS, "Lindenstraße 5a\n10969 Berlin"),
        ("12 rue de la Paix, 75002 Paris", ADDRESS, "12 rue de la Paix, 75002 Paris"),
        ("Calle Mayor 5, 28013 Madrid", ADDRESS, "Calle Mayor 5, 28013 Madrid"),
        ("Via Roma 12, 00184 Roma", ADDRESS, "Via Roma 12, 00184 Roma"),
        ("Keizersgracht 123, 1015 CJ Amsterdam", ADDRESS, "Keizersgracht 123, 1015 CJ Amsterdam"),
        ("my new address is 17 Larch Crescent, thanks", ADDRESS, "17 Larch Crescent"),
        ("she moved to 8 Old Mill Lane", ADDRESS, "8 Old Mill Lane"),
        ("77 Harbour View Apt. 12, thanks", ADDRESS, "77 Harbour View Apt. 12"),
        ("write to P.O. Box 4410", ADDRESS, "P.O. Box 4410"),
        ("we met in Fliedergasse 9", ADDRESS, "Fliedergasse 9"),
        ("Rua das Flores 31 is ours", ADDRESS, "Rua das Flores 31"),
        ("card number 676770000005", CARD, "676770000005"),
        ("her driving licence SMITH-871-2290 is old", ID, "SMITH-871-2290"),
        ("passport number K4471902", ID, "K4471902"),
        ("415-555-2671 x204", PHONE, "415-555-2671 x204"),
    ],
)
def test_what_is_found_and_where(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "git clone git@github.com:acme/tool.git",
        "Y = X@W.transpose() + b",
        "@app.route('/') and @dataclass",
        "npm install lodash@4.17.21 logo@2x.png",
        "rsync deploy@host.example.com:/srv",
        "postgres://user@db.example.com/x",
        "root@localhost and me@printer.local",
        "Message-ID: <20240101.abc@mail.gmail.com>",
        "a = 3 + 4155552671",
        "x+491511234567",
        "f(415) 555",
        "+12345678 points, +20241231 more",
        "2024-01-01T10:00:00+02:00",
        "from 2019-2020 and 10.30-11.30",
        "call me on 2024-05-12 at 10:30",
        "headphone and then some more words of it 030 12345678",
        "phone bills of 2023-11-30 2023-12-31",
        "01 02 03 04 05 06 07 08",
        "UPC 0012345678905",
        "π = 3.14159265358979323846",
        "1/3 = 0.4111111111111111",
        "4111 1111 1111 1112",
        "4111 1111 1111 1111 1111 1111",
        "order 4111111111111111 shipped",
        '{"id": 4242424242424242}',
        "user_id=4242424242424242",
        "1700000000000 1700000000000000 1700000000000000000",
        "20240101123045",
        "ISBN 978-3-16-148410-0 and 9783161484100",
        "123e4567-e89b-12d3-a456-426614174000",
        "12345678-1234-1234-1234-411111111111",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "commit 4111111111111111",
        "DE89 3704 0044 0532 0130 01",
        "DE12 items in the house",
        "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000",
        "1-536-22-8712-9",
        "part 536-22-8712",
        "12345678A",
        "AB123456C",
        "RSSMRA85T10A562T",
        "111.111.111-11",
        "v84.23.119.4 and version 84.23.119.4",
        "Chrome/120.0.0.0 Safari/537.36",
        "pkg==101.2.3.4",
        "see 4.2.1.3 and 12.1.5.9",
        "OID 1.3.6.1.4.1.311.21.8",
        "allow 84.23.119.0/24 from 10.0.0.1, 192.168.178.1, 127.0.0.1",
        "ping 8.8.8.8",
        "http://84.23.119.4:8080/health",
        "aa:bb:cc:dd:ee:ff at 12:30:45, fe80::1",
        "released on 12 March 1985",
        "Mozart was born on 27 January 1756",
        "the date 1985-03-12 in a log",
        "born in 1985",
        "born 99/99/1985",
        "In 2019 Wall Street fell by 10000 points",
        "on the way 5 to 12345 items",
        "string 5, 10115 bytes",
        "I paid $1,234,567.89 and €4111111111111111",
        "for i in range(1000000): x[i] = 12345678901234567890",
        "rgb(255, 255, 255) #4155552671",
        "12 rue de la Paix",
        "moved to Windows 11 in 2024",
        "meet me at 12 for lunch",
        "the address is 0x7fff5fbff8c0",
        "Apt 2.4 replaced the old tool",
        "the passport control was slow",
        "order 676770000005",
        "Corso 1998 was a good year",
        "x1234512 rue de la Paix, 75002 Paris",
        "Via email 12, then stop",
        "Room 101, 9:00-17:00, 12 x 34 = 408",
        "1 000 000 000 000 and 123 456 789",
        "matrix 415 555 2671",
    ],
)
def test_what_is_nobodys(text: str) -> None:
    assert found(text) == []


def test_everything_in_one_text_is_found_in_order_without_overlap() -> None:
    text = "Ann, ann@a.org, +49 151 12345678, 4111111111111111, born 12.03.1985, Lindenstr. 5, 10969 Berlin."
    assert [kind for kind, _ in found(text)] == [EMAIL, PHONE, CARD, BIRTH, ADDRESS]
    places = find_personal(text)
    assert all(one.end <= other.start for one, other in pairwise(places))


@given(st.text(alphabet="0123456789 +-./()@:,azAZß\n", max_size=200))
def test_any_text_gives_places_inside_it_that_do_not_overlap(text: str) -> None:
    end = 0
    for one in find_personal(text):
        assert end <= one.start < one.end <= len(text)
        end = one.end


# The check digits, made by other ways than those that are tested.
def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(alphabet="0123456789", min_size=count, max_size=count)


def luhn_digit(body: str) -> str:
    doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    total = sum(doubled[int(d)] if n % 2 == 0 else int(d) for n, d in enumerate(reversed(body)))
    return str(-total % 10)


def iban_digits(country: str, account: str) -> str:
    number = "".join(str(ord(c) - 55) if c.isalpha() else c for c in f"{account}{country}00")
    return f"{98 - int(number) % 97:02}"


def steuer_id_digit(body: str) -> str:
    """The only last digit for which the chain of ISO 7064 ends at 1."""
    for last in "0123456789":
        product = 10
        for digit in body:
            total = (product + int(digit)) % 10
            product = ((total if total else 10) * 2) % 11
        if (product + int(last)) % 10 == 1:
            return last
    raise AssertionError(body)


def other(digit: str, by: int) -> str:
    return str((int(digit) + by) % 10)


BEFORE = st.sampled_from(["", "it is ", "(", "mine: ", "“", "see\n", "号"])
AFTER = st.sampled_from(["", ".", ", thanks", ")", "\nand", "”", "号"])
WRONG = st.integers(1, 9)


@given(
    st.sampled_from(["4", "51", "55", "2221", "2720", "6011", "3528"]), digits(15), BEFORE, AFTER, WRONG, st.booleans()
)
def test_cards(head: str, body: str, before: str, after: str, wrong: int, spaced: bool) -> None:
    body = (head + body)[:15]

    def written(last: str) -> str:
        number = body + last
        return " ".join(number[n : n + 4] for n in range(0, 16, 4)) if spaced else number

    right = luhn_digit(body)
    assert found(before + written(right) + after) == [(CARD, written(right))]
    assert CARD not in dict(found(before + written(other(right, wrong)) + after))


@given(st.sampled_from([("DE", 18), ("AT", 16), ("CH", 17), ("ES", 20), ("NL", 14)]), st.data(), BEFORE, AFTER)
def test_ibans(kind: tuple[str, int], data: st.DataObject, before: str, after: str) -> None:
    country, length = kind
    account = data.draw(digits(length))
    check = iban_digits(country, account)
    wrong = f"{(int(check) + data.draw(st.integers(1, 96)) - 2) % 97 + 2:02}"
    compact = country + check + account
    for number in (compact, " ".join(compact[n : n + 4] for n in range(0, len(compact), 4))):
        assert found(before + number + after) == [(IBAN, number)]
    assert IBAN not in dict(found(before + country + wrong + account + after))


@given(st.permutations("0123456789"), st.integers(0, 9), st.integers(0, 9), BEFORE, AFTER, WRONG)
def test_german_tax_ids(order: list[str], from_: int, to: int, before: str, after: str, wrong: int) -> None:
    body = list(order)
    body[to] = body[from_] if from_ != to else body[(to + 1) % 10]
    if body[0] == "0":
        body.reverse()
    if body[0] == "0":
        body[0] = body[9] = "7"
    right = steuer_id_digit("".join(body))
    if len({*body}) == 9:
        number = "".join(body) + right
        assert found(before + number + after) == [(ID, number)]
        assert found(before + number[:-1] + other(right, wrong) + after) == []


@given(st.integers(0, 99_999_999), BEFORE, AFTER, st.integers(1, 22))
def test_spanish_ids(number: int, before: str, after: str, wrong: int) -> None:
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    right, false = letters[number % 23], letters[(number + wrong) % 23]
    assert found(f"{before}{number:08}{right}{after}") == [(ID, f"{number:08}{right}")]
    assert found(f"{before}{number:08}{false}{after}") == []


@given(
    st.sampled_from("12"),
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 95),
    digits(6),
    AFTER,
    st.integers(1, 96),
)
def test_french_numbers(sex: str, year: int, month: int, place: int, rest: str, after: str, wrong: int) -> None:
    body = f"{sex}{year:02}{month:02}{place:02}{rest}"
    key = 97 - int(body) % 97
    assert found(f"n° {body}{key:02}{after}") == [(ID, f"{body}{key:02}")]
    assert ID not in dict(found(f"n° {body}{(key + wrong - 1) % 97 + 1:02}{after}"))


@given(
    st.from_regex(r"[a-z][a-z0-9]{0,12}([._][a-z0-9]{1,8})?", fullmatch=True),
    st.from_regex(r"[a-z]{2,10}(-[a-z]{1,5})?\.(com|de|org|co\.uk|museum)", fullmatch=True),
    BEFORE,
    AFTER,
)
def test_e_mail_addresses(local: str, domain: str, before: str, after: str) -> None:
    if local not in ("git", "hg", "svn"):
        assert found(f"{before}{local}@{domain}{after}") == [(EMAIL, f"{local}@{domain}")]


@given(
    st.sampled_from(["+49 30 ", "+44 20 ", "+420 60", "+39 347 ", "+52 55-", "+49 (0)30 "]), digits(7), BEFORE, AFTER
)
def test_international_numbers(head: str, rest: str, before: str, after: str) -> None:
    assert found(f"{before}{head}{rest}{after}") == [(PHONE, head + rest)]


@pytest.mark.parametrize("piece", ["1", "1 ", "+1", "12-", "1.2.", "a@b.", "2a00:", "AB12 ", "1 A St ", "call me 12 "])
def test_a_long_text_of_near_misses_ends(piece: str) -> None:
    assert find_personal(piece * 20_000) is not None
